"""The network's public view of the repositories, with a small delay."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from letmepost.platforms._kit.simulator.wire import json_reply
from letmepost.platforms.bluesky.simulator.accounts import Account, find_account, find_by_identifier
from letmepost.platforms.bluesky.simulator.blobs import shown_media, shown_video
from letmepost.platforms.bluesky.simulator.lexicons import POST
from letmepost.platforms.bluesky.simulator.records import Record, find_record, record_uri
from letmepost.platforms.bluesky.simulator.validation import fits
from letmepost.platforms.bluesky.simulator.xrpc import invalid_request, parameter
from letmepost.platforms.simulation import SimulatedCall, SimulatedPost, SimulatedReply, State

LAG_S = 2.0
"""Normally one to three seconds, minutes in incidents (fact sheet section 7)."""
_MAX_URIS = 25


def get_posts(state: State, call: SimulatedCall) -> SimulatedReply:
    """`app.bsky.feed.getPosts`: the requested posts that are visible by now."""
    uris = [value for name, value in call.query if name == "uris"]
    if not uris:
        raise invalid_request('Missing required key "uris" at $')
    if len(uris) > _MAX_URIS:
        raise invalid_request(f"array too big (maximum {_MAX_URIS}, got {len(uris)}) at $.uris")
    horizon = call.now.timestamp() - LAG_S
    found = [(uri, *pair) for uri in uris if (pair := _find(state, uri)) is not None]
    views = [_post_view(uri, account, record) for uri, account, record in found if record["indexed_at"] <= horizon]
    return json_reply({"posts": views})


def get_profile(state: State, call: SimulatedCall) -> SimulatedReply:
    """`app.bsky.actor.getProfile`."""
    account = find_by_identifier(state, parameter(call, "actor"))
    if account is None:
        raise invalid_request("Profile not found")
    return json_reply({**_author(account), "followersCount": 0, "followsCount": 0, "createdAt": account["created_at"]})


def posts(state: State) -> list[SimulatedPost]:
    """Return every visible post, including replies, in the order in which they appeared."""
    keys = (key.split("/") for key in state if key.startswith("record/"))
    uris = [record_uri(did, POST, rkey) for _, did, collection, rkey in keys if collection == POST]
    found = [(uri, *pair) for uri in uris if (pair := _find(state, uri)) is not None]
    in_order = sorted(found, key=lambda item: (item[2]["indexed_at"], item[0]))
    return [_seen(state, uri, account, record) for uri, account, record in in_order]


def _seen(state: State, uri: str, account: Account, record: Record) -> SimulatedPost:
    value = _visible(record["value"])
    return SimulatedPost(
        uri=uri,
        account_id=account["did"],
        text=value["text"],
        created_at=value["createdAt"],
        reply_to=value["reply"]["parent"]["uri"] if "reply" in value else None,
        media=shown_media(state, account["did"], value),
        record={**value, **shown_video(state, account["did"], value)},
    )


def _find(state: State, uri: str) -> tuple[Account, Record] | None:
    """Return a post that the network indexes: one that matches the lexicon."""
    did, _, path = uri.removeprefix("at://").partition("/")
    collection, _, rkey = path.partition("/")
    account, record = find_account(state, did), find_record(state, did, collection, rkey)
    if account is None or record is None or collection != POST:
        return None
    return (account, record) if record["status"] is not None or fits(POST, record["value"]) else None


def _post_view(uri: str, account: Account, record: Record) -> dict[str, Any]:
    counts = dict.fromkeys(("replyCount", "repostCount", "likeCount", "quoteCount"), 0)
    return {
        "uri": uri,
        "cid": record["cid"],
        "author": _author(account),
        "record": _visible(record["value"]),
        **counts,
        "indexedAt": datetime.fromtimestamp(record["indexed_at"], UTC).isoformat(),
    }


def _author(account: Account) -> dict[str, str]:
    name = f"Sandbox account, scenario {account['scenario']}"
    return {"did": account["did"], "handle": account["handle"], "displayName": name}


def _visible(value: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the record without the facets that clients ignore: out of range, or overlapping others."""
    if "facets" not in value:
        return value
    end = len(value["text"].encode())
    kept, last = [], 0
    for facet in sorted(value["facets"], key=lambda facet: facet["index"]["byteStart"]):
        index = facet["index"]
        if last <= index["byteStart"] < index["byteEnd"] <= end:
            kept.append(facet)
            last = index["byteEnd"]
    return {**value, "facets": kept}

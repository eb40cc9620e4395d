"""Posts and comments: created, refused as repeats, read, deleted, and shown to followers.

Source: fact sheet sections 2.1, 2.6, 7 and 8.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from letmepost.platforms._kit.simulator.files import as_media
from letmepost.platforms._kit.simulator.scenarios import is_first_response, refuse_attempt
from letmepost.platforms.linkedin.simulator.assets import authors, check_asset
from letmepost.platforms.linkedin.simulator.members import is_mentionable, scenario_of
from letmepost.platforms.linkedin.simulator.quotas import spend
from letmepost.platforms.linkedin.simulator.restli import (
    RestliError,
    denied,
    digits,
    json_body,
    not_found,
    success,
)
from letmepost.platforms.linkedin.simulator.scenarios import Scenario, duplicate_post
from letmepost.platforms.linkedin.simulator.tokens import authenticate
from letmepost.platforms.linkedin.simulator.validation import Attached, check_comment, check_post
from letmepost.platforms.linkedin.simulator.videos import file_of, files_of
from letmepost.platforms.linkedin.simulator.visible_text import read_little
from letmepost.platforms.simulation import SimulatedCall, SimulatedMedia, SimulatedPost, SimulatedReply, State

REPEATS_KNOWN_FOR = timedelta(hours=1)
"""How long a repeat is refused: between minutes and a day; the exact time is unconfirmed."""

ACTIVITY_LAG = timedelta(seconds=1)
"""How long it takes until a new post accepts comments."""

_WRITERS = ("w_member_social", "w_organization_social")
_SAME = ("author", "commentary", "content", "visibility")


def create_post(state: State, call: SimulatedCall) -> SimulatedReply:
    """`POST /rest/posts`: 201, no body, and the URN in a header."""
    token = authenticate(state, call, *_WRITERS)
    scenario = scenario_of(state, token["account_id"])
    spend(state, call, token["account_id"], "posts")
    refuse_attempt(state, token["account_id"], scenario, call.now, shows_post=True)
    body = json_body(call)
    attached = check_post(body)
    if body["author"] not in authors(state, token):
        raise denied("POST /posts")
    for urn in attached.urns:
        check_asset(state, call, urn, body["author"])
    digest = _refuse_repeat(state, body, call.now)
    return _store(state, call, body, attached, digest, scenario)


def delete_post(state: State, call: SimulatedCall, urn: str) -> SimulatedReply:
    """`DELETE /rest/posts/{urn}`: 204, any number of times."""
    token = authenticate(state, call, *_WRITERS)
    post = state.get(f"post/{urn}")
    if post is not None:
        if post["body"]["author"] not in authors(state, token):
            raise denied("DELETE /posts")
        del state[f"post/{urn}"]
        state.pop(f"same/{post['digest']}", None)
        for key in [key for key in state if key.startswith("comment/") and state[key]["object"] == urn]:
            del state[key]
    return success(status=204)


def list_posts(state: State, call: SimulatedCall) -> SimulatedReply:
    """`GET /rest/posts?q=author`, a FINDER: pages' posts, for apps that may read them."""
    token = authenticate(state, call, "r_organization_social")
    query = dict(call.query)
    author = query.get("author", "")
    if query.get("q") != "author" or call.headers.get("x-restli-method") != "FINDER":
        raise not_found()
    if not author.startswith("urn:li:organization:") or author not in authors(state, token):
        raise denied("GET /posts")
    found = [_view(key, post) for key, post in _by_age(state, "post/") if post["body"]["author"] == author]
    return success({"elements": found[::-1][: int(query.get("count", "10"))], "paging": {"start": 0, "links": []}})


def read_post(state: State, call: SimulatedCall, urn: str) -> SimulatedReply:
    """`GET /rest/posts/{urn}`: only for apps that may read pages' posts."""
    authenticate(state, call, "r_organization_social")
    post = state.get(f"post/{urn}")
    if post is None:
        raise not_found()
    return success(_view(f"post/{urn}", post))


def create_comment(state: State, call: SimulatedCall, urn: str) -> SimulatedReply:
    """`POST /rest/socialActions/{urn}/comments`; its text is plain."""
    token = authenticate(state, call, *_WRITERS)
    scenario = scenario_of(state, token["account_id"])
    spend(state, call, token["account_id"], "comments")
    refuse_attempt(state, token["account_id"], scenario, call.now, shows_post=False)
    body = json_body(call)
    post = state.get(f"post/{urn}")
    message = body.get("message")
    text = message.get("text") if isinstance(message, dict) else None
    if post is None or body.get("object") != urn:
        raise not_found()
    if body.get("actor") not in authors(state, token):
        raise denied("POST /socialActions/comments")
    text = check_comment(text)
    if call.now.timestamp() * 1000 < post["created_ms"] + ACTIVITY_LAG.total_seconds() * 1000:
        raise RestliError(400, "BAD_REQUEST", f"Unable to obtain activity for {urn}", number=0)
    number = digits(call.entropy, "comment")
    name = f"urn:li:comment:({urn},{number})"
    comment = {"actor": body["actor"], "object": urn, "message": {"text": text}}
    state[f"comment/{name}"] = {**comment, "created_ms": _ms(call.now)}
    comment_view = {"id": number, "$URN": name, "commentUrn": name, **comment, "created": {"time": _ms(call.now)}}
    return success(comment_view, status=201, headers={"x-restli-id": number})


def list_comments(state: State, call: SimulatedCall, urn: str) -> SimulatedReply:
    """`GET /rest/socialActions/{urn}/comments`: for apps that may read."""
    authenticate(state, call, "r_organization_social")
    found = [
        {"$URN": key.removeprefix("comment/"), **{name: comment[name] for name in ("actor", "object", "message")}}
        for key, comment in _by_age(state, "comment/")
        if comment["object"] == urn
    ]
    return success({"elements": found, "paging": {"start": 0, "links": []}})


def posts(state: State) -> list[SimulatedPost]:
    """Return what followers see: posts, with comments as replies to them.

    `record` of a post also has what its text links to: `hashtags`, and as `mentions` the URNs. Of a `video` and its
    `captions`, it has the size and the checksum.
    """
    seen = [
        (post["created_ms"], SimulatedPost(
            uri=key.removeprefix("post/"),
            account_id=post["body"]["author"],
            text=post["text"],
            created_at=_iso(post["created_ms"]),
            media=_media(state, post["body"].get("content", {})),
            record={
                **post["body"],
                **post.get("files", {}),
                **{name: post.get(name, []) for name in ("hashtags", "mentions")},
            },
        ))
        for key, post in _by_age(state, "post/")
    ]  # fmt: skip
    seen += [
        (comment["created_ms"], SimulatedPost(
            uri=key.removeprefix("comment/"),
            account_id=comment["actor"],
            text=comment["message"]["text"],
            created_at=_iso(comment["created_ms"]),
            reply_to=comment["object"],
        ))
        for key, comment in _by_age(state, "comment/")
    ]  # fmt: skip
    return [post for _, post in sorted(seen, key=lambda one: one[0])]


def _media(state: State, content: Mapping[str, Any]) -> list[SimulatedMedia]:
    items = content.get("multiImage", {}).get("images") or ([content["media"]] if "media" in content else [])
    return [
        as_media(item["id"].split(":")[2], file_of(state, item["id"]), item.get("altText") or item.get("title"))
        for item in items
    ]


def _refuse_repeat(state: State, body: Mapping[str, Any], now: datetime) -> str:
    """Return the digest of the post's content, or raise if a recent post has it."""
    same = json.dumps({name: body.get(name) for name in _SAME}, sort_keys=True)
    digest = sha256(same.encode()).hexdigest()
    known = state.get(f"same/{digest}")
    if known is not None and _ms(now) < known["at_ms"] + REPEATS_KNOWN_FOR.total_seconds() * 1000:
        raise duplicate_post(known["urn"])
    return digest


def _store(
    state: State, call: SimulatedCall, body: Mapping[str, Any], attached: Attached, digest: str, scenario: Scenario
) -> SimulatedReply:
    urn = f"urn:li:{attached.kind}:{digits(call.entropy, 'post')}"
    at_ms = _ms(call.now)
    little = read_little(body["commentary"])
    linked = {
        "hashtags": little.hashtags,
        "mentions": [mention.urn for mention in little.mentions if is_mentionable(state, *mention)],
    }
    shown = {"text": little.text, "files": files_of(state, list(attached.urns)), **linked}
    state[f"post/{urn}"] = {"body": body, "created_ms": at_ms, "digest": digest, **shown}
    state[f"same/{digest}"] = {"urn": urn, "at_ms": at_ms}
    may_be_incomplete = scenario.loses_first_response or scenario.hides_first_urn
    is_incomplete = may_be_incomplete and is_first_response(state, digest)
    named = {"x-restli-id": urn, "location": f"/posts/{urn}"}
    return success(
        status=201,
        headers={} if scenario.hides_first_urn and is_incomplete else named,
        delay_s=scenario.delay_s,
        dropped=scenario.loses_first_response and is_incomplete,
    )


def _view(key: str, post: Mapping[str, Any]) -> Mapping[str, Any]:
    at_ms = post["created_ms"]
    times = {"createdAt": at_ms, "publishedAt": at_ms, "lastModifiedAt": at_ms}
    return {"id": key.removeprefix("post/"), **post["body"], **times}


def _by_age(state: State, prefix: str) -> list[tuple[str, Mapping[str, Any]]]:
    found = [(key, state[key]) for key in state if key.startswith(prefix)]
    return sorted(found, key=lambda one: (one[1]["created_ms"], one[0]))


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def _iso(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

"""Creates and deletes posts, and reads an account's own.

Source: fact sheet sections 2, 3, 6 and 7, after https://docs.x.com/x-api/posts and live responses, checked 2026-11-21.
"""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypedDict

from letmepost.platforms._kit.simulator.files import StoredFile, as_media, shown
from letmepost.platforms._kit.simulator.pages import post_url, redirect_to
from letmepost.platforms._kit.simulator.scenarios import is_first_response
from letmepost.platforms._kit.simulator.wire import json_reply
from letmepost.platforms.simulation import SimulatedCall, SimulatedMedia, SimulatedPost, SimulatedReply, State
from letmepost.platforms.twitter.simulator.accounts import snowflake
from letmepost.platforms.twitter.simulator.bodies import check_body
from letmepost.platforms.twitter.simulator.endpoint import Request
from letmepost.platforms.twitter.simulator.media import GIF, VIDEO, UploadedMedia, media_key
from letmepost.platforms.twitter.simulator.rendering import escape, render
from letmepost.platforms.twitter.simulator.scenarios import DUPLICATE
from letmepost.platforms.twitter.simulator.text import MAX_CASHTAGS, MAX_WEIGHT, cashtag_count, weight
from letmepost.platforms.twitter.simulator.wire import forbidden, invalid, read_json

LAG_S = 2.0
"""How long the timeline takes to show a post: usually seconds."""
REMEMBERED = timedelta(hours=24)
"""How long the same text is a duplicate: not documented, hours to about a day."""

_REFUSED_CHARACTERS = re.compile("[\ufffe\ufeff\uffff]")
_PAGE = range(5, 101)
_TWEET_FIELDS = frozenset({"created_at", "text", "entities", "attachments", "referenced_tweets", "id"})


class Post(TypedDict):
    """A stored post. `body` is the request's, `root` the simulator's root at that time, `video` its file."""

    id: str
    account_id: str
    created_at: float
    body: Mapping[str, Any]
    media_keys: list[str]
    root: str
    video: StoredFile | None


def create(request: Request) -> SimulatedReply:
    """`POST /2/tweets`."""
    state, account, now = request.state, request.account, request.call.now
    request.refuse_attempt(is_upload=False)
    body = read_json(request.call)
    check_body(body)
    media = _media(request, body)
    _check_text(body.get("text", ""))
    _check_parent(request, body)
    if "quote_tweet_id" in body:
        raise forbidden(
            "Quoting this post is not allowed because you have not been mentioned or are not part of the conversation "
            "thread of the post you are quoting."
        )
    if any(_is_same(known, body) for known in _own(state, account["id"]) if _is_remembered(known, now)):
        raise forbidden(DUPLICATE)
    post = Post(
        id=snowflake(state, now, request.call.entropy),
        account_id=account["id"],
        created_at=now.timestamp(),
        body=body,
        media_keys=[media_key(item) for item in media],
        root=request.call.root,
        video=next((item["file"] for item in media if item["category"] == VIDEO), None),
    )
    state[f"post/{post['id']}"] = post
    text, _ = render(body.get("text", ""), _uri(post["root"], post["id"]), post["media_keys"])
    data = {"id": post["id"], "text": text, "edit_history_tweet_ids": [post["id"]]}
    is_lost = request.scenario.loses_first_response and is_first_response(state, account["id"])
    return json_reply({"data": data}, status=201, dropped=is_lost)


def open_page(state: State, call: SimulatedCall, post_id: str) -> SimulatedReply:
    """`GET /i/web/status/{id}`, which identifies a post and leads to its page."""
    post = _find(state, post_id)
    return redirect_to(post_url(call, _uri(call.root if post is None else post["root"], post_id)))


def delete(request: Request) -> SimulatedReply:
    """`DELETE /2/tweets/{id}`. Deleting a missing post succeeds."""
    post = _find(request.state, request.target)
    if post is not None and post["account_id"] != request.account["id"]:
        raise forbidden()
    if post is not None:
        del request.state[f"post/{post['id']}"]
    return json_reply({"data": {"deleted": post is not None}})


def timeline(request: Request) -> SimulatedReply:
    """`GET /2/users/{id}/tweets`: newest first, with a small delay."""
    query = dict(request.call.query)
    count = query.get("max_results", "10")
    since, until = _moment(query, "start_time", 0.0), _moment(query, "end_time", math.inf)
    if not count.isdecimal() or int(count) not in _PAGE:
        raise invalid("The `max_results` query parameter value is not between 5 and 100", max_results=[count])
    fields = set(filter(None, query.get("tweet.fields", "").split(",")))
    if fields - _TWEET_FIELDS:
        raise invalid(f"The `tweet.fields` query parameter value is not one of {sorted(_TWEET_FIELDS)}")
    excluded = query.get("exclude", "").split(",")
    horizon = request.call.now.timestamp() - LAG_S
    found = [
        post
        for post in _own(request.state, request.target)
        if since <= post["created_at"] <= min(horizon, until)
        and not ("replies" in excluded and "reply" in post["body"])
    ]
    newest = sorted(found, key=lambda post: int(post["id"]), reverse=True)[: int(count)]
    shown = [_shown(post, fields) for post in newest]
    return json_reply({**({"data": shown} if shown else {}), "meta": {"result_count": len(shown)}})


def visible_posts(state: State) -> list[SimulatedPost]:
    """Return every visible post, including replies, oldest first."""
    found = sorted(_all(state), key=lambda post: int(post["id"]))
    return [_seen(state, post) for post in found]


def _seen(state: State, post: Post) -> SimulatedPost:
    body, root, video = post["body"], post["root"], post.get("video")
    parent = body.get("reply", {}).get("in_reply_to_tweet_id")
    return SimulatedPost(
        uri=_uri(root, post["id"]),
        account_id=post["account_id"],
        text=body.get("text", ""),
        created_at=_format_time(post["created_at"]),
        reply_to=None if parent is None else _uri(root, parent),
        media=[_seen_media(state, media_id) for media_id in body.get("media", {}).get("media_ids", ())],
        record={**body, "media_keys": post["media_keys"], **({} if video is None else {"video": shown(video)})},
    )


def _seen_media(state: State, media_id: str) -> SimulatedMedia:
    item: UploadedMedia = state[f"media/{media_id}"]
    return as_media("video" if item["category"] == VIDEO else "image", item["file"], item["alt_text"])


def _media(request: Request, body: Mapping[str, Any]) -> Sequence[UploadedMedia]:
    """Return the media of a post: owned by this account, not expired and ready; one GIF or video, or images."""
    now, found = request.call.now.timestamp(), []
    for media_id in body.get("media", {}).get("media_ids", ()):
        item: UploadedMedia | None = request.state.get(f"media/{media_id}")
        is_usable = item is not None and item["account_id"] == request.account["id"] and now < item["until"]
        if item is None or not is_usable or item["is_bad"] or item["ready_at"] is None or now < item["ready_at"]:
            raise invalid("Your media IDs are invalid.", media_ids=[media_id])
        found.append(item)
    if len(found) > 1 and any(item["category"] in {GIF, VIDEO} for item in found):
        raise forbidden()
    if request.scenario.refuses_videos and any(item["category"] == VIDEO for item in found):
        raise forbidden("This user is not allowed to post a video longer than 2 minutes.")
    return found


def _check_text(text: str) -> None:
    if _REFUSED_CHARACTERS.search(text):
        raise invalid("$.text: has characters that are not allowed")
    if cashtag_count(text) > MAX_CASHTAGS:
        raise forbidden("Posts may have a maximum of one cashtag.")
    if weight(text) > MAX_WEIGHT:
        raise forbidden()


def _check_parent(request: Request, body: Mapping[str, Any]) -> None:
    if "reply" not in body:
        return
    parent = _find(request.state, body["reply"]["in_reply_to_tweet_id"])
    if parent is None:
        raise forbidden("You attempted to reply to a Tweet that is deleted or not visible to you.")
    account = request.account
    is_summoned = re.search(rf"@{account['username']}\b", parent["body"].get("text", ""), re.IGNORECASE) is not None
    if parent["account_id"] != account["id"] and not is_summoned:
        raise forbidden(
            "Reply to this conversation is not allowed because you have not been mentioned or otherwise engaged by the "
            "author of the post you are replying to."
        )


def _is_same(known: Post, body: Mapping[str, Any]) -> bool:
    return all(known["body"].get(name) == body.get(name) for name in ("text", "media", "reply"))


def _is_remembered(known: Post, now: datetime) -> bool:
    return now.timestamp() < known["created_at"] + REMEMBERED.total_seconds()


def _shown(post: Post, fields: set[str]) -> dict[str, Any]:
    text, urls = render(post["body"].get("text", ""), _uri(post["root"], post["id"]), post["media_keys"])
    shown: dict[str, Any] = {"id": post["id"], "text": escape(text), "edit_history_tweet_ids": [post["id"]]}
    parent = post["body"].get("reply", {}).get("in_reply_to_tweet_id")
    optional = {
        "created_at": _format_time(post["created_at"]),
        "entities": {"urls": urls} if urls else None,
        "attachments": {"media_keys": post["media_keys"]} if post["media_keys"] else None,
        "referenced_tweets": None if parent is None else [{"type": "replied_to", "id": parent}],
    }
    return {**shown, **{name: value for name, value in optional.items() if name in fields and value is not None}}


def _uri(root: str, post_id: str) -> str:
    return f"{root}/i/web/status/{post_id}"


def _find(state: State, post_id: str) -> Post | None:
    post: Post | None = state.get(f"post/{post_id}")
    return post


def _own(state: State, account_id: str) -> list[Post]:
    return [post for post in _all(state) if post["account_id"] == account_id]


def _all(state: State) -> Iterator[Post]:
    return (state[key] for key in list(state) if key.startswith("post/"))


def _moment(query: Mapping[str, str], name: str, otherwise: float) -> float:
    text = query.get(name)
    if text is None:
        return otherwise
    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError:
        raise invalid(f"The `{name}` query parameter value is not a date-time", **{name: [text]}) from None


def _format_time(moment: float) -> str:
    """Return a date to the second, as X does."""
    return datetime.fromtimestamp(int(moment), UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")

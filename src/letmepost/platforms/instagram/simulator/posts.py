"""Posts: published, read, listed, counted, deleted.

Source: fact sheet sections 2.0, 5 and 8, after
https://developers.facebook.com/docs/instagram-platform/content-publishing, checked 2026-11-28.
"""

import json
from datetime import UTC, datetime
from itertools import zip_longest
from typing import Any, NotRequired, TypedDict

from letmepost.platforms._kit.simulator.files import StoredFile, as_media
from letmepost.platforms._kit.simulator.files import shown as file_shown
from letmepost.platforms._kit.simulator.ids import letters
from letmepost.platforms._kit.simulator.pages import post_url
from letmepost.platforms._meta.simulator.graph import Parameters, Refused, json_reply, shown, wrong_parameter
from letmepost.platforms._meta.simulator.lists import listed
from letmepost.platforms._meta.simulator.people import next_id
from letmepost.platforms._meta.simulator.tokens import unsupported
from letmepost.platforms.instagram.simulator.accounts import Caller
from letmepost.platforms.instagram.simulator.comments import all_comments, comments_on
from letmepost.platforms.instagram.simulator.containers import Container, children_of, not_ready, status_of
from letmepost.platforms.instagram.simulator.scenarios import SCENARIOS, blocked
from letmepost.platforms.simulation import SimulatedCall, SimulatedPost, SimulatedReply, State

QUOTA_S = 86_400.0
POSTS_A_DAY = 100
_STORY_S = 86_400.0
_SHOWN_AS = {"CAROUSEL": "CAROUSEL_ALBUM"}


class Post(TypedDict):
    """A visible post. `files` are those of its media items; None where the server fetches one."""

    id: str
    account: str
    shortcode: str
    made_at: float
    kind: str
    parameters: dict[str, str]
    media: list[dict[str, Any]]
    files: NotRequired[list[StoredFile | None]]


def publish(state: State, call: SimulatedCall, caller: Caller) -> Post:
    """Publish a container, once."""
    container: Container | None = state.get(f"container/{Parameters.of(call).require('creation_id')}")
    if container is None or container["account"] != caller.account["id"] or container["is_child"]:
        raise _unknown()
    _check_publishable(container, call.now, caller)
    if caller.scenario.blocks:
        raise blocked()
    if len(_spent(state, call.now, caller)) >= POSTS_A_DAY:
        message = "You reached maximum number of posts that is allowed to be published by Content Publishing API."
        raise Refused(message, code=9, subcode=2207042, status=403)
    items = children_of(state, container) or [container]
    post = Post(
        id=next_id(state),
        account=caller.account["id"],
        shortcode="C" + letters(call.entropy, "shortcode", 10),
        made_at=call.now.timestamp(),
        kind=container["kind"],
        parameters=container["parameters"],
        media=[_media_of(one) for one in items],
        files=[None if one["upload"] is None else one["upload"]["file"] for one in items],
    )
    state[f"post/{post['id']}"] = post
    state[f"container/{container['id']}"] = {**container, "media": post["id"]}
    state[_quota_key(caller)] = [*_spent(state, call.now, caller), call.now.timestamp()]
    if caller.scenario.blocks_live:
        raise blocked()
    return post


def show(state: State, post: Post, call: SimulatedCall) -> SimulatedReply:
    """`GET /{media}`."""
    return shown(_fields(state, post, call), Parameters.of(call))


def list_recent(state: State, call: SimulatedCall, caller: Caller, *, stories: bool) -> SimulatedReply:
    """`GET /{account}/media` and `…/stories`, newest first."""
    since = Parameters.of(call).get("since") or "0"
    if not since.isdigit():
        raise wrong_parameter("param since must be a Unix time")
    rows = [
        _fields(state, post, call)
        for post in reversed(_all(state))
        if post["account"] == caller.account["id"]
        and (post["kind"] == "STORIES") is stories
        and post["made_at"] >= float(since)
        and (not stories or call.now.timestamp() - post["made_at"] < _STORY_S)
    ]
    return listed(call, rows)


def show_add_on(state: State, post: Post, edge: str) -> SimulatedReply:
    """`GET /{media}/poll_attachment` and `…/prompt_response`: null without one."""
    if post["kind"] == "STORIES":
        raise wrong_parameter("Stories have no caption add-ons")
    is_dropped = SCENARIOS[state[f"account/{post['account']}"]["scenario"]].drops_add_ons
    given = post["parameters"]
    found: dict[str, Any] | None = None
    if edge == "poll_attachment" and given.get("poll_attachment"):
        found = json.loads(given["poll_attachment"])
    elif edge == "prompt_response" and given.get("is_comment_prompt_used") == "true":
        found = {"data": []}
    reply = json_reply(found or {})
    return SimulatedReply(status=200, headers=reply.headers, body=b"null") if found is None or is_dropped else reply


def delete(state: State, caller: Caller, post: Post) -> SimulatedReply:
    """`DELETE /{media}`, with its comments. Instagram Login has no such call."""
    if caller.login != "facebook_login":
        raise unsupported(post["id"])
    for comment in comments_on(state, post["id"]):
        del state[f"comment/{comment['id']}"]
    del state[f"post/{post['id']}"]
    return json_reply({"success": True, "deleted_id": post["id"]})


def quota(state: State, call: SimulatedCall, caller: Caller) -> SimulatedReply:
    """`GET /{account}/content_publishing_limit`."""
    row: dict[str, Any] = {
        "quota_usage": len(_spent(state, call.now, caller)),
        "config": {"quota_total": POSTS_A_DAY, "quota_duration": int(QUOTA_S)},
    }
    wanted = (Parameters.of(call).get("fields") or "quota_usage").split(",")
    return json_reply({"data": [{name: row[name] for name in wanted if name in row}]})


def visible_posts(state: State) -> list[SimulatedPost]:
    """Return every visible post and comment, in the order in which they appeared."""
    found = [(post["made_at"], int(post["id"]), _as_post(post)) for post in _all(state)]
    for comment in all_comments(state):
        shown_comment = SimulatedPost(
            uri=comment["id"],
            account_id=comment["account"],
            text=comment["text"],
            created_at=_moment(comment["made_at"]).isoformat(),
            reply_to=comment["media"],
        )
        found.append((comment["made_at"], int(comment["id"]), shown_comment))
    return [post for _, _, post in sorted(found, key=lambda row: row[:2])]


def _as_post(post: Post) -> SimulatedPost:
    return SimulatedPost(
        uri=post["id"],
        account_id=post["account"],
        text=post["parameters"].get("caption", ""),
        created_at=_moment(post["made_at"]).isoformat(),
        media=[
            as_media("video" if "video" in item or "video_url" in item else "image", file, item.get("alt_text"))
            for item, file in zip_longest(post["media"], post.get("files", ()))
        ],
        record={
            **post["parameters"],
            "media": post["media"],
            **next(({"video": item["video"]} for item in post["media"] if "video" in item), {}),
        },
    )


def _media_of(container: Container) -> dict[str, Any]:
    upload = container["upload"]
    return (
        container["parameters"] if upload is None else {**container["parameters"], "video": file_shown(upload["file"])}
    )


def _is_video(post: Post) -> bool:
    [item, *others] = post["media"]
    return not others and (post["kind"] == "REELS" or "video_url" in item or "video" in item)


def _check_publishable(container: Container, now: datetime, caller: Caller) -> None:
    status = status_of(container, now)
    if status == "EXPIRED":
        raise Refused("The media has expired.", code=-2, subcode=2207020)
    if status == "IN_PROGRESS":
        raise not_ready()
    known_at = (container["ready_at"] or 0.0) + caller.scenario.lag_s
    if status != "FINISHED" or now.timestamp() < known_at:
        raise _unknown()


def _unknown() -> Refused:
    return Refused("The requested resource does not exist", code=24, subcode=2207008)


def _all(state: State) -> list[Post]:
    found: list[Post] = [state[key] for key in state if key.startswith("post/")]
    return sorted(found, key=lambda post: (post["made_at"], int(post["id"])))


def _fields(state: State, post: Post, call: SimulatedCall) -> dict[str, Any]:
    given, username = post["parameters"], state[f"account/{post['account']}"]["username"]
    is_story = post["kind"] == "STORIES"
    fields = {
        "id": post["id"],
        "media_type": "VIDEO" if _is_video(post) else _SHOWN_AS.get(post["kind"], "IMAGE"),
        "media_product_type": "STORY" if is_story else "REELS" if post["kind"] == "REELS" else "FEED",
        "permalink": post_url(call, post["id"]),
        "shortcode": post["shortcode"],
        "username": username,
        "timestamp": _moment(post["made_at"]).strftime("%Y-%m-%dT%H:%M:%S+0000"),
        "has_poll": "poll_attachment" in given,
    }
    return {**fields, **{name: given[name] for name in ("caption", "alt_text") if given.get(name)}}


def _moment(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)


def _quota_key(caller: Caller) -> str:
    return f"spent/{caller.account['id']}"


def _spent(state: State, now: datetime, caller: Caller) -> list[float]:
    moments: list[float] = state.get(_quota_key(caller), [])
    return [moment for moment in moments if moment > now.timestamp() - QUOTA_S]

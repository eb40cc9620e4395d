"""Posts: published, read, listed, counted, deleted.

Source: fact sheet sections 2.0, 5 and 8, after https://developers.facebook.com/docs/threads, checked 2026-11-21.
"""

from datetime import UTC, datetime
from typing import Any, TypedDict

from letmepost.platforms._kit.simulator.ids import letters
from letmepost.platforms._kit.simulator.pages import post_url
from letmepost.platforms.simulation import SimulatedCall, SimulatedMedia, SimulatedPost, SimulatedReply, State
from letmepost.platforms.threads.simulator.containers import Container, children_of, status_of
from letmepost.platforms.threads.simulator.graph import (
    Parameters,
    Refused,
    json_reply,
    not_found,
    shown,
    wrong_parameter,
)
from letmepost.platforms.threads.simulator.people import Person, next_id
from letmepost.platforms.threads.simulator.scenarios import SCENARIOS, Scenario

QUOTA_S = 86_400.0
POSTS_A_DAY = 250
REPLIES_A_DAY = 1000
DELETES_A_DAY = 100
_LISTED = 25
_LISTED_MAX = 100
_SHOWN_AS = {"TEXT": "TEXT_POST", "CAROUSEL": "CAROUSEL_ALBUM"}


class Post(TypedDict):
    """A visible post."""

    id: str
    person: str
    shortcode: str
    made_at: float
    kind: str
    parameters: dict[str, str]
    media: list[dict[str, str]]


def publish(state: State, call: SimulatedCall, person: Person) -> Post:
    """Publish a container, once."""
    container: Container | None = state.get(f"container/{Parameters.of(call).require('creation_id')}")
    if container is None or container["person"] != person["id"] or container["is_child"]:
        raise wrong_parameter("Param creation_id is invalid.")
    if status_of(container, call.now) == "PUBLISHED":
        raise wrong_parameter("The container has been published already.")
    known_at = (container["ready_at"] or 0.0) + SCENARIOS[person["scenario"]].lag_s
    if status_of(container, call.now) != "FINISHED" or call.now.timestamp() < known_at:
        raise not_found()
    _spend(state, call.now, person, "replies" if "reply_to_id" in container["parameters"] else "posts")
    shows = children_of(state, container) or ([container] if container["kind"] != "TEXT" else [])
    post = Post(
        id=next_id(state),
        person=person["id"],
        shortcode="D" + letters(call.entropy, "shortcode", 10),
        made_at=call.now.timestamp(),
        kind=container["kind"],
        parameters=container["parameters"],
        media=[one["parameters"] for one in shows],
    )
    state[f"post/{post['id']}"] = post
    state[f"container/{container['id']}"] = {**container, "post": post["id"]}
    return post


def share(post: Post, scenario: Scenario) -> dict[str, str]:
    """Share a new post to Instagram if its container requires that, and return the status. A story has no state."""
    if post["parameters"].get("crossreshare_to_ig") != "true":
        return {}
    return {"crossreshare_to_ig_status": "SUCCESS" if scenario.has_instagram else "FAILED"}


def show(state: State, post: Post, call: SimulatedCall) -> SimulatedReply:
    """`GET /{post}`."""
    fields = _fields(state, post, call)
    person: Person = state[f"person/{post['person']}"]
    if call.now.timestamp() < post["made_at"] + SCENARIOS[person["scenario"]].lag_s:
        del fields["permalink"], fields["shortcode"]
    return shown(fields, Parameters.of(call))


def list_recent(state: State, call: SimulatedCall, person: Person, *, replies: bool) -> SimulatedReply:
    """`GET /{person}/threads` and `…/replies`, newest first."""
    given = Parameters.of(call)
    since, asked = given.get("since") or "0", given.get("limit") or str(_LISTED)
    if not (since.isdigit() and asked.isdigit()):
        raise wrong_parameter("Params since and limit must be numbers.")
    mine = [
        post
        for post in _all(state)
        if post["person"] == person["id"]
        and ("reply_to_id" in post["parameters"]) is replies
        and post["made_at"] >= float(since)
    ]
    wanted = {"id", *(given.get("fields") or "").split(",")}
    rows = [
        {name: value for name, value in _fields(state, post, call).items() if name in wanted}
        for post in reversed(mine[-min(int(asked), _LISTED_MAX) :])
    ]
    return json_reply({"data": rows, "paging": {"cursors": {"before": "before", "after": "after"}}})


def delete(state: State, call: SimulatedCall, person: Person, post_id: str) -> SimulatedReply:
    """`DELETE /{post}`."""
    post: Post | None = state.get(f"post/{post_id}")
    if post is None or post["person"] != person["id"]:
        raise not_found()
    _spend(state, call.now, person, "deletes")
    del state[f"post/{post_id}"]
    return json_reply({"success": True, "deleted_id": post_id})


def quota(state: State, call: SimulatedCall, person: Person) -> SimulatedReply:
    """`GET /{person}/threads_publishing_limit`."""
    row: dict[str, Any] = {}
    for kind, prefix in (("posts", ""), ("replies", "reply_"), ("deletes", "delete_")):
        row[f"{prefix}quota_usage"] = len(_spent(state, call.now, person, kind))
        row[f"{prefix}config"] = {"quota_total": _TOTALS[kind], "quota_duration": int(QUOTA_S)}
    wanted = (Parameters.of(call).get("fields") or "quota_usage").split(",")
    return json_reply({"data": [{name: row[name] for name in wanted if name in row}]})


def posts(state: State) -> list[SimulatedPost]:
    """Return every visible post, including replies, in the order in which they appeared."""
    return [
        SimulatedPost(
            uri=post["id"],
            account_id=post["person"],
            text=post["parameters"].get("text", ""),
            created_at=datetime.fromtimestamp(post["made_at"], UTC).isoformat(),
            reply_to=post["parameters"].get("reply_to_id"),
            media=[
                SimulatedMedia(kind="video" if "video_url" in one else "image", description=one.get("alt_text"))
                for one in post["media"]
            ],
            record={**post["parameters"], "media": post["media"]},
        )
        for post in _all(state)
    ]


_TOTALS = {"posts": POSTS_A_DAY, "replies": REPLIES_A_DAY, "deletes": DELETES_A_DAY}


def _all(state: State) -> list[Post]:
    found: list[Post] = [state[key] for key in state if key.startswith("post/")]
    return sorted(found, key=lambda post: (post["made_at"], int(post["id"])))


def _fields(state: State, post: Post, call: SimulatedCall) -> dict[str, Any]:
    person: Person = state[f"person/{post['person']}"]
    given, at = post["parameters"], datetime.fromtimestamp(post["made_at"], UTC)
    fields = {
        "id": post["id"],
        "media_product_type": "THREADS",
        "media_type": _SHOWN_AS.get(post["kind"], post["kind"]),
        "permalink": post_url(call, post["id"]),
        "owner": {"id": person["id"]},
        "username": person["username"],
        "timestamp": at.strftime("%Y-%m-%dT%H:%M:%S+0000"),
        "shortcode": post["shortcode"],
        "is_quote_post": "quote_post_id" in given,
        "is_reply": "reply_to_id" in given,
        "has_replies": any(other["parameters"].get("reply_to_id") == post["id"] for other in _all(state)),
    }
    optional = ("text", "topic_tag", "alt_text", "location_id")
    return {**fields, **{name: given[name] for name in optional if given.get(name)}}


def _spent(state: State, now: datetime, person: Person, kind: str) -> list[float]:
    moments: list[float] = state.get(f"spent/{kind}/{person['id']}", [])
    return [moment for moment in moments if moment > now.timestamp() - QUOTA_S]


def _spend(state: State, now: datetime, person: Person, kind: str) -> None:
    spent = _spent(state, now, person, kind)
    if len(spent) >= _TOTALS[kind]:
        raise Refused("Application request limit reached", code=4, status=403)
    state[f"spent/{kind}/{person['id']}"] = [*spent, now.timestamp()]

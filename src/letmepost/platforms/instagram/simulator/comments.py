"""Comments on posts. Source: fact sheet sections 3 and 8, and the fields of comments."""

from datetime import UTC, datetime
from typing import TypedDict

from letmepost.platforms._meta.simulator.graph import Parameters, Refused, json_reply
from letmepost.platforms._meta.simulator.lists import listed
from letmepost.platforms._meta.simulator.people import next_id
from letmepost.platforms.instagram.simulator.accounts import Caller
from letmepost.platforms.instagram.simulator.validation import check_comment
from letmepost.platforms.simulation import SimulatedCall, SimulatedReply, State


class Comment(TypedDict):
    """A comment on the post `media`."""

    id: str
    account: str
    media: str
    text: str
    made_at: float


def create(state: State, call: SimulatedCall, caller: Caller, media_id: str) -> Comment:
    """Comment on a post. A call that also asks for fields is refused after the comment was created."""
    given = Parameters.of(call)
    comment = Comment(
        id=next_id(state),
        account=caller.account["id"],
        media=media_id,
        text=check_comment(given),
        made_at=call.now.timestamp(),
    )
    state[f"comment/{comment['id']}"] = comment
    if given.get("fields") is not None or caller.scenario.refuses_made_comments:
        raise Refused("Something went wrong", code=20, subcode=1772107)
    return comment


def list_on(state: State, call: SimulatedCall, media_id: str) -> SimulatedReply:
    """`GET /{media}/comments`, newest first."""
    rows = [
        {
            "id": comment["id"],
            "text": comment["text"],
            "timestamp": datetime.fromtimestamp(comment["made_at"], UTC).strftime("%Y-%m-%dT%H:%M:%S+0000"),
            "username": state[f"account/{comment['account']}"]["username"],
        }
        for comment in reversed(comments_on(state, media_id))
    ]
    return listed(call, rows)


def delete(state: State, comment: Comment) -> SimulatedReply:
    """`DELETE /{comment}`."""
    del state[f"comment/{comment['id']}"]
    return json_reply({"success": True})


def comments_on(state: State, media_id: str) -> list[Comment]:
    """Return the comments on a post, oldest first."""
    return [comment for comment in all_comments(state) if comment["media"] == media_id]


def all_comments(state: State) -> list[Comment]:
    """Return every comment, oldest first."""
    found: list[Comment] = [state[key] for key in state if key.startswith("comment/")]
    return sorted(found, key=lambda comment: int(comment["id"]))

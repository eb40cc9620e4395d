"""Images and posts. Source: fact sheet sections 3, 4 and 5."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from letmepost.platforms._kit.simulator.ids import letters
from letmepost.platforms._kit.simulator.pages import post_url
from letmepost.platforms._kit.simulator.scenarios import is_first_response, refuse_attempt
from letmepost.platforms._kit.simulator.wire import content_type, json_object, json_reply
from letmepost.platforms.simulation import SimulatedCall, SimulatedPost, SimulatedReply, State
from tests.platforms.minimal.example.simulator.accounts import authenticate, scenario_of
from tests.platforms.minimal.example.simulator.scenarios import ExampleError, duplicate

_STARTS = {"image/jpeg": b"\xff\xd8\xff", "image/png": b"\x89PNG\r\n\x1a\n"}
_IMAGE_LIFETIME_S = 24 * 3600
_SAME_WITHIN_S = 60
_LISTED_AFTER_S = 3
_LIST_MAX = 100


def upload(state: State, call: SimulatedCall) -> SimulatedReply:
    """`POST /v1/images`."""
    account_id = authenticate(state, call, "posts")
    scenario = scenario_of(state, account_id)
    refuse_attempt(state, account_id, scenario, call.now, shows_post=False, is_upload=True)
    start = _STARTS.get(content_type(call))
    if start is None or not call.body.startswith(start) or len(call.body) > 2_000_000:
        raise ExampleError(422, "invalid", "The image is not a JPEG or PNG of at most 2,000,000 bytes.")
    image_id = letters(call.entropy, "image", 16)
    state[f"image/{image_id}"] = {"account": account_id, "at": call.now.timestamp()}
    return json_reply({"id": image_id}, status=201, delay_s=scenario.delay_s)


def create(state: State, call: SimulatedCall) -> SimulatedReply:
    """`POST /v1/posts`."""
    account_id = authenticate(state, call, "posts")
    scenario = scenario_of(state, account_id)
    refuse_attempt(state, account_id, scenario, call.now, shows_post=True)
    now, body = call.now.timestamp(), json_object(call) or {}
    _check(state, body, account_id, now)
    for post in _own(state, account_id):
        is_recent = now - post["at"] < _SAME_WITHIN_S
        if is_recent and all(post.get(name) == body.get(name) for name in ("text", "images")):
            raise duplicate()
    post_id = letters(call.entropy, "post", 16)
    post = {**body, "id": post_id, "url": post_url(call, post_id), "account": account_id, "at": now}
    state[f"post/{post_id}"] = post
    is_lost = scenario.loses_first_response and is_first_response(state, account_id)
    return json_reply(post, status=201, delay_s=scenario.delay_s, dropped=is_lost)


def list_own(state: State, call: SimulatedCall, account_id: str) -> SimulatedReply:
    """`GET /v1/accounts/{id}/posts`."""
    if authenticate(state, call, "posts") != account_id:
        raise ExampleError(403, "forbidden", "This is another account.")
    since, until = float(dict(call.query).get("since", "0")), call.now.timestamp() - _LISTED_AFTER_S
    found = [post for post in _own(state, account_id) if since <= post["at"] <= until]
    more = {"next": found[_LIST_MAX]["id"]} if len(found) > _LIST_MAX else {}
    return json_reply({"posts": found[:_LIST_MAX], **more})


def delete(state: State, call: SimulatedCall, post_id: str) -> SimulatedReply:
    """`DELETE /v1/posts/{id}`."""
    account_id = authenticate(state, call, "posts")
    if state.get(f"post/{post_id}", {}).get("account") != account_id:
        raise ExampleError(404, "not_found", "There is no such post.")
    del state[f"post/{post_id}"]
    return SimulatedReply(status=204)


def visible(state: State) -> list[SimulatedPost]:
    """Return what followers see."""
    return [
        SimulatedPost(
            uri=post["id"],
            account_id=post["account"],
            text=post["text"],
            created_at=datetime.fromtimestamp(post["at"], UTC).isoformat(),
            record=post,
        )
        for post in _own(state, None)
    ]


def _check(state: State, body: Mapping[str, Any], account_id: str, now: float) -> None:
    text, images = body.get("text"), body.get("images")
    if not isinstance(text, str) or len(text) > 300 or not isinstance(images, list) or len(images) > 1:
        raise ExampleError(422, "invalid", "The text is too long, or there are too many images.")
    if body.get("audience") not in {"everyone", "followers"} or not (text.strip() or images):
        raise ExampleError(422, "invalid", "The audience is unknown, or the post is empty.")
    for image in images:
        known = state.get(f"image/{image['id']}")
        if known is None or known["account"] != account_id or now >= known["at"] + _IMAGE_LIFETIME_S:
            raise ExampleError(422, "invalid", "There is no such image.")
        if len(image["alt_text"]) > 500:
            raise ExampleError(422, "invalid", "The alt text is too long.")


def _own(state: State, account_id: str | None) -> list[dict[str, Any]]:
    """Return the posts of an account, or of all, oldest first."""
    found = [state[key] for key in list(state) if key.startswith("post/")]
    return sorted((post for post in found if account_id in {None, post["account"]}), key=lambda post: post["at"])

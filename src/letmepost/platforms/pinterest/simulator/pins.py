"""Pins: created, read, listed and deleted. Source: fact sheet sections 2, 7 and 8."""

from datetime import UTC, datetime
from typing import Any, TypedDict

from letmepost.platforms._kit.simulator.files import StoredFile, as_media, shown
from letmepost.platforms._kit.simulator.pages import picture_url
from letmepost.platforms._kit.simulator.scenarios import is_first_response, refuse_attempt
from letmepost.platforms._kit.simulator.wire import json_reply
from letmepost.platforms.pinterest.simulator.accounts import Board, User, scenario_of
from letmepost.platforms.pinterest.simulator.boards import format_time, own
from letmepost.platforms.pinterest.simulator.media import ready_file
from letmepost.platforms.pinterest.simulator.validation import check_pin
from letmepost.platforms.pinterest.simulator.wire import (
    PinterestError,
    forbidden,
    json_object,
    next_id,
    no_board,
    no_pin,
    page_of,
)
from letmepost.platforms.simulation import SimulatedCall, SimulatedMedia, SimulatedPost, SimulatedReply, State

_SIZES = {"150x150": (150, 150), "400x300": (400, 300), "600x": (600, 900), "1200x": (1200, 1800)}


class Pin(TypedDict):
    """A Pin. `given` is the body of the request that created it, and `video` is the file that it shows."""

    id: str
    user: str
    board: str
    made_at: float
    given: dict[str, Any]
    video: StoredFile | None


def create(state: State, call: SimulatedCall, user: User) -> SimulatedReply:
    """`POST /pins`."""
    scenario, given = scenario_of(user), json_object(call)
    refuse_attempt(state, user["id"], scenario, call.now, shows_post=True)
    check_pin(given)
    _check_place(state, user, given)
    media_id = given["media_source"].get("media_id")
    pin = Pin(
        id=next_id(state),
        user=user["id"],
        board=given["board_id"],
        made_at=call.now.timestamp(),
        given=given,
        video=None if media_id is None else ready_file(state, call, user, media_id),
    )
    state[f"pin/{pin['id']}"] = pin
    is_lost = scenario.loses_first_response and is_first_response(state, user["id"])
    is_empty = scenario.omits_first_id and is_first_response(state, user["id"])
    answer = {} if is_empty else _show(state, pin, call)
    return json_reply(answer, status=201, delay_s=scenario.delay_s, dropped=is_lost)


def show(state: State, call: SimulatedCall, user: User, pin_id: str) -> SimulatedReply:
    """`GET /pins/{pin}`."""
    return json_reply(_show(state, _own(state, user, pin_id), call))


def delete(state: State, _call: SimulatedCall, user: User, pin_id: str) -> SimulatedReply:
    """`DELETE /pins/{pin}`."""
    del state[f"pin/{_own(state, user, pin_id)['id']}"]
    return SimulatedReply(status=204)


def list_own(state: State, call: SimulatedCall, user: User) -> SimulatedReply:
    """`GET /pins`."""
    return page_of(call, _listed(state, call, user))


def list_of_board(state: State, call: SimulatedCall, user: User, board_id: str) -> SimulatedReply:
    """`GET /boards/{board}/pins`."""
    own(state, user, board_id)
    return page_of(call, [row for row in _listed(state, call, user) if row["board_id"] == board_id])


def list_of_section(state: State, call: SimulatedCall, user: User, board_id: str, section_id: str) -> SimulatedReply:
    """`GET /boards/{board}/sections/{section}/pins`."""
    own(state, user, board_id)
    return page_of(call, [row for row in _listed(state, call, user) if row["board_section_id"] == section_id])


def posts(state: State) -> list[SimulatedPost]:
    """Return every Pin, in the order in which they appeared."""
    return [
        SimulatedPost(
            uri=pin["id"],
            account_id=pin["user"],
            text=pin["given"].get("description") or "",
            created_at=datetime.fromtimestamp(pin["made_at"], UTC).isoformat(),
            media=_seen_media(pin),
            record=pin["given"] if pin["video"] is None else {**pin["given"], "video": shown(pin["video"])},
        )
        for pin in _all(state)
    ]


def _seen_media(pin: Pin) -> list[SimulatedMedia]:
    kind, description = "image" if pin["video"] is None else "video", pin["given"].get("alt_text")
    items = pin["given"]["media_source"].get("items") or [{}]
    return [as_media(kind, pin["video"], item.get("title") or description) for item in items]


def _check_place(state: State, user: User, given: dict[str, Any]) -> None:
    board: Board | None = state.get(f"board/{given['board_id']}")
    if board is None:
        raise no_board()
    if board["user"] != user["id"]:
        raise forbidden()
    section_id = given.get("board_section_id")
    if section_id is not None and state.get(f"section/{section_id}", {}).get("board") != board["id"]:
        raise PinterestError(404, 2031, "Board section not found.")


def _own(state: State, user: User, pin_id: str) -> Pin:
    pin: Pin | None = state.get(f"pin/{pin_id}")
    if pin is None:
        raise no_pin()
    if pin["user"] != user["id"]:
        raise forbidden()
    return pin


def _all(state: State) -> list[Pin]:
    found: list[Pin] = [state[key] for key in state if key.startswith("pin/")]
    return sorted(found, key=lambda pin: (pin["made_at"], int(pin["id"])))


def _listed(state: State, call: SimulatedCall, user: User) -> list[dict[str, Any]]:
    """Return the account's Pins as lists show them, newest first."""
    shown_before = call.now.timestamp() - scenario_of(user).lag_s
    mine = [pin for pin in _all(state) if pin["user"] == user["id"] and pin["made_at"] <= shown_before]
    return [_show(state, pin, call) for pin in reversed(mine)]


def _show(state: State, pin: Pin, call: SimulatedCall) -> dict[str, Any]:
    given, user = pin["given"], state[f"user/{pin['user']}"]
    items, source_type = given["media_source"].get("items"), given["media_source"]["source_type"]
    return {
        "id": pin["id"],
        "created_at": format_time(pin["made_at"]),
        **{name: given.get(name) for name in ("link", "title", "description", "alt_text", "board_section_id")},
        "dominant_color": given.get("dominant_color") or "#6E7874",
        "board_id": pin["board"],
        "board_owner": {"username": user["username"]},
        "parent_pin_id": None,
        "is_owner": True,
        "is_standard": True,
        "is_removable": True,
        "has_been_promoted": False,
        "creative_type": "VIDEO" if source_type == "video_id" else "REGULAR" if items is None else "CAROUSEL",
        "product_tags": [],
        "pin_metrics": None,
        "media": _media(pin, items, picture_url(call)),
    }


def _media(pin: Pin, items: list[dict[str, Any]] | None, picture: str) -> dict[str, Any]:
    if pin["video"] is not None:  # right after the creation, Pinterest knows nothing else of the video
        unknown = dict.fromkeys(("duration", "height", "width", "video_url"))
        return {"media_type": "video", "images": _images(picture), "cover_image_url": picture, **unknown}
    if items is None:
        return {"media_type": "image", "images": _images(picture)}
    shown_items = [{"item_type": "image", "images": _images(picture)} for _ in items]
    return {"media_type": "multiple_images", "items": shown_items}


def _images(picture: str) -> dict[str, dict[str, Any]]:
    return {size: {"width": width, "height": height, "url": picture} for size, (width, height) in _SIZES.items()}

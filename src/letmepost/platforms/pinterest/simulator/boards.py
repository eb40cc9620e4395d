"""Boards and their sections. Source: fact sheet section 1.6."""

from datetime import UTC, datetime
from typing import Any, TypedDict

from letmepost.platforms._kit.simulator.scenarios import refuse_attempt
from letmepost.platforms._kit.simulator.wire import json_reply
from letmepost.platforms.pinterest.simulator.accounts import (
    Board,
    User,
    add_board,
    scenario_of,
    withdraw_if_revoked,
)
from letmepost.platforms.pinterest.simulator.wire import invalid, json_object, next_id, no_board, page_of
from letmepost.platforms.simulation import SimulatedCall, SimulatedReply, State

_PRIVACIES = ("PUBLIC", "PROTECTED", "SECRET")
_NAME_MAX = 180


class Section(TypedDict):
    """A section of a board."""

    id: str
    board: str
    name: str


def list_boards(state: State, call: SimulatedCall, user: User) -> SimulatedReply:
    """`GET /boards`."""
    rows = [_show(state, user, board) for board in _of(state, user)]
    privacy = dict(call.query).get("privacy", "ALL")
    reply = page_of(call, [row for row in rows if privacy in {"ALL", row["privacy"]}])
    withdraw_if_revoked(state, user)
    return reply


def create(state: State, call: SimulatedCall, user: User) -> SimulatedReply:
    """`POST /boards`."""
    scenario = scenario_of(user)
    refuse_attempt(state, user["id"], scenario, call.now, shows_post=False)
    given = json_object(call)
    name, privacy = _name_in(given), given.get("privacy", "PUBLIC")
    if privacy not in _PRIVACIES:
        raise invalid(f"Invalid request: privacy must be one of {', '.join(_PRIVACIES)}.")
    if any(board["name"].casefold() == name.casefold() for board in _of(state, user)):
        raise invalid("You already have a board with this name.")
    description = str(given.get("description") or "")
    board = add_board(state, user, call.now, name=name, description=description, privacy=privacy)
    return json_reply(_show(state, user, board), status=201, delay_s=scenario.delay_s)


def show(state: State, _call: SimulatedCall, user: User, board_id: str) -> SimulatedReply:
    """`GET /boards/{board}`."""
    return json_reply(_show(state, user, own(state, user, board_id)))


def delete(state: State, _call: SimulatedCall, user: User, board_id: str) -> SimulatedReply:
    """`DELETE /boards/{board}`: its sections and its Pins are deleted, too."""
    own(state, user, board_id)
    for key in [key for key in state if key.startswith(("pin/", "section/")) and state[key]["board"] == board_id]:
        del state[key]
    del state[f"board/{board_id}"]
    return SimulatedReply(status=204)


def list_sections(state: State, call: SimulatedCall, user: User, board_id: str) -> SimulatedReply:
    """`GET /boards/{board}/sections`."""
    own(state, user, board_id)
    found: list[Section] = [state[key] for key in state if key.startswith("section/")]
    return page_of(call, [_show_section(section) for section in found if section["board"] == board_id])


def create_section(state: State, call: SimulatedCall, user: User, board_id: str) -> SimulatedReply:
    """`POST /boards/{board}/sections`."""
    own(state, user, board_id)
    section = Section(id=next_id(state), board=board_id, name=_name_in(json_object(call)))
    state[f"section/{section['id']}"] = section
    return json_reply(_show_section(section), status=201)


def own(state: State, user: User, board_id: str) -> Board:
    """Return one of the account's boards.

    Raises:
        PinterestError: it does not exist, or belongs to another account.
    """
    board: Board | None = state.get(f"board/{board_id}")
    if board is None or board["user"] != user["id"]:
        raise no_board()
    return board


def format_time(moment: float) -> str:
    """Return a time as Pinterest sends it: in UTC, without saying so."""
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def _name_in(given: dict[str, Any]) -> str:
    name = given.get("name")
    if not isinstance(name, str) or not 1 <= len(name) <= _NAME_MAX:
        raise invalid(f"Invalid request: name must have 1 to {_NAME_MAX} characters.")
    return name


def _of(state: State, user: User) -> list[Board]:
    found: list[Board] = [state[key] for key in state if key.startswith("board/")]
    return sorted((board for board in found if board["user"] == user["id"]), key=lambda board: int(board["id"]))


def _show_section(section: Section) -> dict[str, Any]:
    return {"id": section["id"], "name": section["name"]}


def _show(state: State, user: User, board: Board) -> dict[str, Any]:
    pins = [key for key in state if key.startswith("pin/") and state[key]["board"] == board["id"]]
    return {
        "id": board["id"],
        "name": board["name"],
        "description": board["description"],
        "privacy": board["privacy"],
        "owner": {"username": user["username"]},
        "pin_count": len(pins),
        "follower_count": 0,
        "collaborator_count": 0,
        "is_ads_only": False,
        "created_at": format_time(board["made_at"]),
        "board_pins_modified_at": format_time(board["made_at"]),
        "media": {"image_cover_url": None, "pin_thumbnail_urls": []},
    }

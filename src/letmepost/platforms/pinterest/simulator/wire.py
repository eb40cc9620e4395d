"""The format of the server: JSON, and refusals with a code and a message. Source: fact sheet section 6."""

from collections.abc import Mapping, Sequence
from typing import Any

from letmepost.platforms._kit.simulator import wire
from letmepost.platforms.simulation import SimulatedCall, SimulatedReply, State

_PAGE_SIZES = range(1, 251)


class PinterestError(wire.Refusal):
    """A refusal of the API."""

    def __init__(self, status: int, code: int, message: str, *, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(status, {"code": code, "message": message}, headers=headers)


def invalid(message: str) -> PinterestError:
    """Return the refusal of an invalid request."""
    return PinterestError(400, 1, message)


def unauthenticated() -> PinterestError:
    """Return the refusal of a missing or invalid credential."""
    return PinterestError(401, 2, "Authentication failed.")


def forbidden() -> PinterestError:
    """Return the refusal of an object that belongs to another account."""
    return PinterestError(403, 29, "You are not permitted to access that resource.")


def no_board() -> PinterestError:
    """Return the refusal of a board that does not exist."""
    return PinterestError(404, 40, "Board not found.")


def no_pin() -> PinterestError:
    """Return the refusal of a Pin that does not exist."""
    return PinterestError(404, 50, "Pin not found.")


def json_object(call: SimulatedCall) -> dict[str, Any]:
    """Return the body of a call.

    Raises:
        PinterestError: it is not a JSON object.
    """
    found = wire.json_object(call)
    if found is None:
        raise invalid("Invalid request: the body is not a JSON object.")
    return found


def page_of(call: SimulatedCall, rows: Sequence[Mapping[str, Any]]) -> SimulatedReply:
    """Return a page of a list. The bookmark is the position of the next page.

    Raises:
        PinterestError: the query selects no valid page.
    """
    query = dict(call.query)
    size, bookmark = query.get("page_size", "25"), query.get("bookmark", "0")
    if not (size.isdecimal() and int(size) in _PAGE_SIZES and bookmark.isdecimal()):
        raise invalid("Invalid request: page_size must be 1 to 250, and bookmark one that was returned.")
    end = int(bookmark) + int(size)
    following = str(end) if end < len(rows) else None
    return wire.json_reply({"items": list(rows[int(bookmark) : end]), "bookmark": following})


def next_id(state: State) -> str:
    """Return the next id, in digits. All objects share one sequence."""
    number = state.get("meta/last_id", 549_755_885_000) + 7
    state["meta/last_id"] = number
    return str(number)

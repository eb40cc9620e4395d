"""The format of the server: an envelope of `data` and `error` around every JSON body. Source: fact sheet section 2."""

from collections.abc import Mapping
from typing import Any

from letmepost.platforms._kit.simulator import wire
from letmepost.platforms.simulation import SimulatedCall, SimulatedReply

LOG_ID = "202611291000000102450312231F8A6D21"


class TikTokError(wire.Refusal):
    """A refusal of the API."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(status, {"data": {}, "error": {"code": code, "message": message, "log_id": LOG_ID}})
        self.code, self.message = code, message


def invalid(message: str) -> TikTokError:
    """Return the refusal of an invalid request."""
    return TikTokError(400, "invalid_params", message)


def data_reply(data: Mapping[str, Any], *, delay_s: float = 0.0, dropped: bool = False) -> SimulatedReply:
    """Return a success."""
    body = {"data": data, "error": {"code": "ok", "message": "", "log_id": LOG_ID}}
    return wire.json_reply(body, delay_s=delay_s, dropped=dropped)


def json_object(call: SimulatedCall) -> dict[str, Any]:
    """Return the body of a call, which may be empty.

    Raises:
        TikTokError: it is not a JSON object.
    """
    found = wire.json_object(call) if call.body else {}
    if found is None or (call.body and wire.content_type(call) != "application/json"):
        raise invalid("The request body is not in JSON format.")
    return found


def object_in(given: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return an object in a body.

    Raises:
        TikTokError: there is no such object.
    """
    value = given.get(name)
    if not isinstance(value, dict):
        raise invalid(f"{name} is required")
    return value

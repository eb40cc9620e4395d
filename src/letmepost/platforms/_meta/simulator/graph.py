"""The format of Meta's servers: JSON, and refusals in the envelope of the Graph API."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from letmepost.platforms._kit.simulator import wire
from letmepost.platforms.simulation import SimulatedCall, SimulatedReply

_FILE = "source"
_FILES = frozenset({_FILE, "video_file_chunk"})
"""The names of the fields of a multipart form that have a file, or a part of one."""
_JSON = {"content-type": "application/json; charset=UTF-8"}


class Refused(wire.Refusal):
    """A refusal in the words of the server."""

    def __init__(
        self,
        message: str,
        *,
        code: int,
        subcode: int | None = None,
        status: int = 400,
        is_transient: bool = False,
        user_message: str | None = None,
        headers: Mapping[str, str] | None = None,
        data: Mapping[str, Any] | None = None,
    ) -> None:
        error: dict[str, Any] = {
            "message": message,
            "type": "OAuthException",
            "code": code,
            **({} if subcode is None else {"error_subcode": subcode}),
            "is_transient": is_transient,
            **({} if user_message is None else {"error_user_msg": user_message}),
            **({} if data is None else {"error_data": data}),
            "fbtrace_id": "AxSandboxTraceId",
        }
        self.error = error
        super().__init__(status, {"error": error}, headers={**_JSON, **(headers or {})})


class ConsentRefused(wire.Refusal):
    """A refusal of the OAuth endpoints, which have an envelope of their own."""

    def __init__(self, message: str) -> None:
        value = {"error_type": "OAuthException", "code": 400, "error_message": message}
        super().__init__(400, value, headers=_JSON)


def wrong_parameter(message: str) -> Refused:
    """Return the refusal of a missing or invalid parameter."""
    return Refused(message, code=100)


def json_reply(value: Mapping[str, Any], *, delay_s: float = 0.0, dropped: bool = False) -> SimulatedReply:
    """Return a 200 with JSON."""
    return wire.json_reply(value, headers=_JSON, delay_s=delay_s, dropped=dropped)


@dataclass(frozen=True, slots=True)
class Parameters:
    """The parameters of a call, from its query, and its form or JSON. The same name twice counts once."""

    values: Mapping[str, str]

    @classmethod
    def of(cls, call: SimulatedCall) -> "Parameters":
        """Return the parameters of a call."""
        if wire.content_type(call) == "application/json":
            body = _json_parameters(call.body)
        else:
            texts = (pair for pair in wire.multipart_of(call) or () if pair[0] not in _FILES)
            body = {**wire.form_of(call), **{name: value.decode("utf-8", "replace") for name, value in texts}}
        return cls({**dict(call.query), **body})

    def get(self, name: str) -> str | None:
        """Return a parameter, or None if it was not sent or is empty."""
        return self.values.get(name) or None

    def require(self, name: str) -> str:
        """Return a required parameter."""
        value = self.get(name)
        if value is None:
            raise wrong_parameter(f"Param {name} is required.")
        return value


def file_of(call: SimulatedCall) -> bytes | None:
    """Return the file of a multipart form, or None without one."""
    return next((value for name, value in wire.multipart_of(call) or () if name == _FILE), None)


def shown(value: Mapping[str, Any], parameters: Parameters) -> SimulatedReply:
    """Return the requested fields that exist, and the id."""
    return json_reply(select(value, parameters.get("fields") or ""))


def select(value: Mapping[str, Any], fields: str) -> dict[str, Any]:
    """Return the id, and the fields that `fields` names and that exist: `name,picture{url}`."""
    wanted = {"id": "", **dict(_FIELD.findall(fields))}
    return {name: _selected(value[name], wanted[name]) for name in value if name in wanted}


_FIELD = re.compile(r"([^,{}().]+)(?:\.\w+\([^)]*\))*(?:\{((?:[^{}]|\{[^{}]*\})*)\})?")
"""A name, modifiers such as `.limit(1)` that are ignored, and the fields of the object in the field."""


def _selected(value: Any, fields: str) -> Any:
    if isinstance(value, dict) and "data" in value:
        return {**value, "data": _selected(value["data"], fields)}
    if isinstance(value, list):
        return [_selected(item, fields) for item in value]
    return select(value, fields) if isinstance(value, dict) and fields else value


def _json_parameters(body: bytes) -> Mapping[str, str]:
    """Return the fields of an object. As in a form, a value that is not a text is the JSON of that value."""
    try:
        value = json.loads(body or b"{}")
    except (ValueError, RecursionError):
        raise wrong_parameter("The body is not JSON.") from None
    if not isinstance(value, dict):
        raise wrong_parameter("The body is not a JSON object.")
    return {name: item if isinstance(item, str) else json.dumps(item) for name, item in value.items()}

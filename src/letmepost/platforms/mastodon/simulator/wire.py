"""The formats of the server: JSON replies, errors, and parameters from a query, a form, a multipart form or JSON."""

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qsl

from letmepost.platforms.contract import SimulatedCall, SimulatedReply, State

_BOUNDARY = re.compile(r'boundary="?([^";]+)"?', re.IGNORECASE)
_NAME = re.compile(rb'name="([^"]*)"')
_NESTED = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")
_TRUE = frozenset({True, "true", "1", "on"})


class Refused(Exception):
    """An error in the words of the server."""

    def __init__(
        self, status: int, error: str, description: str | None = None, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(error)
        self.status = status
        self.body = {"error": error, **({} if description is None else {"error_description": description})}
        self.headers = dict(headers or {})

    def reply(self, headers: Mapping[str, str]) -> SimulatedReply:
        """Return the error as a response."""
        return json_reply(self.body, status=self.status, headers={**headers, **self.headers})


def invalid(reason: str) -> Refused:
    """Return the refusal of invalid content."""
    return Refused(422, f"Validation failed: {reason}")


def not_found() -> Refused:
    """Return the refusal of an id that does not exist, or that the account may not see."""
    return Refused(404, "Record not found")


def json_reply(value: Any, *, status: int = 200, headers: Mapping[str, str] | None = None) -> SimulatedReply:
    """Return a JSON response."""
    body = json.dumps(value, separators=(",", ":")).encode()
    content_type = {"content-type": "application/json; charset=utf-8"}
    return SimulatedReply(status=status, headers={**content_type, **(headers or {})}, body=body)


def web_page(status: int, content: str) -> SimulatedReply:
    """Return an HTML page."""
    return SimulatedReply(
        status=status, headers={"content-type": "text/html; charset=utf-8"}, body=f"<!DOCTYPE html>{content}".encode()
    )


@dataclass(frozen=True, slots=True)
class Parameters:
    """The parameters of a call. Names in brackets are nested: `poll[options][]`, `media_ids[]`."""

    values: Mapping[str, Any]

    @classmethod
    def of(cls, call: SimulatedCall) -> "Parameters":
        """Return the parameters of the query and the body."""
        found: dict[str, Any] = {}
        for name, value in call.query:
            _put(found, name, value)
        kind = call.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind == "application/json" and call.body:
            found |= _json_object(call.body)
        elif kind == "application/x-www-form-urlencoded":
            for name, value in parse_qsl(call.body.decode("utf-8", "replace"), keep_blank_values=True):
                _put(found, name, value)
        elif kind == "multipart/form-data":
            for name, content in _multipart(call):
                _put(found, name, content if name in {"file", "thumbnail"} else content.decode("utf-8", "replace"))
        return cls(found)

    def text(self, name: str) -> str | None:
        """Return a parameter as text, or None if it was not sent or is empty."""
        value = self.values.get(name)
        return None if value in {None, ""} or isinstance(value, list | dict) else str(value)

    def texts(self, name: str) -> list[str]:
        """Return a parameter that is a list."""
        value = self.values.get(name)
        return [str(one) for one in value] if isinstance(value, list) else []

    def flag(self, name: str) -> bool:
        """Return a parameter that is true or false. Rails accepts several forms of true."""
        value = self.values.get(name)
        return not isinstance(value, list | dict) and value in _TRUE

    def nested(self, name: str) -> "Parameters | None":
        """Return the parameters inside a parameter, or None if it was not sent."""
        value = self.values.get(name)
        return Parameters(value) if isinstance(value, dict) else None


def next_id(state: State, now: datetime) -> str:
    """Return the next id, which contains the time: ids sort as they were issued."""
    number = max(int(now.timestamp() * 1000) << 16, int(state.get("meta/last_id", 0)) + 1)
    state["meta/last_id"] = number
    return str(number)


def letters(entropy: bytes, purpose: str, length: int) -> str:
    """Return letters and digits that look random, and depend only on the entropy and the purpose. At most 51."""
    return base64.b32encode(sha256(purpose.encode() + entropy).digest()).decode().lower()[:length]


def iso(seconds: float) -> str:
    """Return a time as Mastodon writes it."""
    moment = datetime.fromtimestamp(seconds, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


def _put(found: dict[str, Any], name: str, value: Any) -> None:
    """Store a value under a name such as `poll[options][]`, one or two levels deep."""
    parts = _NESTED.fullmatch(name)
    if parts is None:
        return
    keys = [parts[1], *re.findall(r"\[([^\[\]]*)\]", parts[2])]
    holder = found
    for key in keys[:-1] if keys[-1] else keys[:-2]:
        inner = holder.setdefault(key, {})
        if not isinstance(inner, dict):
            return
        holder = inner
    if keys[-1]:
        holder[keys[-1]] = value
    else:
        rows = holder.setdefault(keys[-2], [])
        if isinstance(rows, list):
            rows.append(value)


def _json_object(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        raise Refused(400, "There was a problem in the JSON you submitted") from None
    return value if isinstance(value, dict) else {}


def _multipart(call: SimulatedCall) -> list[tuple[str, bytes]]:
    boundary = _BOUNDARY.search(call.headers.get("content-type", ""))
    parts = [] if boundary is None else (b"\r\n" + call.body).split(b"\r\n--" + boundary[1].encode())
    fields = []
    for part in parts[1:-1]:
        head, _, content = part.partition(b"\r\n\r\n")
        name = _NAME.search(head)
        if name is not None:
            fields.append((name[1].decode(errors="replace"), content))
    return fields

"""JSON, forms and bearer tokens in HTTP, and refusals as exceptions."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl

from letmepost.platforms.simulation import SimulatedCall, SimulatedReply

FORM = "application/x-www-form-urlencoded"
_BOUNDARY = re.compile(r'boundary="?([^";]+)"?', re.IGNORECASE)
_NAME = re.compile(rb'\bname="([^"]*)"')


class Refusal(Exception):
    """The response to a call that is not executed. Each platform derives a class that builds its error bodies."""

    def __init__(
        self, status: int, value: Mapping[str, Any], *, headers: Mapping[str, str] | None = None, delay_s: float = 0.0
    ) -> None:
        super().__init__(status, value)
        self._reply = json_reply(value, status=status, headers=headers, delay_s=delay_s)

    def reply(self) -> SimulatedReply:
        return self._reply


def json_reply(
    value: Mapping[str, Any] | Sequence[Any],
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    delay_s: float = 0.0,
    dropped: bool = False,
) -> SimulatedReply:
    """Return a response with JSON. `headers` may replace the content type."""
    return SimulatedReply(
        status=status,
        headers={"content-type": "application/json; charset=utf-8", **(headers or {})},
        body=json.dumps(value, separators=(",", ":")).encode(),
        delay_s=delay_s,
        dropped=dropped,
    )


def content_type(call: SimulatedCall) -> str:
    """Return the content type of a call in lower case, without parameters."""
    return call.headers.get("content-type", "").partition(";")[0].strip().lower()


def form_of(call: SimulatedCall) -> dict[str, str]:
    """Return the fields of a form, or nothing if the body is not a form. Of fields with one name, the last counts."""
    if content_type(call) != FORM:
        return {}
    return dict(parse_qsl(call.body.decode("utf-8", "replace"), keep_blank_values=True))


def multipart_of(call: SimulatedCall) -> list[tuple[str, bytes]] | None:
    """Return the fields of a multipart form in their order, or None if the body is not a complete one (RFC 7578)."""
    boundary = boundary_of(call)
    return None if boundary is None else multipart_fields(call.body, boundary)


def boundary_of(call: SimulatedCall) -> bytes | None:
    """Return what separates the fields of a multipart form, or None if the body is not said to be one."""
    found = _BOUNDARY.search(call.headers.get("content-type", ""))
    return None if found is None or content_type(call) != "multipart/form-data" else found[1].encode()


def multipart_fields(body: bytes, boundary: bytes) -> list[tuple[str, bytes]] | None:
    """Return the fields of the body of a multipart form in their order, or None if it is not complete."""
    _, *parts = (b"\r\n" + body).split(b"\r\n--" + boundary)
    if not parts or not parts.pop().startswith(b"--"):
        return None
    fields = []
    for part in parts:
        head, _, content = part.partition(b"\r\n\r\n")
        name = _NAME.search(head)
        if name is None:
            return None
        fields.append((name[1].decode(errors="replace"), content))
    return fields


def json_object(call: SimulatedCall) -> dict[str, Any] | None:
    """Return the body, or None if it is not a JSON object."""
    try:
        value = json.loads(call.body)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def bearer_token(call: SimulatedCall) -> str:
    """Return the token in the Authorization header (RFC 6750 section 2.1), or an empty text."""
    scheme, _, token = call.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""

"""The newest calls of each world, in memory."""

import json
from collections import OrderedDict, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import parse_qsl, urlencode

from letmepost.platforms.simulation import SimulatedCall, SimulatedReply
from letmepost.sandbox.calls.redaction import Redaction

CALLS_MAX = 50
"""Calls of a world that are kept."""
_WORLDS_MAX = 100
_CALL_BODY_READ_MAX_BYTES = 64 * 1024
"""Larger bodies are not shown, because a secret in them could not be found."""
_CALL_BODY_MAX_CHARS = 2000
_CALL_LINE_MAX_CHARS = 500
_HEADERS_MAX = 30
_FORM = "application/x-www-form-urlencoded"
_TEXTS = ("text/plain", "application/xml", "text/xml")


@dataclass(frozen=True, slots=True, kw_only=True)
class RecentCall:
    """A call to a simulated network and its reply, shortened and without secrets.

    Args:
        at: the time of the world.
        status: None if the reply was lost.
        delay_s: how long the reply was held back.
    """

    at: datetime
    platform: str
    method: str
    path: str
    status: int | None
    delay_s: float
    request_headers: Mapping[str, str]
    request_body: str
    reply_headers: Mapping[str, str]
    reply_body: str


class RecentCalls:
    """The newest calls of the worlds that were used last."""

    def __init__(self) -> None:
        self._worlds: OrderedDict[str, deque[RecentCall]] = OrderedDict()

    def add(self, world: str, platform: str, call: SimulatedCall, reply: SimulatedReply) -> None:
        """Record a call and its reply."""
        calls = self._worlds.setdefault(world, deque(maxlen=CALLS_MAX))
        self._worlds.move_to_end(world)
        if len(self._worlds) > _WORLDS_MAX:
            self._worlds.popitem(last=False)
        calls.append(_describe(platform, call, reply))

    def newest(self, world: str, platform: str | None = None) -> Sequence[RecentCall]:
        """Return the calls of a world, or those of one of its networks, newest first."""
        calls = reversed(self._worlds.get(world, ()))
        return [call for call in calls if platform in {None, call.platform}]

    def clear(self, world: str) -> None:
        """Forget the calls of a world."""
        self._worlds.pop(world, None)


def _describe(platform: str, call: SimulatedCall, reply: SimulatedReply) -> RecentCall:
    redaction = Redaction()
    query = urlencode(redaction.clean_parameters(call.query), safe="()", errors="replace")
    request_headers, reply_headers = redaction.clean_headers(call.headers), redaction.clean_headers(reply.headers)
    request_body = _read(redaction, call.headers, call.body, call.received.size_bytes, has_code=True)
    reply_body = _read(redaction, reply.headers, reply.body, len(reply.body), has_code=False)
    return RecentCall(
        at=call.now,
        platform=platform,
        method=call.method,
        path=_shorten(redaction.remove(f"{call.path}?{query}" if query else call.path), _CALL_LINE_MAX_CHARS),
        status=None if reply.dropped else reply.status,
        delay_s=reply.delay_s,
        request_headers=_headers(redaction, request_headers),
        request_body=_shorten(redaction.remove(request_body), _CALL_BODY_MAX_CHARS),
        reply_headers=_headers(redaction, reply_headers),
        reply_body=_shorten(redaction.remove(reply_body), _CALL_BODY_MAX_CHARS),
    )


def _read(redaction: Redaction, headers: Mapping[str, str], body: bytes, size_bytes: int, *, has_code: bool) -> str:
    """Return the text of a body without its secrets. A body that is not a text is described by its size and type."""
    given = next((value for name, value in headers.items() if name.lower() == "content-type"), "")
    kind = given.partition(";")[0].strip().lower()
    if not size_bytes:
        return ""
    if len(body) == size_bytes <= _CALL_BODY_READ_MAX_BYTES:
        text = body.decode("utf-8", "replace")
        if kind == _FORM:
            fields = redaction.clean_parameters(parse_qsl(text, keep_blank_values=True))
            return "\n".join(f"{name}={value}" for name, value in fields)
        if (shown := _clean_json(redaction, text, has_code=has_code)) is not None:
            return shown
        if kind in _TEXTS:
            return text
    return f"({size_bytes:,} bytes of {kind or 'an unknown type'})"


def _clean_json(redaction: Redaction, text: str, *, has_code: bool) -> str | None:
    """Return JSON without its secrets; None if it is not JSON, or nested too deeply.

    Halves of characters, which JSON can contain and a page cannot, are replaced.
    """
    try:
        value = redaction.clean_json(json.loads(text), has_code=has_code)
        return json.dumps(value, ensure_ascii=False).encode("utf-8", "replace").decode()
    except (ValueError, RecursionError):
        return None


def _headers(redaction: Redaction, headers: Mapping[str, str]) -> Mapping[str, str]:
    shown = list(headers.items())[:_HEADERS_MAX]
    return {name: _shorten(redaction.remove(value), _CALL_LINE_MAX_CHARS) for name, value in shown}


def _shorten(text: str, most_chars: int) -> str:
    return text if len(text) <= most_chars else f"{text[:most_chars]}… ({len(text):,} characters)"

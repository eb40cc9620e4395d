"""Outgoing and incoming HTTP messages, as values."""

import math
import re
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from letmepost.domain.errors import NoReply
from letmepost.domain.sizes import MIB
from letmepost.gateways.destinations import Origin

_RESERVED = frozenset(
    {"connection", "content-length", "expect", "host", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"}
)
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


class ReplyTooLarge(NoReply):
    """The server sent more bytes than the caller accepts. `status` is known, the body is not."""

    def __init__(self, limit_bytes: int, status: int) -> None:
        super().__init__(f"The server answered {status} with more than {limit_bytes} bytes.")
        self.status = status


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """A request.

    Args:
        url: sent as given, so that a signature of it stays valid.
        headers: without Host, Content-Length and those of the connection, which the client sets.
        body: complete, or a source that is read once and never completely in memory.
        body_length: of a source, in bytes. Exactly that many are sent, or the call fails.
        timeout_s: from the first byte sent to the last received. Connecting has its own limit in the client.
        idle_s: how long the server may take to accept the next piece of a body that is a source.
        not_after_s: by the monotonic clock. A request without a connection by then is not sent.
        max_reply_bytes: of the reply's body, both as sent and after decompression.
        follow_redirects: for a GET or HEAD, up to five, with `timeout_s` for each. Other origins do not receive the
            headers.

    Raises:
        ValueError: on construction: the request cannot be sent like that, which is a defect of this service.
    """

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | AsyncIterator[bytes] | None = None
    body_length: int | None = None
    timeout_s: float = 20.0
    idle_s: float = 60.0
    not_after_s: float = math.inf
    max_reply_bytes: int = MIB
    follow_redirects: bool = False

    def __post_init__(self) -> None:
        """Reject values that would be garbled in the request."""
        if not _TOKEN.fullmatch(self.method):
            raise ValueError(f"{self.method!r} is not an HTTP method")
        for name, value in self.headers.items():
            if not _TOKEN.fullmatch(name) or name.lower() in _RESERVED:
                raise ValueError(f"{name!r} is not a header that a request may set")
            if _CONTROL.search(value):
                raise ValueError(f"the value of {name} contains a control character")
        if isinstance(self.body, AsyncIterator) != (self.body_length is not None):
            raise ValueError("a body that is a source needs a length, and other bodies have none")
        if self.follow_redirects and (self.method not in {"GET", "HEAD"} or self.body is not None):
            raise ValueError("only a GET or HEAD without a body may follow redirects")


@dataclass(frozen=True, slots=True, kw_only=True)
class Durations:
    """Milliseconds since the start of a call.

    `connect_ms` ends with a connection (nearly 0 if one was reused), `first_byte_ms` with the reply's headers.
    """

    connect_ms: float
    first_byte_ms: float
    total_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """A complete reply. Header names are in lower case; the values of a repeated header are joined by commas."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    received_at: datetime
    durations: Durations


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """The time limits of a download: one for each phase, and one for the whole, by its size.

    Args:
        header_s: from the request to the end of the reply's headers, for each redirect.
        idle_s: between two pieces of the body.
        base_s: added to the time that the body takes at `slowest_bytes_per_s`. Without a limit for the whole, one
            byte every `idle_s` would occupy a connection for years.
    """

    header_s: float = 30.0
    idle_s: float = 30.0
    base_s: float = 60.0
    slowest_bytes_per_s: int = 256 * 1024

    def total_s(self, length_bytes: int) -> float:
        """Return the seconds that a body of this length may take from its first byte to its last."""
        return self.base_s + length_bytes / self.slowest_bytes_per_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Download:
    """A reply with a body that is still arriving.

    Args:
        origin: of the server that responded, after redirects.
        chunks: the body in pieces. Reading one may raise NoReply, or ReplyTooLarge before the limit is exceeded.
    """

    status: int
    headers: Mapping[str, str]
    origin: Origin
    chunks: AsyncIterator[bytes]


def headers_as_text(raw: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Return headers of any bytes (RFC 9110, section 5.5) as text: names in lower case, repeated ones joined."""
    found: dict[str, str] = {}
    for raw_name, raw_value in raw:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        found[name] = f"{found[name]}, {value}" if name in found else value
    return found


def redirect_location(status: int, headers: Mapping[str, str]) -> str | None:
    """Return the target of a redirect, or None if the reply is not one."""
    return headers.get("location") if status in {301, 302, 303, 307, 308} else None

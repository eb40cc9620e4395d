"""Errors that a server answers by itself, before any application sees the request, and the limits behind them."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from letmepost.domain.errors import ErrorCode
from letmepost.domain.sizes import HEAD_MAX_BYTES, KIB

HEAD_WITHIN_S = 10.0
BODY_WINDOW_S = 10.0
BODY_MIN_BYTES_PER_S = KIB
CONNECTIONS_MAX = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    """An error that a client gets before any application sees its request."""

    status: int
    code: ErrorCode
    message: str
    rule: str
    remediation: str

    @property
    def fields(self) -> dict[str, Any]:
        """The error without links and request id."""
        return {"code": self.code, "message": self.message, "rule": self.rule, "remediation": self.remediation}


MALFORMED = Rejection(
    status=400,
    code=ErrorCode.VALIDATION_FAILED,
    message="The request is not well-formed HTTP/1.1.",
    rule="http.malformed",
    remediation="Send the request with an HTTP client library.",
)
HEADERS_TOO_LARGE = Rejection(
    status=431,
    code=ErrorCode.VALIDATION_FAILED,
    message=f"The request line and headers are larger than {HEAD_MAX_BYTES // KIB} KiB.",
    rule="headers.size_max",
    remediation="Send fewer or shorter headers and query parameters.",
)
HEADERS_TOO_SLOW = Rejection(
    status=408,
    code=ErrorCode.VALIDATION_FAILED,
    message=f"The headers did not arrive within {HEAD_WITHIN_S:.0f} s.",
    rule="headers.timeout",
    remediation="Send the request again on a new connection.",
)
BODY_TOO_SLOW = Rejection(
    status=408,
    code=ErrorCode.VALIDATION_FAILED,
    message=f"The body arrived at less than {BODY_MIN_BYTES_PER_S // KIB} KiB/s.",
    rule="body.timeout",
    remediation="Send the request again over a faster connection.",
)
TOO_MANY_CONNECTIONS = Rejection(
    status=429,
    code=ErrorCode.RATE_LIMITED,
    message="This server has too many open connections.",
    rule="connections.max",
    remediation="Retry after 1 s, and reuse connections.",
)


def plain_error(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return an error envelope without links, for servers that have no documentation."""
    return {"error": dict(fields)}


def response(rejection: Rejection, envelope: Mapping[str, Any], headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """Return the HTTP response that ends a connection.

    Args:
        envelope: the error as the body shows it.
        headers: what each response of the server has.
    """
    body = json.dumps(envelope).encode()
    sent = [
        *headers,
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"x-content-type-options", b"nosniff"),
        (b"connection", b"close"),
    ]
    if (request_id := envelope["error"].get("requestId")) is not None:
        sent.append((b"x-request-id", request_id.encode()))
    if rejection.code is ErrorCode.RATE_LIMITED:
        sent.append((b"retry-after", b"1"))
    lines = b"".join(name + b": " + value + b"\r\n" for name, value in sent)
    return STATUS_LINE[rejection.status] + lines + b"\r\n" + body

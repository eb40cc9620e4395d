"""The errors that a server returns before the application receives the request, and their limits."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from letmepost.domain import refusals
from letmepost.domain.errors import RequestError
from letmepost.domain.sizes import HEAD_MAX_BYTES, KIB

HEAD_WITHIN_S = 10.0
BODY_WINDOW_S = 10.0
BODY_MIN_BYTES_PER_S = KIB
CONNECTIONS_MAX = 1000


MALFORMED = refusals.requests.HTTP_MALFORMED()
HEADERS_TOO_LARGE = refusals.requests.HEADERS_SIZE_MAX(max_kib=HEAD_MAX_BYTES // KIB)
HEADERS_TOO_SLOW = refusals.requests.HEADERS_TIMEOUT(seconds=HEAD_WITHIN_S)
BODY_TOO_SLOW = refusals.requests.BODY_TIMEOUT(min_kib_per_s=BODY_MIN_BYTES_PER_S // KIB, seconds=BODY_WINDOW_S)
TOO_MANY_CONNECTIONS = refusals.requests.CONNECTIONS_MAX(retry_after_s=1)


def plain_error(error: RequestError) -> dict[str, Any]:
    """Return an error envelope without links, for servers that have no documentation."""
    fields = {"code": error.code, "message": error.message, "rule": error.rule, "remediation": error.remediation}
    return {"error": fields}


def response(rejection: RequestError, envelope: Mapping[str, Any], headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """Return the HTTP response that ends a connection.

    Args:
        envelope: the error, as in the body.
        headers: the headers of every response of the server.
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
    if rejection.retry_after_s is not None:
        sent.append((b"retry-after", b"%d" % rejection.retry_after_s))
    lines = b"".join(name + b": " + value + b"\r\n" for name, value in sent)
    return STATUS_LINE[rejection.status] + lines + b"\r\n" + body

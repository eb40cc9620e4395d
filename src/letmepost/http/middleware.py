"""Middleware for every request: its id, its size limit, its duration, rate limit headers, and unexpected errors."""

import json
import re
from collections.abc import Callable, Sequence
from typing import Any

import structlog
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from letmepost.domain import refusals
from letmepost.domain.sizes import (
    FORM_MAX_BYTES,
    INLINE_MEDIA_BODY_MAX_BYTES,
    JSON_BODY_MAX_BYTES,
    LARGE_UPLOAD_MAX_BYTES,
    MIB,
)
from letmepost.gateways.metrics import Metrics
from letmepost.gateways.rate_limits import Allowance
from letmepost.http.errors import INTERNAL_ERROR, envelope, error_fields

_LENGTH_MAX_DIGITS = 20  # no server accepts more
_VISIBLE_ASCII = re.compile(r"[\x21-\x7e]{1,128}")
_INLINE_MEDIA = re.compile(r"POST /v1/posts(/validate|/bulk)?|PATCH /v1/posts/[^/]+")
_UPLOAD = re.compile(r"POST /v1/media")
_LARGE_UPLOAD = re.compile(r"PUT /v1/media/uploads/[^/]+")

_NOSNIFF = (b"x-content-type-options", b"nosniff")

_BROWSER_PATHS = re.compile(r"/v1/media(/uploads(/[^/]+)?|/[^/]+/complete)?/?|/v1/events/stream/?")
_BROWSER_METHODS = ("GET", "POST", "PUT")
_BROWSER_SENDS = ("Authorization", "Content-Type", "Idempotency-Key", "Last-Event-ID", "X-Request-Id")
_BROWSER_READS = (
    "Idempotency-Replayed",
    "RateLimit-Limit",
    "RateLimit-Remaining",
    "RateLimit-Reset",
    "Retry-After",
    "X-RateLimit-Limit",
    "X-RateLimit-Remaining",
    "X-RateLimit-Reset",
    "X-Request-Id",
)

log = structlog.get_logger()


class RequestIds:
    """Assigns each request an id (the caller's if it is valid), and responds to unexpected errors with an envelope."""

    def __init__(self, app: ASGIApp, *, new_request_id: Callable[[], str], docs_url: str) -> None:
        self._app = app
        self._new_request_id = new_request_id
        self._docs_url = docs_url

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _given_id(scope) or self._new_request_id()
        scope.setdefault("state", {})["request_id"] = request_id
        has_started = False

        async def send_with_headers(message: Message) -> None:
            nonlocal has_started
            if message["type"] == "http.response.start":
                has_started = True
                message["headers"] = [*message["headers"], *_headers(request_id, scope["state"].get("allowance"))]
                if not any(name.lower() == _NOSNIFF[0] for name, _ in message["headers"]):
                    message["headers"].append(_NOSNIFF)
            await send(message)

        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        try:
            await self._app(scope, receive, send_with_headers)
        except ClientDisconnect:
            log.info("request.client_left", method=scope["method"], path=scope["path"])
        except Exception:
            log.exception("request.defect", method=scope["method"], path=scope["path"])
            if has_started:
                raise
            body = envelope(INTERNAL_ERROR, docs_url=self._docs_url, request_id=request_id)
            await _respond(send_with_headers, 500, body)


class TrailingSlashes:
    """Treats a path with a slash at its end like the same path without it. A redirect would lose the body."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        path = scope.get("path", "")
        if scope["type"] == "http" and path.endswith("/") and path != "/":
            scope["path"] = path.rstrip("/") or "/"
        await self._app(scope, receive, send)


class BrowserAccess:
    """Allows pages of some origins to upload media and to follow the event stream (CORS).

    An upload URL is signed, and a key for the stream can be limited to `events:read`, so a browser may hold both. Keys
    are sent as bearer tokens, never as cookies, so credentials are not allowed.
    """

    def __init__(self, app: ASGIApp, *, origins: Sequence[str]) -> None:
        self._app = app
        self._cors = CORSMiddleware(
            app,
            allow_origins=origins,
            allow_methods=_BROWSER_METHODS,
            allow_headers=_BROWSER_SENDS,
            expose_headers=_BROWSER_READS,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        is_for_browsers = scope["type"] == "http" and _BROWSER_PATHS.fullmatch(scope["path"])
        await (self._cors if is_for_browsers else self._app)(scope, receive, send)


class RequestTimes:
    """Measures the time to the first byte of each response, by the path template of the route."""

    def __init__(self, app: ASGIApp, *, metrics: Metrics, monotonic_s: Callable[[], float]) -> None:
        self._app = app
        self._metrics = metrics
        self._monotonic_s = monotonic_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started_s = self._monotonic_s()

        async def send_and_measure(message: Message) -> None:
            if message["type"] == "http.response.start":
                route = getattr(scope.get("route"), "path", "none")
                took_s = self._monotonic_s() - started_s
                self._metrics.request_answered(scope["method"], route, message["status"], took_s)
            await send(message)

        await self._app(scope, receive, send_and_measure)


class BodyLimits:
    """Rejects a body that is too large before it is read completely, with or without a `Content-Length`."""

    def __init__(self, app: ASGIApp, *, docs_url: str) -> None:
        self._app = app
        self._docs_url = docs_url

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit, read = _limit(scope), 0
        if _is_over(dict(scope["headers"]).get(b"content-length", b"0"), limit):
            await self._reject(scope, send, limit)
            return

        async def counted() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > limit:
                raise _TooMuchError
            return message

        try:
            await self._app(scope, counted, send)
        except _TooMuchError:
            await self._reject(scope, send, limit)

    async def _reject(self, scope: Scope, send: Send, limit: int) -> None:
        error = refusals.requests.BODY_SIZE_MAX(max_mib=limit // MIB)
        body = envelope(error_fields(error), docs_url=self._docs_url, request_id=scope["state"]["request_id"])
        await _respond(send, error.status, body)


class _TooMuchError(Exception):
    pass


def _limit(scope: Scope) -> int:
    line = f"{scope['method']} {scope['path']}"
    if _UPLOAD.fullmatch(line) and dict(scope["headers"]).get(b"content-type", b"").startswith(b"multipart/form-data"):
        return FORM_MAX_BYTES
    if _LARGE_UPLOAD.fullmatch(line):
        return LARGE_UPLOAD_MAX_BYTES
    return INLINE_MEDIA_BODY_MAX_BYTES if _INLINE_MEDIA.fullmatch(line) else JSON_BODY_MAX_BYTES


def _is_over(announced: bytes, limit: int) -> bool:
    return not announced.isdigit() or len(announced) > _LENGTH_MAX_DIGITS or int(announced) > limit


def _given_id(scope: Scope) -> str | None:
    given = dict(scope["headers"]).get(b"x-request-id", b"").decode("latin-1")
    return given if _VISIBLE_ASCII.fullmatch(given) else None


def _headers(request_id: str, allowance: Allowance | None) -> list[tuple[bytes, bytes]]:
    headers = [(b"x-request-id", request_id.encode())]
    if allowance is not None:
        limit, remaining = b"%d" % allowance.limit, b"%d" % allowance.remaining
        reset_s = b"%d" % allowance.reset_s
        headers += [
            (b"ratelimit-limit", limit),
            (b"ratelimit-remaining", remaining),
            (b"ratelimit-reset", reset_s),
            (b"x-ratelimit-limit", limit),
            (b"x-ratelimit-remaining", remaining),
            (b"x-ratelimit-reset", reset_s),
        ]
    return headers


async def _respond(send: Send, status: int, value: dict[str, Any]) -> None:
    body = json.dumps(value).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})

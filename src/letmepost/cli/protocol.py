"""The HTTP/1.1 protocol of the servers: uvicorn's, with limits on headers, slow clients and connections."""

import asyncio
from collections.abc import Callable
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from letmepost.cli.rejections import (
    BODY_MIN_BYTES_PER_S,
    BODY_TOO_SLOW,
    BODY_WINDOW_S,
    CONNECTIONS_MAX,
    HEAD_WITHIN_S,
    HEADERS_TOO_LARGE,
    HEADERS_TOO_SLOW,
    MALFORMED,
    TOO_MANY_CONNECTIONS,
    plain_error,
    response,
)
from letmepost.domain.errors import RequestError
from letmepost.domain.sizes import HEAD_MAX_BYTES


class LimitedConfig(uvicorn.Config):
    """The configuration of a server with limits.

    Args:
        describe_error: returns the error envelope.
        options: those of `uvicorn.Config`.
    """

    def __init__(
        self,
        app: Any,
        *,
        describe_error: Callable[[RequestError], dict[str, Any]] = plain_error,
        connections_max: int = CONNECTIONS_MAX,
        **options: Any,
    ) -> None:
        super().__init__(app, http=LimitedProtocol, ws="none", **options)
        self.describe_error = describe_error
        self.connections_max = connections_max


class LimitedProtocol(HttpToolsProtocol):
    """One connection, with limits.

    Time is the event loop's. The limits are for clients only: no timer of this class expires while the application
    does not read a body, or writes its response.
    """

    def __init__(
        self,
        config: LimitedConfig,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._describe_error = config.describe_error
        self._connections_max = config.connections_max
        self._is_in_head = True
        self._has_begun = False  # a request line
        self._bytes_without_content = 0
        self._window_bytes = 0
        self._was_paused = False
        self._timer: asyncio.TimerHandle | None = None
        self._rejection = MALFORMED
        self._is_over = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn's
        """Accept the connection, unless there are too many."""
        super().connection_made(transport)
        if len(self.connections) > self._connections_max:
            self._reject(TOO_MANY_CONNECTIONS)
        else:
            self._start_timer(HEAD_WITHIN_S, self._head_is_late)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the timers."""
        self._stop_timer()
        self._unset_keepalive_if_required()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse received bytes, and check them against the limits."""
        if self._is_over:
            return
        self._bytes_without_content += len(data)  # before parsing: the callbacks reset it
        super().data_received(data)
        if self._is_over:
            return
        if self._bytes_without_content > HEAD_MAX_BYTES:
            self._reject(HEADERS_TOO_LARGE)
        elif self._is_in_head and self._is_idle() and self._timer is None:
            self._await_request()

    def on_message_begin(self) -> None:
        """Record that a request has begun."""
        self._has_begun = True
        super().on_message_begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        """Store a header. Trailers are ignored: they must not become headers of a request that is being handled."""
        if self._is_in_head:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Pass the request to the application, unless its head is too large."""
        if len(self.url) + sum(len(name) + len(value) for name, value in self.headers) > HEAD_MAX_BYTES:
            self._rejection = HEADERS_TOO_LARGE
            raise ValueError(HEADERS_TOO_LARGE.message)  # ends parsing
        self._is_in_head, self._bytes_without_content = False, 0
        super().on_headers_complete()
        self._start_window()

    def on_body(self, body: bytes) -> None:
        """Pass a part of the body on."""
        self._bytes_without_content = 0
        self._window_bytes += len(body)
        super().on_body(body)
        self._was_paused = self._was_paused or self.flow.read_paused

    def on_message_complete(self) -> None:
        """Wait for the next request."""
        self._is_in_head, self._has_begun, self._bytes_without_content = True, False, 0
        self._stop_timer()
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Start the timer of the next request, if a part of it has arrived already."""
        super().on_response_complete()
        if self._has_begun and self._is_in_head and self.timeout_keep_alive_task is not None:
            self._await_request()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn's own text
        """Respond to a request that could not be parsed."""
        self._reject(self._rejection)

    def _await_request(self) -> None:
        self._unset_keepalive_if_required()
        if self._has_begun or self._bytes_without_content:
            self._start_timer(HEAD_WITHIN_S, self._head_is_late)
        else:  # the rest of a body arrived after its response
            self.timeout_keep_alive_task = self.loop.call_later(
                self.timeout_keep_alive, self.timeout_keep_alive_handler
            )

    def _head_is_late(self) -> None:
        if self._has_begun:
            self._reject(HEADERS_TOO_SLOW)
        else:
            self._end()

    def _start_window(self) -> None:
        self._window_bytes, self._was_paused = 0, self.flow.read_paused
        self._start_timer(BODY_WINDOW_S, self._window_ends)

    def _window_ends(self) -> None:
        is_excused = self._was_paused or self.flow.read_paused or self.cycle.waiting_for_100_continue
        if not is_excused and self._window_bytes < BODY_WINDOW_S * BODY_MIN_BYTES_PER_S:
            self._reject(BODY_TOO_SLOW)
        else:
            self._start_window()

    def _is_idle(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def _reject(self, rejection: RequestError) -> None:
        """Send an error response if that is still possible, and close the connection."""
        if not self._is_idle() and self._is_in_head:
            # The error is in a later request than the one that is being answered.
            self._is_over, self.cycle.keep_alive = True, False
            self._stop_timer()
            return
        # An idle connection that is not in a head still receives the body of a request that was answered already.
        can_answer = self._is_in_head if self._is_idle() else not self.cycle.response_started
        if can_answer:
            envelope = self._describe_error(rejection)
            self.transport.write(response(rejection, envelope, self.server_state.default_headers))
        self._end()

    def _end(self) -> None:
        self._is_over = True
        self._stop_timer()
        self._unset_keepalive_if_required()
        if not self._is_idle():
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        self.transport.close()

    def _start_timer(self, delay_s: float, call: Callable[[], None]) -> None:
        self._stop_timer()
        self._timer = self.loop.call_later(delay_s, call)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

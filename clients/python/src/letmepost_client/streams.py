"""The stream of events, as server-sent events."""

from collections.abc import AsyncIterator, Iterable, Iterator
from types import TracebackType
from typing import Self

import httpx
from httpx_sse import EventSource, ServerSentEvent, SSEError
from pydantic import ValidationError

from letmepost_client.core import Core
from letmepost_client.encoding import query_of
from letmepost_client.errors import ApiError, ConnectionFailed
from letmepost_client.flow import Send
from letmepost_client.models.events import Event
from letmepost_client.retry import connection_failed, is_temporary
from letmepost_client.runners import AsyncRunner, SyncRunner, request_of

RECONNECTS = 10
"""How many connections in a row may fail: about a minute, which is longer than a restart of the server."""

_PATH = "/v1/events/stream"
_SILENCE_S = 60.0
"""The server sends a comment at least every 15 seconds, so a longer silence means that the connection is lost."""


class _Following:
    """A position in the stream of events, and when to connect again."""

    def __init__(self, core: Core, types: str | Iterable[str] | None, last_event_id: str | None) -> None:
        self._core = core
        self._types = types if types is None or isinstance(types, str) else tuple(types)
        self._last_event_id = last_event_id
        self._failures = 0
        self._reconnect_after_s = 1.0
        self._is_closed = False

    @property
    def last_event_id(self) -> str | None:
        """The position of the last event. Pass it to `events.stream` to continue from there; None before the first."""
        return self._last_event_id

    def _request(self) -> Send:
        headers = self._core.headers("GET") | {"Accept": "text/event-stream", "Cache-Control": "no-store"}
        if self._last_event_id is not None:
            headers["Last-Event-ID"] = self._last_event_id
        return Send(
            method="GET",
            url=self._core.base_url + _PATH,
            timeout_s=max(self._core.timeout_s, _SILENCE_S),
            query=query_of({"type": self._types}),
            headers=headers,
        )

    def _receive(self, block: ServerSentEvent) -> Event | None:
        """Return the event of a block, or None if the block has only a position.

        Raises:
            ConnectionFailed: the block is not of the API.
        """
        self._failures = 0
        if block.retry is not None:
            self._reconnect_after_s = block.retry / 1000
        if not block.data:
            self._last_event_id = block.id or self._last_event_id
            return None
        try:
            event = Event.model_validate_json(block.data)
        except ValidationError as error:
            raise ConnectionFailed("The stream contains a block that is not an event of the API.") from error
        self._last_event_id = block.id or self._last_event_id
        return event

    def _pause_s(self, failure: httpx.RequestError | ApiError | None) -> float:
        """Return the pause before the next connection.

        Args:
            failure: why the last one failed; None if the server ended it.

        Raises:
            ApiError: the server rejected the request.
            ConnectionFailed: too many connections in a row have failed, or the response is not a stream.
        """
        if failure is None:
            return self._reconnect_after_s
        self._failures += 1
        is_last = self._failures > RECONNECTS or isinstance(failure, SSEError)
        if isinstance(failure, ApiError):
            if is_last or not is_temporary(failure):
                raise failure
            return self._core.retry.delay_s(self._failures, failure.retry_after_s)
        if is_last:
            raise connection_failed("GET", self._core.base_url, failure) from failure
        return self._core.retry.delay_s(self._failures, None)


class EventStream(_Following):
    """The stream of events, to iterate over. It ends only when it is closed."""

    def __init__(
        self, core: Core, runner: SyncRunner, types: str | Iterable[str] | None, last_event_id: str | None
    ) -> None:
        super().__init__(core, types, last_event_id)
        self._runner = runner
        self._response: httpx.Response | None = None

    def __iter__(self) -> Iterator[Event]:
        while not self._is_closed:
            failure: httpx.RequestError | ApiError | None = None
            try:
                for block in EventSource(self._connect()).iter_sse():
                    event = self._receive(block)
                    if event is not None:
                        yield event
                    if self._is_closed:
                        return
            except (httpx.RequestError, ApiError) as error:
                failure = error
            finally:
                self._disconnect()
            if not self._is_closed:
                self._runner.timing.sleep(self._pause_s(failure))

    def close(self) -> None:
        """Close the connection, and end the iteration."""
        self._is_closed = True
        self._disconnect()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _connect(self) -> httpx.Response:
        http = self._runner.http
        self._response = http.send(request_of(http, self._request(), None), stream=True, follow_redirects=False)
        if not self._response.is_success:
            self._response.read()
            raise self._core.retry.error_of(self._response)
        return self._response

    def _disconnect(self) -> None:
        if self._response is not None:
            self._response.close()


class AsyncEventStream(_Following):
    """The stream of events, to iterate over with `async for`. It ends only when it is closed."""

    def __init__(
        self, core: Core, runner: AsyncRunner, types: str | Iterable[str] | None, last_event_id: str | None
    ) -> None:
        super().__init__(core, types, last_event_id)
        self._runner = runner
        self._response: httpx.Response | None = None

    async def __aiter__(self) -> AsyncIterator[Event]:
        while not self._is_closed:
            failure: httpx.RequestError | ApiError | None = None
            try:
                async for block in EventSource(await self._connect()).aiter_sse():
                    event = self._receive(block)
                    if event is not None:
                        yield event
                    if self._is_closed:
                        return
            except (httpx.RequestError, ApiError) as error:
                failure = error
            finally:
                await self._disconnect()
            if not self._is_closed:
                await self._runner.timing.sleep_async(self._pause_s(failure))

    async def aclose(self) -> None:
        """Close the connection, and end the iteration."""
        self._is_closed = True
        await self._disconnect()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    async def _connect(self) -> httpx.Response:
        http = self._runner.http
        self._response = await http.send(request_of(http, self._request(), None), stream=True, follow_redirects=False)
        if not self._response.is_success:
            await self._response.aread()
            raise self._core.retry.error_of(self._response)
        return self._response

    async def _disconnect(self) -> None:
        if self._response is not None:
            await self._response.aclose()

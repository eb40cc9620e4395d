"""How flows are run: synchronously, or on an event loop."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any, TypeVar

import httpx

from letmepost_client.flow import Block, FileContent, Flow, Pause, Send, Step
from letmepost_client.timing import Timing

Result = TypeVar("Result")

CHUNK_BYTES = 64 * 1024


class SyncRunner:
    """Runs flows with an `httpx.Client`."""

    def __init__(self, http: httpx.Client, timing: Timing) -> None:
        self.http = http
        self.timing = timing

    def run(self, flow: Flow[Result]) -> Result:
        """Perform every step of a flow; return the flow's result."""
        try:
            step = next(flow)
            while True:
                try:
                    result = self._perform(step)
                except Exception as error:  # noqa: BLE001 - the flow decides what to do about it
                    step = flow.throw(error)
                else:
                    step = flow.send(result)
        except StopIteration as finished:
            value: Result = finished.value
            return value
        finally:
            flow.close()

    def _perform(self, step: Step) -> Any:
        if isinstance(step, Pause):
            return self.timing.sleep(step.seconds)
        if isinstance(step, Block):
            return step.function()
        content = _chunks(step.content) if isinstance(step.content, FileContent) else step.content
        return self.http.send(request_of(self.http, step, content), follow_redirects=False)


class AsyncRunner:
    """Runs flows with an `httpx.AsyncClient`."""

    def __init__(self, http: httpx.AsyncClient, timing: Timing) -> None:
        self.http = http
        self.timing = timing

    async def run(self, flow: Flow[Result]) -> Result:
        """Perform every step of a flow; return the flow's result."""
        try:
            step = next(flow)
            while True:
                try:
                    result = await self._perform(step)
                except Exception as error:  # noqa: BLE001 - the flow decides what to do about it
                    step = flow.throw(error)
                else:
                    step = flow.send(result)
        except StopIteration as finished:
            value: Result = finished.value
            return value
        finally:
            flow.close()

    async def _perform(self, step: Step) -> Any:
        if isinstance(step, Pause):
            return await self.timing.sleep_async(step.seconds)
        if isinstance(step, Block):
            return await asyncio.to_thread(step.function)
        content = _chunks_async(step.content) if isinstance(step.content, FileContent) else step.content
        return await self.http.send(request_of(self.http, step, content), follow_redirects=False)


def request_of(
    http: httpx.Client | httpx.AsyncClient, step: Send, content: bytes | Iterator[bytes] | AsyncIterator[bytes] | None
) -> httpx.Request:
    """Return the request of a step. The host in the URL wins over a base URL of the HTTP client."""
    headers = httpx.Headers(dict(step.headers))
    if isinstance(step.content, FileContent):
        headers["Content-Length"] = str(step.content.content_length)
    return http.build_request(
        step.method,
        step.url,
        params=step.query or None,
        headers=headers,
        content=content,
        timeout=step.timeout_s,
    )


def _chunks(content: FileContent) -> Iterator[bytes]:
    """Yield the bytes to send, from the beginning of the file."""
    content.file.seek(content.start)
    if content.prefix:
        yield content.prefix
    sent_bytes = 0
    while chunk := content.file.read(CHUNK_BYTES):
        yield chunk
        sent_bytes += len(chunk)
        content.report(sent_bytes)
    if content.suffix:
        yield content.suffix


async def _chunks_async(content: FileContent) -> AsyncIterator[bytes]:
    """Yield the bytes to send. Only the file is read in a thread: the progress is reported on the event loop."""
    await asyncio.to_thread(content.file.seek, content.start)
    if content.prefix:
        yield content.prefix
    sent_bytes = 0
    while chunk := await asyncio.to_thread(content.file.read, CHUNK_BYTES):
        yield chunk
        sent_bytes += len(chunk)
        content.report(sent_bytes)
    if content.suffix:
        yield content.suffix

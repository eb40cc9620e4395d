"""A load generator in its own process: each connection sends its next request after the last response."""

import asyncio
import json
import multiprocessing
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from multiprocessing.connection import Connection
from urllib.parse import urlsplit

CONNECTIONS = 16
_END_OF_HEAD = b"\r\n\r\n"
_LENGTH = b"\r\ncontent-length:"


def encode_request(method: str, path: str, body: object = None, **headers: str) -> bytes:
    """Return an HTTP/1.1 request. Header names may contain underscores instead of hyphens."""
    content = b"" if body is None else json.dumps(body).encode()
    lines = [f"{method} {path} HTTP/1.1", "host: 127.0.0.1", "accept: */*"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    if body is not None:
        lines += ["content-type: application/json", f"content-length: {len(content)}"]
    return "\r\n".join(lines).encode() + _END_OF_HEAD + content


class ClosedLoop:
    """The load generator of one server. Each call of `send` uses its own connections."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe

    async def send(self, requests: Sequence[bytes], status: int) -> float:
        """Send each request once, and return the seconds until the last response.

        Raises:
            AssertionError: a response has another status.
        """
        await asyncio.to_thread(self._pipe.send, (requests, status))
        elapsed_s, wrong = await asyncio.to_thread(self._pipe.recv)
        assert wrong is None, wrong
        return float(elapsed_s)


@asynccontextmanager
async def closed_loop(url: str) -> AsyncIterator[ClosedLoop]:
    """Start a load generator for the server at `url`."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_run, args=(urlsplit(url).port, there), daemon=True)
    process.start()
    there.close()  # so that reading from a dead process raises EOFError
    try:
        yield ClosedLoop(here)
    finally:
        process.terminate()
        await asyncio.to_thread(process.join)


def _run(port: int, pipe: Connection) -> None:
    asyncio.run(_generate(port, pipe))


async def _generate(port: int, pipe: Connection) -> None:
    while True:
        requests, status = await asyncio.to_thread(pipe.recv)
        unsent = iter(requests)
        began_s = time.perf_counter()
        wrong = await asyncio.gather(*(_repeat(port, unsent, status) for _ in range(CONNECTIONS)))
        pipe.send((time.perf_counter() - began_s, next(filter(None, wrong), None)))


async def _repeat(port: int, unsent: Iterator[bytes], status: int) -> str | None:
    """Send on one connection until no request is left. Return the first response with another status."""
    expected = f"HTTP/1.1 {status} ".encode()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for request in unsent:
        writer.write(request)
        head = await reader.readuntil(_END_OF_HEAD)
        body = await reader.readexactly(_length(head))
        if not head.startswith(expected):
            return (head + body).decode()
    writer.close()
    return None


def _length(head: bytes) -> int:
    value = head.lower().partition(_LENGTH)[2]
    return int(value.partition(b"\r\n")[0])

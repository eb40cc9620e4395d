"""The cost of a call with our HTTP client, compared with the libraries that it could be built on.

Run with `python -m tests.benchmarks.http_client` from the root of the repository. A server in its own process answers
every POST of 1 KB after 50 ms. The processor time is that of the client's process. Compare the ratios between machines.
"""

import asyncio
import json
import multiprocessing
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import TypeAlias

import aiohttp
import httpx2

from letmepost.gateways.addresses import AddressGuard, AddressPolicy
from letmepost.gateways.clock import SystemClock
from letmepost.gateways.http_client import HTTPClient, Outgoing
from letmepost.gateways.name_lookup import NameLookup

LATENCY_S = 0.050
CONCURRENCIES = (60, 200)
ROUNDS = 3
SECONDS = 4.0
BODY = json.dumps({"text": "x" * 1000}).encode()
HEADERS = {"Authorization": "Bearer token", "Content-Type": "application/json"}
REPLY = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 15\r\n\r\n{"id": "1234"}\n'

Call: TypeAlias = Callable[[], Awaitable[int]]


class SlowServer(asyncio.Protocol):
    """Answers each request-sized number of bytes, with a delay."""

    transport: asyncio.Transport

    def __init__(self) -> None:
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, end, body = self._received.partition(b"\r\n\r\n")
        if end and len(body) >= len(BODY):
            assert head.startswith(b"POST ")
            self._received = b""
            asyncio.get_running_loop().call_later(LATENCY_S, self.transport.write, REPLY)


def serve(pipe: Connection) -> None:
    """Run the server until its process is ended, and send its address."""

    async def main() -> None:
        server = await asyncio.get_running_loop().create_server(SlowServer, "127.0.0.1", 0, backlog=1024)
        pipe.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(main())


@asynccontextmanager
async def own_client(url: str) -> AsyncIterator[Call]:
    """Open our client, with its address guard."""
    guard = AddressGuard(AddressPolicy(allow_private=True, allow_http=True), NameLookup())
    async with HTTPClient(guard=guard, clock=SystemClock(), user_agent="letmepost/bench") as client:

        async def call() -> int:
            reply = await client.send(Outgoing(method="POST", url=url, headers=HEADERS, body=BODY))
            return reply.status

        yield call


@asynccontextmanager
async def bare_aiohttp(url: str) -> AsyncIterator[Call]:
    """Open aiohttp as documented."""
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=500)) as session:

        async def call() -> int:
            async with session.post(url, headers=HEADERS, data=BODY) as reply:
                await reply.read()
                return reply.status

        yield call


@asynccontextmanager
async def bare_httpx2(url: str) -> AsyncIterator[Call]:
    """Open httpx2 as documented."""
    limits = httpx2.Limits(max_connections=500, max_keepalive_connections=500)
    async with httpx2.AsyncClient(limits=limits, timeout=20.0) as client:

        async def call() -> int:
            return (await client.post(url, headers=HEADERS, content=BODY)).status_code

        yield call


@dataclass(frozen=True, slots=True)
class Measured:
    """The best of the rounds, because the load of a busy machine is not a property of the client."""

    cpu_ms: float
    calls_per_s: float


async def measure(call: Call, concurrency: int) -> Measured:
    """Keep this many calls running for a few seconds, after a warm-up of one second."""
    calls = 0

    async def keep_calling(until: float) -> None:
        nonlocal calls
        while time.perf_counter() < until:
            assert await call() == 200
            calls += 1

    async def run(seconds: float) -> Measured:
        nonlocal calls
        calls = 0
        started, cpu = time.perf_counter(), time.process_time()
        await asyncio.gather(*(keep_calling(started + seconds) for _ in range(concurrency)))
        wall, cpu = time.perf_counter() - started, time.process_time() - cpu
        return Measured(cpu_ms=cpu / calls * 1000, calls_per_s=calls / wall)

    await run(1.0)
    rounds = [await run(SECONDS) for _ in range(ROUNDS)]
    return min(rounds, key=lambda measured: measured.cpu_ms)


async def compare(url: str) -> None:
    """Print the table."""
    sys.stdout.write(f"{'':14}{'concurrent':>11}{'CPU ms/call':>13}{'ratio':>7}{'calls/s':>9}\n")
    for concurrency in CONCURRENCIES:
        baseline: Measured | None = None
        for client in (bare_aiohttp, own_client, bare_httpx2):
            async with client(url) as call:
                measured = await measure(call, concurrency)
            baseline = baseline or measured
            sys.stdout.write(
                f"{client.__name__:14}{concurrency:11}{measured.cpu_ms:13.3f}"
                f"{measured.cpu_ms / baseline.cpu_ms:7.2f}{measured.calls_per_s:9.0f}\n"
            )
        sys.stdout.write(f"{'at most':14}{concurrency:11}{'':20}{concurrency / LATENCY_S:9.0f}\n")


def main() -> None:
    """Start the server, compare, and end the server."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    server = context.Process(target=serve, args=(there,), daemon=True)
    server.start()
    try:
        asyncio.run(compare(f"http://127.0.0.1:{here.recv()}/v1/posts"))
    finally:
        server.terminate()
        server.join()


if __name__ == "__main__":
    main()

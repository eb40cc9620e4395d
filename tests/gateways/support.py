"""Loopback servers that tests control, and clients that may call them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TypeAlias

from letmepost.gateways.addresses import AddressGuard, AddressPolicy
from letmepost.gateways.clock import SystemClock
from letmepost.gateways.http_client import HTTPClient, Outgoing

DEVELOPMENT = AddressPolicy(allow_private=True, allow_http=True)

Handler: TypeAlias = Callable[["Connection"], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Received:
    """A request as it was received."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(slots=True)
class Connection:
    """The server's end of a connection."""

    server: "LoopbackServer"
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def receive(self) -> Received:
        """Return the next complete request. Raise IncompleteReadError if the client has disconnected."""
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode()
        request_line, *lines = head.rstrip("\r\n").split("\r\n")
        method, target, _ = request_line.split(" ")
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
        body = await self.reader.readexactly(int(headers.get("content-length", "0")))
        received = Received(method, target, headers, body)
        self.server.received.append(received)
        return received

    async def answer(self, status: int = 200, body: bytes = b"", **headers: str) -> None:
        """Send a reply with Content-Length. Underscores in header names stand for hyphens."""
        fields = {"content-length": str(len(body)), **{key.replace("_", "-"): value for key, value in headers.items()}}
        head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        await self.send(f"HTTP/1.1 {status} Whatever\r\n{head}\r\n".encode() + body)

    async def send(self, data: bytes) -> None:
        """Send bytes."""
        self.writer.write(data)
        await self.writer.drain()

    def reset(self) -> None:
        """Break the connection with RST instead of FIN."""
        self.writer.transport.abort()


@dataclass(slots=True)
class LoopbackServer:
    """A server's address, the requests that it received, and the number of connections."""

    port: int = 0
    connections: int = 0
    received: list[Received] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@asynccontextmanager
async def serving(handler: Handler) -> AsyncIterator[LoopbackServer]:
    """Run a server that passes every connection to the handler and then closes it."""
    state = LoopbackServer()
    tasks: set[asyncio.Task[None]] = set()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        state.connections += 1
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            await handler(Connection(state, reader, writer))
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the client has disconnected, or the test is over
        finally:
            tasks.discard(task)
            writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    state.port = server.sockets[0].getsockname()[1]
    try:
        yield state
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.sleep(0)


async def answering(connection: Connection) -> None:
    """Answer every request with its own body."""
    while True:
        received = await connection.receive()
        await connection.answer(200, received.body)


class Names:
    """An `addresses.Lookup` with the test's answers: one list for each look-up of a name."""

    def __init__(self, answers: Mapping[str, Sequence[Sequence[str]]] | None = None) -> None:
        self._answers = {name: list(lists) for name, lists in (answers or {}).items()}
        self.asked: list[str] = []

    async def __call__(self, host: str) -> Sequence[str]:
        self.asked.append(host)
        if host not in self._answers:
            raise OSError("no such name")
        lists = self._answers[host]
        return lists.pop(0) if len(lists) > 1 else lists[0]


@asynccontextmanager
async def calling(
    policy: AddressPolicy = DEVELOPMENT,
    names: Names | None = None,
    *,
    connect_timeout_s: float = 5.0,
    connections: int = 50,
) -> AsyncIterator[HTTPClient]:
    """Open a client with this policy, for which only these names exist."""
    client = HTTPClient(
        guard=AddressGuard(policy, names or Names()),
        clock=SystemClock(),
        user_agent="letmepost/test",
        connect_timeout_s=connect_timeout_s,
        connections=connections,
    )
    async with client:
        yield client


def get(url: str, timeout_s: float = 5.0) -> Outgoing:
    """Return a simple request."""
    return Outgoing(method="GET", url=url, timeout_s=timeout_s)


def post(url: str, body: bytes = b"{}", timeout_s: float = 5.0) -> Outgoing:
    """Return a request that must not be executed twice."""
    return Outgoing(method="POST", url=url, body=body, timeout_s=timeout_s)

"""The server of the platform double, on loopback: it records posts, and fails as configured."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.doubles.faults import Way
from tests.gateways.support import Connection, Received, serving

WAYS = (
    *(Way.WELL, Way.LOST_AFTER, Way.LOST_BEFORE, Way.REFUSED, Way.THROTTLED),
    *(Way.BROKEN, Way.AWAY, Way.UNREADABLE, Way.REVOKED),
)
"""The ways that a request to publish can be given."""


@dataclass
class Network:
    """A server with its published posts, its valid tokens and its configured failures.

    `ways`: the results of the next requests to publish, in order. Without any, requests succeed.
    `lost_refreshes`: how many of the next responses with new tokens are lost. `lasts_s`: the validity of tokens.
    `held`: set to let waiting requests pass. `arrived`: counts waiting requests.
    """

    url: str = ""
    posts: list[tuple[str, str]] = field(default_factory=list)
    ways: list[Way] = field(default_factory=list)
    tokens: set[str] = field(default_factory=lambda: {"first"})
    refreshed: list[str] = field(default_factory=list)
    revoked: list[str] = field(default_factory=list)
    refresh_answer: tuple[int, dict[str, Any]] | None = None
    lost_refreshes: int = 0
    lasts_s: int | None = None
    can_look_up: bool = True
    asked: int = 0
    arrived: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(0))
    may_go_on: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.may_go_on.set()

    def hold(self) -> None:
        """Accept requests, and respond to none until `release`."""
        self.may_go_on.clear()

    def release(self) -> None:
        self.may_go_on.set()

    async def serve(self, connection: Connection) -> None:
        while True:
            received = await connection.receive()
            self.arrived.release()
            await self.may_go_on.wait()
            path = urlsplit(received.target).path
            if path == "/refresh":
                await self._refresh(connection, received)
            elif path == "/revoke":
                self.revoked.append(_token(received))
                await _answer(connection, 200, {})
            elif path == "/me":
                await self._check(connection, received)
            elif received.method == "GET":
                await self._look_up(connection, received)
            else:
                await self._publish(connection, received)

    async def _publish(self, connection: Connection, received: Received) -> None:
        if _token(received) not in self.tokens:
            await _answer(connection, 401, {"error": "expired"})
            return
        way = self.ways.pop(0) if self.ways else Way.WELL
        wanted = json.loads(received.body)
        if way.is_executed:
            self.posts.append((wanted["step"], wanted["text"]))
        if way in {Way.LOST_AFTER, Way.LOST_BEFORE}:
            connection.reset()
            raise ConnectionResetError
        found = {"uri": f"at://{wanted['step']}"} if way is Way.WELL else {}
        await _answer(connection, way.status or 200, found)

    async def _check(self, connection: Connection, received: Received) -> None:
        if _token(received) not in self.tokens:
            await _answer(connection, 401, {"error": "expired"})
            return
        await _answer(connection, (self.ways.pop(0).status if self.ways else None) or 200, {})

    async def _look_up(self, connection: Connection, received: Received) -> None:
        self.asked += 1
        [step] = parse_qs(urlsplit(received.target).query)["step"]
        if not self.can_look_up:
            await _answer(connection, 503, {})
            return
        found = any(step == published for published, _ in self.posts)
        await _answer(connection, 200, {"uri": f"at://{step}"} if found else {})

    async def _refresh(self, connection: Connection, received: Received) -> None:
        self.refreshed.append(_token(received))
        if self.refresh_answer is not None:
            await _answer(connection, *self.refresh_answer)
            return
        fresh = f"refreshed-{len(self.refreshed)}"
        self.tokens.add(fresh)
        if self.lost_refreshes > 0:
            self.lost_refreshes -= 1
            connection.reset()
            raise ConnectionResetError
        await _answer(connection, 200, {"secrets": {"token": fresh}, "lasts_s": self.lasts_s})


@asynccontextmanager
async def networking() -> AsyncIterator[Network]:
    """Run the network."""
    network = Network()
    async with serving(network.serve) as server:
        network.url = server.url
        yield network
        network.release()


def _token(received: Received) -> str:
    return received.headers.get("authorization", "").removeprefix("Bearer ")


async def _answer(connection: Connection, status: int, value: dict[str, Any]) -> None:
    await connection.answer(status, json.dumps(value).encode(), content_type="application/json")

"""A proxy of the server that records calls, and can stop them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import StrEnum

import httpx2
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from tests.deployment import serving
from tests.forwarding import forwarded
from tests.pds.network import Addresses


class Moment(StrEnum):
    """When a call is stopped: before the server receives it, or after the server's response and before it is read."""

    UNSEEN = "unseen"
    ANSWERED = "answered"


@dataclass(frozen=True, slots=True)
class Passed:
    """A call with the server's response."""

    method: str
    body: bytes
    status: int


@dataclass(slots=True)
class Hold:
    """A call to stop: the first one with these words in its body."""

    words: tuple[bytes, ...]
    moment: Moment
    reached: asyncio.Event = field(default_factory=asyncio.Event)

    def is_of(self, body: bytes) -> bool:
        """Return True if it is this call, for the first time or again."""
        return all(word in body for word in self.words)

    def stops(self, body: bytes, moment: Moment) -> bool:
        """Return True if the call is stopped here."""
        return moment is self.moment and self.is_of(body) and not self.reached.is_set()


@dataclass
class Proxy:
    """An application in front of the server and the directory. Its documents name it as every account's server."""

    behind: Addresses
    http: httpx2.AsyncClient
    url: str = ""
    passed: list[Passed] = field(default_factory=list)
    _holds: list[Hold] = field(default_factory=list)
    _let_go: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def addresses(self) -> Addresses:
        """Return the addresses of the network through this proxy."""
        return Addresses(pds=self.url, plc=self.url, secret=self.behind.secret)

    def hold(self, moment: Moment, *words: bytes) -> Hold:
        """Stop a call when it arrives."""
        hold = Hold(words, moment)
        self._holds.append(hold)
        return hold

    def let_go(self) -> None:
        """Drop the stopped calls. Their callers are gone."""
        self._let_go.set()

    def methods(self) -> list[str]:
        """Return the methods of the recorded calls, in order."""
        return [call.method for call in self.passed]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Forward a request."""
        request = Request(scope, receive)
        reply = await self._pass(request)
        await reply(scope, receive, send)

    async def _pass(self, request: Request) -> Response:
        method, body = request.url.path.removeprefix("/xrpc/").removeprefix("/"), await request.body()
        if await self._is_stopped(body, Moment.UNSEEN):
            return Response(status_code=503)
        behind = self.behind.plc if method.startswith("did:") else self.behind.pds
        response = await self.http.request(
            request.method,
            f"{behind}{request.url.path}?{request.url.query}",
            headers=forwarded(request.headers),
            content=body,
        )
        self.passed.append(Passed(method, body, response.status_code))
        if await self._is_stopped(body, Moment.ANSWERED):
            return Response(status_code=503)
        content = response.content
        if behind == self.behind.plc:
            content = content.replace(self.behind.pds.encode(), self.url.encode())
        headers = forwarded(response.headers)
        return Response(content, response.status_code, headers)

    async def _is_stopped(self, body: bytes, moment: Moment) -> bool:
        hold = next((hold for hold in self._holds if hold.stops(body, moment)), None)
        if hold is None:
            return False
        hold.reached.set()
        await self._let_go.wait()
        return True


@asynccontextmanager
async def proxied(addresses: Addresses) -> AsyncIterator[Proxy]:
    """Another route to the same network."""
    async with httpx2.AsyncClient(timeout=60) as http:
        proxy = Proxy(addresses, http)
        async with serving(proxy) as url:
            proxy.url = url
            yield proxy

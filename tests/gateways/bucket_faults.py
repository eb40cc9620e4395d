"""A proxy in front of a bucket that breaks some requests."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx2
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from tests.deployment import serving
from tests.forwarding import forwarded


@dataclass
class FaultyBucket:
    """Forwards requests to a bucket.

    Args:
        is_broken: returns True for a request that the bucket executes, but that gets the response 503.
        is_down: True if no request reaches the bucket, and each gets the response 503.
        ignores_ranges: True if a request for a range gets the whole object.
    """

    target: str
    http: httpx2.AsyncClient
    url: str = ""
    is_broken: Callable[[Request], bool] = lambda _: False
    is_down: bool = False
    ignores_ranges: bool = False
    seen: list[str] = field(default_factory=list)
    _held: str | None = None
    _may_go_on: asyncio.Event = field(default_factory=asyncio.Event)
    _is_held: asyncio.Event = field(default_factory=asyncio.Event)

    def hold(self, method: str, may_go_on: asyncio.Event) -> asyncio.Event:
        """Forward requests of a method only after `may_go_on`. Return an event that the first such request sets."""
        self._held, self._may_go_on, self._is_held = method, may_go_on, asyncio.Event()
        return self._is_held

    def let_go(self) -> None:
        """Hold no further requests. Those that are held stay so."""
        self._held = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        self.seen.append(f"{request.method} {request.url.path}?{request.url.query}")
        if request.method == self._held:
            self._is_held.set()
            await self._may_go_on.wait()
        reply = Response(status_code=503) if self.is_down else await self._forward(request)
        if self.is_broken(request):
            reply = Response(status_code=503)
        await reply(scope, receive, send)

    async def _forward(self, request: Request) -> Response:
        got = await self.http.request(
            request.method,
            f"{self.target}{request.url.path}?{request.url.query}",
            content=await request.body(),
            headers={
                name: value
                for name, value in forwarded(request.headers).items()
                if not (self.ignores_ranges and name == "range")
            },
        )
        headers = forwarded(got.headers)
        if request.method == "HEAD":
            headers["content-length"] = got.headers.get("content-length", "0")
        return Response(got.content, got.status_code, headers)


@asynccontextmanager
async def faulty_bucket(target: str) -> AsyncIterator[FaultyBucket]:
    """Run a proxy in front of a bucket."""
    async with httpx2.AsyncClient(timeout=30) as http:
        bucket = FaultyBucket(target, http)
        async with serving(bucket) as url:
            bucket.url = url
            yield bucket

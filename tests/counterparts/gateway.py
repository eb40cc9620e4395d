"""A reverse proxy in front of a server, which can lose responses and hide timelines."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx2
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.types import Receive, Scope, Send

from tests.deployment import serving
from tests.forwarding import forwarded


@dataclass(frozen=True, slots=True)
class Passed:
    """A call that the server executed."""

    line: str
    key: str | None
    authorization: str | None


@dataclass
class Gateway:
    """An application that passes calls on.

    Attributes:
        losing: texts of posts. The next call that contains one is executed, and answered with a page instead.
        hides_timelines: True while timelines are shown without posts.
        passed: the calls that the server executed, in order.
    """

    server_url: str
    http: httpx2.AsyncClient
    losing: set[bytes] = field(default_factory=set)
    hides_timelines: bool = False
    passed: list[Passed] = field(default_factory=list)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a call."""
        reply = await self._answer(Request(scope, receive))
        await reply(scope, receive, send)

    def keys_of_posts(self) -> list[str | None]:
        """Return the idempotency keys of the posts that the server was asked to create."""
        return [call.key for call in self.passed if call.line == "POST /api/v1/statuses"]

    async def _answer(self, request: Request) -> Response:
        path, body = request.url.path, await request.body()
        if self.hides_timelines and path.endswith("/statuses") and request.method == "GET":
            return Response(b"[]", media_type="application/json")
        response = await self.http.request(
            request.method,
            f"{self.server_url}{path}?{request.url.query}",
            headers=forwarded(request.headers),
            content=body,
        )
        headers = request.headers
        self.passed.append(
            Passed(f"{request.method} {path}", headers.get("idempotency-key"), headers.get("authorization"))
        )
        lost = next((text for text in self.losing if text in body), None)
        if lost is not None:
            self.losing.remove(lost)
            return HTMLResponse("<h1>504 Gateway Timeout</h1>", 504)
        kept = forwarded(response.headers)
        return Response(response.content, response.status_code, kept)


@asynccontextmanager
async def in_front_of(server_url: str) -> AsyncIterator[tuple[Gateway, str]]:
    """Serve a gateway; yield it with its URL."""
    async with httpx2.AsyncClient(timeout=30) as http:
        gateway = Gateway(server_url, http)
        async with serving(gateway) as url:
            yield gateway, url

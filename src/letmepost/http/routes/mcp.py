"""The endpoint of MCP clients."""

from typing import Literal
from urllib.parse import urlsplit

from fastapi import APIRouter, Request
from fastapi.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from letmepost.domain import refusals
from letmepost.http.gate import ANY_KEY, GatedRoute, needs
from letmepost.http.services import APIServices
from letmepost.services.shapes import shortened

router = APIRouter(route_class=GatedRoute, include_in_schema=False)


@router.post("/mcp", openapi_extra=needs(ANY_KEY))
async def receive_message(request: Request, compat: Literal["true", "false"] = "false") -> Response:  # noqa: ARG001 - the MCP server reads it
    """Receive a message of an MCP client.

    Only a page sends an `Origin`. Those of this deployment are not a danger, and others could use DNS rebinding.
    https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#security-warning, checked 2026-11-30.
    """
    services: APIServices = request.app.state.services
    if services.mcp is None:
        raise refusals.requests.MCP_NOT_INSTALLED()
    origin = request.headers.get("origin")
    if origin is not None and origin != _origin_of(services.public_url):
        raise refusals.requests.MCP_ORIGIN(origin=shortened(origin))
    return _Forwarded(services.mcp)


class _Forwarded(Response):
    """The response of another application to the same request."""

    def __init__(self, app: ASGIApp) -> None:
        super().__init__()
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)


def _origin_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"

"""The server over streamable HTTP, in the process of the API."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
from letmepost_client import AsyncClient
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from starlette.types import ASGIApp

from letmepost.mcp.server import MessageContext, create_server
from letmepost.mcp.session import Session, mode_of

_API_URL = "http://letmepost"
"""Calls stay in this process, so the name of the server does not matter."""


@asynccontextmanager
async def open_transport() -> AsyncIterator[ASGIApp]:
    """Open the application that receives messages.

    It keeps nothing between messages, because the next one may reach another process of the API.
    """
    server = create_server(_session_of)
    manager = StreamableHTTPSessionManager(server, json_response=True, stateless=True)
    async with manager.run():
        yield manager.handle_request


def _session_of(context: MessageContext) -> Session:
    """Return the sender of a message. Its calls pass through the whole API, with its key and its request id."""
    request = context.request
    if request is None:
        raise RuntimeError("the message was not received over HTTP")
    key = request.headers["authorization"].partition(" ")[2].strip()
    http = httpx.AsyncClient(
        transport=httpx.ASGITransport(request.app, raise_app_exceptions=False),
        headers={"x-request-id": request.state.request_id},
        trust_env=False,
    )
    return Session(
        client=AsyncClient(key, _API_URL, http=http, max_retries=0),
        mode=mode_of(key),
        has_api_tools=request.query_params.get("compat") == "true",
    )

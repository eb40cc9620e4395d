"""The endpoint of the API that receives messages.

The SDK is imported with the first message. That takes 0.85 s and 25 MB, which a process without MCP clients saves.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send


@asynccontextmanager
async def open_endpoint() -> AsyncIterator[ASGIApp]:
    """Open the endpoint. It expects requests with a valid API key."""
    endpoint = _Endpoint()
    try:
        yield endpoint
    finally:
        await endpoint.close()


class _Endpoint:
    """Opens the transport with the first request.

    One task opens and closes it, because it has a task group.
    """

    def __init__(self) -> None:
        self._opened: asyncio.Future[ASGIApp] = asyncio.get_running_loop().create_future()
        self._running: asyncio.Task[None] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if self._running is None:
            self._running = asyncio.create_task(self._run())
        either: set[asyncio.Future[Any]] = {self._running, self._opened}
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        if self._running.done():
            await self._running  # raises the error that ended it
        transport = await self._opened
        await transport(scope, receive, send)

    async def close(self) -> None:
        """Close the transport."""
        if self._running is not None:
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)

    async def _run(self) -> None:
        # In a thread, because other requests must not wait for the import.
        module = await asyncio.to_thread(import_module, "letmepost.mcp.streamable")
        async with module.open_transport() as transport:
            self._opened.set_result(transport)
            await asyncio.Event().wait()

"""Serves each network of the main world also at the root of a port of its own.

Many clients accept a host, and no path before the paths of the network.
"""

from starlette.types import ASGIApp, Receive, Scope, Send

from letmepost.sandbox.emulator import MAIN_WORLD, Emulator


class OwnAddresses:
    """Middleware that adds the path of the network to requests at a network's own port."""

    def __init__(self, app: ASGIApp, emulator: Emulator) -> None:
        self._app = app
        self._emulator = emulator

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on. Links of simulators and pages have the complete path already."""
        root = self._emulator.root_at(scope["server"][1]) if scope["type"] == "http" and scope.get("server") else None
        if root is not None and not scope["path"].startswith(f"/{MAIN_WORLD}/"):
            scope = {**scope, "path": root + scope["path"]}
        await self._app(scope, receive, send)

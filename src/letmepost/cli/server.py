"""The HTTP server of the commands."""

import socket
from collections.abc import Callable

import uvicorn


class Server(uvicorn.Server):
    """Says that it is about to stop before it waits for what is under way: some of that waits for its word."""

    def __init__(self, config: uvicorn.Config, on_stop: Callable[[], None] | None) -> None:
        super().__init__(config)
        self._on_stop = on_stop

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop in order."""
        if self._on_stop is not None:
            self._on_stop()
        await super().shutdown(sockets)

"""The HTTP server that the commands run."""

import socket
from collections.abc import Callable
from dataclasses import dataclass, field

import uvicorn


def _nothing() -> None:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerHooks:
    """Functions to call once connections are accepted, and before the server waits for open requests to end.

    Event streams end only when they are stopped.
    """

    on_start: Callable[[], None] = field(default=_nothing)
    on_stop: Callable[[], None] = field(default=_nothing)


class Server(uvicorn.Server):
    """A server that calls hooks."""

    def __init__(self, config: uvicorn.Config, hooks: ServerHooks | None = None) -> None:
        super().__init__(config)
        self._hooks = hooks or ServerHooks()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start accepting connections."""
        await super().startup(sockets)
        self._hooks.on_start()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop in order."""
        self._hooks.on_stop()
        await super().shutdown(sockets)

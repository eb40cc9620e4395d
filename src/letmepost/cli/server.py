"""The HTTP server of the commands."""

import socket
from collections.abc import Callable
from dataclasses import dataclass, field

import uvicorn


def _nothing() -> None:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerHooks:
    """What to call as soon as connections are accepted, and before the server waits for open requests to end.

    Some requests end only when they are told to: event streams.
    """

    on_start: Callable[[], None] = field(default=_nothing)
    on_stop: Callable[[], None] = field(default=_nothing)


class Server(uvicorn.Server):
    """A server with hooks."""

    def __init__(self, config: uvicorn.Config, hooks: ServerHooks | None = None) -> None:
        super().__init__(config)
        self._hooks = hooks or ServerHooks()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start to accept connections."""
        await super().startup(sockets)
        self._hooks.on_start()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop in order."""
        self._hooks.on_stop()
        await super().shutdown(sockets)

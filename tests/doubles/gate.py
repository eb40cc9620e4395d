"""A gate in front of servers: it holds requests until a test has checked the state."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar
from urllib.parse import urlsplit

from tests.gateways.support import Connection, serving

T = TypeVar("T")

_CHUNK_BYTES = 65_536


@dataclass(frozen=True, slots=True)
class Held:
    """Bytes for a server that the gate holds. `go_on`: set it to let them pass."""

    server: str
    go_on: asyncio.Event = field(default_factory=asyncio.Event)


class Gate:
    """Proxies in front of servers. While a use case is watched, every request is held first."""

    def __init__(self) -> None:
        self._is_watching = False
        self._held: asyncio.Queue[Held | None] = asyncio.Queue()

    @asynccontextmanager
    async def before(self, server: str, url: str) -> AsyncIterator[str]:
        """Put the gate in front of the server at `url`; yield the URL that clients use instead."""
        async with serving(partial(self._proxy, server, url)) as proxy:
            yield proxy.url

    async def hold(self, server: str) -> None:
        """Wait until a test lets this call to a server pass."""
        if self._is_watching:
            held = Held(server)
            self._held.put_nowait(held)
            await held.go_on.wait()

    async def watch(self, use_case: Callable[[], Awaitable[T]], on_call: Callable[[str], Awaitable[None]]) -> T:
        """Run a use case; return what it returns.

        Args:
            on_call: called with the name of a server each time that the use case has sent it bytes. The server
                receives them only after `on_call` has returned.
        """

        async def run() -> T:
            try:
                return await use_case()
            finally:
                self._held.put_nowait(None)

        self._is_watching = True
        running = asyncio.create_task(run())
        try:
            while (held := await self._held.get()) is not None:
                try:
                    await on_call(held.server)
                finally:
                    held.go_on.set()
            return await running
        finally:
            self._is_watching = False
            running.cancel()
            await asyncio.wait({running})
            while not self._held.empty():
                left = self._held.get_nowait()
                if left is not None:
                    left.go_on.set()

    async def _proxy(self, server: str, url: str, client: Connection) -> None:
        address = urlsplit(url)
        reader, writer = await asyncio.open_connection(address.hostname, address.port)
        copies = {
            asyncio.create_task(self._copy(client.reader, writer, partial(self.hold, server))),
            asyncio.create_task(self._copy(reader, client.writer)),
        }
        try:
            await asyncio.wait(copies, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for copy in copies:
                copy.cancel()
            await asyncio.gather(*copies, return_exceptions=True)
            writer.close()

    async def _copy(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        before_write: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        while chunk := await reader.read(_CHUNK_BYTES):
            if before_write is not None:
                await before_write()
            writer.write(chunk)
            await writer.drain()

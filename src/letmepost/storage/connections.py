"""Connections to PostgreSQL, kept open between transactions.

The engine opens them; handing them out is done here, because its own pool takes longer for that than the driver for a
whole transaction, and every post takes several.
"""

import asyncio
from dataclasses import dataclass
from typing import Any

import asyncpg
from sqlalchemy.exc import TimeoutError as NoConnectionError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

WAIT_MAX_S = 10.0


@dataclass(frozen=True, slots=True, eq=False)
class OpenConnection:
    """A connection, and the driver's own below it."""

    connection: AsyncConnection
    driver: asyncpg.Connection


class Connections:
    """At most `size` connections at a time, opened when they are first needed."""

    def __init__(self, engine: AsyncEngine, size: int, *, wait_max_s: float = WAIT_MAX_S) -> None:
        """`engine`: must not pool by itself."""
        self._wait_max_s = wait_max_s
        self._engine = engine
        self._free = asyncio.Semaphore(size)
        self._idle: list[OpenConnection] = []
        self._is_closed = False

    async def take(self) -> OpenConnection:
        """A connection for one transaction: the one that was used last, or a new one.

        Raises:
            NoConnectionError: all of them were in use for `wait_max_s`.
        """
        if self._free.locked():
            await self._wait()
        else:  # nothing to wait for, and so no need of a timer
            await self._free.acquire()
        if self._idle:
            return self._idle.pop()
        try:
            return await self._open()
        except BaseException:
            self._free.release()
            raise

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(self._wait_max_s):
                await self._free.acquire()
        except TimeoutError as error:
            message = f"no connection to PostgreSQL became free within {self._wait_max_s:g} s"
            raise NoConnectionError(message) from error

    async def replace(self, dead: OpenConnection) -> OpenConnection:
        """A new connection for one that was taken and has died; it need not be given back if this raises."""
        try:
            await self._close(dead)
            return await self._open()
        except BaseException:
            self._free.release()
            raise

    async def give(self, taken: OpenConnection) -> None:
        """Give back a connection on which nothing is under way."""
        if self._is_closed:
            await self.discard(taken)
            return
        self._idle.append(taken)
        self._free.release()

    async def discard(self, taken: OpenConnection) -> None:
        """Give back a connection of which nobody knows what is under way on it: it is closed."""
        try:
            await self._close(taken)
        finally:
            self._free.release()

    async def close(self) -> None:
        """Close what is open: at once what nobody uses, the rest when it is given back."""
        self._is_closed = True
        while self._idle:
            await self._idle.pop().connection.close()
        await self._engine.dispose()

    async def _open(self) -> OpenConnection:
        connection = await self._engine.connect()
        driver: Any = (await connection.get_raw_connection()).driver_connection
        return OpenConnection(connection, driver)

    async def _close(self, taken: OpenConnection) -> None:
        await taken.connection.invalidate()
        await taken.connection.close()

"""Pooled connections to PostgreSQL.

The engine opens them. They are pooled here, because the engine's own pool takes longer than the driver takes for a
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
    """A connection, and the driver's connection below it."""

    connection: AsyncConnection
    driver: asyncpg.Connection


class Connections:
    """A pool of at most `size` connections, each opened when it is first needed."""

    def __init__(self, engine: AsyncEngine, size: int, *, wait_max_s: float = WAIT_MAX_S) -> None:
        """`engine`: must not have its own pool."""
        self._wait_max_s = wait_max_s
        self._engine = engine
        self._free = asyncio.Semaphore(size)
        self._idle: list[OpenConnection] = []
        self._is_closed = False

    async def take(self) -> OpenConnection:
        """Return a connection for one transaction: the most recently used one, or a new one.

        Raises:
            NoConnectionError: all connections were in use for `wait_max_s`.
        """
        if self._free.locked():
            await self._wait()
        else:  # nothing to wait for, so no timer is needed
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
        """Return a new connection instead of a taken one that is broken. If this raises, nothing must be given back."""
        try:
            await self._close(dead)
            return await self._open()
        except BaseException:
            self._free.release()
            raise

    async def give(self, taken: OpenConnection) -> None:
        """Return a connection to the pool, without a pending statement or transaction."""
        if self._is_closed:
            await self.discard(taken)
            return
        self._idle.append(taken)
        self._free.release()

    async def discard(self, taken: OpenConnection) -> None:
        """Close a taken connection in an unknown state."""
        try:
            await self._close(taken)
        finally:
            self._free.release()

    async def close(self) -> None:
        """Close idle connections now, and the others when they are given back."""
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

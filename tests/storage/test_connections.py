"""The pool of connections: their number, and the order of waiting callers."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from sqlalchemy.exc import TimeoutError as NoConnectionError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from letmepost.cli.dev.processes import free_port
from letmepost.storage.connections import Connections
from letmepost.storage.database import as_asyncpg
from tests.database import DatabaseURLs
from tests.storage.support import Admin

OTHERS = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND application_name = 'connections' AND pid <> pg_backend_pid()
"""


@pytest.fixture
async def engine(database_urls: DatabaseURLs) -> AsyncIterator[AsyncEngine]:
    names = {"server_settings": {"application_name": "connections"}}
    opened = create_async_engine(as_asyncpg(database_urls.login), poolclass=NullPool, connect_args=names)
    yield opened
    await opened.dispose()


async def test_connection_is_reused(engine: AsyncEngine) -> None:
    connections = Connections(engine, 2)
    first = await connections.take()
    await connections.give(first)
    again, other = await connections.take(), await connections.take()
    assert again is first
    assert other is not first
    await connections.discard(again)
    await connections.discard(other)


async def test_caller_waits_when_no_connection_is_free(engine: AsyncEngine) -> None:
    connections = Connections(engine, 1)
    first = await connections.take()
    waiting = asyncio.create_task(connections.take())
    await asyncio.sleep(0)
    assert not waiting.done()
    await connections.give(first)
    assert await waiting is first
    await connections.discard(first)


async def test_caller_that_waits_too_long_gets_an_error_and_takes_no_place(engine: AsyncEngine) -> None:
    connections = Connections(engine, 1, wait_max_s=0.01)
    first = await connections.take()
    for _ in range(3):
        with pytest.raises(NoConnectionError, match=r"within 0\.01 s"):
            await connections.take()
    await connections.give(first)
    assert await connections.take() is first
    await connections.discard(first)


async def test_canceled_wait_takes_no_place(engine: AsyncEngine) -> None:
    connections = Connections(engine, 1)
    first = await connections.take()
    waiting = asyncio.create_task(connections.take())
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    await connections.give(first)
    assert await connections.take() is first
    await connections.discard(first)


async def test_discarded_connection_is_closed_and_its_place_is_free(engine: AsyncEngine, admin: Admin) -> None:
    connections = Connections(engine, 1)
    first = await connections.take()
    await connections.discard(first)
    assert first.driver.is_closed()
    second = await connections.take()
    assert second is not first
    assert await admin.one(OTHERS) == 1
    await connections.discard(second)


async def test_failed_connection_leaves_its_place_free() -> None:
    engine = create_async_engine(as_asyncpg(f"postgresql://user@127.0.0.1:{free_port()}/none"), poolclass=NullPool)
    connections = Connections(engine, 1, wait_max_s=5)
    for _ in range(3):
        with pytest.raises(OSError, match="onnect"):
            await connections.take()


async def test_connection_given_back_after_the_end_is_closed(engine: AsyncEngine) -> None:
    connections = Connections(engine, 2)
    used, idle = await connections.take(), await connections.take()
    await connections.give(idle)
    await connections.close()
    assert (idle.driver.is_closed(), used.driver.is_closed()) == (True, False)
    await connections.give(used)
    assert used.driver.is_closed()

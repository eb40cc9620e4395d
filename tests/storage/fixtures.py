"""Fixtures for tests that only need PostgreSQL."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from letmepost.storage.database import Database, open_database
from tests.database import DatabaseURLs, copy_of
from tests.storage.support import Admin, Owner, make_owner


@pytest.fixture(scope="session")
async def shared_database(postgres_url: str, template_database: DatabaseURLs) -> AsyncIterator[DatabaseURLs]:
    """Yield a migrated database that many tests write to, one after another."""
    async with copy_of(template_database, postgres_url) as urls:
        yield urls


@pytest.fixture
async def database_urls(shared_database: DatabaseURLs) -> DatabaseURLs:
    """Return an empty database. Creating one takes half a second; emptying one takes a few milliseconds."""
    await empty(shared_database)
    return shared_database


async def empty(urls: DatabaseURLs) -> None:
    """Delete what earlier tests have left. Other connections are closed."""
    connection = await asyncpg.connect(urls.admin)
    await connection.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    await connection.execute("DELETE FROM organizations; DELETE FROM pauses; DELETE FROM idempotency_keys")
    await connection.close()


@pytest.fixture
async def database(database_urls: DatabaseURLs) -> AsyncIterator[Database]:
    """Open the database like the services."""
    opened = open_database(database_urls.login, pool_size=10)
    yield opened
    await opened.close()


@pytest.fixture
async def api_database(database_urls: DatabaseURLs) -> AsyncIterator[Database]:
    """Open the database like the API, with one connection, so that all statements share it."""
    opened = open_database(database_urls.api, pool_size=1)
    yield opened
    await opened.close()


@pytest.fixture
async def admin(database_urls: DatabaseURLs) -> AsyncIterator[Admin]:
    """Open the same database without restrictions."""
    connection = await asyncpg.connect(database_urls.admin)
    yield Admin(connection)
    await connection.close()


@pytest.fixture
async def owner(database: Database) -> Owner:
    """Create a tenant in test mode."""
    return await make_owner(database)

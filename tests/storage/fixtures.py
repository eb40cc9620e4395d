"""Fixtures of every test that needs PostgreSQL and no more."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from letmepost.storage.database import Database, open_database
from tests.database import DatabaseURLs, copy_of
from tests.storage.support import Admin, Owner, make_owner


@pytest.fixture(scope="session")
async def shared_database(postgres_url: str, template_database: DatabaseURLs) -> AsyncIterator[DatabaseURLs]:
    """A migrated database that many tests write to, one after another."""
    async with copy_of(template_database, postgres_url) as urls:
        yield urls


@pytest.fixture
async def database_urls(shared_database: DatabaseURLs) -> DatabaseURLs:
    """An empty database. Making one takes half a second, emptying one a few milliseconds."""
    await empty(shared_database)
    return shared_database


async def empty(urls: DatabaseURLs) -> None:
    """Delete what earlier tests have left; whoever is still connected is cut off."""
    connection = await asyncpg.connect(urls.admin)
    await connection.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    await connection.execute("DELETE FROM organizations; DELETE FROM pauses; DELETE FROM idempotency_keys")
    await connection.close()


@pytest.fixture
async def database(database_urls: DatabaseURLs) -> AsyncIterator[Database]:
    """The database as the services open it."""
    opened = open_database(database_urls.login, pool_size=10)
    yield opened
    await opened.close()


@pytest.fixture
async def api_database(database_urls: DatabaseURLs) -> AsyncIterator[Database]:
    """The database as the API opens it, with one connection, so that every statement comes after another on it."""
    opened = open_database(database_urls.api, pool_size=1)
    yield opened
    await opened.close()


@pytest.fixture
async def admin(database_urls: DatabaseURLs) -> AsyncIterator[Admin]:
    """The same database, unbound."""
    connection = await asyncpg.connect(database_urls.admin)
    yield Admin(connection)
    await connection.close()


@pytest.fixture
async def owner(database: Database) -> Owner:
    """A tenant in test mode."""
    return await make_owner(database)

"""A database for each test: a copy of a migrated database, with the roles that services use."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import asyncpg
import pytest
from sqlalchemy.engine import make_url

from letmepost.storage.migrating import migrate

API_LOGIN_ROLE = "letmepost_test_api"
LOGIN_ROLE = "letmepost_test"
"""The login role of the worker."""
_PASSWORD = "only-on-loopback"


@dataclass(frozen=True, slots=True)
class DatabaseURLs:
    """The URLs of one database, for a superuser and for the login role of the worker."""

    admin: str
    login: str

    @property
    def api(self) -> str:
        """The URL of the same database for the login role of the API."""
        return make_url(self.login).set(username=API_LOGIN_ROLE).render_as_string(hide_password=False)


@pytest.fixture(scope="session")
def template_database(postgres_url: str) -> DatabaseURLs:
    """Create a migrated database that tests only copy."""
    urls = asyncio.run(_create(postgres_url, f"template_{secrets.token_hex(4)}"))
    asyncio.run(migrate(urls.admin, urls.api, urls.login))
    return urls


@pytest.fixture
async def database_urls(postgres_url: str, template_database: DatabaseURLs) -> AsyncIterator[DatabaseURLs]:
    """Create a database for one test."""
    async with copy_of(template_database, postgres_url) as urls:
        yield urls


@asynccontextmanager
async def copy_of(template: DatabaseURLs, postgres_url: str) -> AsyncIterator[DatabaseURLs]:
    """Copy a database that has no connections, and drop the copy afterwards."""
    name = f"test_{secrets.token_hex(6)}"
    try:
        urls = await _create(postgres_url, name, template=make_url(template.admin).database)
        await _become_another_deployment(urls)
        yield urls
    finally:
        connection = await asyncpg.connect(postgres_url)
        await connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        await connection.close()


async def _become_another_deployment(urls: DatabaseURLs) -> None:
    """Change the deployment's id. Deployments with one id that share a Redis take each other's periodic jobs."""
    connection = await asyncpg.connect(urls.admin)
    if await connection.fetchval("SELECT to_regclass('deployment')") is not None:  # missing before the first migration
        await connection.execute("UPDATE deployment SET id = gen_random_uuid()")
    await connection.close()


async def _create(superuser_url: str, name: str, *, template: str | None = None) -> DatabaseURLs:
    connection = await asyncpg.connect(superuser_url)
    copying = "" if template is None else f' TEMPLATE "{template}"'
    await connection.execute(f'CREATE DATABASE "{name}"{copying}')
    await connection.close()
    admin = make_url(superuser_url).set(database=name)
    login = admin.set(username=LOGIN_ROLE, password=_PASSWORD)
    return DatabaseURLs(admin.render_as_string(hide_password=False), login.render_as_string(hide_password=False))

"""What the login role can see of the configuration of the database."""

from datetime import datetime
from typing import Any

from sqlalchemy import pool
from sqlalchemy.ext.asyncio import create_async_engine

from letmepost.storage.database import as_asyncpg, driver_of
from letmepost.storage.logins import LoginRole, read_login_of

_CONNECT_TIMEOUT_S = 5.0

_CONNECTIONS = """
    SELECT current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
      - current_setting('reserved_connections')::int
"""

_UNPROTECTED = """
    SELECT c.relname FROM pg_class c
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
      AND (c.relname = 'organizations' OR EXISTS (
        SELECT FROM pg_attribute a
        WHERE a.attrelid = c.oid AND a.attname = 'organization_id' AND NOT a.attisdropped))
      AND NOT (c.relrowsecurity AND c.relforcerowsecurity
        AND EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid))
    ORDER BY c.relname
"""


class DatabaseInspection:
    """Reads the system catalog as the login role itself, without any right that the migrations grant."""

    def __init__(self, url: str) -> None:
        self._engine = create_async_engine(
            as_asyncpg(url),
            isolation_level="AUTOCOMMIT",
            poolclass=pool.NullPool,
            connect_args={"timeout": _CONNECT_TIMEOUT_S},
        )

    async def major_version(self) -> int:
        """Return 18 for PostgreSQL 18.4."""
        [(number,)] = await self._rows("SELECT current_setting('server_version_num')::int")
        return int(number) // 10_000

    async def connections_max(self) -> int:
        """Return how many connections PostgreSQL accepts, for all roles together except superusers."""
        [(count,)] = await self._rows(_CONNECTIONS)
        return int(count)

    async def now(self) -> datetime:
        """Return the time of PostgreSQL's clock."""
        [(moment,)] = await self._rows("SELECT clock_timestamp()")
        found: datetime = moment
        return found

    async def login_role(self) -> LoginRole:
        """Return the role of this connection's login."""
        async with self._engine.connect() as connection:
            return await read_login_of(connection)

    async def unprotected_tables(self) -> list[str]:
        """Return the tables of tenants without a policy, or with row-level security off or not forced on the owner."""
        return [name for (name,) in await self._rows(_UNPROTECTED)]

    async def _rows(self, query: str) -> list[Any]:
        async with self._engine.connect() as connection:
            return await driver_of(connection).fetch(query)

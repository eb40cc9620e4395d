"""Transactions, each under a role of its own and bound to whom it is for.

`BEGIN`, the role and the tenant travel as one message, and all of them end with the transaction: there is no session
state, so a transaction pooler may stand in between.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeAlias
from uuid import UUID

import asyncpg
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from letmepost.domain.api_keys import Mode

Connection: TypeAlias = AsyncConnection
"""A transaction under way."""

APPLICATION_ROLE = "letmepost_app"
SWEEPER_ROLE = "letmepost_sweeper"


@dataclass(frozen=True, slots=True)
class Tenant:
    """Whose data, and in which world."""

    organization_id: UUID
    mode: Mode


def driver_of(connection: AsyncConnection) -> asyncpg.Connection:
    """The driver's own connection, within the transaction, for statements that every post needs.

    Through SQLAlchemy the same statement takes about five times the processor time. JSON goes in as text, and comes out
    as values.
    """
    driver: Any = connection.sync_connection.connection.driver_connection  # type: ignore[union-attr]  # it is open
    return driver  # type: ignore[no-any-return]  # SQLAlchemy does not say which driver it is


class Database:
    """A pool of connections, and the two ways to begin a transaction."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    @asynccontextmanager
    async def tenant(self, tenant: Tenant) -> AsyncIterator[AsyncConnection]:
        """A transaction that sees one tenant's rows; committed at the end, rolled back on any exception."""
        begin = (
            f"BEGIN; SET LOCAL ROLE {APPLICATION_ROLE}; SET LOCAL letmepost.organization = '{tenant.organization_id}'; "
            f"SET LOCAL letmepost.mode = '{Mode(tenant.mode)}'"
        )
        async with self._transaction(begin) as connection:
            yield connection

    @asynccontextmanager
    async def every_tenant(self) -> AsyncIterator[AsyncConnection]:
        """A transaction for what crosses tenants; sees only what the sweeper's policies name."""
        async with self._transaction(f"BEGIN; SET LOCAL ROLE {SWEEPER_ROLE}") as connection:
            yield connection

    @asynccontextmanager
    async def _transaction(self, begin: str) -> AsyncIterator[AsyncConnection]:
        async with self._engine.connect() as connection:
            is_clean = False
            try:
                driver = await _begin(connection, begin)
                try:
                    yield connection
                except Exception:
                    await driver.execute("ROLLBACK")
                    is_clean = True
                    raise
                ending = await driver.execute("COMMIT")
                is_clean = True
                if ending != "COMMIT":  # no error: PostgreSQL says ROLLBACK when a statement had failed
                    message = f"COMMIT ended in {ending}: an error inside the transaction was swallowed"
                    raise RuntimeError(message)
            finally:
                # A cancelled statement leaves the protocol in mid-air: only a closed connection is surely rolled back.
                if not is_clean:
                    await connection.invalidate()

    async def close(self) -> None:
        """Close every connection."""
        await self._engine.dispose()


async def _begin(connection: AsyncConnection, statement: str) -> Any:
    """Begin the transaction; on a new connection if this one has died in the pool. Returns the driver's connection."""
    driver: Any = (await connection.get_raw_connection()).driver_connection
    try:
        await driver.execute(statement)
    except Exception:  # noqa: BLE001 - whatever it was, nothing has been executed
        await connection.invalidate()
        driver = (await connection.get_raw_connection()).driver_connection
        await driver.execute(statement)
    return driver


def open_database(url: str, *, pool_size: int) -> Database:
    """A pool for `postgresql://…`. Connects when first used."""
    engine = create_async_engine(
        as_asyncpg(url),
        # The transaction is begun by `Database` itself, in one message with role and tenant.
        isolation_level="AUTOCOMMIT",
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=10,
        pool_reset_on_return=None,
        connect_args={"server_settings": {"application_name": "letmepost", "jit": "off"}},
    )
    return Database(engine)


def as_asyncpg(url: str) -> str:
    """The URL with the driver that we use, whatever it named."""
    scheme, _, rest = url.partition("://")
    if scheme.partition("+")[0] not in {"postgres", "postgresql"}:
        message = f"DATABASE_URL must start with postgresql://, not {scheme}://"
        raise ValueError(message)
    return f"postgresql+asyncpg://{rest}"


async def powerful_role(database: Database) -> str | None:
    """The connecting role's name if row-level security would not bind it, else None."""
    query = text("SELECT rolname FROM pg_roles WHERE rolname = session_user AND (rolsuper OR rolbypassrls)")
    async with database.every_tenant() as connection:
        found: str | None = await connection.scalar(query)
    return found

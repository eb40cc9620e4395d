"""Transactions, each with its own role and bound to a tenant.

`BEGIN`, the role and the tenant are one message, and all of them end with the transaction. There is no session state,
so a transaction pooler can be used. The most frequent reads are functions of the database, which set the role and the
tenant themselves and so need only one message (`TenantReader`).

Statements are written in one of two ways:

1. SQLAlchemy Core expressions, executed with `connection.execute`, for statements that are composed (optional filters
   or values) and are not on a hot path.
2. Constant SQL with `$1` parameters, executed with `driver_of(connection)`, for hot paths and for what Core cannot
   express well. The text is a module constant, or built once per combination of filters. The driver prepares it once
   per connection. Through SQLAlchemy, the same statement takes about five times the processor time.

`sqlalchemy.text` would be a third way. `tests/contract/test_sources.py` rejects it outside `storage/tables`.
"""

import json
from dataclasses import dataclass
from types import TracebackType
from typing import Any, TypeAlias
from uuid import UUID

import asyncpg
from pydantic_core import from_json
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

from letmepost.domain.api_keys import Mode
from letmepost.storage.connections import Connections, OpenConnection

Connection: TypeAlias = AsyncConnection
"""A connection in a transaction."""

DATABASE_ERRORS: tuple[type[Exception], ...] = (
    SQLAlchemyError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    OSError,
)
"""The exceptions of connections and statements, from SQLAlchemy or from the driver."""

STATEMENT_MAX_S, CONNECT_MAX_S = 60.0, 10.0
"""When a statement or a connection attempt counts as lost. A server that loses power does not close connections."""

APPLICATION_ROLE = "letmepost_app"
LOOKUP_ROLE = "letmepost_lookup"
SWEEPER_ROLE = "letmepost_sweeper"
READER_ROLE = "letmepost_reader"


@dataclass(frozen=True, slots=True)
class Tenant:
    """An organization, and the mode of its data."""

    organization_id: UUID
    mode: Mode


DEPLOYMENT = Tenant(UUID(int=0), Mode.LIVE)
"""A placeholder tenant for the operator's own records. It has no other rows."""


def driver_of(connection: AsyncConnection) -> asyncpg.Connection:
    """Return the driver's own connection, within the transaction.

    It converts nothing: parameters must have exactly PostgreSQL's types (UUID, datetime, timedelta, int, list). JSON
    parameters are text (`$1::jsonb`); JSON results are values.
    """
    driver: Any = connection.sync_connection.connection.driver_connection  # type: ignore[union-attr]  # it is open
    return driver  # type: ignore[no-any-return]  # SQLAlchemy does not type the driver


async def set_tenant(connection: AsyncConnection, tenant: Tenant) -> None:
    """Switch the rest of the transaction to the rows of this tenant."""
    await driver_of(connection).execute(_tenant_settings(tenant))


async def set_role(connection: AsyncConnection, role: str) -> None:
    """Continue the transaction with another role of the login."""
    await driver_of(connection).execute(f"SET LOCAL ROLE {role}")


def _tenant_settings(tenant: Tenant) -> str:
    return (
        f"SET LOCAL letmepost.organization = '{tenant.organization_id}'; "
        f"SET LOCAL letmepost.mode = '{Mode(tenant.mode)}'"
    )


class Database:
    """The connections, and the kinds of transactions on them."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def tenant(self, tenant: Tenant) -> "Transaction":
        """Begin a transaction that sees one tenant's rows. It commits at the end, and rolls back on any exception."""
        return self.transaction(f"BEGIN; SET LOCAL ROLE {APPLICATION_ROLE}; {_tenant_settings(tenant)}")

    def reader(self, tenant: Tenant) -> "TenantReader":
        """Return a reader of one tenant's rows. For the API only: no other login may call the functions."""
        return TenantReader(self._connections, tenant)

    def lookup(self) -> "Transaction":
        """Begin a transaction that finds the tenant of a request. For API and worker."""
        return self.transaction(f"BEGIN; SET LOCAL ROLE {LOOKUP_ROLE}")

    def sweep(self) -> "Transaction":
        """Begin a transaction that claims, relays or deletes the rows of every tenant. For the worker only."""
        return self.transaction(f"BEGIN; SET LOCAL ROLE {SWEEPER_ROLE}")

    def transaction(self, begin: str) -> "Transaction":
        """Begin a transaction with these statements, sent in one message."""
        return Transaction(self._connections, begin)

    async def close(self) -> None:
        """Close every connection."""
        await self._connections.close()


class Transaction:
    """A context that commits at the end, and rolls back on any exception. For one use."""

    def __init__(self, connections: Connections, begin: str) -> None:
        self._connections = connections
        self._begin = begin

    async def __aenter__(self) -> AsyncConnection:
        taken = await self._connections.take()
        try:
            await taken.driver.execute(self._begin)
        except Exception:  # noqa: BLE001 - the connection broke while it was idle; nothing has been executed
            taken = await self._connections.replace(taken)
            await self._begin_on(taken)
        except BaseException:
            await self._connections.discard(taken)
            raise
        self._taken = taken
        return taken.connection

    async def _begin_on(self, taken: OpenConnection) -> None:
        try:
            await taken.driver.execute(self._begin)
        except BaseException:
            await self._connections.discard(taken)
            raise

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        driver, is_clean = self._taken.driver, False
        try:
            if error is None:
                ending = await driver.execute("COMMIT")
                is_clean = True
                if ending != "COMMIT":  # PostgreSQL returns ROLLBACK, not an error, if a statement had failed
                    message = f"COMMIT ended in {ending}: an error inside the transaction was swallowed"
                    raise RuntimeError(message)
            elif isinstance(error, Exception) and not isinstance(error, TimeoutError):
                await driver.execute("ROLLBACK")
                is_clean = True
        finally:
            # An abandoned statement leaves the connection in an unknown state: only closing it guarantees the rollback.
            await (self._connections.give(self._taken) if is_clean else self._connections.discard(self._taken))


class TenantReader:
    """Calls functions of the database that read as one tenant, each in one round trip.

    Each call is a separate transaction. The function sets the role and the tenant until its end.
    """

    def __init__(self, connections: Connections, tenant: Tenant) -> None:
        self._connections = connections
        self._tenant = tenant

    async def fetch(self, call: str, *arguments: Any) -> list[asyncpg.Record]:
        """Return the rows of a call. `$1` and `$2` are the organization and the mode; the arguments follow."""
        values = (self._tenant.organization_id, self._tenant.mode, *arguments)
        taken = await self._connections.take()
        try:
            rows = await taken.driver.fetch(call, *values)
        except Exception as error:
            if isinstance(error, TimeoutError) or not taken.driver.is_closed():
                await self._connections.discard(taken)
                raise
            # The connection broke, most likely while it was idle. A read can be repeated.
            taken = await self._connections.replace(taken)
            rows = await self._fetch_on(taken, call, values)
        except BaseException:
            await self._connections.discard(taken)
            raise
        await self._connections.give(taken)
        return rows

    async def _fetch_on(self, taken: OpenConnection, call: str, values: tuple[Any, ...]) -> list[asyncpg.Record]:
        try:
            return await taken.driver.fetch(call, *values)
        except BaseException:
            await self._connections.discard(taken)
            raise


def open_database(url: str, *, pool_size: int, statement_max_s: float = STATEMENT_MAX_S) -> Database:
    """Return the database at `postgresql://…`. It connects at the first use.

    A statement that takes longer than `statement_max_s` raises `TimeoutError`, and its connection is closed.
    """
    engine = create_async_engine(
        as_asyncpg(url),
        # `Transaction` begins the transaction, in one message with the role and the tenant.
        isolation_level="AUTOCOMMIT",
        poolclass=NullPool,
        json_deserializer=_decode_json,
        connect_args={
            "timeout": CONNECT_MAX_S,
            "command_timeout": statement_max_s,
            "server_settings": {"application_name": "letmepost", "jit": "off"},
        },
    )
    return Database(Connections(engine, pool_size))


def _decode_json(text: str) -> Any:
    """Return the value of a JSON column."""
    try:
        return from_json(text)  # several times faster, but limited to 200 levels of nesting
    except ValueError:
        return json.loads(text)


def as_asyncpg(url: str) -> str:
    """Return the URL with the driver of this service, even if it names another."""
    scheme, _, rest = url.partition("://")
    if scheme.partition("+")[0] not in {"postgres", "postgresql"}:
        message = f"DATABASE_URL must start with postgresql://, not {scheme}://"
        raise ValueError(message)
    return f"postgresql+asyncpg://{rest}"

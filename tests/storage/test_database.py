import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError

from letmepost.domain.api_keys import Mode
from letmepost.storage.database import Connection, Database, Tenant, as_asyncpg, open_database
from letmepost.storage.tenants.organizations import OrganizationRepository
from tests.database import LOGIN_ROLE, DatabaseURLs
from tests.doubles.waiting import eventually
from tests.storage.support import Admin, fresh_id

WHO_AND_FOR_WHOM = text(
    "SELECT current_user AS role, current_setting('letmepost.organization', true) AS organization,"
    " current_setting('letmepost.mode', true) AS mode, pg_backend_pid() AS pid"
)


class Interrupted(Exception):
    """An exception in the middle of a use case."""


@pytest.fixture
async def narrow(database_urls: DatabaseURLs) -> AsyncIterator[Database]:
    """Open a database with one connection, so that all transactions share it."""
    opened = open_database(database_urls.login, pool_size=1)
    yield opened
    await opened.close()


@pytest.fixture
def tenant() -> Tenant:
    return Tenant(fresh_id(), Mode.LIVE)


async def create(database: Database, tenant: Tenant) -> None:
    async with database.tenant(tenant) as connection:
        await OrganizationRepository(connection, tenant).create("Tenant")


async def count(admin: Admin) -> int:
    found: int = await admin.one("SELECT count(*) FROM organizations")
    return found


async def test_transaction_is_committed_at_its_end(narrow: Database, admin: Admin, tenant: Tenant) -> None:
    async with narrow.tenant(tenant) as connection:
        await OrganizationRepository(connection, tenant).create("Tenant")
        assert await count(admin) == 0
    assert await count(admin) == 1


async def create_and_then(database: Database, tenant: Tenant, then: Callable[[Connection], Awaitable[object]]) -> None:
    async with database.tenant(tenant) as connection:
        await OrganizationRepository(connection, tenant).create("Tenant")
        await then(connection)


async def test_any_exception_rolls_the_transaction_back(narrow: Database, admin: Admin, tenant: Tenant) -> None:
    async def fail(_: Connection) -> None:
        raise Interrupted

    with pytest.raises(Interrupted):
        await create_and_then(narrow, tenant, fail)
    assert await count(admin) == 0
    await create(narrow, tenant)
    assert await count(admin) == 1


async def test_rejected_statement_rolls_its_transaction_back(narrow: Database, admin: Admin, tenant: Tenant) -> None:
    with pytest.raises(IntegrityError):
        await create_and_then(narrow, tenant, lambda same: OrganizationRepository(same, tenant).create("Again"))
    assert await count(admin) == 0
    await create(narrow, tenant)
    assert await count(admin) == 1


async def test_transaction_that_cannot_commit_raises(narrow: Database, admin: Admin, tenant: Tenant) -> None:
    """In an aborted transaction, PostgreSQL answers COMMIT with ROLLBACK, and no error."""

    async def swallow(connection: Connection) -> None:
        with suppress(DBAPIError):
            await connection.execute(text("SELECT 1 / 0"))

    with pytest.raises(RuntimeError, match="ROLLBACK"):
        await create_and_then(narrow, tenant, swallow)
    assert await count(admin) == 0


async def test_canceled_statement_changes_nothing(narrow: Database, admin: Admin, tenant: Tenant) -> None:
    """The state of the protocol is unknown, so only closing the connection guarantees the rollback."""
    pids: list[int] = []

    async def work() -> None:
        async with narrow.tenant(tenant) as connection:
            await OrganizationRepository(connection, tenant).create("Tenant")
            pids.append(await connection.scalar(text("SELECT pg_backend_pid()")))
            await connection.execute(text("SELECT pg_sleep(60)"))

    async def is_asleep() -> bool:
        query = "SELECT count(*) > 0 FROM pg_stat_activity WHERE pid = $1 AND wait_event = 'PgSleep'"
        return bool(pids and await admin.one(query, pids[0]))

    async def is_gone() -> bool:
        return bool(await admin.one("SELECT count(*) = 0 FROM pg_stat_activity WHERE pid = $1", pids[0]))

    task = asyncio.create_task(work())
    await eventually(is_asleep)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await eventually(is_gone)
    assert await count(admin) == 0
    await create(narrow, tenant)
    assert await count(admin) == 1


async def test_cancellation_between_statements_changes_nothing(narrow: Database, admin: Admin, tenant: Tenant) -> None:
    written, never = asyncio.Event(), asyncio.Event()

    async def work() -> None:
        async with narrow.tenant(tenant) as connection:
            await OrganizationRepository(connection, tenant).create("Tenant")
            written.set()
            await never.wait()

    task = asyncio.create_task(work())
    await written.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await count(admin) == 0
    await create(narrow, tenant)
    assert await count(admin) == 1


async def test_transaction_has_its_own_role(narrow: Database, tenant: Tenant) -> None:
    async with narrow.tenant(tenant) as connection:
        mine = (await connection.execute(WHO_AND_FOR_WHOM)).one()
    async with narrow.lookup() as connection:
        finding = (await connection.execute(WHO_AND_FOR_WHOM)).one()
    async with narrow.sweep() as connection:
        sweeping = (await connection.execute(WHO_AND_FOR_WHOM)).one()
    assert (mine.role, mine.organization, mine.mode) == ("letmepost_app", str(tenant.organization_id), "live")
    assert (finding.role, finding.organization or "", finding.mode or "") == ("letmepost_lookup", "", "")
    assert (sweeping.role, sweeping.organization or "", sweeping.mode or "") == ("letmepost_sweeper", "", "")
    assert mine.pid == finding.pid == sweeping.pid


@pytest.mark.parametrize("ending", ["commit", "rollback"])
async def test_transaction_leaves_neither_role_nor_tenant(narrow: Database, tenant: Tenant, ending: str) -> None:
    """There is no session state, so a transaction pooler can be used."""
    with suppress(Interrupted):
        async with narrow.tenant(tenant) as connection:
            before = (await connection.execute(WHO_AND_FOR_WHOM)).one()
            if ending == "rollback":
                raise Interrupted
    async with narrow.transaction("BEGIN") as connection:
        after = (await connection.execute(WHO_AND_FOR_WHOM)).one()
    assert (after.role, after.organization or "", after.mode or "") == (LOGIN_ROLE, "", "")
    assert after.pid == before.pid


async def test_prepared_statement_serves_several_tenants(narrow: Database, admin: Admin) -> None:
    """The driver keeps prepared statements. Their plans must not contain the tenant of the first use."""
    tenants = [Tenant(fresh_id(), Mode.LIVE) for _ in range(2)]
    for tenant in tenants:
        await create(narrow, tenant)
    for tenant in tenants * 8:
        async with narrow.tenant(tenant) as connection:
            seen = [row.id for row in await connection.execute(text("SELECT id FROM organizations"))]
        assert seen == [tenant.organization_id]


async def test_broken_connection_in_the_pool_is_replaced(narrow: Database, admin: Admin, tenant: Tenant) -> None:
    """A restart of PostgreSQL fails running transactions, but no later ones."""
    await create(narrow, tenant)
    await admin.do(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    await create(narrow, Tenant(fresh_id(), Mode.LIVE))
    assert await count(admin) == 2


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_every_form_of_a_postgresql_url_is_accepted(scheme: str) -> None:
    assert as_asyncpg(f"{scheme}://user@host/name") == "postgresql+asyncpg://user@host/name"


def test_url_of_another_database_is_rejected() -> None:
    with pytest.raises(ValueError, match="postgresql://, not mysql://"):
        as_asyncpg("mysql://user@host/name")

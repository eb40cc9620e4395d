"""Tenants never see the data of others. Every table of the metadata is tested."""

from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass

import asyncpg
import pytest
from sqlalchemy import ColumnElement, Table, and_, delete, insert, select, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from letmepost.domain.api_keys import Mode
from letmepost.storage.database import Database, open_database
from tests.database import DatabaseURLs
from tests.storage.fixtures import empty
from tests.storage.rows import TABLES, Estate, Row, identity, make_estate, make_row, of_tenant
from tests.storage.support import Admin

NAMES = sorted(table.name for table in TABLES)

CHANGEABLE = [table for table in TABLES if table.name != "audit_log"]
"""Every table except the append-only one."""

each_table = pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)


def others(table: Table) -> list[str]:
    """Return the tenants that must not reach our rows: another organization, and the other mode if the table has it."""
    return ["second", "first_live"] if _has_worlds(table) else ["second"]


def _has_worlds(table: Table) -> bool:
    # The keys of an organization are listed together, for both modes.
    return "mode" in table.c and table.name != "api_keys"


each_table_and_other = pytest.mark.parametrize(
    ("table", "other"),
    [(table, other) for table in TABLES for other in others(table)],
    ids=lambda part: getattr(part, "name", part),
)


each_changeable_table = pytest.mark.parametrize("table", CHANGEABLE, ids=lambda table: table.name)
each_changeable_table_and_other = pytest.mark.parametrize(
    ("table", "other"),
    [(table, other) for table in CHANGEABLE for other in others(table)],
    ids=lambda part: getattr(part, "name", part),
)


@dataclass(frozen=True, slots=True)
class Estates:
    """Three tenants that each own a row of every table. Two are the modes of one organization."""

    first: Estate
    first_live: Estate
    second: Estate

    def of(self, other: str) -> Estate:
        found: Estate = getattr(self, other)
        return found


class Undone(Exception):
    """Ends a transaction without changes, so that all tests share one set of rows."""


@pytest.fixture(scope="module")
async def database_urls(shared_database: DatabaseURLs) -> DatabaseURLs:
    await empty(shared_database)
    return shared_database


@pytest.fixture(scope="module")
async def database(database_urls: DatabaseURLs) -> AsyncIterator[Database]:
    opened = open_database(database_urls.login, pool_size=2)
    yield opened
    await opened.close()


@pytest.fixture(scope="module")
async def estates(database: Database) -> Estates:
    first, second = make_estate(), make_estate()
    live = make_estate(Mode.LIVE, first.tenant.organization_id)
    for estate in (first, second, live):
        async with database.tenant(estate.tenant) as connection:
            for table in TABLES:
                if estate is not live or table.name != "organizations":
                    await connection.execute(insert(table).values(estate.rows[table.name]))
    return Estates(first, live, second)


@pytest.fixture(scope="module", params=["api", "login"])
async def raw(
    request: pytest.FixtureRequest, database_urls: DatabaseURLs
) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    """Open a connection with the login role of the API or of the worker."""
    connection = await asyncpg.connect(getattr(database_urls, request.param))
    yield connection
    await connection.close()


def is_row(table: Table, row: Row) -> ColumnElement[bool]:
    return and_(*(table.c[name] == value for name, value in identity(table, row).items()))


async def test_row_level_security_is_forced_on_every_table(admin: Admin) -> None:
    rows = await admin.rows(
        "SELECT relname, relrowsecurity AND relforcerowsecurity AS locked FROM pg_class"
        " WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')"
        " AND relname NOT IN ('alembic_version', 'deployment')"
    )
    assert {row["relname"]: row["locked"] for row in rows} == dict.fromkeys(NAMES, True)


async def test_every_table_has_a_policy_for_tenants_and_one_for_migrations(admin: Admin) -> None:
    rows = await admin.rows("SELECT tablename, roles::text[] AS roles, cmd FROM pg_policies")
    across_tenants = (["letmepost_sweeper"], ["letmepost_lookup"])
    found = {(row["tablename"], *row["roles"], row["cmd"]) for row in rows if row["roles"] not in across_tenants}
    shared = {("pauses", "letmepost_app", command) for command in ("SELECT", "UPDATE")}  # to read and to lock
    append_only = {("audit_log", "letmepost_app", command) for command in ("SELECT", "INSERT")}
    assert found - shared == append_only | {
        (name, role, "ALL")
        for name in NAMES
        for role in ("letmepost_app", "letmepost_migrator")
        if (name, role) != ("audit_log", "letmepost_app")
    }


@each_table
async def test_transaction_without_a_role_fails(
    raw: "asyncpg.Connection[asyncpg.Record]", estates: Estates, table: Table
) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await raw.execute(f'SELECT FROM "{table.name}"')


@each_table
@pytest.mark.parametrize("forgotten", ["never set", "set to nothing"])
async def test_transaction_without_a_tenant_sees_nothing(
    raw: "asyncpg.Connection[asyncpg.Record]", estates: Estates, table: Table, forgotten: str
) -> None:
    async with raw.transaction():
        await raw.execute("SET LOCAL ROLE letmepost_app")
        if forgotten == "set to nothing":
            await raw.execute("SET LOCAL letmepost.organization = ''; SET LOCAL letmepost.mode = ''")
        assert await raw.fetch(f'SELECT * FROM "{table.name}"') == []  # noqa: S608 - our own table


@each_table
async def test_tenant_sees_its_own_rows_only(database: Database, estates: Estates, table: Table) -> None:
    own = [estates.first]
    if not _has_worlds(table) and table.name != "organizations":
        own.append(estates.first_live)
    async with database.tenant(estates.first.tenant) as connection:
        seen = [dict(row) for row in (await connection.execute(select(*table.primary_key.columns))).mappings()]
    expected = [identity(table, estate.rows[table.name]) for estate in own]
    assert len(seen) == len(expected)
    assert all(row in seen for row in expected)


@each_changeable_table_and_other
async def test_tenant_cannot_change_or_delete_a_row_of_another(
    database: Database, estates: Estates, admin: Admin, table: Table, other: str
) -> None:
    row = estates.of(other).rows[table.name]
    before = await admin.everything(table.name)
    async with database.tenant(estates.first.tenant) as connection:
        changed = await connection.execute(update(table).where(is_row(table, row)).values(identity(table, row)))
        deleted = await connection.execute(delete(table).where(is_row(table, row)))
    assert (changed.rowcount, deleted.rowcount) == (0, 0)
    assert await admin.everything(table.name) == before


@each_changeable_table
async def test_tenant_can_change_and_delete_its_own_row(database: Database, estates: Estates, table: Table) -> None:
    """Otherwise, the test above would pass for a tenant without any rights."""
    rows = estates.first.rows
    with suppress(Undone):
        async with database.tenant(estates.first.tenant) as connection:
            row = rows[table.name]
            changed = await connection.execute(update(table).where(is_row(table, row)).values(identity(table, row)))
            assert changed.rowcount == 1
            for dependent in reversed(TABLES[TABLES.index(table) :]):
                statement = delete(dependent).where(is_row(dependent, rows[dependent.name]))
                deleted = (await connection.execute(statement)).rowcount
            assert deleted == 1
            raise Undone


@pytest.mark.parametrize("whose", ["first", "second"])
async def test_tenant_cannot_change_or_delete_an_entry_of_the_audit_log(
    database: Database, estates: Estates, admin: Admin, whose: str
) -> None:
    row = estates.of(whose).rows["audit_log"]
    table = next(table for table in TABLES if table.name == "audit_log")
    before = await admin.everything(table.name)
    for statement in (update(table).values(actor="operator"), delete(table)):
        with pytest.raises(DBAPIError, match="permission denied"):
            async with database.tenant(estates.first.tenant) as connection:
                await connection.execute(statement.where(is_row(table, row)))
    assert await admin.everything(table.name) == before


@each_table_and_other
async def test_tenant_cannot_insert_a_row_for_another(
    database: Database, estates: Estates, table: Table, other: str
) -> None:
    row = make_row(table, estates.of(other))
    with pytest.raises(DBAPIError, match="row-level security"):
        async with database.tenant(estates.first.tenant) as connection:
            await connection.execute(insert(table).values(row))


@each_changeable_table_and_other
async def test_tenant_cannot_transfer_its_row_to_another(
    database: Database, estates: Estates, table: Table, other: str
) -> None:
    tenant = estates.of(other).tenant
    owner: dict[str, object] = {of_tenant(table): tenant.organization_id}
    if "mode" in table.c:
        owner["mode"] = tenant.mode
    mine = is_row(table, estates.first.rows[table.name])
    with pytest.raises(DBAPIError, match="row-level security"):
        async with database.tenant(estates.first.tenant) as connection:
            await connection.execute(update(table).where(mine).values(owner))


@pytest.mark.parametrize(
    ("table", "referred"),
    [
        (table, constraint.referred_table)
        for table in TABLES
        for constraint in sorted(table.foreign_key_constraints, key=lambda found: tuple(found.column_keys))
        if constraint.referred_table.name != "organizations"
    ],
    ids=lambda table: table.name,
)
async def test_row_cannot_refer_to_a_row_of_another_tenant(
    database: Database, estates: Estates, table: Table, referred: Table
) -> None:
    """Foreign keys bypass row-level security, so they must include the organization."""
    row = make_row(table, estates.first)
    for constraint in table.foreign_key_constraints:
        if constraint.referred_table is referred:
            second = estates.second.rows[referred.name]
            row |= {
                key.parent.name: second[key.column.name]
                for key in constraint.elements
                if key.parent.name != "organization_id"
            }
    with pytest.raises(IntegrityError, match="foreign key"):
        async with database.tenant(estates.first.tenant) as connection:
            await connection.execute(insert(table).values(row))


@each_table
async def test_row_level_security_applies_to_the_owner_of_the_tables(
    admin: Admin, estates: Estates, table: Table
) -> None:
    """Without a policy of its own, a data migration would silently update nothing."""
    count = f'SELECT count(*) FROM "{table.name}"'  # noqa: S608 - our own table
    with suppress(Undone):
        async with admin.connection.transaction():
            await admin.do("SET LOCAL ROLE letmepost_migrator")
            assert await admin.one(count) > 0
            await admin.do(f'DROP POLICY migrator ON "{table.name}"')
            assert await admin.one(count) == 0
            raise Undone

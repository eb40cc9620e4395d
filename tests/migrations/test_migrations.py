"""Migrations, against PostgreSQL: up from nothing, down, up again, and several at the same time."""

import asyncio
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from typing import TypeVar

import asyncpg
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Connection, pool, text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine

from letmepost.cli.embedded import start_postgres
from letmepost.domain.processes import Process
from letmepost.storage.database import as_asyncpg, open_database
from letmepost.storage.logins import ROLES, read_login
from letmepost.storage.migrating import migrate
from letmepost.storage.revisions import MIGRATIONS, newest_revision
from letmepost.storage.roles import UnsafeDeploymentError, provision_roles
from letmepost.storage.tables import metadata
from tests.database import DatabaseURLs, copy_of
from tests.servers import open_directory

pytestmark = pytest.mark.slow

T = TypeVar("T")

TABLES = {"alembic_version", *metadata.tables}


@asynccontextmanager
async def empty_database(server_url: str) -> AsyncIterator[DatabaseURLs]:
    """A database with nothing in it."""
    nothing = make_url(server_url).set(database="template0").render_as_string(hide_password=False)
    async with copy_of(DatabaseURLs(nothing, nothing), server_url) as urls:
        yield urls


@pytest.fixture
async def empty_urls(postgres_url: str) -> AsyncIterator[DatabaseURLs]:
    async with empty_database(postgres_url) as urls:
        yield urls


@pytest.fixture(scope="module")
def new_server_url() -> Iterator[str]:
    """A server that has never been migrated: roles belong to a server, not to a database."""
    with open_directory() as data_dir, asyncio.Runner() as runner:
        server = runner.run(start_postgres(data_dir, durable=False))
        try:
            yield server.url
        finally:
            runner.run(server.stop())


async def on(url: str, do: Callable[[Connection], T]) -> T:
    """Do something in a transaction of a superuser's."""
    engine = create_async_engine(as_asyncpg(url), poolclass=pool.NullPool)
    async with engine.connect() as connection:
        found = await connection.run_sync(do)
        await connection.commit()
    await engine.dispose()
    return found


async def provision(urls: DatabaseURLs) -> None:
    """Create the roles of a deployment, as a superuser."""
    engine = create_async_engine(as_asyncpg(urls.admin), poolclass=pool.NullPool)
    async with engine.connect() as connection:
        await provision_roles(connection, logins(urls))
    await engine.dispose()


def logins(urls: DatabaseURLs) -> dict[Process, str]:
    return {Process.API: urls.api, Process.WORKER: urls.login}


def tables(connection: Connection) -> set[str]:
    found = connection.execute(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"))
    return set(found.scalars())


def downgrade(connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.downgrade(config, "base")


def schema(connection: Connection) -> dict[str, set[tuple[object, ...]]]:
    """Columns, constraints and indexes as PostgreSQL spells them."""
    queries = {
        "columns": """
            SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity,
                   pg_get_expr(d.adbin, d.adrelid)
            FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
            LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
            WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND c.relname <> 'alembic_version'
        """,
        "constraints": """
            SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
            WHERE connamespace = 'public'::regnamespace AND contype <> 'n'
              AND conrelid <> coalesce(to_regclass('alembic_version'), 0)
        """,
        "indexes": "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'"
        " AND tablename <> 'alembic_version'",
    }
    return {name: {tuple(row) for row in connection.execute(text(query))} for name, query in queries.items()}


async def test_alembic_finds_no_difference_between_migrations_and_tables(database_urls: DatabaseURLs) -> None:
    def differences(connection: Connection) -> list[object]:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        return list(compare_metadata(context, metadata))

    assert await on(database_urls.admin, differences) == []


async def test_migrations_make_what_the_tables_say_to_the_letter(
    database_urls: DatabaseURLs, empty_urls: DatabaseURLs
) -> None:
    """Alembic compares neither checks nor the conditions of indexes."""
    await on(empty_urls.admin, metadata.create_all)
    migrated, declared = await on(database_urls.admin, schema), await on(empty_urls.admin, schema)
    assert migrated == declared


async def test_up_from_nothing_down_to_nothing_and_up_again(empty_urls: DatabaseURLs) -> None:
    assert await migrate(empty_urls.admin, empty_urls.api, empty_urls.login) == newest_revision()
    first = await on(empty_urls.admin, schema)
    assert await on(empty_urls.admin, tables) == TABLES
    await on(empty_urls.admin, downgrade)
    assert await on(empty_urls.admin, tables) == {"alembic_version"}
    await migrate(empty_urls.admin, empty_urls.api, empty_urls.login)
    assert await on(empty_urls.admin, schema) == first


async def test_migrating_again_changes_nothing(database_urls: DatabaseURLs) -> None:
    before = await on(database_urls.admin, schema)
    assert await migrate(database_urls.admin, database_urls.api, database_urls.login) == newest_revision()
    assert await on(database_urls.admin, schema) == before


async def test_roles_may_be_made_by_several_at_once(new_server_url: str) -> None:
    """Roles are the server's: a database that is migrated beside this one must not be in the way either."""
    async with empty_database(new_server_url) as one, empty_database(new_server_url) as other, asyncio.timeout(60):
        await asyncio.gather(*(provision(urls) for urls in [one, other] * 6))
        for urls in (one, other):
            await migrate(urls.admin, urls.api, urls.login)
            for process, url in logins(urls).items():
                database = open_database(url, pool_size=1)
                assert (await read_login(database)).problem(process) is None
                await database.close()


async def test_two_first_migrations_at_once_both_end_well(new_server_url: str) -> None:
    """lessons A52: a deployment starts several processes, and each of them may migrate."""
    program = (
        "import asyncio, sys; from letmepost.storage.migrating import migrate; asyncio.run(migrate(*sys.argv[1:]))"
    )
    async with empty_database(new_server_url) as urls, asyncio.timeout(60):
        processes = [
            await asyncio.create_subprocess_exec(
                sys.executable, "-c", program, urls.admin, urls.api, urls.login, stderr=PIPE
            )
            for _ in range(2)
        ]
        errors = [(await process.communicate())[1].decode() for process in processes]
        assert [process.returncode for process in processes] == [0, 0], errors
        assert await on(urls.admin, tables) == TABLES


async def test_a_migration_waits_for_another_however_long_it_takes(empty_urls: DatabaseURLs) -> None:
    """`lock_timeout` is for tables in use: applied to the migration lock, it would fail the second migration."""
    first = await asyncpg.connect(empty_urls.admin)
    await first.execute("SELECT pg_advisory_lock(hashtext('letmepost.migrate'))")
    second = asyncio.create_task(migrate(empty_urls.admin, empty_urls.api, empty_urls.login))
    longer_than_the_timeout_s = 5.5
    try:
        done, _ = await asyncio.wait({second}, timeout=longer_than_the_timeout_s)
        assert not done
    finally:
        await first.close()
        await asyncio.wait({second})
    assert await second == newest_revision()


def as_role(url: str, role: str) -> str:
    return make_url(url).set(username=role).render_as_string(hide_password=False)


@pytest.mark.parametrize("role", ROLES)
async def test_login_role_with_the_name_of_a_shared_role_is_rejected(empty_urls: DatabaseURLs, role: str) -> None:
    with pytest.raises(UnsafeDeploymentError, match="must name a login role of its own"):
        await migrate(empty_urls.admin, as_role(empty_urls.login, role), empty_urls.login)
    assert await on(empty_urls.admin, tables) == set()


async def test_one_login_role_for_api_and_worker_is_rejected(empty_urls: DatabaseURLs) -> None:
    with pytest.raises(UnsafeDeploymentError, match="name the same role"):
        await migrate(empty_urls.admin, empty_urls.login, empty_urls.login)
    assert await on(empty_urls.admin, tables) == set()


async def test_login_role_of_the_worker_is_rejected_for_the_api_and_keeps_its_rights(
    database_urls: DatabaseURLs,
) -> None:
    """It may take the sweeper, and a worker that is running uses it."""
    with pytest.raises(UnsafeDeploymentError, match="REVOKE letmepost_sweeper FROM letmepost_test"):
        await migrate(database_urls.admin, database_urls.login, as_role(database_urls.login, "letmepost_other"))
    connection = await asyncpg.connect(database_urls.admin)
    assert await connection.fetchval("SELECT pg_has_role('letmepost_test', 'letmepost_sweeper', 'SET')")
    await connection.close()

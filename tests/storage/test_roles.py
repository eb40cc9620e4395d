"""Who may touch what."""

from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy import Table

from letmepost.bootstrap.core import open_core
from letmepost.gateways.metrics import Metrics
from letmepost.storage.database import Database, open_database, powerful_role
from letmepost.storage.roles import UnsafeDeploymentError
from tests.database import DatabaseURLs
from tests.deployment import settings_for
from tests.storage.rows import TABLES
from tests.storage.support import Admin

ALL = frozenset({"every column"})
SWEEPER_MAY: Mapping[str, Mapping[str, frozenset[str]]] = {
    "api_keys": {"SELECT": ALL, "UPDATE": frozenset({"last_used_at"})},
    "organizations": {"SELECT": ALL, "UPDATE": frozenset({"event_head"})},
    "posts": {"SELECT": ALL, "UPDATE": frozenset({"lease_token", "lease_until", "status", "updated_at"})},
    "accounts": {
        "SELECT": frozenset(
            {
                "id",
                "organization_id",
                "mode",
                "platform",
                "platform_account_id",
                "status",
                "refresh_at",
                "check_at",
                "token_expires_at",
                "expiry_told_days",
            }
        ),
        "UPDATE": frozenset({"updated_at"}),
    },
    "connect_states": {
        "SELECT": frozenset({"id", "organization_id", "mode", "state_hash", "created_at"}),
        "DELETE": ALL,
    },
    "connect_sessions": {
        "SELECT": frozenset({"id", "organization_id", "mode", "token_hash", "created_at"}),
        "DELETE": ALL,
    },
    "events": {"SELECT": ALL, "UPDATE": frozenset({"position"}), "DELETE": ALL},
    "webhook_endpoints": {
        "SELECT": ALL,
        "UPDATE": frozenset({"active", "last_delivery_at", "last_failure_reason", "failing_since"}),
    },
    "deliveries": {"SELECT": ALL, "INSERT": ALL, "UPDATE": ALL, "DELETE": ALL},
    "media": {"SELECT": frozenset({"id", "organization_id", "mode", "status", "created_at", "expires_at", "fetch_at"})},
    "pauses": {"SELECT": ALL, "INSERT": ALL, "DELETE": ALL},
    "attempts": {"SELECT": frozenset({"id"}), "DELETE": ALL},
    "flow_steps": {"SELECT": frozenset({"post_id", "revision", "step", "intent_at"}), "DELETE": ALL},
    "idempotency_keys": {
        "SELECT": frozenset({"organization_id", "mode", "profile_scope", "key_hash", "created_at"}),
        "DELETE": ALL,
    },
    "usage": {"SELECT": frozenset({"organization_id", "mode", "subject", "period_start"}), "DELETE": ALL},
    "operator_requests": {"SELECT": ALL, "DELETE": ALL},
    "version_notices": {"SELECT": frozenset({"organization_id", "mode", "platform", "api_version", "within_days"})},
}
"""What crosses tenants, column by column: a migration that widens it is seen here."""

each_table = pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)


@pytest.fixture
async def login(database_urls: DatabaseURLs) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    connection = await asyncpg.connect(database_urls.login)
    yield connection
    await connection.close()


@pytest.fixture
def superuser_urls(database_urls: DatabaseURLs) -> DatabaseURLs:
    return DatabaseURLs(database_urls.admin, database_urls.admin)


@pytest.fixture
async def bypassing_urls(database_urls: DatabaseURLs, admin: Admin) -> AsyncIterator[DatabaseURLs]:
    """The services' login role, which somebody has let past row-level security."""
    await admin.do("ALTER ROLE letmepost_test BYPASSRLS")
    yield database_urls
    await admin.do("ALTER ROLE letmepost_test NOBYPASSRLS")


@each_table
async def test_the_sweeper_may_do_what_is_granted_and_no_more(admin: Admin, table: Table) -> None:
    every = frozenset(column.name for column in table.c)
    for right in ("SELECT", "INSERT", "UPDATE"):
        rows = await admin.rows(
            "SELECT attname FROM pg_attribute WHERE attrelid = $1::text::regclass AND attnum > 0 AND NOT attisdropped"
            " AND has_column_privilege('letmepost_sweeper', attrelid, attnum, $2)",
            table.name,
            right,
        )
        granted = SWEEPER_MAY.get(table.name, {}).get(right, frozenset())
        assert {row["attname"] for row in rows} == (every if granted == ALL else granted), right
    may_delete = await admin.one("SELECT has_table_privilege('letmepost_sweeper', $1, 'DELETE')", table.name)
    assert may_delete == ("DELETE" in SWEEPER_MAY.get(table.name, {}))


@each_table
@pytest.mark.parametrize("role", ["letmepost_app", "letmepost_sweeper"])
async def test_no_service_can_get_around_the_locks_of_a_table(admin: Admin, table: Table, role: str) -> None:
    for right in ("TRUNCATE", "REFERENCES", "TRIGGER", "MAINTAIN"):
        assert not await admin.one("SELECT has_table_privilege($1, $2, $3)", role, table.name, right)
    owner = await admin.one("SELECT pg_get_userbyid(relowner) FROM pg_class WHERE oid = $1::text::regclass", table.name)
    assert owner == "letmepost_migrator"


@pytest.mark.parametrize("role", ["letmepost_migrator", "postgres"])
async def test_the_services_cannot_become_the_owner(login: "asyncpg.Connection[asyncpg.Record]", role: str) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await login.execute(f"SET ROLE {role}")


@pytest.mark.parametrize("role", ["letmepost_test", "letmepost_app", "letmepost_sweeper"])
async def test_the_services_cannot_make_tables(login: "asyncpg.Connection[asyncpg.Record]", role: str) -> None:
    await login.execute(f"SET ROLE {role}")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await login.execute("CREATE TABLE mine (id int)")


async def test_a_login_bound_by_row_level_security_is_not_powerful(database: Database) -> None:
    assert await powerful_role(database) is None


async def test_a_superuser_is_powerful(superuser_urls: DatabaseURLs) -> None:
    opened = open_database(superuser_urls.login, pool_size=1)
    try:
        assert await powerful_role(opened) == "postgres"
    finally:
        await opened.close()


async def test_a_role_that_bypasses_row_level_security_is_powerful(
    bypassing_urls: DatabaseURLs, database: Database
) -> None:
    assert await powerful_role(database) == "letmepost_test"


async def refuses_to_start(urls: DatabaseURLs, directory: Path) -> None:
    with pytest.raises(UnsafeDeploymentError, match="row-level security would not bind it"):
        async with open_core(settings_for(urls, "redis://127.0.0.1:1", directory), {}, {}, Metrics()):
            pass


async def test_no_service_starts_as_a_superuser(superuser_urls: DatabaseURLs, tmp_path: Path) -> None:
    """Tests would pass with the lock off, and tenants would see each other."""
    await refuses_to_start(superuser_urls, tmp_path)


async def test_no_service_starts_as_a_role_that_bypasses_row_level_security(
    bypassing_urls: DatabaseURLs, tmp_path: Path
) -> None:
    await refuses_to_start(bypassing_urls, tmp_path)

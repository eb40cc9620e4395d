"""The rights of the database roles."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy import Table

from letmepost.bootstrap.core import open_core
from letmepost.domain.processes import Process
from letmepost.gateways.metrics import Metrics
from letmepost.storage.database import open_database
from letmepost.storage.logins import read_login, roles_of
from letmepost.storage.roles import UnsafeDeploymentError
from tests.database import DatabaseURLs
from tests.deployment import settings_for
from tests.storage.rows import TABLES
from tests.storage.support import Admin

ALL = frozenset({"every column"})
SWEEPER_MAY: Mapping[str, Mapping[str, frozenset[str]]] = {
    "organizations": {"SELECT": frozenset({"id", "event_head", "deleted_at"}), "UPDATE": frozenset({"event_head"})},
    "posts": {"SELECT": ALL, "UPDATE": frozenset({"lease_token", "lease_until", "status", "updated_at"})},
    "accounts": {
        "SELECT": frozenset(
            {
                "id",
                "organization_id",
                "mode",
                "platform",
                "status",
                "credential_id",
                "check_at",
                "token_expires_at",
                "expiry_told_days",
            }
        ),
        "UPDATE": frozenset({"updated_at"}),
    },
    "credentials": {"SELECT": frozenset({"id", "organization_id", "mode", "refresh_at"})},
    "connect_states": {"SELECT": frozenset({"id", "created_at"}), "DELETE": ALL},
    "connect_sessions": {"SELECT": frozenset({"id", "created_at"}), "DELETE": ALL},
    "events": {"SELECT": ALL, "UPDATE": frozenset({"position"}), "DELETE": ALL},
    "webhook_endpoints": {
        "SELECT": ALL,
        "UPDATE": frozenset({"active", "last_delivery_at", "last_failure_reason", "failing_since"}),
    },
    "deliveries": {"SELECT": ALL, "INSERT": ALL, "UPDATE": ALL, "DELETE": ALL},
    "media": {
        "SELECT": frozenset(
            {"id", "organization_id", "mode", "status", "created_at", "expires_at", "fetch_at", "derived_from"}
        )
    },
    "attempts": {"SELECT": frozenset({"id"}), "DELETE": ALL},
    "flow_steps": {"SELECT": frozenset({"post_id", "revision", "step", "intent_at"}), "DELETE": ALL},
    "idempotency_keys": {
        "SELECT": frozenset({"organization_id", "mode", "profile_scope", "key_hash", "created_at"}),
        "DELETE": ALL,
    },
    "usage": {
        "SELECT": frozenset({"organization_id", "mode", "subject", "period_start", "used"}),
        "DELETE": ALL,
    },
    "audit_log": {"SELECT": frozenset({"id"}), "DELETE": ALL},
    "version_notices": {"SELECT": frozenset({"organization_id", "mode", "platform", "api_version", "within_days"})},
}
"""The rights across tenants, by column: a migration that extends them fails here."""

LOOKUP_MAY: Mapping[str, Mapping[str, frozenset[str]]] = {
    "api_keys": {"SELECT": ALL, "UPDATE": frozenset({"last_used_at"})},
    "organizations": {"SELECT": ALL},
    "posts": {"SELECT": frozenset({"organization_id", "mode", "account_id", "status", "ready_at", "lease_token"})},
    "accounts": {
        "SELECT": frozenset(
            {"id", "organization_id", "mode", "platform", "platform_account_id", "granted_by", "status"}
        ),
    },
    "connect_states": {"SELECT": frozenset({"id", "organization_id", "mode", "state_hash"})},
    "connect_sessions": {"SELECT": frozenset({"id", "organization_id", "mode", "token_hash"})},
    "pauses": {"SELECT": ALL, "INSERT": ALL, "DELETE": ALL},
}
MAY = {"letmepost_lookup": LOOKUP_MAY, "letmepost_sweeper": SWEEPER_MAY, "letmepost_reader": {}}

each_process = pytest.mark.parametrize("process", Process)
each_shared_role = pytest.mark.parametrize(
    "role", ["letmepost_app", "letmepost_lookup", "letmepost_sweeper", "letmepost_reader"]
)
ROLE_OF = {Process.API: "letmepost_test_api", Process.WORKER: "letmepost_test"}


def url_of(urls: DatabaseURLs, process: Process) -> str:
    return urls.api if process is Process.API else urls.login


@asynccontextmanager
async def logged_in(urls: DatabaseURLs, process: Process) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    """Open a raw connection with the login role of a process."""
    connection = await asyncpg.connect(url_of(urls, process))
    try:
        yield connection
    finally:
        await connection.close()


@asynccontextmanager
async def role_changed(admin: Admin, change: str, back: str) -> AsyncIterator[None]:
    """Change a role until the end of the context. Roles belong to the server, so the change must be undone."""
    await admin.do(change)
    try:
        yield
    finally:
        await admin.do(back)


@pytest.mark.parametrize("role", MAY)
async def test_role_across_tenants_has_exactly_the_granted_rights(admin: Admin, role: str) -> None:
    for table in TABLES:
        await _check_rights(admin, table, role)


async def _check_rights(admin: Admin, table: Table, role: str) -> None:
    every = frozenset(column.name for column in table.c)
    for right in ("SELECT", "INSERT", "UPDATE"):
        rows = await admin.rows(
            "SELECT attname FROM pg_attribute WHERE attrelid = $1::text::regclass AND attnum > 0 AND NOT attisdropped"
            " AND has_column_privilege($3, attrelid, attnum, $2)",
            table.name,
            right,
            role,
        )
        granted = MAY[role].get(table.name, {}).get(right, frozenset())
        assert {row["attname"] for row in rows} == (every if granted == ALL else granted), (table.name, right)
    may_delete = await admin.one("SELECT has_table_privilege($1, $2, 'DELETE')", role, table.name)
    assert may_delete == ("DELETE" in MAY[role].get(table.name, {})), table.name


@each_shared_role
async def test_no_service_can_bypass_row_level_security(admin: Admin, role: str) -> None:
    for table in TABLES:
        for right in ("TRUNCATE", "REFERENCES", "TRIGGER", "MAINTAIN"):
            has_right = await admin.one("SELECT has_table_privilege($1, $2, $3)", role, table.name, right)
            assert not has_right, (table.name, right)
        owner = await admin.one(
            "SELECT pg_get_userbyid(relowner) FROM pg_class WHERE oid = $1::text::regclass", table.name
        )
        assert owner == "letmepost_migrator", table.name


@pytest.mark.parametrize("right", ["UPDATE", "DELETE"])
async def test_application_can_only_append_to_the_audit_log(admin: Admin, right: str) -> None:
    assert not await admin.one("SELECT has_table_privilege('letmepost_app', 'audit_log', $1)", right)
    assert await admin.one("SELECT has_table_privilege('letmepost_app', 'audit_log', 'INSERT')")


@each_process
@pytest.mark.parametrize("role", ["letmepost_migrator", "postgres"])
async def test_no_login_can_become_the_owner(database_urls: DatabaseURLs, process: Process, role: str) -> None:
    async with logged_in(database_urls, process) as login:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await login.execute(f"SET ROLE {role}")


@pytest.mark.parametrize("start", ["letmepost_test_api", "letmepost_app", "letmepost_lookup"])
async def test_api_login_cannot_become_the_sweeper(database_urls: DatabaseURLs, start: str) -> None:
    async with logged_in(database_urls, Process.API) as login:
        await login.execute(f"SET ROLE {start}")
        for statement in ("SET ROLE letmepost_sweeper", "SET SESSION AUTHORIZATION letmepost_test"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await login.execute(statement)
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await login.execute("GRANT letmepost_sweeper TO letmepost_test_api")


@pytest.mark.parametrize("start", ["letmepost_test_api", "letmepost_lookup"])
@pytest.mark.parametrize(
    "statement",
    [
        "SELECT FROM post_revisions",
        "SELECT sealed FROM credentials",
        "SELECT secret_sealed FROM webhook_endpoints",
        "SELECT data FROM events",
        "UPDATE posts SET lease_token = gen_random_uuid()",
        "DELETE FROM deliveries",
        "DELETE FROM audit_log",
        "INSERT INTO api_keys DEFAULT VALUES",
    ],
)
async def test_api_login_cannot_work_across_tenants_like_the_worker(
    database_urls: DatabaseURLs, start: str, statement: str
) -> None:
    async with logged_in(database_urls, Process.API) as login:
        await login.execute(f"SET ROLE {start}")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await login.execute(statement)


@each_process
async def test_no_login_can_create_tables(database_urls: DatabaseURLs, process: Process) -> None:
    async with logged_in(database_urls, process) as login:
        for role in (ROLE_OF[process], *roles_of(process)):
            await login.execute(f"SET ROLE {role}")
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await login.execute("CREATE TABLE mine (id int)")


async def problem_of(url: str, process: Process) -> str | None:
    opened = open_database(url, pool_size=1)
    try:
        problem = (await read_login(opened)).problem(process)
    finally:
        await opened.close()
    return None if problem is None else problem[0]


@each_process
async def test_migrated_login_role_fits_its_process(database_urls: DatabaseURLs, process: Process) -> None:
    assert await problem_of(url_of(database_urls, process), process) is None


@each_process
async def test_superuser_does_not_fit(database_urls: DatabaseURLs, process: Process) -> None:
    assert "superuser" in str(await problem_of(database_urls.admin, process))


@each_process
async def test_role_that_bypasses_row_level_security_does_not_fit(
    database_urls: DatabaseURLs, admin: Admin, process: Process
) -> None:
    role = ROLE_OF[process]
    async with role_changed(admin, f"ALTER ROLE {role} BYPASSRLS", f"ALTER ROLE {role} NOBYPASSRLS"):
        assert "BYPASSRLS" in str(await problem_of(url_of(database_urls, process), process))


async def test_login_role_of_the_worker_does_not_fit_the_api(database_urls: DatabaseURLs) -> None:
    assert "may take letmepost_sweeper" in str(await problem_of(database_urls.login, Process.API))


@pytest.mark.parametrize("option", ["", " WITH INHERIT TRUE, SET FALSE", " WITH ADMIN TRUE, INHERIT FALSE, SET FALSE"])
async def test_sweeper_rights_through_any_membership_do_not_fit_the_api(
    database_urls: DatabaseURLs, admin: Admin, option: str
) -> None:
    grant = f"GRANT letmepost_sweeper TO letmepost_test_api{option}"
    async with role_changed(admin, grant, "REVOKE letmepost_sweeper FROM letmepost_test_api"):
        assert "may take letmepost_sweeper" in str(await problem_of(database_urls.api, Process.API))


async def test_login_role_of_the_api_does_not_fit_the_worker(database_urls: DatabaseURLs) -> None:
    assert "may take letmepost_reader" in str(await problem_of(database_urls.api, Process.WORKER))


async def test_api_login_that_does_not_inherit_the_reader_does_not_fit(
    database_urls: DatabaseURLs, admin: Admin
) -> None:
    """It could take the role, but reads do not take it."""
    grant = "GRANT letmepost_reader TO letmepost_test_api WITH INHERIT"
    async with role_changed(admin, f"{grant} FALSE", f"{grant} TRUE"):
        assert "cannot take letmepost_reader" in str(await problem_of(database_urls.api, Process.API))


async def test_only_the_api_login_can_call_a_function(admin: Admin) -> None:
    rows = await admin.rows(
        "SELECT DISTINCT proname, rolname FROM pg_proc CROSS JOIN pg_roles"
        " WHERE pronamespace = 'public'::regnamespace AND has_function_privilege(pg_roles.oid, pg_proc.oid, 'EXECUTE')"
        " AND NOT rolsuper AND rolname LIKE 'letmepost%'"
    )
    callers = {"letmepost_migrator", "letmepost_reader", "letmepost_test_api"}
    assert {(row["proname"], row["rolname"]) for row in rows} == {
        (name, role) for name in ("read_post", "read_posts") for role in callers
    }


async def test_functions_have_the_rights_of_their_caller(admin: Admin) -> None:
    rows = await admin.rows(
        "SELECT proname, prosecdef, has_function_privilege('public', oid, 'EXECUTE') AS is_public FROM pg_proc"
        " WHERE pronamespace = 'public'::regnamespace"
    )
    assert [(row["prosecdef"], row["is_public"]) for row in rows] == [(False, False)] * 2


@each_process
@pytest.mark.parametrize("wrong", ["superuser", "login of the other process"])
async def test_process_does_not_start_with_an_unsuitable_login_role(
    database_urls: DatabaseURLs, tmp_path: Path, process: Process, wrong: str
) -> None:
    other = Process.API if process is Process.WORKER else Process.WORKER
    url = database_urls.admin if wrong == "superuser" else url_of(database_urls, other)
    name = "DATABASE_URL" if process is Process.API else "worker_database_url"
    settings = settings_for(database_urls, "redis://127.0.0.1:1", tmp_path, **{name: url})
    with pytest.raises(UnsafeDeploymentError, match=process.variable):
        async with open_core(settings, {}, {}, Metrics(), process):
            pass


async def test_worker_does_not_fall_back_to_the_login_role_of_the_api(
    database_urls: DatabaseURLs, tmp_path: Path
) -> None:
    settings = settings_for(database_urls, "redis://127.0.0.1:1", tmp_path, worker_database_url=None)
    with pytest.raises(UnsafeDeploymentError, match="LETMEPOST_WORKER_DATABASE_URL is not set"):
        async with open_core(settings, {}, {}, Metrics(), Process.WORKER):
            pass

"""Each check, with a deployment that is broken in exactly that way."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from letmepost.cli.doctor.parts import Parts
from letmepost.cli.doctor.results import CheckResult, CheckState
from letmepost.cli.doctor.servers import (
    check_clock,
    check_connections,
    check_database,
    check_media,
    check_migrations,
    check_redis,
    check_role,
    check_row_level_security,
    check_sandbox,
    check_worker,
    check_worker_role,
)
from letmepost.gateways.blobs import DiskBlobStore
from letmepost.gateways.clock import SystemClock
from letmepost.platforms import discover
from letmepost.sandbox.app import create_app
from letmepost.sandbox.store import open_store
from letmepost.storage.inspection import DatabaseInspection
from letmepost.storage.readiness import DatabaseReadiness
from tests.cli.doctor.support import OpenParts
from tests.cli.support import NO_DATABASE
from tests.database import DatabaseURLs
from tests.deployment import SANDBOX_TOKEN, serving
from tests.doubles.clock import SteppedClock
from tests.storage.support import Admin

CLOCK = SystemClock()


def assert_broken(found: CheckResult, *words: str) -> None:
    assert found.state is CheckState.BROKEN, found
    assert found.remedy
    for word in words:
        assert word in found.message


async def test_healthy_deployment_passes_every_check(parts: Parts, redis_url: str) -> None:
    await parts.heartbeats.beat(f"doctor-{uuid4()}")
    for check in (
        check_database,
        check_role,
        check_worker_role,
        check_row_level_security,
        check_migrations,
        check_clock,
        check_redis,
        check_worker,
        check_media,
    ):
        found = await check(parts)
        assert found.state is CheckState.OK, found


async def test_unreachable_postgresql_is_broken(opened: OpenParts) -> None:
    found = await check_database(await opened(DATABASE_URL=NO_DATABASE))
    assert_broken(found, "cannot be used")


async def test_rejected_login_is_broken(opened: OpenParts, database_urls: DatabaseURLs) -> None:
    url = database_urls.api.replace("letmepost_test_api", "letmepost_unknown")
    found = await check_database(await opened(DATABASE_URL=url))
    assert_broken(found, "letmepost_unknown")
    assert "only-on-loopback" not in found.message


async def test_missing_database_is_broken(opened: OpenParts, database_urls: DatabaseURLs) -> None:
    found = await check_database(await opened(DATABASE_URL=f"{database_urls.api}_gone"))
    assert_broken(found, "does not exist")


async def test_old_postgresql_is_broken(parts: Parts) -> None:
    class Old(DatabaseInspection):
        async def major_version(self) -> int:
            return 16

    assert_broken(await check_database(replace(parts, inspection=Old(NO_DATABASE))), "PostgreSQL 16")


async def test_superuser_is_broken(opened: OpenParts, database_urls: DatabaseURLs) -> None:
    assert_broken(await check_role(await opened(DATABASE_URL=database_urls.admin)), "superuser")


async def test_role_that_bypasses_row_level_security_is_broken(parts: Parts, admin: Admin) -> None:
    await admin.do("ALTER ROLE letmepost_test_api BYPASSRLS")
    try:
        assert_broken(await check_role(parts), "letmepost_test_api", "BYPASSRLS")
    finally:
        await admin.do("ALTER ROLE letmepost_test_api NOBYPASSRLS")


@pytest.mark.parametrize(
    ("check", "missing", "login"),
    [
        (check_role, "letmepost_lookup", "letmepost_test_api"),
        (check_worker_role, "letmepost_sweeper", "letmepost_test"),
    ],
)
async def test_login_role_that_lacks_a_role_is_reported(
    parts: Parts, admin: Admin, check: Callable[[Parts], Awaitable[CheckResult]], missing: str, login: str
) -> None:
    await admin.do(f"REVOKE {missing} FROM {login}")
    try:
        assert_broken(await check(parts), missing)
    finally:
        await admin.do(f"GRANT {missing} TO {login}")


async def test_api_with_the_login_role_of_the_worker_is_reported(
    opened: OpenParts, database_urls: DatabaseURLs
) -> None:
    assert_broken(await check_role(await opened(DATABASE_URL=database_urls.login)), "letmepost_sweeper")


async def test_worker_login_that_fails_is_reported(opened: OpenParts) -> None:
    assert_broken(await check_worker_role(await opened(worker_database_url=NO_DATABASE)), "cannot log in")


async def test_worker_role_is_not_required_for_the_api(opened: OpenParts) -> None:
    assert (await check_worker_role(await opened(worker_database_url=None))).state is CheckState.OK


@pytest.mark.parametrize("away", ["NO FORCE", "DISABLE"])
async def test_table_of_tenants_without_row_level_security_is_broken(parts: Parts, admin: Admin, away: str) -> None:
    await admin.do(f"ALTER TABLE posts {away} ROW LEVEL SECURITY")
    try:
        assert_broken(await check_row_level_security(parts), " posts.")
    finally:
        await admin.do("ALTER TABLE posts ENABLE ROW LEVEL SECURITY")
        await admin.do("ALTER TABLE posts FORCE ROW LEVEL SECURITY")


async def test_added_table_without_row_level_security_is_broken(parts: Parts, admin: Admin) -> None:
    await admin.do("CREATE TABLE notes (organization_id uuid)")
    try:
        assert_broken(await check_row_level_security(parts), " notes.")
    finally:
        await admin.do("DROP TABLE notes")


async def test_old_schema_is_broken(parts: Parts, admin: Admin) -> None:
    revision = await admin.one("SELECT version_num FROM alembic_version")
    await admin.do("UPDATE alembic_version SET version_num = '20000101'")
    try:
        assert_broken(await check_migrations(parts), "20000101", revision)
    finally:
        await admin.do("UPDATE alembic_version SET version_num = $1", revision)


async def test_missing_schema_is_broken(parts: Parts, admin: Admin) -> None:
    await admin.do("ALTER TABLE alembic_version RENAME TO elsewhere")
    try:
        assert_broken(await check_migrations(parts), "cannot be read")
    finally:
        await admin.do("ALTER TABLE elsewhere RENAME TO alembic_version")


async def test_schema_of_the_next_release_is_ok(parts: Parts) -> None:
    ahead = DatabaseReadiness(parts.schema._database, "20000101")
    assert (await check_migrations(replace(parts, schema=ahead))).state is CheckState.OK


@pytest.mark.parametrize(
    ("apart", "state"),
    [
        (timedelta(0), CheckState.OK),
        (timedelta(seconds=10), CheckState.WARNING),
        (timedelta(seconds=-10), CheckState.WARNING),
        (timedelta(hours=1), CheckState.BROKEN),
        (timedelta(hours=-1), CheckState.BROKEN),
    ],
)
async def test_clocks_that_differ_are_reported(parts: Parts, apart: timedelta, state: CheckState) -> None:
    found = await check_clock(replace(parts, clock=SteppedClock(CLOCK.now() + apart)))
    assert found.state is state
    assert (found.remedy is None) == (state is CheckState.OK)


async def test_unreachable_redis_is_broken(opened: OpenParts) -> None:
    parts = await opened(REDIS_URL="redis://127.0.0.1:1/0")
    assert_broken(await check_redis(parts), "does not answer")
    assert (await check_worker(parts)).state is CheckState.WARNING


async def test_missing_worker_is_broken(opened: OpenParts, redis_url: str) -> None:
    parts = await opened(REDIS_URL=f"{redis_url.rstrip('/').removesuffix('/0')}/11")
    assert_broken(await check_worker(parts), "No worker is running")


async def test_unwritable_media_directory_is_broken(parts: Parts, tmp_path: Path) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.touch()
    assert_broken(await check_media(replace(parts, blobs=DiskBlobStore(in_the_way))), "cannot be stored")


async def test_media_check_leaves_no_file(parts: Parts, tmp_path: Path) -> None:
    await check_media(parts)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


async def test_missing_sandbox_is_a_warning(parts: Parts) -> None:
    found = await check_sandbox(parts, ["double"])
    assert (found.state, bool(found.remedy)) == (CheckState.WARNING, True)


async def test_unreachable_sandbox_is_broken(opened: OpenParts) -> None:
    assert_broken(await check_sandbox(await opened(sandbox_url="http://127.0.0.1:1"), ["double"]))


async def test_running_sandbox_is_ok(opened: OpenParts) -> None:
    async with _sandbox(SANDBOX_TOKEN) as url:
        found = await check_sandbox(await opened(sandbox_url=url), discover())
    assert found.state is CheckState.OK, found


async def test_sandbox_with_another_token_is_broken(opened: OpenParts) -> None:
    async with _sandbox("another-token-another") as url:
        found = await check_sandbox(await opened(sandbox_url=url), discover())
    assert_broken(found, "401")


@asynccontextmanager
async def _sandbox(token: str) -> AsyncIterator[str]:
    store = open_store(None)
    app = create_app(discover(), store, token=token, now=CLOCK.now, entropy=CLOCK.entropy, sleep=asyncio.sleep)
    async with serving(app) as url:
        yield url
    store.close()


async def test_connections_of_all_processes_must_be_accepted_by_postgresql(parts: Parts) -> None:
    accepted = await parts.inspection.connections_max()
    fits = await check_connections(parts, api_processes=accepted - 1, pool=1)
    assert fits.state is CheckState.OK
    assert_broken(await check_connections(parts, api_processes=accepted, pool=1), f"PostgreSQL accepts {accepted}")

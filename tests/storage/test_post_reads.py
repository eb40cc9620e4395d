"""The functions that read posts: their results, their rights, and the state of the connection afterwards."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from uuid import UUID

import asyncpg
import pytest

from letmepost.domain.api_keys import Mode
from letmepost.storage.database import APPLICATION_ROLE, Database, Tenant, driver_of, set_role, set_tenant
from letmepost.storage.posts.posts import PostFilter, PostRepository
from letmepost.storage.posts.reads import ROWS_MAX, PostReads
from tests.database import API_LOGIN_ROLE, DatabaseURLs
from tests.doubles.waiting import eventually
from tests.storage.support import Admin, Owner, fresh_id, make_owner

_TRY = """
    INSERT INTO attempts (id, organization_id, mode, post_id, revision, number, outcome, error, waited_ms, platform_ms,
                          calls, started_at, finished_at)
    SELECT uuidv7(), organization_id, mode, id, 1, number, CASE number WHEN 1 THEN 'retrying' END,
      CASE number WHEN 1 THEN '{"code": "timeout", "tries": [1, 2.5, null]}'::jsonb END, 12,
      CASE number WHEN 1 THEN 34 END, '[{"method": "POST"}]', now() - interval '1.234567 s',
      CASE number WHEN 1 THEN now() END
    FROM posts CROSS JOIN generate_series(1, 2) AS number WHERE id = $1
"""
_STATE = (
    "SELECT current_user AS role, current_setting('letmepost.organization', true) AS organization,"
    " current_setting('letmepost.mode', true) AS mode"
)
_READ_POST = "SELECT * FROM read_post($1, $2, $3)"
_READ_POSTS = "SELECT * FROM read_posts($1, $2, $3, $4)"


@pytest.fixture
async def post_ids(owner: Owner) -> list[UUID]:
    """Create posts of the owner, oldest first."""
    return await owner.posts([await owner.account() for _ in range(5)])


@pytest.fixture
async def login(database_urls: DatabaseURLs) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    """Open a connection with the login role of the API."""
    connection = await asyncpg.connect(database_urls.api)
    yield connection
    await connection.close()


def reads_of(database: Database, tenant: Tenant) -> PostReads:
    return PostReads(database.reader(tenant))


async def test_post_is_read_as_by_the_repository(
    api_database: Database, owner: Owner, admin: Admin, post_ids: list[UUID]
) -> None:
    post_id = post_ids[0]
    await admin.do(_TRY, post_id)
    await admin.do(
        """UPDATE posts SET attempt_count = 2, metadata = '{"é": "1"}', uri = 'at://1', is_rescheduled = true,
             wall_time = '{"at": "2026-12-24T09:00", "zone": "UTC"}' WHERE id = $1""",
        post_id,
    )
    async with api_database.tenant(owner.tenant) as connection:
        posts = PostRepository(connection, owner.tenant)
        view, attempts = await posts.find(post_id), await posts.list_attempts(post_id)

    found = await reads_of(api_database, owner.tenant).find(post_id)

    assert found is not None
    assert found.view == view
    assert view is not None
    assert (view.is_scheduled, view.post.wall_time) == (True, {"at": "2026-12-24T09:00", "zone": "UTC"})
    assert found.attempts == attempts
    assert len(attempts) == 2


async def test_post_without_attempts_has_an_empty_list(
    api_database: Database, owner: Owner, post_ids: list[UUID]
) -> None:
    found = await reads_of(api_database, owner.tenant).find(post_ids[0])
    assert found is not None
    assert found.attempts == []


async def test_page_is_read_as_by_the_repository(api_database: Database, owner: Owner, post_ids: list[UUID]) -> None:
    reads = reads_of(api_database, owner.tenant)
    for before in (None, *post_ids):
        for limit in (1, 3, 10):
            async with api_database.tenant(owner.tenant) as connection:
                posts = PostRepository(connection, owner.tenant)
                expected = await posts.list_page(PostFilter(), before=before, limit=limit)
            assert await reads.list_page(before=before, limit=limit) == expected
    assert len(await reads.list_page(limit=10)) == len(post_ids)


async def test_largest_page_and_one_more_row_are_read(api_database: Database, owner: Owner) -> None:
    account_id = await owner.account()
    await owner.posts([account_id] * (ROWS_MAX + 1))
    reads = reads_of(api_database, owner.tenant)
    assert len(await reads.list_page(limit=ROWS_MAX)) == ROWS_MAX
    with pytest.raises(ValueError, match=f"at most {ROWS_MAX} posts"):
        await reads.list_page(limit=ROWS_MAX + 1)


@pytest.mark.parametrize("stranger", ["another organization", "the other mode"])
async def test_posts_of_another_tenant_are_not_found(
    api_database: Database, database: Database, owner: Owner, post_ids: list[UUID], stranger: str
) -> None:
    same = owner.tenant.organization_id if stranger == "the other mode" else None
    other = await make_owner(database, Mode.LIVE, same)
    [own_id] = await other.posts([await other.account()])
    reads = reads_of(api_database, other.tenant)
    assert [await reads.find(post_id) for post_id in post_ids] == [None] * len(post_ids)
    assert [view.post.id for view in await reads.list_page(limit=100)] == [own_id]


@asynccontextmanager
async def changed(admin: Admin, change: str, back: str) -> AsyncIterator[None]:
    """Change a table until the end of the context. Tests share the database, so the change must be undone."""
    await admin.do(change)
    try:
        yield
    finally:
        await admin.do(back)


async def test_row_level_security_applies_to_the_functions(
    api_database: Database, owner: Owner, admin: Admin, post_ids: list[UUID]
) -> None:
    reads = reads_of(api_database, owner.tenant)
    hide = "CREATE POLICY hide ON posts AS RESTRICTIVE TO letmepost_app USING (false)"
    async with changed(admin, hide, "DROP POLICY hide ON posts"):
        assert await reads.find(post_ids[0]) is None
        assert await reads.list_page(limit=10) == []
    assert await reads.find(post_ids[0]) is not None


async def test_functions_select_the_tenant_without_row_level_security(
    api_database: Database, database: Database, admin: Admin, owner: Owner, post_ids: list[UUID]
) -> None:
    other = await make_owner(database)
    disable, enable = (f"ALTER TABLE posts {change} ROW LEVEL SECURITY" for change in ("DISABLE", "ENABLE"))
    async with changed(admin, disable, enable):
        reads = reads_of(api_database, other.tenant)
        assert await reads.find(post_ids[0]) is None
        assert await reads.list_page(limit=10) == []
        assert await reads_of(api_database, owner.tenant).find(post_ids[0]) is not None


@pytest.mark.parametrize("limit", [10, -1])
async def test_call_leaves_neither_role_nor_tenant_on_the_connection(
    login: "asyncpg.Connection[asyncpg.Record]", owner: Owner, post_ids: list[UUID], limit: int
) -> None:
    """A negative limit is an error of the query, after role and tenant have been set."""
    tenant = (owner.tenant.organization_id, owner.tenant.mode)
    with suppress(asyncpg.InvalidRowCountInLimitClauseError):
        rows = await login.fetch(_READ_POSTS, *tenant, fresh_id(), limit)
        assert len(rows) == len(post_ids)
    state = await login.fetchrow(_STATE)
    assert state is not None
    assert (state["role"], state["organization"] or "", state["mode"] or "") == (API_LOGIN_ROLE, "", "")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await login.fetch("SELECT FROM posts")


async def test_transaction_of_a_tenant_cannot_call_the_functions(
    api_database: Database, database: Database, owner: Owner, post_ids: list[UUID]
) -> None:
    """Otherwise, the transaction would continue with another tenant."""
    other = await make_owner(database)
    async with api_database.transaction("BEGIN") as connection:
        await set_role(connection, APPLICATION_ROLE)
        await set_tenant(connection, other.tenant)
        call = driver_of(connection).fetch(_READ_POST, owner.tenant.organization_id, owner.tenant.mode, post_ids[0])
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await call
        await driver_of(connection).execute("ROLLBACK; BEGIN")


async def test_worker_login_cannot_call_the_functions(database: Database, owner: Owner, post_ids: list[UUID]) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await reads_of(database, owner.tenant).find(post_ids[0])


async def test_function_serves_tenants_in_turn_on_one_connection(api_database: Database, database: Database) -> None:
    """The cached plan of the function must not contain the tenant of the first call."""
    owners = [await make_owner(database) for _ in range(2)]
    expected = {owner.tenant: await owner.posts([await owner.account()]) for owner in owners}
    for _ in range(8):
        for tenant, post_ids in expected.items():
            page = await reads_of(api_database, tenant).list_page(limit=10)
            assert [view.post.id for view in page] == post_ids


async def test_broken_connection_is_replaced(
    api_database: Database, owner: Owner, admin: Admin, post_ids: list[UUID]
) -> None:
    reads = reads_of(api_database, owner.tenant)
    assert await reads.find(post_ids[0]) is not None
    await admin.do(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    assert await reads.find(post_ids[0]) is not None


async def test_failed_call_leaves_a_connection_free(api_database: Database, owner: Owner, post_ids: list[UUID]) -> None:
    reader = api_database.reader(owner.tenant)
    for _ in range(3):
        with pytest.raises(asyncpg.UndefinedFunctionError):
            await reader.fetch("SELECT * FROM missing($1, $2)")
    assert await PostReads(reader).find(post_ids[0]) is not None


async def test_canceled_call_closes_its_connection(
    api_database: Database, owner: Owner, admin: Admin, post_ids: list[UUID]
) -> None:
    reader = api_database.reader(owner.tenant)
    asleep = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()"

    async def is_asleep() -> bool:
        return bool(await admin.one(asleep))

    async def is_gone() -> bool:
        return not await is_asleep()

    task = asyncio.create_task(reader.fetch("SELECT pg_sleep(60), $1::uuid, $2::text"))
    await eventually(is_asleep)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await eventually(is_gone)
    assert await PostReads(reader).find(post_ids[0]) is not None

"""The cost of a page of a list does not depend on the tenant's number of rows."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from letmepost.domain.posts import PostStatus
from letmepost.storage.database import Connection, Database, driver_of
from letmepost.storage.posts.posts import PostFilter, PostRepository
from letmepost.storage.posts.reads import PostReads
from letmepost.storage.webhooks.stream import StreamRepository
from tests.storage.support import CLOCK, Admin, Owner, make_owner

pytestmark = pytest.mark.slow

PAGE, BATCH = 20, 40
POSTS, OTHER_TENANTS, OTHER_POSTS = 4000, 150, 12
EXECUTIONS = 8  # at the sixth, PostgreSQL decides if it caches a generic plan
# A row of each of the four tables, and as many again for other rows that a plan may read.
ROWS_READ_MAX = PAGE * 4 * 2

# Copies of the tenant's only post.
_FILL = """
    WITH seed AS (
      SELECT p.*, r.content FROM posts p JOIN post_revisions r ON r.post_id = p.id WHERE p.organization_id = $1
    ), batch AS (
      INSERT INTO batches (id, organization_id, mode, request_id, is_scheduled, created_at)
      SELECT uuidv7(), organization_id, mode, 'req', true, created_at
      FROM seed CROSS JOIN generate_series(0, $3::int / $4::int) RETURNING id
    ), numbered AS (
      SELECT id, row_number() OVER () - 1 AS place FROM batch
    ), post AS (
      INSERT INTO posts (id, organization_id, mode, batch_id, target_index, account_id, profile_id, platform, status,
                         error, due_at, late_within_s, late_then, created_at, updated_at)
      SELECT uuidv7(make_interval(secs => i - 100000)), organization_id, mode, numbered.id, i, ($2::uuid[])[1 + i % 2],
             profile_id, platform, 'failed', '{"code": "timeout"}', due_at, late_within_s, late_then, created_at,
             updated_at
      FROM seed CROSS JOIN generate_series(1, $3) AS i JOIN numbered ON numbered.place = i / $4
      RETURNING id, organization_id, mode, created_at
    )
    INSERT INTO post_revisions (organization_id, mode, post_id, revision, content, created_at)
    SELECT post.organization_id, post.mode, post.id, 1, content, post.created_at FROM post CROSS JOIN seed
"""

# An endpoint with deliveries of many events.
_FILL_DELIVERIES = """
    WITH endpoint AS (
      INSERT INTO webhook_endpoints (id, organization_id, mode, url, events, secret_sealed, created_at, updated_at)
      VALUES (uuidv7(), $1, 'test', 'https://example.com', '{}', '', now(), now()) RETURNING id
    ), event AS (
      INSERT INTO events (id, organization_id, mode, type, data, created_at)
      SELECT uuidv7(), $1, 'test', 'post.published', '{}', now() FROM generate_series(1, $2::int) RETURNING id
    )
    INSERT INTO deliveries (id, organization_id, mode, endpoint_id, event_id, status, created_at)
    SELECT uuidv7(), $1, 'test', endpoint.id, event.id, 'delivered', now() FROM endpoint CROSS JOIN event
    RETURNING endpoint_id
"""


async def test_page_of_posts_reads_only_the_rows_that_it_shows(database: Database, admin: Admin) -> None:
    """With any filter, and also with the cached generic plan."""
    owner, account_ids = await _owner_of(POSTS, database, admin)
    for _ in range(OTHER_TENANTS):
        await _owner_of(OTHER_POSTS, database, admin)
    await admin.do("ANALYZE posts, batches, post_revisions, accounts, organizations")
    batch_id = await admin.one(
        "SELECT batch_id FROM posts WHERE organization_id = $1 AND target_index = $2",
        owner.tenant.organization_id,
        POSTS // 2,
    )

    excess: dict[str, int] = {}
    async with database.tenant(owner.tenant) as connection:
        posts = PostRepository(connection, owner.tenant)
        for name, wanted in _filters(owner, account_ids, batch_id).items():
            for _ in range(EXECUTIONS):
                before = await _rows_read(connection)
                first = await posts.list_page(wanted, before=None, limit=PAGE)
                second = await posts.list_page(wanted, before=first[-1].post.id, limit=PAGE)
                excess[name] = await _rows_read(connection) - before - 2 * ROWS_READ_MAX
            ids = [view.post.id for view in first + second]
            assert len(first) == PAGE
            assert ids == sorted(ids, reverse=True)

    assert {name: count for name, count in excess.items() if count > 0} == {}


async def test_function_that_reads_posts_reads_only_the_rows_that_it_returns(
    database: Database, api_database: Database, admin: Admin
) -> None:
    """Also with the cached generic plan, which depends on neither the cursor nor the size of the page."""
    owner, _ = await _owner_of(POSTS, database, admin)
    for _ in range(OTHER_TENANTS):
        await _owner_of(OTHER_POSTS, database, admin)
    await admin.do("ANALYZE posts, batches, post_revisions, accounts, organizations")
    post_ids = [view.post.id for view in await PostReads(api_database.reader(owner.tenant)).list_page(limit=PAGE)]
    tenant = (owner.tenant.organization_id, owner.tenant.mode)
    calls = {
        "first page": ("read_posts($1, $2, $3, 20)", UUID(int=2**128 - 1), PAGE),
        "next page": ("read_posts($1, $2, $3, 20)", post_ids[-1], PAGE),
        "post": ("read_post($1, $2, $3)", post_ids[5], 1),
    }

    excess: dict[str, int] = {}
    for name, (call, argument, count) in calls.items():
        for _ in range(EXECUTIONS):
            async with api_database.transaction("BEGIN") as connection:
                before = await _rows_read(connection)
                rows = await driver_of(connection).fetch(f"SELECT id FROM {call}", *tenant, argument)  # noqa: S608 - above
                excess[name] = await _rows_read(connection) - before - count * 4 * 2
            assert len(rows) == count

    assert {name: number for name, number in excess.items() if number > 0} == {}


async def test_page_of_deliveries_reads_only_the_rows_that_it_shows(database: Database, admin: Admin) -> None:
    owner = await make_owner(database)
    endpoint_id = await admin.one(_FILL_DELIVERIES, owner.tenant.organization_id, POSTS)
    for _ in range(OTHER_TENANTS):
        other = await make_owner(database)
        await admin.do(_FILL_DELIVERIES, other.tenant.organization_id, OTHER_POSTS)
    await admin.do("ANALYZE deliveries, events, webhook_endpoints, organizations")

    async with database.tenant(owner.tenant) as connection:
        stream = StreamRepository(connection, owner.tenant)
        for _ in range(EXECUTIONS):
            before = await _rows_read(connection)
            first = await stream.list_deliveries(endpoint_id, before=None, limit=PAGE)
            second = await stream.list_deliveries(endpoint_id, before=first[-1].id, limit=PAGE)
            rows_read = await _rows_read(connection) - before

    ids = [delivery.id for delivery in first + second]
    assert len(ids) == 2 * PAGE
    assert ids == sorted(ids, reverse=True)
    assert rows_read <= 2 * ROWS_READ_MAX


def _filters(owner: Owner, account_ids: list[UUID], batch_id: UUID) -> Mapping[str, PostFilter]:
    """Return each filter alone, and combinations that match many posts.

    All posts of a batch or of several accounts may be read, because no index has them in the order of their ids.
    """
    now = CLOCK.now()
    alone: dict[str, Any] = {
        "profile_ids": [owner.profile_id],
        "account_ids": account_ids[:1],
        "platforms": ["double"],
        "statuses": [PostStatus.FAILED],
        "error_codes": ["timeout"],
        "created_after": now - timedelta(days=1),
        "created_before": now + timedelta(days=1),
    }
    return {
        "nothing": PostFilter(),
        **{name: PostFilter(**{name: value}) for name, value in alone.items()},
        "batch_ids": PostFilter(batch_ids=[batch_id]),
        "several statuses": PostFilter(statuses=[PostStatus.FAILED, PostStatus.REJECTED]),
        "several filters": PostFilter(**alone),
    }


async def _owner_of(posts: int, database: Database, admin: Admin) -> tuple[Owner, list[UUID]]:
    owner = await make_owner(database)
    account_ids = [await owner.account(), await owner.account()]
    await owner.post(account_ids[0], ready_in_s=86_400)
    await admin.do(_FILL, owner.tenant.organization_id, account_ids, posts, BATCH)
    return owner, account_ids


async def _rows_read(connection: Connection) -> int:
    """Return how many rows this transaction has read so far."""
    found = await driver_of(connection).fetchval(
        "SELECT sum(seq_tup_read + coalesce(idx_tup_fetch, 0)) FROM pg_stat_xact_user_tables"
    )
    return int(found)

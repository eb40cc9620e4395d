"""Quotas in PostgreSQL, under concurrency."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import update

from letmepost.domain.content import MediaFacts, PostContent
from letmepost.domain.errors import QuotaExceeded
from letmepost.domain.quotas import QuotaLimits
from letmepost.services.tenants import quotas
from letmepost.services.work import UnitsOfWork
from letmepost.storage.posts.batches import NewBatch, NewPost
from letmepost.storage.tables.posts import posts
from letmepost.storage.tenants.organizations import OrganizationRepository
from tests.doubles.clock import SteppedClock
from tests.storage.support import KEYRING, PLATFORM, Admin, NoHints, Owner, fresh_id

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture
def units(owner: Owner) -> UnitsOfWork:
    return UnitsOfWork(owner.database, KEYRING, SteppedClock(NOW), NoHints())


async def _allow(owner: Owner, **limits: int | None) -> None:
    async with owner.database.tenant(owner.tenant) as connection:
        await OrganizationRepository(connection, owner.tenant).change(limits)


async def _accept(owner: Owner, units: UnitsOfWork, account_ids: Sequence[UUID], due_at: datetime = NOW) -> bool:
    """Accept a post for each account, as the service does; return True if it was allowed."""
    new = [
        NewPost(
            id=fresh_id(),
            account_id=account_id,
            profile_id=owner.profile_id,
            platform=PLATFORM,
            content=PostContent(text="Hello"),
            content_hash=b"",
            warnings=[],
        )
        for account_id in account_ids
    ]
    batch = NewBatch(
        id=fresh_id(),
        request_id="req",
        is_scheduled=True,
        is_draft=False,
        due_at=due_at,
        late_within_s=None,
        late_then=None,
        metadata={},
        posts=new,
    )
    try:
        async with units.begin(owner.tenant) as work:
            await quotas.move(work, new=[(post.account_id, due_at) for post in new])
            await work.batches.create(batch, NOW)
    except QuotaExceeded:
        return False
    return True


async def _events(admin: Admin) -> list[str]:
    return [row["type"] for row in await admin.rows("SELECT type FROM events ORDER BY written")]


async def _count(admin: Admin, table: str) -> int:
    found: int = await admin.one(f"SELECT count(*) FROM {table}")  # noqa: S608 - our own table
    return found


async def test_concurrent_posts_never_exceed_the_limit(owner: Owner, units: UnitsOfWork, admin: Admin) -> None:
    """A count that is read before the insert would let two requests pass."""
    account_id = await owner.account()
    await _allow(owner, posts_per_month=7)
    accepted = await asyncio.gather(*[_accept(owner, units, [account_id]) for _ in range(20)])
    assert (sum(accepted), await _count(admin, "posts"), await _count(admin, "batches")) == (7, 7, 7)
    assert await admin.one("SELECT used FROM usage WHERE subject = 'posts'") == 7


async def test_concurrent_batches_of_the_same_accounts_do_not_deadlock(
    owner: Owner, units: UnitsOfWork, admin: Admin
) -> None:
    """Each batch locks several counters. They must be locked in the same order."""
    account_ids = [await owner.account() for _ in range(4)]
    await _allow(owner, posts_per_month=100, posts_per_account_day=3)
    orders = [account_ids, account_ids[::-1], account_ids[2:] + account_ids[:2]] * 3
    accepted = await asyncio.gather(*[_accept(owner, units, order) for order in orders])
    assert sum(accepted) == 3
    assert await _count(admin, "posts") == 12


async def test_concurrent_uploads_never_exceed_the_limit(owner: Owner, units: UnitsOfWork, admin: Admin) -> None:
    await _allow(owner, media_bytes=100)

    async def store() -> bool:
        try:
            async with units.begin(owner.tenant) as work:
                await quotas.reserve_media(work, 30)
                facts = MediaFacts(content_type="image/png", size_bytes=30)
                await work.media.create_ready(fresh_id(), owner.profile_id, facts, b"", now=NOW)
        except QuotaExceeded:
            return False
        return True

    assert sum(await asyncio.gather(*[store() for _ in range(10)])) == 3
    await admin.do("DELETE FROM media WHERE id = (SELECT id FROM media LIMIT 1)")
    assert await store(), "deleted media items make room"
    assert not await store()


async def test_nothing_is_counted_without_a_quota(owner: Owner, units: UnitsOfWork, admin: Admin) -> None:
    assert await _accept(owner, units, [await owner.account()])
    assert await _count(admin, "usage") == 0


async def test_quota_that_is_set_later_counts_existing_posts(owner: Owner, units: UnitsOfWork) -> None:
    account_id = await owner.account()
    for _ in range(3):
        assert await _accept(owner, units, [account_id])
    await _allow(owner, posts_per_month=4, posts_per_account_day=4)
    assert await _accept(owner, units, [account_id])
    assert not await _accept(owner, units, [account_id])


async def test_post_counts_in_the_month_and_on_the_day_of_its_due_time(owner: Owner, units: UnitsOfWork) -> None:
    """A post scheduled for the next month counts in the next month."""
    account_id = await owner.account()
    await _allow(owner, posts_per_month=2, posts_per_account_day=1)
    tomorrow, next_month = NOW + timedelta(days=1), NOW + timedelta(days=20)
    expected = [(NOW, True), (NOW, False), (tomorrow, True), (NOW + timedelta(days=2), False), (next_month, True)]
    assert [(due_at, await _accept(owner, units, [account_id], due_at)) for due_at, _ in expected] == expected


async def test_daily_quota_is_per_account(owner: Owner, units: UnitsOfWork, admin: Admin) -> None:
    one, other = await owner.account(), await owner.account()
    await _allow(owner, posts_per_account_day=1)
    assert await _accept(owner, units, [one])
    assert not await _accept(owner, units, [one, other]), "a batch is accepted completely or rejected"
    assert await _accept(owner, units, [other])
    assert await _count(admin, "posts") == 2


async def test_rejected_request_does_not_change_the_counters(owner: Owner, units: UnitsOfWork, admin: Admin) -> None:
    account_id, other = await owner.account(), await owner.account()
    await _allow(owner, posts_per_month=3)
    assert await _accept(owner, units, [account_id, other])
    assert not await _accept(owner, units, [account_id, other])
    assert await admin.one("SELECT used FROM usage") == 2
    assert await _accept(owner, units, [account_id])


async def test_warning_and_rejection_are_announced_once_per_period(
    owner: Owner, units: UnitsOfWork, admin: Admin
) -> None:
    account_id = await owner.account()
    await _allow(owner, posts_per_month=5)
    for _ in range(3):
        assert await _accept(owner, units, [account_id])
    assert await _events(admin) == []
    assert await _accept(owner, units, [account_id])
    assert await _accept(owner, units, [account_id])
    assert await _events(admin) == ["quota.warning"]
    for _ in range(3):
        assert not await _accept(owner, units, [account_id])
    assert await _events(admin) == ["quota.warning", "quota.exceeded"]
    [exceeded] = await admin.rows("SELECT data, mode, profile_id FROM events WHERE type = 'quota.exceeded'")
    assert '"used": 5' in exceeded["data"]
    assert '"resetsAt": "2026-12-01T00:00:00.000Z"' in exceeded["data"]
    assert await _accept(owner, units, [account_id], NOW + timedelta(days=20))


async def test_limit_exceeded_by_the_first_request_is_announced(owner: Owner, units: UnitsOfWork, admin: Admin) -> None:
    await _allow(owner, posts_per_month=0)
    assert not await _accept(owner, units, [await owner.account()])
    assert await _events(admin) == ["quota.exceeded"]


async def test_rescheduled_post_counts_in_its_new_period(owner: Owner, units: UnitsOfWork, admin: Admin) -> None:
    account_id = await owner.account()
    await _allow(owner, posts_per_account_day=1)
    assert await _accept(owner, units, [account_id])
    tomorrow = NOW + timedelta(days=1)
    async with units.begin(owner.tenant) as work:
        await quotas.move(work, old=[(account_id, NOW)], new=[(account_id, tomorrow)])
        await work.connection.execute(update(posts).values(due_at=tomorrow))
    assert await _accept(owner, units, [account_id])
    assert not await _accept(owner, units, [account_id], tomorrow)
    assert {row["used"] for row in await admin.rows("SELECT used FROM usage")} == {1}


async def test_unknown_organization_has_no_limits(owner: Owner) -> None:
    async with owner.database.tenant(owner.tenant) as connection:
        assert await OrganizationRepository(connection, owner.tenant).get_limits() == QuotaLimits()

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from letmepost.domain.api_keys import Mode
from letmepost.storage.database import Database
from letmepost.storage.publishing.claims import Claim, EveryTenantClaims, LeaseToken
from letmepost.storage.publishing.runs import AttemptRecord, RunRepository
from tests.storage.support import CLOCK, KEYRING, Admin, Owner, fresh_id, in_the_past, make_owner

NO_ORGANIZATION = UUID(int=0)


@pytest.fixture
def claims(database: Database) -> EveryTenantClaims:
    return EveryTenantClaims(database)


async def take(claims: EveryTenantClaims, limit: int = 10, after: UUID = NO_ORGANIZATION) -> list[Claim]:
    return await claims.claim(limit=limit, lease_s=60, after=after)


async def settle(database: Database, claim: Claim) -> None:
    """Finish a run like a worker: the post is published, and the lease released."""
    ended = AttemptRecord(outcome="published", error=None, platform_ms=1, calls=[], finished_at=CLOCK.now())
    async with database.tenant(claim.tenant) as connection:
        run = RunRepository(connection, claim, KEYRING)
        await run.finish(fresh_id(), ended, status="published", ready_at=None)


async def expire(admin: Admin, post_ids: Sequence[UUID]) -> None:
    await admin.do("UPDATE posts SET lease_until = $1 WHERE id = ANY($2)", in_the_past(), list(post_ids))


async def test_ready_post_is_leased_with_its_tenant(
    claims: EveryTenantClaims, database: Database, admin: Admin
) -> None:
    live = await make_owner(database, Mode.LIVE)
    post_id = await live.post(await live.account())
    [claim] = await take(claims)
    assert (claim.post_id, claim.tenant) == (post_id, live.tenant)
    [row] = await admin.rows("SELECT status, lease_token, lease_until - clock_timestamp() AS left FROM posts")
    assert (row["status"], row["lease_token"]) == ("publishing", claim.token)
    assert timedelta(seconds=55) < row["left"] <= timedelta(seconds=60)


async def test_post_that_is_not_due_is_not_leased(claims: EveryTenantClaims, owner: Owner) -> None:
    await owner.post(await owner.account(), ready_in_s=60)
    assert await take(claims) == []


async def test_leased_post_is_not_leased_again(claims: EveryTenantClaims, owner: Owner) -> None:
    await owner.post(await owner.account())
    assert len(await take(claims)) == 1
    assert await take(claims) == []


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("queued", "publishing"),
        ("retrying", "publishing"),
        ("publishing", "publishing"),
        ("held", "held"),
        ("published", "published"),
    ],
)
async def test_only_waiting_posts_become_publishing(
    claims: EveryTenantClaims, owner: Owner, admin: Admin, before: str, after: str
) -> None:
    """A held post is claimed to check its lateness, a published one for its extras. Both must keep their status."""
    await owner.post(await owner.account())
    await admin.do("UPDATE posts SET status = $1", before)
    assert len(await take(claims)) == 1
    assert await admin.one("SELECT status FROM posts") == after


async def test_tenant_with_one_post_does_not_wait_for_a_tenant_with_a_hundred(
    claims: EveryTenantClaims, database: Database
) -> None:
    """lessons A10: the batch of one workspace delayed the single post of another by 14 minutes."""
    crowd, loner = await make_owner(database), await make_owner(database)
    accounts = [await crowd.account() for _ in range(20)]
    for _ in range(5):
        await crowd.posts(accounts)
    alone = await loner.post(await loner.account())
    assert alone in {claim.post_id for claim in await take(claims, limit=2)}


async def test_tenants_take_turns(claims: EveryTenantClaims, database: Database) -> None:
    """Slots that become free one at a time are given in turn, starting after the last served tenant."""
    owners = sorted([await make_owner(database) for _ in range(3)], key=lambda owner: owner.tenant.organization_id)
    for owner in owners:
        await owner.posts([await owner.account() for _ in range(3)])
    served, last = [], NO_ORGANIZATION
    for _ in range(9):
        [claim] = await take(claims, limit=1, after=last)
        last = claim.tenant.organization_id
        served.append(last)
    assert served == [owner.tenant.organization_id for owner in owners] * 3


async def test_claims_are_in_the_order_of_turns(claims: EveryTenantClaims, database: Database) -> None:
    """The last claim determines the next turn."""
    owners = sorted([await make_owner(database) for _ in range(8)], key=lambda owner: owner.tenant.organization_id)
    for owner in reversed(owners):
        await owner.posts([await owner.account() for _ in range(2)])
    order = [owner.tenant.organization_id for owner in owners]
    middle = order[3]
    served = [claim.tenant.organization_id for claim in await take(claims, limit=16, after=middle)]
    assert served == (order[4:] + order[:4]) * 2


async def test_account_publishes_one_post_at_a_time_oldest_first(
    claims: EveryTenantClaims, database: Database, owner: Owner
) -> None:
    account_id = await owner.account()
    due = [await owner.post(account_id, ready_in_s=-seconds) for seconds in (10, 30, 20)]
    published = []
    for _ in due:
        [claim] = await take(claims)
        assert await take(claims) == [], "its account is busy"
        published.append(claim.post_id)
        await settle(database, claim)
    assert published == [due[1], due[2], due[0]]


async def test_posts_of_the_same_time_are_published_in_the_order_of_their_acceptance(
    claims: EveryTenantClaims, database: Database, owner: Owner, admin: Admin
) -> None:
    account_id = await owner.account()
    came = [await owner.post(account_id) for _ in range(4)]
    await admin.do("UPDATE posts SET ready_at = '2026-01-01Z'")
    for expected in came:
        [claim] = await take(claims)
        assert claim.post_id == expected
        await settle(database, claim)


async def test_post_that_waits_for_a_retry_does_not_block_its_account(
    claims: EveryTenantClaims, owner: Owner, admin: Admin
) -> None:
    account_id = await owner.account()
    first, second = await owner.post(account_id, ready_in_s=-20), await owner.post(account_id, ready_in_s=-10)
    await admin.do("UPDATE posts SET status = 'retrying', ready_at = now() + interval '1 hour' WHERE id = $1", first)
    assert [claim.post_id for claim in await take(claims)] == [second]


async def test_concurrent_claimers_lease_every_post_once_and_no_account_twice(
    claims: EveryTenantClaims, database: Database
) -> None:
    """Claims collide on purpose. The leases are checked outside the database.

    lessons A9: the claim must also lock the account, or two claimers publish two posts of one account.
    """
    owners = [await make_owner(database) for _ in range(3)]
    account_of: dict[UUID, UUID] = {}
    for owner in owners:
        accounts = [await owner.account() for _ in range(5)]
        for _ in range(4):
            account_of |= dict(zip(await owner.posts(accounts), accounts, strict=True))
    leased: list[UUID] = []
    busy: set[UUID] = set()

    async def work() -> None:
        while len(leased) < len(account_of):
            for claim in await take(claims, limit=3):
                account_id = account_of[claim.post_id]
                assert account_id not in busy, "two posts of one account at a time"
                busy.add(account_id)
                leased.append(claim.post_id)
                await asyncio.sleep(0)
                busy.remove(account_id)
                await settle(database, claim)

    async with asyncio.timeout(30):
        await asyncio.gather(*(work() for _ in range(8)))
    assert sorted(leased) == sorted(account_of)


@pytest.mark.parametrize(
    "lock",
    [
        "SELECT FROM posts WHERE id <> :free FOR UPDATE",
        "SELECT FROM accounts WHERE id = (SELECT account_id FROM posts WHERE id <> :free) FOR UPDATE",
    ],
    ids=["post", "account"],
)
async def test_claim_does_not_wait_for_a_locked_row(
    claims: EveryTenantClaims, database: Database, owner: Owner, lock: str
) -> None:
    """SKIP LOCKED: a running reconnect or cancellation delays one post, not the worker."""
    await owner.post(await owner.account())
    free = await owner.post(await owner.account())
    async with database.tenant(owner.tenant) as connection, asyncio.timeout(5):
        await connection.execute(text(lock), {"free": free})
        assert [claim.post_id for claim in await take(claims)] == [free]


async def test_claim_does_not_wait_for_a_worker_that_writes_at_the_end_of_its_lease(
    claims: EveryTenantClaims, database: Database, owner: Owner, admin: Admin
) -> None:
    slow = await owner.post(await owner.account())
    [late] = await take(claims)
    await expire(admin, [slow])
    free = await owner.post(await owner.account())
    async with database.tenant(owner.tenant) as connection, asyncio.timeout(5):
        await RunRepository(connection, late, KEYRING).change(url="https://late.example")
        assert [claim.post_id for claim in await take(claims)] == [free]


async def test_post_with_an_expired_lease_is_leased_to_another_worker(
    claims: EveryTenantClaims, owner: Owner, admin: Admin
) -> None:
    """lessons A3: by the end of the lease, not by its age."""
    post_id = await owner.post(await owner.account())
    [dead] = await take(claims)
    await expire(admin, [post_id])
    [taken_over] = await take(claims)
    assert taken_over.post_id == post_id
    assert taken_over.token != dead.token


async def test_only_held_leases_are_renewed(claims: EveryTenantClaims, owner: Owner, admin: Admin) -> None:
    held_id, lost_id = await owner.posts([await owner.account(), await owner.account()])
    first = {claim.post_id: claim for claim in await take(claims)}
    await expire(admin, [lost_id])
    [taken_over] = await take(claims)
    tokens = {first[held_id].token, first[lost_id].token, LeaseToken(fresh_id())}
    before = await admin.one("SELECT lease_until FROM posts WHERE id = $1", lost_id)
    assert await claims.renew(tokens, 600) == {first[held_id].token}
    assert await admin.one("SELECT lease_until FROM posts WHERE id = $1", lost_id) == before
    left = await admin.one("SELECT lease_until - clock_timestamp() FROM posts WHERE id = $1", held_id)
    assert left > timedelta(seconds=590)
    assert taken_over.post_id == lost_id


async def test_renewal_never_shortens_a_lease(claims: EveryTenantClaims, owner: Owner, admin: Admin) -> None:
    """A long call has extended its lease. The regular renewal of all leases must not shorten it."""
    await owner.post(await owner.account())
    [claim] = await take(claims)
    await claims.renew([claim.token], 600)
    await claims.renew([claim.token], 5)
    assert await admin.one("SELECT lease_until - clock_timestamp() FROM posts") > timedelta(seconds=590)


async def test_next_ready_post_determines_the_wait(claims: EveryTenantClaims, owner: Owner) -> None:
    assert await claims.next_ready_in_s() is None
    await owner.posts([await owner.account()], ready_in_s=3600)
    await owner.posts([await owner.account()], ready_in_s=60)
    due_in_s = await claims.next_ready_in_s()
    assert due_in_s is not None
    assert 50 < due_in_s <= 60


async def test_leased_and_due_posts_are_not_waited_for(claims: EveryTenantClaims, owner: Owner) -> None:
    await owner.post(await owner.account())
    assert await claims.next_ready_in_s() is None
    await take(claims)
    assert await claims.next_ready_in_s() is None

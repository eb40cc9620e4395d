"""Leases with claims, crashes, renewals and late writes in any order, in a real PostgreSQL."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeAlias, TypeVar
from uuid import UUID

import asyncpg
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, multiple, rule, run_state_machine_as_test

from letmepost.domain.posts import TRANSITIONS, PostStatus
from letmepost.storage.database import Database, open_database
from letmepost.storage.publishing.claims import Claim, EveryTenantClaims
from letmepost.storage.publishing.runs import AttemptRecord, LostLeaseError, RunRepository
from tests.database import DatabaseURLs
from tests.storage.support import CLOCK, KEYRING, Admin, fresh_id, in_the_past, make_owner

pytestmark = pytest.mark.slow

ARROWS = {(source, row.target) for row in TRANSITIONS.values() for source in row.sources}
ENDED = AttemptRecord(outcome="published", error=None, platform_ms=1, calls=[], finished_at=CLOCK.now())
ACCOUNTS, POSTS_EACH = 2, 2

T = TypeVar("T")
Write: TypeAlias = Callable[[RunRepository], Awaitable[None]]


class LeaseMachine(RuleBasedStateMachine):
    """Workers that share accounts. A claim is valid until it is released, or until the first claim after its expiry."""

    given = Bundle("given")

    def __init__(self, runner: asyncio.Runner, database: Database, admin: Admin) -> None:
        super().__init__()
        self._runner = runner
        self._database = database
        self._admin = admin
        self._claims = EveryTenantClaims(database)
        self._good: dict[UUID, Claim] = {}
        self._over: set[UUID] = set()
        self._settled: set[UUID] = set()
        self._account_of = self._wait(self._make_posts())
        self._statuses = dict.fromkeys(self._account_of, PostStatus.QUEUED)

    async def _make_posts(self) -> dict[UUID, UUID]:
        owner = await make_owner(self._database)
        accounts = [await owner.account() for _ in range(ACCOUNTS)]
        return {await owner.post(account): account for account in accounts for _ in range(POSTS_EACH)}

    @rule(target=given, limit=st.integers(1, 3))
    def claim(self, limit: int) -> object:
        """Claim: every free account has one post leased, and no leased post is leased again."""
        for post_id in self._over:
            del self._good[post_id]
        self._over.clear()
        busy = {self._account_of[post_id] for post_id in self._good}
        ready = {account for post, account in self._account_of.items() if post not in self._settled} - busy
        claims = self._wait(self._claims.claim(limit=limit, lease_s=60, after=UUID(int=0)))
        assert len(claims) == min(limit, len(ready))
        for claim in claims:
            assert claim.post_id not in self._settled
            assert self._account_of[claim.post_id] not in busy
            self._good[claim.post_id] = claim
        return multiple(*claims)

    @rule(claim=given)
    def run_out(self, claim: Claim) -> None:
        """Let the lease expire: its worker has crashed or hangs."""
        if self._is_good(claim):
            over = "UPDATE posts SET lease_until = $1 WHERE id = $2"
            self._wait(self._admin.do(over, in_the_past(), claim.post_id))
            self._over.add(claim.post_id)

    @rule(claim=given)
    def renew(self, claim: Claim) -> None:
        """Renew a lease: an expired lease that is not taken can still be kept; a taken one is lost."""
        kept = self._wait(self._claims.renew([claim.token], 60))
        assert kept == ({claim.token} if self._is_good(claim) else set())
        if self._is_good(claim):
            self._over.discard(claim.post_id)

    @rule(claim=given)
    def write(self, claim: Claim) -> None:
        """Write late: the holder of the lease can write; without the lease, nothing changes."""
        assert self._does(claim, lambda run: run.change(status="publishing")) == self._is_good(claim)

    @rule(claim=given)
    def finish(self, claim: Claim) -> None:
        """Finish the post, once."""

        def publish(run: RunRepository) -> Awaitable[None]:
            return run.finish(fresh_id(), ENDED, status="published", ready_at=None)

        assert self._does(claim, publish) == self._is_good(claim)
        if self._is_good(claim):
            self._settled.add(claim.post_id)
            self._give_up(claim)

    @rule(claim=given)
    def hand_back(self, claim: Claim) -> None:
        """Hand a post back, like a stopping worker."""
        done = self._does(claim, lambda run: run.change(lease_token=None, lease_until=None))
        assert done == self._is_good(claim)
        if done:
            self._give_up(claim)

    @invariant()
    def the_database_knows_the_same_leases(self) -> None:
        found = self._wait(self._admin.rows("SELECT id, status, lease_token FROM posts"))
        leases = {row["id"]: row["lease_token"] for row in found if row["lease_token"] is not None}
        assert leases == {post_id: claim.token for post_id, claim in self._good.items()}
        for row in found:
            before, after = self._statuses[row["id"]], PostStatus(row["status"])
            assert before == after or (before, after) in ARROWS
            self._statuses[row["id"]] = after

    def teardown(self) -> None:
        self._wait(self._admin.do("DELETE FROM organizations"))

    def _does(self, claim: Claim, write: Write) -> bool:
        async def attempt() -> bool:
            try:
                async with self._database.tenant(claim.tenant) as connection:
                    await write(RunRepository(connection, claim, KEYRING))
            except LostLeaseError:
                return False
            return True

        return self._wait(attempt())

    def _is_good(self, claim: Claim) -> bool:
        return self._good.get(claim.post_id) is claim

    def _give_up(self, claim: Claim) -> None:
        del self._good[claim.post_id]
        self._over.discard(claim.post_id)

    def _wait(self, work: Awaitable[T]) -> T:
        async def waited() -> T:
            return await work

        return self._runner.run(waited())


def test_lease_has_one_holder_in_any_order_of_operations(database_urls: DatabaseURLs) -> None:
    database = open_database(database_urls.login, pool_size=2)
    with asyncio.Runner() as runner:
        admin = Admin(runner.run(asyncpg.connect(database_urls.admin)))
        try:
            run_state_machine_as_test(
                lambda: LeaseMachine(runner, database, admin),  # type: ignore[arg-type]  # any factory works
                settings=settings(max_examples=15, stateful_step_count=25),
            )
        finally:
            runner.run(database.close())
            runner.run(admin.connection.close())

"""The lateness of posts and its causes, from their history in PostgreSQL."""

import json
from datetime import datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

import pytest

from letmepost.domain.api_keys import Mode
from letmepost.domain.lateness import Lateness
from letmepost.services.posts.lateness import read_lateness
from letmepost.storage.database import Database
from letmepost.storage.sandbox.clock import TestWorld
from tests.storage.support import CLOCK, Admin, Owner, fresh_id, make_owner

# Long gone, so that no other clock's now is in between.
DUE = CLOCK.now() - timedelta(hours=1)


def after(seconds: float) -> datetime:
    return DUE + timedelta(seconds=seconds)


class Story:
    """A post that was due an hour ago, with the history that a test records."""

    def __init__(self, owner: Owner, admin: Admin, account_id: UUID, post_id: UUID) -> None:
        self._owner = owner
        self._admin = admin
        self.account_id = account_id
        self.post_id = post_id
        self._numbers = count(1)

    async def tried(
        self, ready: float, started: float, finished: float | None, outcome: str | None, **more: Any
    ) -> None:
        """Record an attempt. Times are seconds after the post was due."""
        await self.attempt(self.post_id, ready, started, finished, outcome, **more)
        await self._admin.do("UPDATE posts SET attempt_count = attempt_count + 1 WHERE id = $1", self.post_id)

    async def attempt(
        self,
        post_id: UUID,
        ready: float,
        started: float,
        finished: float | None,
        outcome: str | None,
        *,
        rule: str | None = None,
        is_limited: bool = False,
        platform_s: float = 0.0,
    ) -> None:
        """Record an attempt of any post."""
        await self._admin.do(
            "INSERT INTO attempts (id, organization_id, mode, post_id, revision, number, outcome, error, waited_ms,"
            " platform_ms, started_at, finished_at)"
            " VALUES ($1, $2, $3, $4, 1, $5, $6, $7::jsonb, $8, $9, $10, $11)",
            fresh_id(),
            self._owner.tenant.organization_id,
            self._owner.tenant.mode,
            post_id,
            next(self._numbers),
            outcome,
            json.dumps({"rule": rule, **({"budget": {}} if is_limited else {})}),
            round((started - ready) * 1000),
            round(platform_s * 1000),
            after(started),
            None if finished is None else after(finished),
        )

    async def held(self, seconds: float, rule: str) -> None:
        """Record the event that the post is held."""
        await self._admin.do(
            "INSERT INTO events (id, organization_id, mode, type, profile_id, post_id, data, created_at) VALUES"
            " ($1, $2, $3, 'post.held', $4, $5, jsonb_build_object('error', jsonb_build_object('rule', $6::text)), $7)",
            fresh_id(),
            self._owner.tenant.organization_id,
            self._owner.tenant.mode,
            self._owner.profile_id,
            self.post_id,
            rule,
            after(seconds),
        )

    async def is_now(self, status: str, *, published: float | None = None, ready: float | None = None) -> None:
        """Set the status of the post."""
        await self._admin.do(
            "UPDATE posts SET status = $1, published_at = $2, ready_at = $3 WHERE id = $4",
            status,
            None if published is None else after(published),
            None if ready is None else after(ready),
            self.post_id,
        )

    async def lateness(self) -> Lateness | None:
        """Return the lateness that callers see."""
        async with self._owner.units.begin(self._owner.tenant) as work:
            view = await work.posts.find(self.post_id)
            assert view is not None
            return await read_lateness(work, view.post)

    async def seconds_by_cause(self) -> dict[str, float]:
        """Return the seconds that the post waited, by cause."""
        lateness = await self.lateness()
        assert lateness is not None
        return {delay.value: ms / 1000 for delay, ms in lateness.by_delay.items()}


async def begin_story(owner: Owner, admin: Admin) -> Story:
    account_id = await owner.account()
    post_id = await owner.post(account_id)
    await admin.do("UPDATE posts SET due_at = $1, ready_at = $1, created_at = $1 WHERE id = $2", DUE, post_id)
    return Story(owner, admin, account_id, post_id)


@pytest.fixture
async def story(owner: Owner, admin: Admin) -> Story:
    return await begin_story(owner, admin)


async def test_unclaimed_post_waits_in_the_queue(story: Story) -> None:
    waits = await story.seconds_by_cause()
    assert list(waits) == ["queue"]
    assert waits["queue"] >= 3600


@pytest.mark.parametrize(
    ("outcome", "rule", "reason"),
    [
        ("retrying", "budget.away", "platform"),
        ("retrying", None, "platform"),
        ("waiting", None, "platform"),
        ("held", "publishing.paused", "pause"),
        ("held", "account.reauth_required", "account"),
        ("held", None, "account"),
        ("held", "schedule.missed", "rule"),
    ],
)
async def test_outcome_of_an_attempt_is_the_cause_of_the_wait(
    story: Story, outcome: str, rule: str | None, reason: str
) -> None:
    await story.tried(0, 0, 1, outcome, rule=rule, platform_s=1)
    await story.tried(61, 61, 63, "published", platform_s=2)
    await story.is_now("published", published=62)
    waits = await story.seconds_by_cause()
    assert waits.pop(reason) == 60 + (2 if reason == "platform" else 0)
    assert waits == ({} if reason == "platform" else {"platform": 2})


async def test_rate_limit_is_the_cause_of_the_wait(story: Story) -> None:
    await story.tried(0, 0, 0, "retrying", is_limited=True)
    await story.tried(60, 60, 60, "published")
    await story.is_now("published", published=60)
    assert await story.seconds_by_cause() == {"budget": 60}


async def test_another_post_of_the_account_is_the_cause_of_the_wait(story: Story, owner: Owner) -> None:
    other = await owner.post(story.account_id)
    elsewhere = await owner.post(await owner.account())
    await story.attempt(other, 0, -5, 20, "published")
    await story.attempt(elsewhere, 0, 0, 25, "published")
    await story.tried(0, 30, 30, "published")
    await story.is_now("published", published=30)
    assert await story.seconds_by_cause() == {"account": 20, "queue": 10}


async def test_hold_between_attempts_is_a_cause(story: Story) -> None:
    await story.tried(0, 0, 0, "retrying")
    await story.held(10, "account.disconnected")
    await story.tried(100, 100, 100, "published")
    await story.is_now("published", published=100)
    assert await story.seconds_by_cause() == {"account": 90, "platform": 10}


async def test_lateness_during_an_attempt_ends_at_its_start(story: Story) -> None:
    await story.tried(0, 5, None, None)
    await story.is_now("publishing", ready=0)
    assert await story.seconds_by_cause() == {"queue": 5}


async def test_lateness_ends_when_the_post_is_visible(story: Story) -> None:
    """The worker is still publishing its first comment."""
    await story.tried(0, 0, None, None)
    await story.is_now("published", published=7)
    assert await story.seconds_by_cause() == {"platform": 7}


@pytest.mark.parametrize("status", ["failed", "rejected", "unconfirmed"])
async def test_lateness_ends_when_the_post_fails(story: Story, status: str) -> None:
    await story.tried(0, 3, 4, status)
    await story.is_now(status)
    assert await story.seconds_by_cause() == {"queue": 3, "preparing": 1}


async def test_resolving_a_post_does_not_increase_its_lateness(story: Story) -> None:
    await story.tried(0, 0, 4, "unconfirmed", platform_s=4)
    await story.is_now("published", published=3000)
    assert await story.seconds_by_cause() == {"platform": 4}


async def test_attempts_before_a_new_due_time_are_not_counted(story: Story) -> None:
    await story.tried(-100, -100, -90, "failed")
    await story.tried(0, 1, 2, "published", platform_s=1)
    await story.is_now("published", published=2)
    assert await story.seconds_by_cause() == {"queue": 1, "platform": 1}


@pytest.mark.parametrize("status", ["draft", "canceled"])
async def test_draft_or_canceled_post_is_not_late(story: Story, status: str) -> None:
    await story.is_now(status)
    assert await story.lateness() is None


async def test_lateness_is_unknown_without_the_attempts(story: Story, admin: Admin) -> None:
    """Attempts are kept for half a year only."""
    await story.is_now("published", published=100)
    await admin.do("UPDATE posts SET attempt_count = 2")
    assert await story.lateness() is None
    await admin.do("UPDATE posts SET attempt_count = 0, status = 'failed', published_at = NULL")
    assert await story.lateness() is None


async def test_post_before_its_due_time_is_not_late(story: Story, admin: Admin) -> None:
    await admin.do("UPDATE posts SET due_at = now() + interval '1 hour'")
    assert await story.lateness() is None


async def test_post_published_before_its_due_time_is_not_late(story: Story) -> None:
    """The clock of the worker may be slow."""
    await story.tried(0, -1, 0, "published")
    await story.is_now("published", published=-0.5)
    assert await story.lateness() is None


async def test_clock_jump_of_a_test_world_counts_as_waiting_time(database: Database, admin: Admin) -> None:
    owner = await make_owner(database, Mode.TEST)
    story = await begin_story(owner, admin)
    await story.tried(0, 0, 1, "retrying", is_limited=True)
    await story.is_now("retrying", ready=2 * 3600)
    before = (await story.seconds_by_cause())["budget"]
    async with database.tenant(owner.tenant) as connection:
        assert await TestWorld(connection, owner.tenant).advance(0.0, 400.0, CLOCK.now())
    waits = await story.seconds_by_cause()
    assert set(waits) == {"budget", "preparing"}
    assert waits["budget"] >= before + 400

"""The throttles of platforms, which workers share through Redis."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import timedelta
from typing import Any

import pytest
from redis.asyncio import Redis
from redis.exceptions import ConnectionError as RedisConnectionError

from letmepost.domain.budgets import Budget
from letmepost.domain.errors import LimitScope
from letmepost.gateways.budgets import Budgets
from letmepost.gateways.throttles import FAILURES_TO_OPEN, FIRST_AWAY_S, Reason, Throttles
from tests.doubles.clock import SteppedClock

NAMES = ("network/live", "network/account")


@pytest.fixture
def clock() -> SteppedClock:
    return SteppedClock()


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    client: Redis = Redis.from_url(redis_url)
    async with aclosing(client):
        await client.delete("letmepost:throttles", *[f"letmepost:budgets:{name}" for name in (*NAMES, "network/other")])
        yield client


@pytest.fixture
def throttles(redis: Redis, clock: SteppedClock) -> Throttles:
    return Throttles(redis, clock)


async def fail(throttles: Throttles, times: int = FAILURES_TO_OPEN) -> None:
    for number in range(times):
        await throttles.failed("network/live", f"account-{number % 2}")


async def test_limit_holds_until_it_resets(throttles: Throttles, clock: SteppedClock) -> None:
    until = clock.now() + timedelta(seconds=30)
    await throttles.limit("network/account", until)
    found = throttles.find(NAMES)
    assert found is not None
    assert (found.until, found.reason) == (until, Reason.LIMIT)
    clock.advance(31)
    assert throttles.find(NAMES) is None


async def test_limit_is_shared_with_other_workers(throttles: Throttles, redis: Redis, clock: SteppedClock) -> None:
    other = Throttles(redis, clock)
    await throttles.limit("network/account", clock.now() + timedelta(seconds=30))
    assert other.find(NAMES) is None
    await other.refresh()
    assert other.find(NAMES) is not None


async def test_throttle_lost_by_redis_is_written_again(throttles: Throttles, redis: Redis, clock: SteppedClock) -> None:
    await throttles.limit("network/account", clock.now() + timedelta(seconds=30))
    await redis.delete("letmepost:throttles")
    await throttles.refresh()
    other = Throttles(redis, clock)
    await other.refresh()
    assert other.find(NAMES) is not None


async def test_platform_that_fails_for_several_accounts_is_paused(throttles: Throttles) -> None:
    await fail(throttles, FAILURES_TO_OPEN - 1)
    assert throttles.find(NAMES) is None
    await fail(throttles, 1)
    found = throttles.find(NAMES)
    assert found is not None
    assert found.reason is Reason.AWAY


async def test_failures_of_one_account_do_not_affect_others(throttles: Throttles) -> None:
    """Its own server may be unavailable: a platform can consist of many servers."""
    for _ in range(3 * FAILURES_TO_OPEN):
        await throttles.failed("network/live", "account")
    assert throttles.find(NAMES) is None


async def test_unavailable_platform_is_tried_with_one_post_after_a_while(
    throttles: Throttles, clock: SteppedClock
) -> None:
    await fail(throttles)
    clock.advance(FIRST_AWAY_S + 1)
    assert throttles.find(NAMES) is None, "the first caller may try"
    assert throttles.find(NAMES) is not None, "the others wait for the result"


async def test_each_failed_trial_doubles_the_pause(throttles: Throttles, clock: SteppedClock) -> None:
    await fail(throttles)
    clock.advance(FIRST_AWAY_S + 1)
    throttles.find(NAMES)
    await fail(throttles, 1)
    found = throttles.find(NAMES)
    assert found is not None
    assert found.until == clock.now() + timedelta(seconds=2 * FIRST_AWAY_S)


async def test_success_ends_the_pause_for_all_workers(throttles: Throttles, redis: Redis, clock: SteppedClock) -> None:
    await fail(throttles)
    await throttles.succeeded("network/live")
    assert throttles.find(NAMES) is None
    other = Throttles(redis, clock)
    await other.refresh()
    assert other.find(NAMES) is None


async def test_worker_keeps_its_throttles_without_redis(clock: SteppedClock) -> None:
    async with aclosing(Redis.from_url("redis://127.0.0.1:1")) as away:
        throttles = Throttles(away, clock)
        await throttles.limit("network/account", clock.now() + timedelta(seconds=30))
        await throttles.refresh()
        assert throttles.find(NAMES) is not None


# Budgets


def left(remaining: int, clock: SteppedClock, *, name: str = "posts", resets_in_s: float = 900) -> Budget:
    resets_at = clock.now() + timedelta(seconds=resets_in_s)
    return Budget(name=name, scope=LimitScope.ACCOUNT, limit=100, remaining=remaining, resets_at=resets_at)


@pytest.mark.parametrize(
    ("remaining", "is_low", "is_held"),
    [(99, False, False), (26, False, False), (25, True, False), (6, True, False), (5, True, True), (0, True, True)],
)
async def test_nearly_used_up_budget_is_first_reserved_for_posts_and_then_held_back(
    throttles: Throttles, redis: Redis, clock: SteppedClock, remaining: int, *, is_low: bool, is_held: bool
) -> None:
    budget = left(remaining, clock)
    await throttles.spend("network/account", [budget])
    other = Throttles(redis, clock)
    await other.refresh()
    for worker in (throttles, other):
        assert worker.is_low(NAMES) == is_low
        found = worker.find(NAMES)
        assert (found is not None) == is_held
        if found is not None:
            assert (found.until, found.reason, found.budget) == (budget.resets_at, Reason.LIMIT, budget)
    clock.advance(901)
    assert not throttles.is_low(NAMES)
    assert throttles.find(NAMES) is None


async def test_later_reset_of_two_limits_counts(throttles: Throttles, clock: SteppedClock) -> None:
    day, hour = left(0, clock, name="day", resets_in_s=86_400), left(0, clock, name="hour", resets_in_s=3600)
    await throttles.spend("network/account", [day, hour])
    found = throttles.find(NAMES)
    assert found is not None
    assert found.budget == day


async def test_reported_limit_replaces_a_pause_of_the_platform(throttles: Throttles, clock: SteppedClock) -> None:
    await fail(throttles)
    until = clock.now() + timedelta(seconds=1)
    await throttles.limit("network/live", until)
    found = throttles.find(NAMES)
    assert found is not None
    assert (found.until, found.reason) == (until, Reason.LIMIT)


async def test_every_process_can_read_budgets(throttles: Throttles, redis: Redis, clock: SteppedClock) -> None:
    budgets = [left(99, clock), left(7, clock, name="day", resets_in_s=86_400)]
    await throttles.spend("network/account", budgets)
    other = Throttles(redis, clock)
    assert await other.budgets.read(NAMES) == {}, "budgets are written later"
    await throttles.refresh()
    assert await other.budgets.read(NAMES) == {"network/account": budgets}
    assert await other.budgets.read([]) == {}
    clock.advance(901)
    assert await other.budgets.read(NAMES) == {"network/account": budgets[1:]}


async def test_budget_is_deleted_from_redis_when_it_resets(
    throttles: Throttles, redis: Redis, clock: SteppedClock
) -> None:
    await throttles.spend("network/account", [left(99, clock, resets_in_s=10)])
    await throttles.spend("network/other", [left(99, clock, resets_in_s=-10)])
    await throttles.refresh()
    assert 0 < await redis.ttl("letmepost:budgets:network/account") <= 11
    assert not await redis.exists("letmepost:budgets:network/other")


async def test_budget_is_written_when_redis_is_available_again(redis: Redis, clock: SteppedClock) -> None:
    flaky = FlakyRedis(redis)
    budgets = Budgets(flaky, clock)  # type: ignore[arg-type]  # implements the used methods
    budgets.record("network/account", [left(99, clock)])
    flaky.is_away = True
    await budgets.tell()
    assert await budgets.read(NAMES) == {}
    flaky.is_away = False
    await budgets.tell()
    assert set(await budgets.read(NAMES)) == {"network/account"}


class FlakyRedis:
    """Redis, with outages."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self.is_away = False

    def pipeline(self, *, transaction: bool) -> Any:
        return Redis.from_url("redis://127.0.0.1:1").pipeline() if self.is_away else self._redis.pipeline(transaction)

    async def mget(self, keys: list[str]) -> Any:
        if self.is_away:
            raise RedisConnectionError
        return await self._redis.mget(keys)

"""What workers learn of platforms, and tell each other by way of Redis."""

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


async def test_a_limit_holds_until_it_resets(throttles: Throttles, clock: SteppedClock) -> None:
    until = clock.now() + timedelta(seconds=30)
    await throttles.limit("network/account", until)
    found = throttles.find(NAMES)
    assert found is not None
    assert (found.until, found.reason) == (until, Reason.LIMIT)
    clock.advance(31)
    assert throttles.find(NAMES) is None


async def test_other_workers_learn_of_a_limit(throttles: Throttles, redis: Redis, clock: SteppedClock) -> None:
    other = Throttles(redis, clock)
    await throttles.limit("network/account", clock.now() + timedelta(seconds=30))
    assert other.find(NAMES) is None
    await other.refresh()
    assert other.find(NAMES) is not None


async def test_what_redis_loses_is_written_anew_by_who_knows_it(
    throttles: Throttles, redis: Redis, clock: SteppedClock
) -> None:
    await throttles.limit("network/account", clock.now() + timedelta(seconds=30))
    await redis.delete("letmepost:throttles")
    await throttles.refresh()
    other = Throttles(redis, clock)
    await other.refresh()
    assert other.find(NAMES) is not None


async def test_a_platform_that_fails_account_after_account_is_left_alone(throttles: Throttles) -> None:
    await fail(throttles, FAILURES_TO_OPEN - 1)
    assert throttles.find(NAMES) is None
    await fail(throttles, 1)
    found = throttles.find(NAMES)
    assert found is not None
    assert found.reason is Reason.AWAY


async def test_one_account_that_fails_says_nothing_of_the_others(throttles: Throttles) -> None:
    """Its own server may be away: a platform can be many servers."""
    for _ in range(3 * FAILURES_TO_OPEN):
        await throttles.failed("network/live", "account")
    assert throttles.find(NAMES) is None


async def test_after_a_while_one_post_tries_an_absent_platform(throttles: Throttles, clock: SteppedClock) -> None:
    await fail(throttles)
    clock.advance(FIRST_AWAY_S + 1)
    assert throttles.find(NAMES) is None, "the first may try"
    assert throttles.find(NAMES) is not None, "the others wait for how it ends"


async def test_each_failed_trial_doubles_the_wait(throttles: Throttles, clock: SteppedClock) -> None:
    await fail(throttles)
    clock.advance(FIRST_AWAY_S + 1)
    throttles.find(NAMES)
    await fail(throttles, 1)
    found = throttles.find(NAMES)
    assert found is not None
    assert found.until == clock.now() + timedelta(seconds=2 * FIRST_AWAY_S)


async def test_a_success_opens_the_way_for_everybody(throttles: Throttles, redis: Redis, clock: SteppedClock) -> None:
    await fail(throttles)
    await throttles.succeeded("network/live")
    assert throttles.find(NAMES) is None
    other = Throttles(redis, clock)
    await other.refresh()
    assert other.find(NAMES) is None


async def test_without_redis_a_worker_still_knows_what_it_has_learnt(clock: SteppedClock) -> None:
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
async def test_what_is_nearly_used_up_is_kept_for_posts_and_then_for_nobody(
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


async def test_of_two_limits_the_one_holds_that_resets_later(throttles: Throttles, clock: SteppedClock) -> None:
    day, hour = left(0, clock, name="day", resets_in_s=86_400), left(0, clock, name="hour", resets_in_s=3600)
    await throttles.spend("network/account", [day, hour])
    found = throttles.find(NAMES)
    assert found is not None
    assert found.budget == day


async def test_a_named_limit_replaces_what_was_thought_of_an_absent_platform(
    throttles: Throttles, clock: SteppedClock
) -> None:
    await fail(throttles)
    until = clock.now() + timedelta(seconds=1)
    await throttles.limit("network/live", until)
    found = throttles.find(NAMES)
    assert found is not None
    assert (found.until, found.reason) == (until, Reason.LIMIT)


async def test_every_process_can_read_what_is_left(throttles: Throttles, redis: Redis, clock: SteppedClock) -> None:
    budgets = [left(99, clock), left(7, clock, name="day", resets_in_s=86_400)]
    await throttles.spend("network/account", budgets)
    other = Throttles(redis, clock)
    assert await other.budgets.read(NAMES) == {}, "no post waits for it to be told"
    await throttles.refresh()
    assert await other.budgets.read(NAMES) == {"network/account": budgets}
    assert await other.budgets.read([]) == {}
    clock.advance(901)
    assert await other.budgets.read(NAMES) == {"network/account": budgets[1:]}


async def test_what_is_left_goes_from_redis_when_it_is_reset(
    throttles: Throttles, redis: Redis, clock: SteppedClock
) -> None:
    await throttles.spend("network/account", [left(99, clock, resets_in_s=10)])
    await throttles.spend("network/other", [left(99, clock, resets_in_s=-10)])
    await throttles.refresh()
    assert 0 < await redis.ttl("letmepost:budgets:network/account") <= 11
    assert not await redis.exists("letmepost:budgets:network/other")


async def test_what_is_left_is_told_when_redis_is_there_again(redis: Redis, clock: SteppedClock) -> None:
    flaky = FlakyRedis(redis)
    budgets = Budgets(flaky, clock)  # type: ignore[arg-type]  # as much of one as is asked for
    budgets.learn("network/account", [left(99, clock)])
    flaky.is_away = True
    await budgets.tell()
    assert await budgets.read(NAMES) == {}
    flaky.is_away = False
    await budgets.tell()
    assert set(await budgets.read(NAMES)) == {"network/account"}


class FlakyRedis:
    """Redis, when it is there."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self.is_away = False

    def pipeline(self, *, transaction: bool) -> Any:
        return Redis.from_url("redis://127.0.0.1:1").pipeline() if self.is_away else self._redis.pipeline(transaction)

    async def mget(self, keys: list[str]) -> Any:
        if self.is_away:
            raise RedisConnectionError
        return await self._redis.mget(keys)

"""What workers learn of platforms, and tell each other by way of Redis."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import timedelta

import pytest
from redis.asyncio import Redis

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
        await client.delete("letmepost:throttles")
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

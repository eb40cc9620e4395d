"""The number of streams that a key follows, counted by several processes."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from uuid import UUID, uuid4

import pytest
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from letmepost.domain.errors import RateLimited
from letmepost.gateways.metrics import Metrics
from letmepost.gateways.stream_slots import LEASE_S, StreamSlots
from tests.doubles.clock import SteppedClock
from tests.doubles.waiting import eventually


@pytest.fixture
def clock() -> SteppedClock:
    return SteppedClock()


@pytest.fixture
def key() -> UUID:
    return uuid4()


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    client: Redis = Redis.from_url(redis_url)
    async with aclosing(client):
        yield client


async def is_full(slots: StreamSlots, key: UUID) -> bool:
    try:
        async with slots.kept(await slots.take(key)):
            return False
    except RateLimited:
        return True


async def test_number_of_streams_of_a_key_is_limited(redis: Redis, clock: SteppedClock, key: UUID) -> None:
    slots, another_process = StreamSlots(redis, clock, 2), StreamSlots(redis, clock, 2)
    async with slots.kept(await slots.take(key)):
        clock.advance(1)
        async with slots.kept(await slots.take(key)):
            with pytest.raises(RateLimited) as refused:
                await slots.take(key)
            assert await is_full(another_process, key)
            assert not await is_full(slots, uuid4())
        assert not await is_full(another_process, key)
    assert (refused.value.rule, refused.value.retry_after_s) == ("events.streams_max", LEASE_S)


async def test_slot_is_released_when_its_stream_breaks(redis: Redis, clock: SteppedClock, key: UUID) -> None:
    slots = StreamSlots(redis, clock, 1)
    with pytest.raises(ConnectionError):
        async with slots.kept(await slots.take(key)):
            raise ConnectionError
    assert not await is_full(slots, key)


async def test_slot_of_a_dead_process_expires(redis: Redis, clock: SteppedClock, key: UUID) -> None:
    slots = StreamSlots(redis, clock, 1)
    await slots.take(key)
    clock.advance(LEASE_S - 1)
    assert await is_full(slots, key)
    clock.advance(1)
    assert not await is_full(slots, key)


async def test_slot_is_kept_as_long_as_its_stream(redis: Redis, clock: SteppedClock, key: UUID) -> None:
    slots = StreamSlots(redis, clock, 1, renew_every_s=0.01)
    slot = await slots.take(key)

    async def is_renewed() -> bool:
        lease_ends_at: float | None = await redis.zscore(slot.counter, slot.name)
        return lease_ends_at == clock.now().timestamp() + LEASE_S

    async with slots.kept(slot):
        clock.advance(LEASE_S - 1)
        await eventually(is_renewed)
        clock.advance(LEASE_S - 1)
        assert await is_full(slots, key)
        await redis.delete(slot.counter)
        await eventually(is_renewed)
    assert not await is_full(slots, key)


async def test_every_stream_is_allowed_and_counted_without_redis(clock: SteppedClock, key: UUID) -> None:
    class Counting(Metrics):
        not_limited = 0

        def request_not_limited(self) -> None:
            self.not_limited += 1

    metrics = Counting()
    async with aclosing(Redis.from_url("redis://127.0.0.1:1", retry=Retry(NoBackoff(), 0))) as nowhere:
        slots = StreamSlots(nowhere, clock, 1, metrics)
        await slots.take(key)
        assert not await is_full(slots, key)
    assert metrics.not_limited == 2

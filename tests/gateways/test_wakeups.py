"""Hints over Redis: shared calls, and an unreachable Redis."""

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID

import pytest
from redis.asyncio import Redis
from redis.asyncio.client import PubSub

from letmepost.gateways.wakeups import BATCH_CHANNEL, WORKER_CHANNEL, Wakeups

BATCHES = [UUID(int=number) for number in range(3)]


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    async with Redis.from_url(redis_url) as client:
        yield client


@pytest.fixture
async def received(redis: Redis) -> AsyncIterator[PubSub]:
    async with redis.pubsub(ignore_subscribe_messages=True) as subscription:
        await subscription.subscribe(BATCH_CHANNEL, WORKER_CHANNEL)
        for _ in range(2):
            await subscription.get_message(timeout=None)
        yield subscription


async def receive(subscription: PubSub, count: int) -> list[tuple[str, bytes]]:
    found: list[tuple[str, bytes]] = []
    while len(found) < count:
        message = await subscription.get_message(timeout=None)
        if message is not None:
            found.append((message["channel"].decode(), message["data"]))
    return found


async def test_hints_sent_at_the_same_time_all_arrive(redis: Redis, received: PubSub) -> None:
    wakeups = Wakeups(redis, redis)
    await asyncio.gather(*(wakeups.batch_changed(batch) for batch in BATCHES))
    assert await receive(received, 3) == [(BATCH_CHANNEL, batch.bytes) for batch in BATCHES]


async def test_equal_hints_that_wait_for_a_call_are_sent_once(redis: Redis, received: PubSub) -> None:
    wakeups = Wakeups(redis, redis)
    await asyncio.gather(*(wakeups.wake_worker() for _ in range(5)))
    await wakeups.batch_changed(BATCHES[0])
    woken = (WORKER_CHANNEL, b"")  # sent by the first, and once for the four that waited
    assert await receive(received, 3) == [woken, woken, (BATCH_CHANNEL, BATCHES[0].bytes)]


async def test_hint_written_after_a_call_began_is_sent_again(redis: Redis, received: PubSub) -> None:
    """The receiver may have read the data of the first hint before the second change."""
    wakeups = Wakeups(redis, redis)
    for _ in range(2):
        await wakeups.wake_worker()
    assert await receive(received, 2) == [(WORKER_CHANNEL, b"")] * 2


async def test_hint_at_media_reaches_only_the_callback_for_media(redis: Redis, redis_url: str) -> None:
    received: asyncio.Queue[UUID] = asyncio.Queue()
    subscribed, others = asyncio.Event(), list[str]()
    async with Redis.from_url(redis_url) as subscriber:
        wakeups = Wakeups(redis, subscriber)
        wakeups.on_media(received.put_nowait)
        wakeups.on_wake(subscribed.set)
        listening = asyncio.create_task(wakeups.listen(WORKER_CHANNEL))
        await subscribed.wait()
        wakeups.on_wake(lambda: others.append("woken"))
        await wakeups.media_waiting(BATCHES[1])
        assert await received.get() == BATCHES[1]
        listening.cancel()
    assert others == []


async def test_hints_are_dropped_while_redis_is_unreachable() -> None:
    async with Redis(host="127.0.0.1", port=1) as nowhere:
        wakeups = Wakeups(nowhere, nowhere)
        await asyncio.gather(*(wakeups.wake_worker() for _ in range(3)))

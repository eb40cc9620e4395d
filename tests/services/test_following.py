"""Event streams while no events are written."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from uuid import UUID

import pytest
from redis.asyncio import Redis

from letmepost.gateways.wakeups import Wakeups
from letmepost.services.webhooks.stream import KEEP_ALIVE_S, LOOK_AGAIN_S, Streams
from letmepost.services.work import UnitsOfWork
from letmepost.storage.database import Database, open_database
from letmepost.storage.webhooks.events import EventRepository, EveryTenantOutbox, NewEvent
from tests.database import DatabaseURLs
from tests.doubles.clock import SteppedClock
from tests.storage.support import KEYRING, Owner, fresh_id


class HurryingClock(SteppedClock):
    """A clock that advances by `step_s` with each reading."""

    def __init__(self, step_s: float) -> None:
        super().__init__()
        self._step_s = step_s

    def monotonic_s(self) -> float:
        self.advance(self._step_s)
        return super().monotonic_s()


@pytest.fixture
async def narrow(database_urls: DatabaseURLs) -> AsyncIterator[Database]:
    """Return a pool of one connection, so that a stream that holds a connection blocks the test."""
    opened = open_database(database_urls.login, pool_size=1)
    yield opened
    await opened.close()


@asynccontextmanager
async def streaming(database: Database, redis_url: str, clock: SteppedClock) -> AsyncIterator[Streams]:
    async with Redis.from_url(redis_url) as redis:
        wakeups = Wakeups(redis, redis)
        yield Streams(units=UnitsOfWork(database, KEYRING, clock, wakeups), clock=clock, wakeups=wakeups)


async def never() -> bool:
    return False


async def announce(owner: Owner, clock: SteppedClock) -> UUID:
    """Announce an event without a hint; return its id."""
    new_event = NewEvent(id=fresh_id(), type="post.published", profile_id=None, data={})
    async with owner.database.tenant(owner.tenant) as connection:
        await EventRepository(connection, owner.tenant).write([new_event], clock.now())
    await EveryTenantOutbox(owner.database).announce(10)
    return new_event.id


async def test_idle_stream_sends_keep_alives(owner: Owner, redis_url: str) -> None:
    clock = HurryingClock(KEEP_ALIVE_S)
    async with streaming(owner.database, redis_url, clock) as streams:
        following = streams.follow(owner.caller, after=0, types=(), is_over=never)
        async with aclosing(following):
            assert await anext(following) == []


async def test_event_without_a_hint_is_found_by_the_next_read(owner: Owner, narrow: Database, redis_url: str) -> None:
    """A waiting stream holds no connection: the announcement uses the only one."""
    clock = HurryingClock(LOOK_AGAIN_S / 2)
    narrowed = Owner(narrow, owner.tenant, owner.profile_id)
    async with streaming(narrow, redis_url, clock) as streams:
        following = streams.follow(owner.caller, after=0, types=(), is_over=never)
        async with aclosing(following):
            waiting = asyncio.ensure_future(anext(following))
            await asyncio.sleep(0)
            event_id = await announce(narrowed, clock)
            found = await waiting
            while not found:
                found = await anext(following)
            assert [event.id for event in found] == [event_id]


async def test_stream_ends_when_it_is_over(owner: Owner, redis_url: str) -> None:
    async def over() -> bool:
        return True

    async with streaming(owner.database, redis_url, SteppedClock()) as streams:
        following = streams.follow(owner.caller, after=0, types=(), is_over=over)
        assert [page async for page in following] == []

"""Following a stream: what happens while nothing happens."""

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
    """So much time passes between any two looks at it."""

    def __init__(self, step_s: float) -> None:
        super().__init__()
        self._step_s = step_s

    def monotonic_s(self) -> float:
        self.advance(self._step_s)
        return super().monotonic_s()


@pytest.fixture
async def narrow(database_urls: DatabaseURLs) -> AsyncIterator[Database]:
    """A pool of a single connection: whoever held it would be noticed."""
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
    """Something happens, and nobody is hinted at."""
    told = NewEvent(id=fresh_id(), type="post.published", profile_id=None, data={})
    async with owner.database.tenant(owner.tenant) as connection:
        await EventRepository(connection, owner.tenant).write([told], clock.now())
    await EveryTenantOutbox(owner.database).announce(10)
    return told.id


async def test_a_follower_hears_from_us_when_nothing_happens(owner: Owner, redis_url: str) -> None:
    clock = HurryingClock(KEEP_ALIVE_S)
    async with streaming(owner.database, redis_url, clock) as streams:
        following = streams.follow(owner.caller, after=0, types=(), is_over=never)
        async with aclosing(following):
            assert await anext(following) == []


async def test_what_no_hint_told_of_is_found_by_looking_again(owner: Owner, narrow: Database, redis_url: str) -> None:
    """And nobody who waits holds a connection: there is only one, and the announcement takes it meanwhile."""
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


async def test_a_follower_that_is_over_hears_the_end(owner: Owner, redis_url: str) -> None:
    async def over() -> bool:
        return True

    async with streaming(owner.database, redis_url, SteppedClock()) as streams:
        following = streams.follow(owner.caller, after=0, types=(), is_over=over)
        assert [page async for page in following] == []

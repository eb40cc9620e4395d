"""Event streams while no events are written."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace
from uuid import UUID

import pytest
from redis.asyncio import Redis

from letmepost.gateways.upload_progress import UploadProgress, UploadReports
from letmepost.gateways.wakeups import Wakeups
from letmepost.services.webhooks.stream import KEEP_ALIVE_S, LOOK_AGAIN_S, Streams
from letmepost.services.work import UnitsOfWork
from letmepost.storage.database import Database, open_database
from letmepost.storage.webhooks.events import EventRepository, EveryTenantOutbox, NewEvent
from letmepost.storage.webhooks.stream import AnnouncedEvent
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
        units = UnitsOfWork(database, KEYRING, clock, wakeups)
        yield Streams(units=units, clock=clock, wakeups=wakeups, upload_reports=UploadReports(redis, clock))


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
            assert [event.id for event in found if isinstance(event, AnnouncedEvent)] == [event_id]


async def test_stream_ends_when_it_is_over(owner: Owner, redis_url: str) -> None:
    async def over() -> bool:
        return True

    async with streaming(owner.database, redis_url, SteppedClock()) as streams:
        following = streams.follow(owner.caller, after=0, types=(), is_over=over)
        assert [page async for page in following] == []


async def test_progress_of_an_upload_is_sent_once_and_only_to_its_profile(owner: Owner, redis_url: str) -> None:
    clock = HurryingClock(LOOK_AGAIN_S / 2)
    async with Redis.from_url(redis_url) as redis, streaming(owner.database, redis_url, clock) as streams:
        reports = UploadReports(redis, clock)
        own = UploadProgress(fresh_id(), owner.profile_id, "upload-0", 16, 64)
        for progress in (own, replace(own, post_id=fresh_id(), profile_id=fresh_id())):
            reports.report(owner.tenant.organization_id, owner.tenant.mode, progress)
        await reports.close()
        caller = replace(owner.caller, profile_id=owner.profile_id)
        async with aclosing(streams.follow(caller, after=0, types=(), is_over=never)) as following:
            assert await anext(following) == [own]
            assert await anext(following) == [], "the next page is a keep-alive"


async def test_progress_is_not_sent_to_a_stream_of_other_types(owner: Owner, redis_url: str) -> None:
    clock = HurryingClock(LOOK_AGAIN_S / 2)
    async with Redis.from_url(redis_url) as redis, streaming(owner.database, redis_url, clock) as streams:
        reports = UploadReports(redis, clock)
        progress = UploadProgress(fresh_id(), owner.profile_id, "upload-0", 16, 64)
        reports.report(owner.tenant.organization_id, owner.tenant.mode, progress)
        await reports.close()
        types = ["post.published"]
        async with aclosing(streams.follow(owner.caller, after=0, types=types, is_over=never)) as following:
            assert await anext(following) == []

"""Reports on the progress of uploads, in Redis."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import replace
from uuid import UUID, uuid4

import pytest
from redis.asyncio import Redis

from letmepost.domain.api_keys import Mode
from letmepost.gateways.upload_progress import REPORTED_EVERY_S, SHOWN_FOR_S, UploadProgress, UploadReports
from tests.doubles.clock import SteppedClock

HALF = UploadProgress(uuid4(), uuid4(), "upload-0", 50, 100)
DONE = replace(HALF, sent_bytes=100)


@pytest.fixture
def organization_id() -> UUID:
    """Return an organization of this test: Redis is shared."""
    return uuid4()


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    async with Redis.from_url(redis_url) as client:
        yield client


@pytest.fixture
def clock() -> SteppedClock:
    return SteppedClock()


async def report(reports: UploadReports, organization_id: UUID, progress: UploadProgress) -> None:
    reports.report(organization_id, Mode.LIVE, progress)
    await reports.close()


async def test_other_processes_see_the_progress_of_the_tenant(
    redis: Redis, clock: SteppedClock, organization_id: UUID
) -> None:
    await report(UploadReports(redis, clock), organization_id, HALF)
    reader = UploadReports(redis, clock)
    assert await reader.read(organization_id, Mode.LIVE) == {HALF.post_id: HALF}
    assert await reader.read(organization_id, Mode.TEST) == {}
    assert await reader.read(uuid4(), Mode.LIVE) == {}
    assert await reader.find(organization_id, Mode.LIVE, HALF.post_id) == HALF
    assert await reader.find(organization_id, Mode.LIVE, uuid4()) is None
    assert await reader.find(organization_id, Mode.TEST, HALF.post_id) is None


async def test_progress_is_written_every_few_seconds_only(
    redis: Redis, clock: SteppedClock, organization_id: UUID
) -> None:
    reports = UploadReports(redis, clock)
    await report(reports, organization_id, HALF)
    clock.advance(REPORTED_EVERY_S - 1)
    await report(reports, organization_id, DONE)
    assert await reports.read(organization_id, Mode.LIVE) == {HALF.post_id: HALF}
    clock.advance(1)
    await report(reports, organization_id, DONE)
    assert await reports.read(organization_id, Mode.LIVE) == {HALF.post_id: DONE}


async def test_progress_ends_with_the_attempt(redis: Redis, clock: SteppedClock, organization_id: UUID) -> None:
    reports = UploadReports(redis, clock)
    await report(reports, organization_id, HALF)
    reports.end(organization_id, Mode.LIVE, HALF.post_id)
    await reports.close()
    assert await reports.read(organization_id, Mode.LIVE) == {}


async def test_progress_of_a_killed_worker_is_not_shown_for_long(
    redis: Redis, clock: SteppedClock, organization_id: UUID
) -> None:
    await report(UploadReports(redis, clock), organization_id, HALF)
    clock.advance(SHOWN_FOR_S)
    assert await UploadReports(redis, clock).read(organization_id, Mode.LIVE) == {}
    assert await UploadReports(redis, clock).find(organization_id, Mode.LIVE, HALF.post_id) is None


async def test_uploads_go_on_without_redis(clock: SteppedClock, organization_id: UUID) -> None:
    async with aclosing(Redis.from_url("redis://127.0.0.1:1")) as away:
        reports = UploadReports(away, clock)
        await report(reports, organization_id, HALF)
        assert await reports.read(organization_id, Mode.LIVE) == {}
        assert await reports.find(organization_id, Mode.LIVE, HALF.post_id) is None

"""The changes to arq's worker, with a real Redis."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
from arq import cron, func
from arq.connections import ArqRedis
from arq.cron import CronJob
from redis.exceptions import RedisError

from letmepost.cli.embedded import start_valkey
from letmepost.gateways.clock import SystemClock
from letmepost.worker.arq_worker import OwnQueueWorker
from letmepost.worker.job_queue import JobQueue, open_job_redis
from tests.doubles.waiting import eventually
from tests.servers import open_directory

EVERY_SECOND = set(range(60))
NOWHERE = "redis://127.0.0.1:1"


class Jobs:
    """Records the jobs that have run, and can delay them."""

    def __init__(self) -> None:
        self.ran: list[str] = []
        self.may_end = asyncio.Event()
        self.canceled: list[str] = []

    async def quick(self, ctx: dict[Any, Any], text: str) -> None:  # noqa: ARG002 - arq passes it
        self.ran.append(text)

    async def slow(self, ctx: dict[Any, Any], text: str) -> None:  # noqa: ARG002 - arq passes it
        self.ran.append(text)
        try:
            await self.may_end.wait()
        except asyncio.CancelledError:
            self.canceled.append(text)
            raise

    async def tick(self, ctx: dict[Any, Any]) -> None:
        self.ran.append(ctx["job_id"])

    async def tick_without_queue(self, ctx: dict[Any, Any]) -> None:
        self.ran.append("queued" if "job_id" in ctx else "unqueued")


@pytest.fixture
def jobs() -> Jobs:
    return Jobs()


@asynccontextmanager
async def working(
    url: str,
    jobs: Jobs,
    *,
    prefix: str | None = None,
    cron_jobs: Sequence[CronJob] = (),
    essential: Sequence[str] = (),
) -> AsyncIterator[OwnQueueWorker]:
    """Run a worker."""
    prefix, stop = prefix or f"test:{uuid4()}", asyncio.Event()
    async with open_job_redis(url) as redis:
        queue = JobQueue(redis=redis, prefix=prefix, name=f"{prefix}:{uuid4()}", health_key=f"{prefix}:health")
        worker = OwnQueueWorker(
            queue,
            stop,
            functions=[func(jobs.quick, name="quick"), func(jobs.slow, name="slow")],
            cron_jobs=cron_jobs,
            essential=essential,
            ctx={},
            max_jobs=10,
        )
        main = asyncio.create_task(worker.main())
        try:
            yield worker
        finally:
            stop.set()
            await main
            await worker.close()


async def until(condition: Callable[[], object], within_s: float = 20.0) -> None:
    async def look() -> bool:
        return bool(condition())

    await eventually(look, within_s=within_s)


async def keys_of(redis: ArqRedis, worker: OwnQueueWorker) -> set[str]:
    return {key.decode() async for key in redis.scan_iter(match=f"*{worker.queue_name}*")}


# Jobs


async def test_job_starts_without_a_poll(redis_url: str, jobs: Jobs) -> None:
    async with working(redis_url, jobs) as worker:
        worker.allow_pick_jobs = False
        await worker.enqueue("quick", [("a",), ("b",)])
        await until(lambda: sorted(jobs.ran) == ["a", "b"])


async def test_job_that_was_not_started_directly_is_found_by_a_poll(redis_url: str, jobs: Jobs) -> None:
    async with working(redis_url, jobs) as worker:
        await worker.pool.enqueue_job("quick", "a", _queue_name=worker.queue_name)
        await until(lambda: jobs.ran == ["a"])


async def test_running_job_is_not_started_again_by_a_poll(redis_url: str, jobs: Jobs) -> None:
    async with working(redis_url, jobs) as worker:
        await worker.enqueue("slow", [("a",)])
        await until(lambda: jobs.ran == ["a"])
        await worker.start_jobs(await worker.pool.zrange(worker.queue_name, 0, -1))
        await worker.enqueue("quick", [("b",)])
        await until(lambda: len(jobs.ran) == 2)
        jobs.may_end.set()
    assert jobs.ran == ["a", "b"]


async def test_job_is_written_as_json_under_the_prefix_and_leaves_nothing(redis_url: str, jobs: Jobs) -> None:
    async with working(redis_url, jobs) as worker, open_job_redis(redis_url) as redis:
        await worker.enqueue("slow", [("a",)])
        await until(lambda: jobs.ran)
        [name] = [key for key in await keys_of(redis, worker) if key.startswith("arq:job:")]
        stored = json.loads(await redis.get(name))
        assert (stored["f"], stored["a"]) == ("slow", ["a"])
        assert 0 < await redis.pttl(name) <= 60_000
        jobs.may_end.set()

        async def is_gone() -> bool:
            return await keys_of(redis, worker) == set()

        await eventually(is_gone)


async def test_failed_job_is_not_repeated(redis_url: str, jobs: Jobs) -> None:
    async with working(redis_url, jobs) as worker, open_job_redis(redis_url) as redis:
        await worker.enqueue("quick", [("a", "too many")])
        await until(lambda: worker.jobs_failed == 1)
        await worker.enqueue("quick", [("b",)])
        await until(lambda: jobs.ran == ["b"])

        async def is_deleted() -> bool:
            return await keys_of(redis, worker) == set()

        await eventually(is_deleted)
        assert worker.jobs_failed == 1


async def test_no_job_starts_beyond_the_limit_until_one_ends(redis_url: str, jobs: Jobs) -> None:
    async with working(redis_url, jobs) as worker:
        await worker.enqueue("slow", [(str(number),) for number in range(12)])
        await until(lambda: len(jobs.ran) == 10)
        jobs.may_end.set()
        await until(lambda: len(jobs.ran) == 12)


async def test_stop_cancels_running_jobs_and_deletes_the_keys(redis_url: str, jobs: Jobs) -> None:
    async with open_job_redis(redis_url) as redis:
        async with working(redis_url, jobs) as worker:
            await worker.enqueue("slow", [("a",)])
            await until(lambda: jobs.ran == ["a"])

            async def is_healthy() -> bool:
                return bool(await redis.exists(worker.health_check_key))

            await eventually(is_healthy)
        assert jobs.canceled == ["a"]
        assert await redis.exists(worker.health_check_key, worker.queue_name) == 0


async def test_keys_of_a_killed_worker_expire(redis_url: str, jobs: Jobs) -> None:
    async with working(redis_url, jobs) as worker, open_job_redis(redis_url) as redis:
        await worker.enqueue("slow", [("a",)])

        async def expires() -> bool:
            queue_s: int = await redis.ttl(worker.queue_name)
            health_s: int = await redis.ttl(worker.health_check_key)
            return 0 < queue_s <= 3600 and 11 < health_s <= 20

        await eventually(expires)


# Cron


async def test_one_worker_runs_each_tick_of_a_deployment(redis_url: str, jobs: Jobs) -> None:
    prefix = f"test:{uuid4()}"
    make = partial(cron, name=f"{prefix}:tick", second=EVERY_SECOND, unique=True, keep_result=60)
    async with (
        working(redis_url, jobs, prefix=prefix, cron_jobs=[make(jobs.tick)]),
        working(redis_url, jobs, prefix=prefix, cron_jobs=[make(jobs.tick)]),
        working(redis_url, jobs, prefix=prefix, cron_jobs=[make(jobs.tick)]),
    ):
        await until(lambda: len(set(jobs.ran)) >= 3)
    assert set(Counter(jobs.ran).values()) == {1}
    assert all(job_id.startswith(prefix) for job_id in jobs.ran)


async def test_one_worker_runs_a_cron_job_on_each_occasion(redis_url: str, jobs: Jobs) -> None:
    """Its next tick is in half a day."""
    prefix = f"test:{uuid4()}"
    hour = (SystemClock().now() + timedelta(hours=12)).hour

    def has_run(occasion: str) -> bool:
        return f"{prefix}:tick:{occasion}" in jobs.ran

    make = partial(cron, jobs.tick, name=f"{prefix}:tick", hour=hour, unique=True, keep_result=60)
    async with (
        working(redis_url, jobs, prefix=prefix, cron_jobs=[make()]) as one,
        working(redis_url, jobs, prefix=prefix, cron_jobs=[make()]) as other,
    ):
        for occasion in ("a", "b"):
            for worker in (one, other, one):
                worker.run_soon(f"{prefix}:tick", occasion)
            await until(partial(has_run, occasion))
        other.run_soon(f"{prefix}:tick", "a")
        other.run_soon(f"{prefix}:tick", "c")
        await until(partial(has_run, "c"))
    assert sorted(jobs.ran) == [f"{prefix}:tick:{occasion}" for occasion in "abc"]


async def test_cron_job_without_redis_waits_for_its_tick(jobs: Jobs) -> None:
    ticking = cron(jobs.tick, name="tick", second=EVERY_SECOND)
    async with working(NOWHERE, jobs, cron_jobs=[ticking]) as worker:
        worker.run_soon("tick", "a")
        await until(lambda: not worker.is_connected)
    assert jobs.ran == []


async def test_missed_ticks_are_skipped(redis_url: str, jobs: Jobs) -> None:
    """After a standstill of an hour, hundreds of ticks would run."""
    now = SystemClock().now().astimezone(UTC)
    ticking = cron(jobs.tick, name=f"{uuid4()}:tick", second=EVERY_SECOND)
    ticking.next_run = now - timedelta(hours=1)
    async with working(redis_url, jobs, cron_jobs=[ticking]):
        await until(lambda: jobs.ran)
    ran_at = datetime.fromtimestamp(int(jobs.ran[0].rpartition(":")[2]) / 1000, UTC)
    assert ran_at > now - timedelta(seconds=1)


# Loss of Redis


async def test_enqueueing_fails_without_redis(jobs: Jobs) -> None:
    async with working(NOWHERE, jobs) as worker:
        with pytest.raises((RedisError, OSError)):
            await worker.enqueue("quick", [("a",)])
    assert jobs.ran == []


async def test_only_essential_periodic_jobs_run_without_redis(jobs: Jobs) -> None:
    essential = cron(jobs.tick_without_queue, name="essential", second=EVERY_SECOND)
    other = cron(jobs.tick, name="other", second=EVERY_SECOND)
    async with working(NOWHERE, jobs, cron_jobs=[essential, other], essential=["essential"]):
        await until(lambda: len(jobs.ran) == 2)
    assert jobs.ran == ["unqueued"] * 2


async def test_worker_continues_when_redis_comes_back(jobs: Jobs) -> None:
    ticking = partial(cron, jobs.tick_without_queue, name="tick", second=EVERY_SECOND)
    with open_directory() as directory:
        first = await start_valkey(directory, durable=False)
        async with working(first.url, jobs, cron_jobs=[ticking()], essential=["tick"]) as worker:
            await until(lambda: "queued" in jobs.ran)
            await first.stop()
            await until(lambda: not worker.is_connected)
            await until(lambda: "unqueued" in jobs.ran)
            port = int(first.url.rpartition(":")[2].partition("/")[0])
            second = await start_valkey(directory, port=port, durable=False)
            try:
                await until(lambda: worker.is_connected)
                await worker.enqueue("quick", [("a",)])
                await until(lambda: "a" in jobs.ran)
                del jobs.ran[:]
                await until(lambda: jobs.ran)
                assert "unqueued" not in jobs.ran
            finally:
                await second.stop()

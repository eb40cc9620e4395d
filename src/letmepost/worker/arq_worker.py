"""arq's worker with a queue per process. This is the only file that overrides arq.

arq's own worker polls a queue that all workers share every 0.5 s, iterates over all running jobs each time, and ends
when Redis is lost. `tests/worker/test_arq_internals.py` fails if something changes that this file overrides or calls.
"""

import asyncio
import json
import logging
from collections.abc import Collection, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import structlog
from arq.constants import job_key_prefix
from arq.cron import CronJob
from arq.jobs import serialize_job
from arq.utils import timestamp_ms
from arq.worker import Function, Worker
from redis.exceptions import RedisError

from letmepost.worker.job_queue import JobQueue, dump_json

HEALTH_EVERY_S = 10.0
HEALTH_KEPT_S = 20
"""After the last renewal. arq itself would allow 0.5 s of delay, which is little on a busy machine."""
JOB_KEPT_MS = 60_000
"""A job starts within milliseconds, or the dispatcher enqueues it again."""
KEYS_EVERY_S = 5.0
QUEUE_KEPT_S = 3600
"""The queue of a process that was killed is deleted after this time."""
TICK_RESULTS_KEPT_S = 60.0
"""A process may run a tick of cron this late and still detect that another process has run it."""
TICK_LATE_MAX = timedelta(seconds=TICK_RESULTS_KEPT_S / 2)

log = structlog.get_logger()


class OwnQueueWorker(Worker):
    """Runs cron jobs, and the jobs of this process's own queue, each as soon as it is enqueued.

    Args:
        essential: the names of the cron jobs that also run without Redis, then in every process.
    """

    def __init__(
        self,
        queue: JobQueue,
        stop: asyncio.Event,
        *,
        functions: Sequence[Function],
        cron_jobs: Sequence[CronJob],
        essential: Collection[str],
        ctx: dict[Any, Any],
        max_jobs: int,
    ) -> None:
        super().__init__(
            functions,
            queue_name=queue.name,
            cron_jobs=cron_jobs,
            redis_pool=queue.redis,
            handle_signals=False,
            max_jobs=max_jobs,
            job_timeout=queue.job_timeout_s,
            keep_result=0,
            max_tries=1,
            retry_jobs=False,
            health_check_interval=HEALTH_EVERY_S,
            health_check_key=queue.health_key,
            ctx=ctx,
            job_serializer=dump_json,
            job_deserializer=json.loads,
            timezone=UTC,
            log_results=False,
        )
        # At INFO, arq logs the arguments of every job.
        logging.getLogger("arq.worker").setLevel(logging.WARNING)
        self._stop = stop
        self._essential = essential
        self._numbers = count()
        self._unqueued: set[asyncio.Task[Any]] = set()
        self._keeps_at_s = 0.0
        self.is_connected = True

    async def enqueue(self, function: str, arguments: Sequence[Sequence[Any]]) -> None:
        """Enqueue one job per tuple of arguments, and start the jobs without waiting for a poll.

        Raises:
            RedisError, OSError: Redis is unavailable.
        """
        if not self.is_connected:
            raise ConnectionError("Redis is unavailable.")
        now_ms = timestamp_ms()
        # Each job gets a new id, even one that was lost: arq counts the tries of an id.
        jobs = {f"{self.queue_name}:{next(self._numbers)}": tuple(values) for values in arguments}
        async with self.pool.pipeline(transaction=False) as pipe:
            for job_id, values in jobs.items():
                job = serialize_job(function, values, {}, None, now_ms, serializer=self.job_serializer)
                pipe.psetex(job_key_prefix + job_id, JOB_KEPT_MS, job)
            pipe.zadd(self.queue_name, dict.fromkeys(jobs, now_ms))
            # The jobs are read in the same round trip that writes them, because its commands run in order.
            written = asyncio.ensure_future(pipe.execute())
            await self.start_jobs([job_id.encode() for job_id in jobs])
            try:
                await written
            except (RedisError, OSError) as error:
                self._lose_redis(error)
                raise

    def run_soon(self, job: str, occasion: str) -> None:
        """Run a cron job now, in one of the workers that are asked to run it on the same occasion.

        Without Redis, nothing happens before its next tick.
        """
        task = self.loop.create_task(self._run_once(job, f"{job}:{occasion}"))
        self._unqueued.add(task)
        task.add_done_callback(self._unqueued.discard)

    async def _run_once(self, job: str, job_id: str) -> None:
        try:
            enqueued = await self.pool.enqueue_job(job, _job_id=job_id, _queue_name=self.queue_name)
        except (RedisError, OSError) as error:
            self._lose_redis(error)
            return
        if enqueued is not None:
            await self.start_jobs([job_id.encode()])

    async def start_jobs(self, job_ids: list[bytes]) -> None:
        """Start jobs. No other process takes jobs from this queue, so the marks of arq in Redis are not needed."""
        for job_id in map(bytes.decode, job_ids):
            if self.job_counter >= self.max_jobs:
                return
            if job_id in self.tasks:
                continue  # A running job stays in the queue.
            await self.sem.acquire()
            self.job_counter += 1
            self.tasks[job_id] = task = self.loop.create_task(self.run_job(job_id, timestamp_ms()))
            task.add_done_callback(lambda _: self._release_sem_dec_counter_on_complete())

    async def run_job(self, job_id: str, score: int) -> None:
        """Run a job. If Redis is lost before it starts, the dispatcher enqueues it again."""
        try:
            await super().run_job(job_id, score)
        except (RedisError, OSError) as error:
            self._lose_redis(error)

    def _lose_redis(self, error: Exception) -> None:
        if self.is_connected:
            log.warning("redis.lost", error=str(error), role="jobs")
        self.is_connected = False

    async def main(self) -> None:
        """Poll for cron and for jobs that were not started directly, until stopped, also during an outage of Redis."""
        while not self._stop.is_set():
            self._skip_missed_ticks()
            try:
                await self._poll_iteration()
                await self._keep_keys()
                self.is_connected = True
            except (RedisError, OSError) as error:
                self._lose_redis(error)
                self._run_essential()
            except Exception:
                log.exception("loop.failed", loop="jobs")
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stop.wait(), self.poll_delay_s)

    async def _keep_keys(self) -> None:
        """Extend the expiry of this worker's keys every `KEYS_EVERY_S`."""
        if self.loop.time() < self._keeps_at_s:
            return
        self._keeps_at_s = self.loop.time() + KEYS_EVERY_S
        async with self.pool.pipeline(transaction=False) as pipe:
            pipe.expire(self.queue_name, QUEUE_KEPT_S)
            pipe.expire(self.health_check_key, HEALTH_KEPT_S)
            await pipe.execute()

    def _skip_missed_ticks(self) -> None:
        """Let cron continue with the next tick after an outage or a standstill. arq would run all missed ticks."""
        for job in self.cron_jobs:
            if job.next_run is not None and job.next_run < _now() - TICK_LATE_MAX:
                job.next_run = None

    def _run_essential(self) -> None:
        """Run the due cron jobs that must not wait for Redis."""
        for job in self.cron_jobs:
            if job.name not in self._essential:
                continue
            is_due = job.next_run is not None and job.next_run <= _now()
            if is_due or job.next_run is None:
                job.calculate_next(_now())
            if is_due:
                task = self.loop.create_task(job.coroutine(self.ctx))
                self._unqueued.add(task)
                task.add_done_callback(self._unqueued.discard)

    async def close(self) -> None:
        """Cancel running jobs, and delete this worker's keys if Redis answers."""
        while unfinished := [task for task in (*self.tasks.values(), *self._unqueued) if not task.done()]:
            for task in (*self.job_tasks.values(), *self._unqueued):
                task.cancel()
            await asyncio.wait(unfinished, timeout=0.1)
        with suppress(RedisError, OSError):
            await self.pool.delete(self.queue_name, self.health_check_key)


def _now() -> datetime:
    """Return the time by arq's own clock."""
    return datetime.fromtimestamp(timestamp_ms() / 1000, UTC)

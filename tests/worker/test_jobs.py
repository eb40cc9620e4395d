"""The worker's jobs: their names, their schedule, and their failures."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from letmepost.worker import jobs

NOON = datetime(2026, 11, 29, 12, 0, 30, 500_000, tzinfo=UTC)


class Recorder:
    """A stand-in for every service that records the called methods."""

    def __init__(self, names: tuple[str, ...] = (), called: list[str] | None = None) -> None:
        self._names = names
        self.called: list[str] = [] if called is None else called

    def __getattr__(self, name: str) -> "Recorder":
        return Recorder((*self._names, name), self.called)

    async def __call__(self, *_: object) -> None:
        self.called.append(".".join(self._names))


class Posts:
    """A stand-in for a dispatcher."""

    def __init__(self, *, is_busy: bool) -> None:
        self.is_busy = is_busy


def ticks(job: jobs.PeriodicJob, within: timedelta) -> int:
    """Return how many times a job runs in the period after noon."""
    [found] = [cron for cron in jobs.cron_jobs("prefix") if cron.name == jobs.cron_name("prefix", job)]
    at, count = NOON, -1
    while at <= NOON + within:
        found.calculate_next(at)
        assert found.next_run is not None
        at, count = found.next_run, count + 1
    return count


@pytest.mark.parametrize("job", jobs.EVERY_S, ids=lambda job: job.__name__)
def test_periodic_job_runs_once_per_interval_in_the_whole_deployment(job: jobs.PeriodicJob) -> None:
    assert ticks(job, timedelta(hours=2)) == 7200 / jobs.EVERY_S[job]
    [found] = [cron for cron in jobs.cron_jobs("prefix") if cron.name == jobs.cron_name("prefix", job)]
    assert (found.unique, found.keep_result_s, found.name.startswith("prefix:")) == (True, 60.0, True)


@pytest.mark.parametrize("job", jobs.EVERY_S, ids=lambda job: job.__name__)
async def test_periodic_job_calls_one_service(job: jobs.PeriodicJob) -> None:
    services = Recorder()
    await job({"services": services, "posts": Posts(is_busy=False)})
    assert len(services.called) == 1


@pytest.mark.parametrize("job", [jobs.check_account, jobs.read_back], ids=lambda job: job.__name__)
async def test_job_that_can_wait_does_not_run_while_posts_take_most_slots(job: jobs.PeriodicJob) -> None:
    services = Recorder()
    await job({"services": services, "posts": Posts(is_busy=True)})
    assert services.called == []


def test_media_and_credential_jobs_do_not_depend_on_redis() -> None:
    assert set(jobs.ESSENTIAL) == {jobs.import_media, jobs.refresh_credentials}
    assert set(jobs.ESSENTIAL) <= set(jobs.EVERY_S)


async def test_periodic_job_does_not_overlap_and_runs_again_after_a_failure() -> None:
    begun: list[int] = []
    may_end = asyncio.Event()

    async def slow(_: dict[Any, Any]) -> None:
        begun.append(len(begun))
        await may_end.wait()
        raise ZeroDivisionError

    run: Callable[..., Any] = jobs._without_overlap(slow)
    first = asyncio.create_task(run({}))
    await asyncio.sleep(0)
    await run({})
    assert begun == [0]
    may_end.set()
    await first
    await run({})
    assert begun == [0, 1]


async def test_job_that_waits_for_other_servers_runs_at_every_tick() -> None:
    begun: list[str] = []
    stuck = asyncio.Event()

    class Stuck(Recorder):
        async def __call__(self, *_: object) -> None:
            begun.append("run")
            await stuck.wait()

        def __getattr__(self, name: str) -> "Stuck":
            return Stuck()

    for job in jobs.OVERLAPPING:
        [found] = [cron for cron in jobs.cron_jobs("prefix") if cron.name == jobs.cron_name("prefix", job)]
        context = {"services": Stuck(), "posts": Posts(is_busy=False)}
        runs = [asyncio.create_task(found.coroutine(context)) for _ in range(2)]
        await asyncio.sleep(0)
        assert begun == ["run", "run"], job.__name__
        stuck.set()
        await asyncio.gather(*runs)
        begun.clear()
        stuck.clear()


async def test_periodic_job_ends_quietly_when_the_worker_stops() -> None:
    async def endless(_: dict[Any, Any]) -> None:
        await asyncio.Event().wait()

    run = asyncio.create_task(jobs._without_overlap(endless)({}))
    await asyncio.sleep(0)
    run.cancel()
    await run
    assert not run.cancelled()

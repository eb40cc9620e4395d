"""The roles of a forked process: an API, a worker, or the sandbox."""

import asyncio
import random
import signal
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import uvicorn
from starlette.types import ASGIApp
from uvicorn.loops.auto import auto_loop_factory

from letmepost.bootstrap.api import make_api
from letmepost.bootstrap.worker import open_worker
from letmepost.cli.logs import configure_logs
from letmepost.gateways.clock import SystemClock
from letmepost.platforms.contract import Platform
from letmepost.sandbox import create_app as create_sandbox
from letmepost.sandbox import open_store
from letmepost.settings import Settings
from letmepost.worker.job_queue import JobRedis, open_job_redis
from letmepost.worker.main import run_worker
from tests.database import DatabaseURLs
from tests.deployment import settings_for
from tests.faults.failpoints import Death, DyingAnswers, Trap, watch_commits, with_trap
from tests.faults.knobs import Misbehaving
from tests.faults.lineup import PLATFORMS
from tests.faults.videos.shots import Target

JOB_TIMEOUT_S = 20.0
"""The job timeout of arq. In deployments it is a day, for which no worker can be stopped here."""


QUEUE_DELAY_MAX_S = 0.003


class SlowQueue(JobRedis):
    """A slow job queue. Otherwise, a job is read in the round trip that writes it, and rarely lost."""

    async def execute_shared(self, commands: Sequence[Any]) -> list[Any]:
        await asyncio.sleep(random.uniform(0, QUEUE_DELAY_MAX_S))  # noqa: S311 - spreads round trips
        return await super().execute_shared(commands)


class SkewedClock(SystemClock):
    """A clock with a wrong time. Its durations are right."""

    def __init__(self, ahead_s: float) -> None:
        self._ahead = timedelta(seconds=ahead_s)

    def now(self) -> datetime:
        return super().now() + self._ahead


def play(spec: Mapping[str, Any]) -> None:
    """Run the role of a specification, until stopped."""
    configure_logs(as_json=True)
    {"api": _play_api, "worker": _play_worker, "sandbox": _play_sandbox}[spec["role"]](spec)


def _play_worker(spec: Mapping[str, Any]) -> None:
    trap, given = _trap(spec), PLATFORMS
    clock = SkewedClock(spec.get("ahead_s", 0.0))
    with asyncio.Runner(loop_factory=auto_loop_factory(use_subprocess=False)) as runner:
        open_queue = partial(open_job_redis, make=SlowQueue if spec.get("is_queue_slow") else JobRedis)
        runner.run(_work(_settings(spec), given if trap is None else with_trap(given, trap), clock, open_queue))


async def _work(
    settings: Settings, given: Mapping[str, Platform], clock: SystemClock, open_queue: Callable[[str], JobRedis]
) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    async with open_worker(
        settings, given, {}, clock=clock, open_queue=open_queue, job_timeout_s=JOB_TIMEOUT_S
    ) as services:
        await run_worker(services, stop)


def _play_api(spec: Mapping[str, Any]) -> None:
    settings, trap = _settings(spec), _trap(spec)
    if trap is not None:
        watch_commits(trap)
    app: ASGIApp = make_api(settings, PLATFORMS, {})
    _serve(app if trap is None else DyingAnswers(app, trap), spec["port"])


def _play_sandbox(spec: Mapping[str, Any]) -> None:
    clock = SystemClock()
    store = open_store(Path(spec["state"]))
    app = create_sandbox(
        PLATFORMS, store, token=spec["token"], now=clock.now, entropy=clock.entropy, sleep=asyncio.sleep
    )
    _serve(Misbehaving(Target(app), spec["seed"]), spec["port"])
    store.close()


def _serve(app: ASGIApp, port: int) -> None:
    uvicorn.run(app, port=port, log_level="warning", access_log=False, timeout_graceful_shutdown=5)


def _settings(spec: Mapping[str, Any]) -> Settings:
    given = dict(spec["settings"])
    urls = DatabaseURLs(admin="", login=given.pop("login"))
    return settings_for(urls, given.pop("redis_url"), Path(given.pop("media_dir")), **given)


def _trap(spec: Mapping[str, Any]) -> Trap | None:
    if "deaths" not in spec:
        return None
    return Trap(
        deaths=[Death(**death) for death in spec["deaths"]],
        passes_left=spec.get("passes", 1),
        number=spec.get("signal", signal.SIGKILL),
        death_file=Path(spec["death_file"]) if "death_file" in spec else None,
    )

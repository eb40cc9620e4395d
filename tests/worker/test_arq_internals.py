"""The parts of arq and redis that the worker overrides, calls or relies on. A person must check every change.

If this fails after an update, read the changes, adapt `worker/arq_worker.py`, and replace the hash.
"""

import hashlib
import inspect
from collections.abc import Callable
from typing import Any

import pytest
from arq import connections, constants, utils, worker
from arq import jobs as arq_jobs
from arq.cron import CronJob, next_cron
from redis.asyncio.client import Pipeline

READ = {
    # Overridden.
    worker.Worker.__init__: "edfb0cd7e05e77cf",
    worker.Worker.main: "45ca1591c9717466",
    worker.Worker.start_jobs: "b45797cfa40bed7f",
    worker.Worker.run_job: "589a19059ff84ee7",
    worker.Worker.close: "5bcc9cb356680829",
    # Called, directly or indirectly.
    worker.Worker._poll_iteration: "f8d39d823a0a59f2",
    worker.Worker._release_sem_dec_counter_on_complete: "0ed101482e942c33",
    worker.Worker.finish_job: "903f09c92830d3fd",
    worker.Worker.finish_failed_job: "3e16087f318a7acf",
    worker.Worker.heart_beat: "2e9959bea66dc551",
    worker.Worker.run_cron: "7d2d3784e6567fb2",
    worker.Worker.record_health: "108f4b8686c9402d",
    connections.ArqRedis.__init__: "2e8bd7e180d895c8",
    connections.ArqRedis.enqueue_job: "7da8706a747c1171",
    CronJob.calculate_next: "7f8bfac236ba13c1",
    next_cron: "cab544d81f2da143",
    arq_jobs.serialize_job: "1fc854cc50e16e5c",
    arq_jobs.deserialize_job_raw: "f330dfaff8e2160f",
    arq_jobs.serialize_result: "709b9d4709d5aa08",
    # Of redis, used by `worker/job_queue.py`.
    Pipeline.__init__: "681fa7e4fa5f2e3a",
    Pipeline.execute: "f24e711d22008a5d",
    Pipeline._execute_pipeline: "d754ef919aa56c87",
    Pipeline.pipeline_execute_command: "9cee12030ed9ab4d",
    Pipeline.reset: "810efb8bd7dbab1a",
    # How arq's command creates a worker from `WorkerSettings`, and checks its health.
    worker.Worker.run: "e683c7f402930145",
    worker.get_kwargs: "08307e4b73636fb6",
    worker.create_worker: "55a479cb0a397ea5",
    worker.async_check_health: "69284d758667daec",
    worker.check_health: "fcac15b8c07f6c70",
    connections.create_pool: "4eff5aaa2071f020",
    utils.import_string: "73395629e8002d97",
}


def source_hash(read: Callable[..., Any]) -> str:
    return hashlib.sha256(inspect.getsource(read).encode()).hexdigest()[:16]


@pytest.mark.parametrize("read", READ, ids=lambda read: read.__qualname__)
def test_part_of_arq_is_unchanged(read: Callable[..., Any]) -> None:
    assert source_hash(read) == READ[read]


def test_key_of_a_job_is_unchanged() -> None:
    assert constants.job_key_prefix == "arq:job:"

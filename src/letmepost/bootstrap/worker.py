"""Wires the worker: its use cases, and the process around them."""

import asyncio
import os
import random
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

import typer

from letmepost.bootstrap.core import open_checked_database, open_core
from letmepost.bootstrap.metrics import make_metrics, queue_reader
from letmepost.cli.configuration import read_settings
from letmepost.cli.logs import configure_logs
from letmepost.domain.processes import Process
from letmepost.gateways.clock import Clock
from letmepost.gateways.garbage import exclude_loaded_objects
from letmepost.gateways.heartbeats import Heartbeats
from letmepost.gateways.throttles import Throttles
from letmepost.platforms import discover
from letmepost.platforms.contract import Platform
from letmepost.services.accounts.maintenance import AccountMaintenance
from letmepost.services.callers import new_id
from letmepost.services.media.imports import Imports
from letmepost.services.platform_costs import DailyBudgets
from letmepost.services.posts.read_back import ReadBacks
from letmepost.services.publishing.dependencies import PublishingDependencies
from letmepost.services.publishing.leases import Leases
from letmepost.services.publishing.publish import Publishing
from letmepost.services.tenants.pauses import ForgottenPauses
from letmepost.services.tenants.removal import Removal
from letmepost.services.tenants.retention import Retention
from letmepost.services.tenants.version_notices import VersionNotices
from letmepost.services.webhooks.deliveries import Deliveries
from letmepost.settings import Settings
from letmepost.storage.accounts.maintenance import EveryTenantAccounts
from letmepost.storage.deployment import read_deployment_id
from letmepost.storage.media.sweeps import EveryTenantMedia
from letmepost.storage.posts.read_backs import EveryTenantReadBacks
from letmepost.storage.publishing.claims import EveryTenantClaims
from letmepost.storage.tenants.costs import EveryTenantCosts
from letmepost.storage.tenants.organizations import EveryTenantOrganizations
from letmepost.storage.tenants.pauses import EveryTenantPauses
from letmepost.storage.tenants.retention import EveryTenantRetention, RetentionClass
from letmepost.storage.tenants.version_notices import EveryTenantNotices
from letmepost.storage.webhooks.deliveries import EveryTenantDeliveries
from letmepost.storage.webhooks.events import EveryTenantOutbox
from letmepost.worker import jobs
from letmepost.worker.job_queue import JOB_TIMEOUT_S, JobQueue, JobRedis, open_job_redis, redis_settings
from letmepost.worker.main import run_worker
from letmepost.worker.services import WorkerServices

COUNTERS_KEPT = timedelta(days=32)
"""How long counters are kept, from the start of their period. The longest period is a month."""

CONNECTING_KEPT = timedelta(days=1)
"""How long OAuth states are kept after they expire, so that a late callback gets the error for an expired state."""


@asynccontextmanager
async def open_worker(
    settings: Settings,
    platforms: Mapping[str, Platform],
    environment: Mapping[str, str],
    clock: Clock | None = None,
    *,
    open_queue: Callable[[str], JobRedis] = open_job_redis,
    job_timeout_s: float = JOB_TIMEOUT_S,
) -> AsyncIterator[WorkerServices]:
    """Open the use cases of the worker. `clock`: the system clock by default."""
    metrics = make_metrics(settings)
    async with (
        open_core(settings, platforms, environment, metrics, Process.WORKER, clock) as core,
        metrics.served(queue_reader(core.database)),
        open_queue(settings.redis_url.get_secret_value()) as job_redis,
    ):
        worker_id, prefix = str(new_id(core.clock)), key_prefix(await read_deployment_id(core.database))
        claims = EveryTenantClaims(core.database)
        leases = Leases(claims, core.clock, lease_s=settings.lease_s)
        throttles = Throttles(core.redis, core.clock)
        dependencies = PublishingDependencies(
            units=core.units,
            worlds=core.worlds,
            library=core.library,
            links=core.links,
            fetching=core.fetching,
            leases=leases,
            wakeups=core.wakeups,
            throttles=throttles,
            uploads=core.upload_reports,
            daily_budgets=DailyBudgets(core.meter, EveryTenantCosts(core.database), core.clock),
            jitter=jitter,
            metrics=metrics,
        )
        yield WorkerServices(
            publishing=Publishing(dependencies, claims, lease_s=settings.lease_s, slots=settings.worker_slots),
            deliveries=Deliveries(
                units=core.units,
                outbox=EveryTenantOutbox(core.database),
                deliveries=EveryTenantDeliveries(core.database, core.keyring),
                clock=core.clock,
                http=core.live_http,
                wakeups=core.wakeups,
                jitter=jitter,
                metrics=metrics,
            ),
            imports=Imports(
                units=core.units,
                every_tenant=EveryTenantMedia(core.database),
                fetching=core.fetching,
                rechecks=core.rechecks,
            ),
            expiry=core.expiry,
            leases=leases,
            retention=Retention(EveryTenantRetention(core.database), core.clock, kept_for(settings)),
            removal=Removal(core.units, EveryTenantOrganizations(core.database), core.library),
            maintenance=AccountMaintenance(
                units=core.units,
                accounts=EveryTenantAccounts(core.database),
                worlds=core.worlds,
                health=core.health,
                throttles=throttles,
            ),
            read_backs=ReadBacks(
                units=core.units,
                found=EveryTenantReadBacks(core.database),
                worlds=core.worlds,
                throttles=throttles,
            ),
            version_notices=VersionNotices(core.units, EveryTenantNotices(core.database), core.worlds.platforms),
            pauses=ForgottenPauses(core.units, EveryTenantPauses(core.database)),
            wakeups=core.wakeups,
            throttles=throttles,
            beat=partial(Heartbeats(core.redis, settings.alive_file).beat, worker_id),
            queue=JobQueue(
                redis=job_redis,
                prefix=prefix,
                name=f"{prefix}:{worker_id}",
                health_key=health_key(prefix, settings),
                job_timeout_s=job_timeout_s,
            ),
            post_slots=settings.worker_slots,
            delivery_slots=settings.delivery_slots,
            grace_s=settings.shutdown_grace_s,
        )


async def work(settings: Settings, environment: Mapping[str, str]) -> None:
    """Publish until the process is asked to stop (SIGTERM, SIGINT)."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with open_worker(settings, discover(), environment) as services:
        exclude_loaded_objects()
        await run_worker(services, stop)


def key_prefix(deployment_id: UUID) -> str:
    """Return the prefix of the deployment's keys in the job queue."""
    return f"letmepost:{deployment_id}"


def health_key(prefix: str, settings: Settings) -> str:
    """Return the key that `arq --check` reads, from the name of the worker."""
    return f"{prefix}:health:{settings.worker_name or socket.gethostname()}"


def __getattr__(name: str) -> object:
    """Return `WorkerSettings` for arq's command. The environment is read only when the name is used."""
    if name == "WorkerSettings":
        try:
            settings = read_settings(os.environ)
        except typer.Exit as wrong:
            sys.exit(wrong.exit_code)  # A traceback would show the value.
        return arq_settings(settings, dict(os.environ))
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def arq_settings(settings: Settings, environment: Mapping[str, str]) -> dict[str, Any]:
    """Return the arguments with which arq's command creates a worker, or checks its health.

    The command always creates arq's own `Worker`, which this package overrides. So its startup function runs
    ours, until the process is asked to stop.
    """

    async def run(_ctx: dict[Any, Any]) -> None:
        configure_logs(as_json=not sys.stderr.isatty())
        await work(settings, environment)
        raise asyncio.CancelledError  # arq shuts down cleanly

    prefix = key_prefix(asyncio.run(_read_deployment_id(settings)))
    return {
        "functions": jobs.functions(),  # arq does not start without any; its worker never runs them
        "on_startup": run,
        "redis_settings": redis_settings(settings.redis_url.get_secret_value()),
        "health_check_key": health_key(prefix, settings),
    }


async def _read_deployment_id(settings: Settings) -> UUID:
    async with open_checked_database(settings, Process.WORKER, pool_size=1) as database:
        return await read_deployment_id(database)


def kept_for(settings: Settings) -> Mapping[RetentionClass, timedelta]:
    """Return how long each class of records is kept. Deliveries are deleted before their events."""
    days = timedelta(days=settings.events_kept_days)
    return {
        RetentionClass.JOURNALS: timedelta(days=settings.journals_kept_days),
        RetentionClass.IDEMPOTENCY: timedelta(hours=settings.idempotency_kept_hours),
        RetentionClass.DELIVERIES: days,
        RetentionClass.EVENTS: days,
        RetentionClass.AUDIT: timedelta(days=settings.audit_kept_days),
        RetentionClass.ATTEMPTS: timedelta(days=settings.attempts_kept_days),
        RetentionClass.COUNTERS: COUNTERS_KEPT,
        RetentionClass.CONNECT_STATES: CONNECTING_KEPT,
        RetentionClass.CONNECT_SESSIONS: days,
    }


def jitter() -> float:
    """Return a random number in [-1, 1] to spread retries."""
    return random.uniform(-1, 1)  # noqa: S311 - spreads retries; protects nothing

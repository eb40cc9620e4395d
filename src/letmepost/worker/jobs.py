"""The worker's jobs. Each is a few lines that call one service.

arq passes `ctx` to every job: `services`, and the dispatchers `posts` and `deliveries`.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import Any, TypeAlias

import structlog
from arq import cron, func
from arq.cron import CronJob
from arq.worker import Function

from letmepost.worker.arq_worker import TICK_RESULTS_KEPT_S

IMPORTS_AT_ONCE = 20
REFRESHED_AT_ONCE = 20
NOTIFIED_AT_ONCE = 100
CHECKED_AT_ONCE = 5
READ_BACK_AT_ONCE = 5
EXPIRED_AT_ONCE = 500

Context: TypeAlias = dict[Any, Any]
PeriodicJob: TypeAlias = Callable[[Context], Awaitable[None]]

log = structlog.get_logger()


async def publish(ctx: Context, post_id: str, number: int) -> None:
    """Publish a post that this process has claimed."""
    await ctx["posts"].carry_out(post_id, number)


async def deliver(ctx: Context, delivery_id: str, number: int) -> None:
    """Send a webhook delivery that this process has claimed."""
    await ctx["deliveries"].carry_out(delivery_id, number)


async def import_media(ctx: Context) -> None:
    """Fetch media items by URL, and reject the posts that they invalidate."""
    await ctx["services"].imports.sweep(IMPORTS_AT_ONCE)


async def refresh_credentials(ctx: Context) -> None:
    """Refresh credentials that are about to expire."""
    await ctx["services"].maintenance.refresh_due(REFRESHED_AT_ONCE)


async def notify_owners(ctx: Context) -> None:
    """Notify owners of credentials that expire soon and that only a person can renew."""
    await ctx["services"].maintenance.announce_expiring(NOTIFIED_AT_ONCE)


async def check_account(ctx: Context) -> None:
    """Check the health of accounts, unless posts take most of the slots."""
    if not ctx["posts"].is_busy:
        await ctx["services"].maintenance.check_due(CHECKED_AT_ONCE)


async def read_back(ctx: Context) -> None:
    """Check that platforms still show posts, unless posts take most of the slots."""
    if not ctx["posts"].is_busy:
        await ctx["services"].read_backs.sweep(READ_BACK_AT_ONCE)


async def release_held_posts(ctx: Context) -> None:
    """Queue held posts again after their pause has ended."""
    await ctx["services"].pauses.sweep()


async def expire_media(ctx: Context) -> None:
    """Delete media items that have expired."""
    await ctx["services"].expiry.sweep(EXPIRED_AT_ONCE)


async def remove_leftover_files(ctx: Context) -> None:
    """Delete the files of interrupted uploads."""
    await ctx["services"].expiry.remove_leftovers()


async def purge(ctx: Context) -> None:
    """Delete records after their retention period."""
    await ctx["services"].retention.sweep()


async def remove_organizations(ctx: Context) -> None:
    """Delete the data of deleted organizations."""
    await ctx["services"].removal.sweep()


async def notify_version_ends(ctx: Context) -> None:
    """Warn tenants before the version of a platform's API ends."""
    await ctx["services"].version_notices.sweep()


EVERY_S: Mapping[PeriodicJob, int] = MappingProxyType(
    {
        import_media: 5,
        refresh_credentials: 5,
        notify_owners: 5,
        check_account: 10,
        read_back: 10,
        release_held_posts: 60,
        expire_media: 60,
        purge: 600,
        remove_organizations: 600,
        remove_leftover_files: 3600,
        notify_version_ends: 3600,
    }
)
"""Seconds between two runs in the whole deployment. Each value divides a minute or an hour."""

ESSENTIAL = (import_media, refresh_credentials)
"""Posts depend on these jobs, so they also run without Redis."""

OVERLAPPING: Mapping[PeriodicJob, int] = MappingProxyType(
    {
        import_media: IMPORTS_AT_ONCE,
        refresh_credentials: REFRESHED_AT_ONCE,
        check_account: CHECKED_AT_ONCE,
        read_back: READ_BACK_AT_ONCE,
    }
)
"""The jobs that wait for other servers, and how many runs of each can overlap, because each run has an item."""


def functions() -> list[Function]:
    """Return the jobs that the dispatchers enqueue."""
    return [func(publish, name=publish.__name__), func(deliver, name=deliver.__name__)]


def cron_jobs(prefix: str) -> list[CronJob]:
    """Return the periodic jobs. Their names begin with the deployment's `prefix`: one of its workers runs each tick."""
    return [
        cron(
            _logged(job) if job in OVERLAPPING else _without_overlap(job),
            name=cron_name(prefix, job),
            unique=True,
            keep_result=TICK_RESULTS_KEPT_S,
            **_ticks(seconds),
        )
        for job, seconds in EVERY_S.items()
    ]


def cron_name(prefix: str, job: PeriodicJob) -> str:
    """Return the name of a periodic job in Redis."""
    return f"{prefix}:{job.__name__}"


def _ticks(every_s: int) -> dict[str, Any]:
    if every_s < 60:
        return {"second": set(range(0, 60, every_s))}
    return {"minute": set(range(0, 60, every_s // 60))}


def _without_overlap(job: PeriodicJob) -> Any:
    """Return a job that skips a tick while its last run in this process continues."""
    run_once, is_running = _logged(job), False

    async def run(ctx: Context) -> None:
        nonlocal is_running
        if is_running:
            return
        is_running = True
        try:
            await run_once(ctx)
        finally:
            is_running = False

    return run


def _logged(job: PeriodicJob) -> Any:
    """Return a job that logs its failures."""

    async def run(ctx: Context) -> None:
        try:
            await job(ctx)
        except asyncio.CancelledError:
            log.info("job.canceled", job=job.__name__)  # The worker stops. Another worker runs the next tick.
        except Exception:
            log.exception("job.failed", job=job.__name__)

    return run

"""The worker process: its loops, started together and stopped in order."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass

import structlog

from letmepost.gateways.throttles import Throttles
from letmepost.gateways.wakeups import WORKER_CHANNEL, Wakeups
from letmepost.services.accounts.maintenance import AccountMaintenance
from letmepost.services.media.expiry import MediaExpiry
from letmepost.services.media.imports import Imports
from letmepost.services.posts.read_back import ReadBacks
from letmepost.services.publishing.leases import Leases
from letmepost.services.publishing.publish import Publishing
from letmepost.services.tenants.pauses import ForgottenPauses
from letmepost.services.tenants.removal import Removal
from letmepost.services.tenants.retention import Retention
from letmepost.services.tenants.version_notices import VersionNotices
from letmepost.services.webhooks.deliveries import Deliveries
from letmepost.storage.publishing.claims import Claim
from letmepost.worker.slots import Slots, every
from letmepost.worker.sources import DeliverySource, PostSource

IMPORT_EVERY_S = 5.0
IMPORTS_AT_ONCE = 20
EXPIRY_EVERY_S = 60.0
EXPIRED_AT_ONCE = 500
LEFTOVERS_EVERY_S = 3600.0
HEARTBEAT_EVERY_S = 5.0
TIDY_EVERY_S = 600.0
VERSIONS_EVERY_S = 3600.0
PAUSES_EVERY_S = 60.0
THROTTLES_EVERY_S = 1.0
REFRESH_EVERY_S = 5.0
CHECK_EVERY_S = 10.0
NOTICES_EVERY_S = 5.0
REFRESHED_AT_ONCE = 20
CHECKED_AT_ONCE = 5
TOLD_AT_ONCE = 100
READ_BACK_EVERY_S = 10.0
READ_BACK_AT_ONCE = 20

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerServices:
    """The use cases behind the worker. `beat` tells the deployment that this worker lives."""

    publishing: Publishing
    deliveries: Deliveries
    imports: Imports
    expiry: MediaExpiry
    leases: Leases
    retention: Retention
    removal: Removal
    maintenance: AccountMaintenance
    read_backs: ReadBacks
    version_notices: VersionNotices
    pauses: ForgottenPauses
    wakeups: Wakeups
    throttles: Throttles
    beat: Callable[[], Awaitable[None]]
    post_slots: int
    delivery_slots: int
    grace_s: float


async def run_worker(services: WorkerServices, stop: asyncio.Event) -> None:
    """Publish, deliver and import until `stop` is set."""
    deliveries = Slots("deliveries", DeliverySource(services.deliveries), services.delivery_slots)
    posts = Slots("posts", PostSource(services.publishing, deliveries.wake_soon), services.post_slots)
    services.wakeups.on_wake(posts.wake)
    services.wakeups.on_wake(deliveries.wake)
    services.wakeups.on_events(deliveries.wake_soon)
    background = [
        asyncio.create_task(services.wakeups.listen(WORKER_CHANNEL)),
        asyncio.create_task(_renew(services.leases)),
        asyncio.create_task(every(THROTTLES_EVERY_S, "throttles", services.throttles.refresh, stop)),
        asyncio.create_task(every(HEARTBEAT_EVERY_S, "heartbeat", services.beat, stop)),
        asyncio.create_task(every(TIDY_EVERY_S, "retention", services.retention.sweep, stop)),
        asyncio.create_task(every(TIDY_EVERY_S, "removal", services.removal.sweep, stop)),
        asyncio.create_task(every(VERSIONS_EVERY_S, "versions", services.version_notices.sweep, stop)),
        asyncio.create_task(every(PAUSES_EVERY_S, "pauses", services.pauses.sweep, stop)),
        asyncio.create_task(every(IMPORT_EVERY_S, "imports", lambda: services.imports.sweep(IMPORTS_AT_ONCE), stop)),
        asyncio.create_task(every(EXPIRY_EVERY_S, "expiry", lambda: services.expiry.sweep(EXPIRED_AT_ONCE), stop)),
        asyncio.create_task(every(LEFTOVERS_EVERY_S, "leftovers", services.expiry.remove_leftovers, stop)),
        *_maintenance(services, posts, stop),
    ]
    log.info("worker.started", post_slots=services.post_slots)
    try:
        await asyncio.gather(posts.run(stop, grace_s=services.grace_s), deliveries.run(stop, grace_s=services.grace_s))
    finally:
        for task in background:
            task.cancel()
        await asyncio.gather(*background, return_exceptions=True)
        log.info("worker.stopped")


def _maintenance(services: WorkerServices, posts: Slots[Claim], stop: asyncio.Event) -> Iterator["asyncio.Task[None]"]:
    """Start the maintenance of accounts and posts. Checks and read-backs wait while posts take most of the slots."""
    maintenance = services.maintenance

    async def check() -> None:
        if not posts.is_busy:
            await maintenance.check_due(CHECKED_AT_ONCE)

    async def read_back() -> None:
        if not posts.is_busy:
            await services.read_backs.sweep(READ_BACK_AT_ONCE)

    for seconds, name, action in (
        (REFRESH_EVERY_S, "refreshes", lambda: maintenance.refresh_due(REFRESHED_AT_ONCE)),
        (CHECK_EVERY_S, "checks", check),
        (READ_BACK_EVERY_S, "read_backs", read_back),
        (NOTICES_EVERY_S, "notices", lambda: maintenance.tell_owners(TOLD_AT_ONCE)),
    ):
        yield asyncio.create_task(every(seconds, name, action, stop))


async def _renew(leases: Leases) -> None:
    """Keep leases alive until the very end: work that is being finished still needs them."""
    await every(leases.renewal_interval_s, "leases", leases.renew_all, asyncio.Event())

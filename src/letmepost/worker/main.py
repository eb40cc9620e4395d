"""The worker process: starts the dispatchers, arq and the loops without a queue, and stops them in order."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from letmepost.gateways.wakeups import WORKER_CHANNEL
from letmepost.services.publishing.leases import Leases
from letmepost.storage.publishing.claims import Claim
from letmepost.storage.webhooks.deliveries import Delivery
from letmepost.worker import jobs
from letmepost.worker.arq_worker import OwnQueueWorker
from letmepost.worker.dispatcher import Dispatcher
from letmepost.worker.services import WorkerServices
from letmepost.worker.sources import DeliverySource, PostSource

HEARTBEAT_EVERY_S = 5.0
THROTTLES_EVERY_S = 1.0

log = structlog.get_logger()


async def run_worker(services: WorkerServices, stop: asyncio.Event) -> None:
    """Publish, deliver and run periodic jobs until `stop` is set."""
    worker = _make_arq_worker(services, stop)
    deliveries = Dispatcher[Delivery](
        jobs.deliver.__name__, DeliverySource(services.deliveries), services.delivery_slots, worker.enqueue
    )
    posts = Dispatcher[Claim](
        jobs.publish.__name__,
        PostSource(services.publishing, deliveries.wake_soon),
        services.post_slots,
        worker.enqueue,
    )
    worker.ctx |= {"posts": posts, "deliveries": deliveries}
    services.wakeups.on_wake(posts.wake)
    services.wakeups.on_wake(deliveries.wake)
    services.wakeups.on_events(deliveries.wake_soon)
    import_job = jobs.cron_name(services.queue.prefix, jobs.import_media)
    services.wakeups.on_media(lambda hint_id: worker.run_soon(import_job, str(hint_id)))
    background = [
        asyncio.create_task(services.wakeups.listen(WORKER_CHANNEL)),
        asyncio.create_task(_renew(services.leases)),
        asyncio.create_task(every(THROTTLES_EVERY_S, "throttles", services.throttles.refresh, stop)),
        asyncio.create_task(every(HEARTBEAT_EVERY_S, "heartbeat", services.beat, stop)),
        asyncio.create_task(worker.main()),
    ]
    log.info("worker.started", post_slots=services.post_slots)
    try:
        await asyncio.gather(posts.run(stop, grace_s=services.grace_s), deliveries.run(stop, grace_s=services.grace_s))
    finally:
        for task in background:
            task.cancel()
        await asyncio.gather(*background, return_exceptions=True)
        await worker.close()
        log.info("worker.stopped")


def _make_arq_worker(services: WorkerServices, stop: asyncio.Event) -> OwnQueueWorker:
    queue, cron_jobs = services.queue, jobs.cron_jobs(services.queue.prefix)
    return OwnQueueWorker(
        queue,
        stop,
        functions=jobs.functions(),
        cron_jobs=cron_jobs,
        essential=[jobs.cron_name(queue.prefix, job) for job in jobs.ESSENTIAL],
        ctx={"services": services},
        # No job waits for another: the dispatchers limit their number.
        max_jobs=2 * (services.post_slots + services.delivery_slots + len(cron_jobs)) + sum(jobs.OVERLAPPING.values()),
    )


async def _renew(leases: Leases) -> None:
    """Renew leases until the very end, because work that is being finished still needs them."""
    await every(leases.renewal_interval_s, "leases", leases.renew_all, asyncio.Event())


async def every(seconds: float, name: str, action: Callable[[], Awaitable[object]], stop: asyncio.Event) -> None:
    """Call `action` periodically until `stop` is set. A failure is logged and does not end the loop."""
    while not stop.is_set():
        try:
            await action()
        except Exception:
            log.exception("loop.failed", loop=name)
        try:
            await asyncio.wait_for(stop.wait(), seconds)
        except TimeoutError:
            continue

"""Wires the metrics, and the database queries behind them."""

from collections.abc import Awaitable, Callable

from letmepost.gateways.metrics import Metrics, QueueState, SharedMetrics
from letmepost.settings import Settings
from letmepost.storage.database import Database
from letmepost.storage.publishing.queue import EveryTenantQueue


def make_metrics(settings: Settings, shared: SharedMetrics | None = None) -> Metrics:
    """Return the metrics, which count nothing if they are disabled. `shared`: if several processes count together."""
    if settings.metrics_port is None:
        return Metrics()
    # Imported here to save memory in a process without metrics.
    from letmepost.gateways.prometheus import PrometheusMetrics  # noqa: PLC0415 - see above

    return PrometheusMetrics(settings.metrics_port, shared)


def queue_reader(database: Database) -> Callable[[], Awaitable[QueueState]]:
    """Return a function that reads the state of the queue."""
    queue = EveryTenantQueue(database)

    async def read() -> QueueState:
        return QueueState(await queue.count_posts(), await queue.oldest_overdue_s())

    return read

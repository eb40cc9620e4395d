"""The dependencies of publishing."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from letmepost.gateways.clock import Clock
from letmepost.gateways.metrics import Metrics
from letmepost.gateways.throttles import Throttles
from letmepost.gateways.upload_progress import UploadReports
from letmepost.gateways.upload_turns import UploadTurns
from letmepost.gateways.wakeups import Wakeups
from letmepost.services.media.fetch import MediaFetching
from letmepost.services.media.library import MediaLibrary
from letmepost.services.media.links import MediaLinks
from letmepost.services.platform_access import Worlds
from letmepost.services.platform_costs import DailyBudgets
from letmepost.services.publishing.leases import Leases
from letmepost.services.work import UnitsOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishingDependencies:
    """The dependencies that all attempts of a worker share.

    `jitter` returns a number in [-1, 1]. `stopping` is set when the worker is about to stop.
    """

    units: UnitsOfWork
    worlds: Worlds
    library: MediaLibrary
    links: MediaLinks
    fetching: MediaFetching
    leases: Leases
    wakeups: Wakeups
    throttles: Throttles
    uploads: UploadReports
    daily_budgets: DailyBudgets
    jitter: Callable[[], float]
    upload_turns: UploadTurns = field(default_factory=UploadTurns)
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    metrics: Metrics = field(default_factory=Metrics)

    @property
    def clock(self) -> Clock:
        """The clock of the units of work."""
        return self.units.clock

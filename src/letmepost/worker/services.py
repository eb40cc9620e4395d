"""The services that the worker's jobs and loops call."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from letmepost.gateways.throttles import Throttles
from letmepost.gateways.wakeups import Wakeups
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
from letmepost.worker.job_queue import JobQueue


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerServices:
    """The use cases of the worker. `beat` reports that this worker is alive."""

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
    queue: JobQueue
    post_slots: int
    delivery_slots: int
    grace_s: float

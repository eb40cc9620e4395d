"""What the checks examine."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from letmepost.gateways.addresses import Lookup
from letmepost.gateways.blobs import BlobStore
from letmepost.gateways.clock import Clock
from letmepost.gateways.heartbeats import Heartbeats
from letmepost.gateways.http_client import HTTPClient
from letmepost.gateways.sandbox import SandboxControl
from letmepost.services.media.links import MediaLinks
from letmepost.storage.inspection import DatabaseInspection
from letmepost.storage.readiness import DatabaseReadiness


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """The parts of a deployment, as its services use them. None is connected yet.

    `worker_inspection` is None if the environment does not name the login role of the worker, and `sandbox` if there
    is no sandbox. `http` calls only the public URL, and `links` creates URLs below it.
    """

    clock: Clock
    inspection: DatabaseInspection
    worker_inspection: DatabaseInspection | None
    schema: DatabaseReadiness
    ping_redis: Callable[[], Awaitable[object]]
    heartbeats: Heartbeats
    blobs: BlobStore
    sandbox: SandboxControl | None
    http: HTTPClient
    links: MediaLinks
    lookup: Lookup

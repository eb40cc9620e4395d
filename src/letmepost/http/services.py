"""The services that routes call. `bootstrap` creates them once per process."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from starlette.types import ASGIApp

from letmepost.gateways.clock import Clock
from letmepost.gateways.rate_limits import RateLimits
from letmepost.gateways.stream_slots import StreamSlots
from letmepost.gateways.upload_progress import UploadReports
from letmepost.http.client_limits import ClientLimits
from letmepost.platforms.contract import Platform
from letmepost.services.accounts.browsers import Browsers
from letmepost.services.accounts.callbacks import PlatformCallbacks
from letmepost.services.accounts.completions import Completions
from letmepost.services.accounts.connect import Connecting
from letmepost.services.accounts.connect_sessions import ConnectSessions
from letmepost.services.accounts.consents import Consents
from letmepost.services.accounts.disconnect import Disconnecting
from letmepost.services.accounts.health import HealthChecks
from letmepost.services.accounts.hosted_pages import HostedPages
from letmepost.services.accounts.resources import AccountResources
from letmepost.services.idempotency import Idempotency
from letmepost.services.media.attachments import Attachments
from letmepost.services.media.downloads import Downloads
from letmepost.services.media.links import MediaLinks
from letmepost.services.media.uploads import Uploads
from letmepost.services.posts.change import Editing
from letmepost.services.posts.duplicate import Duplication
from letmepost.services.posts.submit import Submission
from letmepost.services.posts.unpublish import Unpublishing
from letmepost.services.posts.validate import Validation
from letmepost.services.publishing.throttling import ThrottleReadings
from letmepost.services.sandbox.accounts import Sandbox
from letmepost.services.sandbox.clock import SandboxWorld
from letmepost.services.sandbox.page_clock import PageClock
from letmepost.services.tenants.api_keys import ApiKeys
from letmepost.services.webhooks.endpoints import Endpoints
from letmepost.services.webhooks.stream import Streams
from letmepost.services.work import UnitsOfWork


@dataclass(frozen=True, slots=True)
class Problem:
    """A problem of one part of the deployment. `is_tolerable`: the API can still serve requests."""

    text: str
    is_tolerable: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Readiness:
    """The state of each part of the deployment, by name. None: the part is healthy."""

    parts: Mapping[str, Problem | None]

    @property
    def is_ready(self) -> bool:
        """Return True if this process should receive requests."""
        return all(problem is None or problem.is_tolerable for problem in self.parts.values())

    @property
    def is_degraded(self) -> bool:
        """Return True if it serves requests in spite of a problem."""
        return self.is_ready and any(self.parts.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class APIServices:
    """The use cases behind the API, and the services that the gate needs.

    Attributes:
        mcp: the application that receives the messages of MCP clients; None if it is not installed.
    """

    clock: Clock
    submission: Submission
    editing: Editing
    duplication: Duplication
    unpublishing: Unpublishing
    validation: Validation
    connecting: Connecting
    consents: Consents
    completions: Completions
    connect_sessions: ConnectSessions
    hosted: HostedPages
    browsers: Browsers
    browsers_need_tls: bool
    callbacks: PlatformCallbacks
    disconnecting: Disconnecting
    health: HealthChecks
    resources: AccountResources
    api_keys: ApiKeys
    throttles: ThrottleReadings
    platforms: Mapping[str, Platform]
    endpoints: Endpoints
    streams: Streams
    media: Attachments
    media_links: MediaLinks
    upload_reports: UploadReports
    uploads: Uploads
    downloads: Downloads
    sandbox: Sandbox
    sandbox_world: SandboxWorld
    page_clock: PageClock
    idempotency: Idempotency
    units: UnitsOfWork
    rate_limits: RateLimits
    client_limits: ClientLimits
    requests_per_minute: int
    stream_slots: StreamSlots
    operator_token: str | None
    docs_url: str
    public_url: str
    check_readiness: Callable[[], Awaitable[Readiness]]
    mcp: ASGIApp | None

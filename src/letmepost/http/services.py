"""What the routes call, made once a process by `bootstrap`."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from letmepost.gateways.clock import Clock
from letmepost.gateways.rate_limits import RateLimits
from letmepost.gateways.stream_slots import StreamSlots
from letmepost.http.client_limits import ClientLimits
from letmepost.platforms.contract import Platform
from letmepost.services.accounts import Accounts
from letmepost.services.api_keys import ApiKeys
from letmepost.services.attachments import Attachments
from letmepost.services.connect_sessions import ConnectSessions
from letmepost.services.connecting import Connecting
from letmepost.services.consents import Consents
from letmepost.services.disconnecting import Disconnecting
from letmepost.services.downloads import Downloads
from letmepost.services.editing import Editing
from letmepost.services.endpoints import Endpoints
from letmepost.services.health import HealthChecks
from letmepost.services.hosted_pages import HostedPages
from letmepost.services.idempotency import Idempotency
from letmepost.services.media_links import MediaLinks
from letmepost.services.operator_requests import OperatorRequests
from letmepost.services.organizations import Organizations
from letmepost.services.outcomes import Submission
from letmepost.services.pauses import Pauses
from letmepost.services.posts import Posts
from letmepost.services.profiles import Profiles
from letmepost.services.quotas import Quotas
from letmepost.services.retrying import Retrying
from letmepost.services.sandbox import Sandbox
from letmepost.services.sandbox_world import SandboxWorld
from letmepost.services.streams import Streams
from letmepost.services.throttling import ThrottleReadings
from letmepost.services.timeline import Timelines
from letmepost.services.unpublishing import Unpublishing
from letmepost.services.uploads import Uploads
from letmepost.services.validating import Validation
from letmepost.services.withdrawals import Withdrawals


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a part. `is_tolerable`: the API goes on serving."""

    text: str
    is_tolerable: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Readiness:
    """Whether the deployment can publish: each part's name, and what is wrong with it (None: nothing)."""

    parts: Mapping[str, Problem | None]

    @property
    def is_ready(self) -> bool:
        """Whether callers should be sent here."""
        return all(problem is None or problem.is_tolerable for problem in self.parts.values())

    @property
    def is_degraded(self) -> bool:
        """Whether it serves, though something is wrong."""
        return self.is_ready and any(self.parts.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class APIServices:
    """The use cases behind the API, and what the gate needs."""

    clock: Clock
    posts: Posts
    submission: Submission
    editing: Editing
    retrying: Retrying
    unpublishing: Unpublishing
    validation: Validation
    timelines: Timelines
    accounts: Accounts
    connecting: Connecting
    consents: Consents
    connect_sessions: ConnectSessions
    hosted: HostedPages
    browsers_need_tls: bool
    withdrawals: Withdrawals
    disconnecting: Disconnecting
    health: HealthChecks
    api_keys: ApiKeys
    organizations: Organizations
    operator_requests: OperatorRequests
    quotas: Quotas
    throttles: ThrottleReadings
    profiles: Profiles
    platforms: Mapping[str, Platform]
    endpoints: Endpoints
    streams: Streams
    media: Attachments
    media_links: MediaLinks
    uploads: Uploads
    downloads: Downloads
    pauses: Pauses
    sandbox: Sandbox
    sandbox_world: SandboxWorld
    idempotency: Idempotency
    rate_limits: RateLimits
    client_limits: ClientLimits
    requests_per_minute: int
    stream_slots: StreamSlots
    operator_token: str | None
    docs_url: str
    public_url: str
    check_readiness: Callable[[], Awaitable[Readiness]]

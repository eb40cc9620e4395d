"""What the routes call, made once a process by `bootstrap`."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from letmepost.gateways.clock import Clock
from letmepost.gateways.rate_limits import RateLimits
from letmepost.platforms.contract import Platform
from letmepost.services.accounts import Accounts
from letmepost.services.api_keys import ApiKeys
from letmepost.services.editing import Editing
from letmepost.services.endpoints import Endpoints
from letmepost.services.idempotency import Idempotency
from letmepost.services.media import MediaLibrary
from letmepost.services.outcomes import Submission
from letmepost.services.pauses import Pauses
from letmepost.services.posts import Posts
from letmepost.services.profiles import Profiles
from letmepost.services.sandbox import Sandbox
from letmepost.services.streams import Streams
from letmepost.services.timeline import Timelines
from letmepost.services.unpublishing import Unpublishing
from letmepost.services.validating import Validation


@dataclass(frozen=True, slots=True, kw_only=True)
class Readiness:
    """Whether the deployment can publish: each part's name, and what is wrong with it (None: nothing)."""

    parts: dict[str, str | None]

    @property
    def is_ready(self) -> bool:
        """Whether nothing is wrong."""
        return not any(self.parts.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class APIServices:
    """The use cases behind the API, and what the gate needs."""

    clock: Clock
    posts: Posts
    submission: Submission
    editing: Editing
    unpublishing: Unpublishing
    validation: Validation
    timelines: Timelines
    accounts: Accounts
    api_keys: ApiKeys
    profiles: Profiles
    platforms: Mapping[str, Platform]
    endpoints: Endpoints
    streams: Streams
    media: MediaLibrary
    pauses: Pauses
    sandbox: Sandbox
    idempotency: Idempotency
    rate_limits: RateLimits
    requests_per_minute: int
    operator_token: str | None
    docs_url: str
    check_readiness: Callable[[], Awaitable[Readiness]]

"""Platforms, test mode, and pauses."""

from typing import TypeAlias

from letmepost_client.encoding import body_of, path_of
from letmepost_client.flow import Flow
from letmepost_client.inputs import AnyTime
from letmepost_client.models.accounts import Account
from letmepost_client.models.base import DataList
from letmepost_client.models.platforms import Platform, PlatformVersion
from letmepost_client.models.service import SandboxClock, SandboxPost, SandboxReset
from letmepost_client.models.tenants import Pause, ResumedPosts
from letmepost_client.operations import AsyncResource, Resource, SyncResource, operation

PlatformVersions: TypeAlias = list[PlatformVersion]
AllPlatforms: TypeAlias = list[Platform]
AllPauses: TypeAlias = list[Pause]


class PlatformOperations(Resource):
    """Platforms."""

    @operation
    def versions(self) -> Flow[PlatformVersions]:
        """Return the version of each platform's API that this server uses. It needs no API key."""
        result = yield from self._core.call("GET", "/v1/platform-versions", DataList[PlatformVersion])
        return result.data

    @operation
    def list(self) -> Flow[AllPlatforms]:
        """Return the platforms with their limits, features and options."""
        result = yield from self._core.call("GET", "/v1/platforms", DataList[Platform])
        return result.data


class Platforms(PlatformOperations, SyncResource):
    """Platforms."""


class AsyncPlatforms(PlatformOperations, AsyncResource):
    """Platforms."""


class SandboxOperations(Resource):
    """Test mode: simulated accounts, what their followers see, and the clock. It needs a test key."""

    @operation
    def create_account(
        self, platform: str, *, scenario: str | None = None, idempotency_key: str | None = None
    ) -> Flow[Account]:
        """Connect a simulated account, without credentials.

        Args:
            scenario: how the platform behaves, such as `ok` (the default), `slow` or `rejected`. `platforms.list`
                has the scenarios of each platform.
        """
        body = body_of({"platform": platform, "scenario": scenario})
        return self._core.call("POST", "/v1/sandbox/accounts", Account, body=body, idempotency_key=idempotency_key)

    @operation
    def posts(self, platform: str) -> Flow[list[SandboxPost]]:
        """Return what followers of simulated accounts see on a platform, oldest first."""
        path = path_of("/v1/sandbox/{}/posts", platform)
        result = yield from self._core.call("GET", path, DataList[SandboxPost])
        return result.data

    @operation
    def clock(self) -> Flow[SandboxClock]:
        """Return the time in test mode."""
        return self._core.call("GET", "/v1/sandbox/clock", SandboxClock)

    @operation
    def advance(
        self, seconds: float | None = None, *, to: AnyTime | None = None, idempotency_key: str | None = None
    ) -> Flow[SandboxClock]:
        """Move the clock of test mode forward, by seconds or to a time. What becomes due happens."""
        body = body_of({"advance_s": seconds, "to": to})
        return self._core.call("POST", "/v1/sandbox/clock", SandboxClock, body=body, idempotency_key=idempotency_key)

    @operation
    def reset(self, *, idempotency_key: str | None = None) -> Flow[SandboxReset]:
        """Start over: delete what the simulators have, and reset the clock."""
        return self._core.call("POST", "/v1/sandbox/reset", SandboxReset, idempotency_key=idempotency_key)


class Sandbox(SandboxOperations, SyncResource):
    """Test mode: simulated accounts, what their followers see, and the clock. It needs a test key."""


class AsyncSandbox(SandboxOperations, AsyncResource):
    """Test mode: simulated accounts, what their followers see, and the clock. It needs a test key."""


class PauseOperations(Resource):
    """Pauses of publishing. They need the operator token as API key."""

    @operation
    def create(
        self,
        *,
        organization_id: str | None = None,
        account_id: str | None = None,
        platform: str | None = None,
        reason: str | None = None,
        idempotency_key: str | None = None,
    ) -> Flow[AllPauses]:
        """Pause publishing: everywhere, or for an organization, an account or a platform. Return every pause."""
        body = body_of(
            {"organization_id": organization_id, "account_id": account_id, "platform": platform, "reason": reason}
        )
        result = yield from self._core.call(
            "POST", "/v1/pauses", DataList[Pause], body=body, idempotency_key=idempotency_key
        )
        return result.data

    @operation
    def resume(
        self,
        *,
        organization_id: str | None = None,
        account_id: str | None = None,
        platform: str | None = None,
        idempotency_key: str | None = None,
    ) -> Flow[ResumedPosts]:
        """End a pause, and queue the posts that it held."""
        body = body_of({"organization_id": organization_id, "account_id": account_id, "platform": platform})
        return self._core.call("POST", "/v1/pauses/resume", ResumedPosts, body=body, idempotency_key=idempotency_key)

    @operation
    def list(self) -> Flow[AllPauses]:
        """Return every pause."""
        result = yield from self._core.call("GET", "/v1/pauses", DataList[Pause])
        return result.data


class Pauses(PauseOperations, SyncResource):
    """Pauses of publishing. They need the operator token as API key."""


class AsyncPauses(PauseOperations, AsyncResource):
    """Pauses of publishing. They need the operator token as API key."""

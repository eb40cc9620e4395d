"""A tenant with one account, and the tools of a worker that publishes its posts."""

from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from letmepost.bootstrap.core import open_redis
from letmepost.domain import refusals
from letmepost.domain.errors import ErrorCode
from letmepost.gateways.blobs import DiskBlobStore
from letmepost.gateways.http_client import HTTPClient
from letmepost.gateways.throttles import Throttles
from letmepost.gateways.upload_progress import UploadReports
from letmepost.gateways.wakeups import Wakeups
from letmepost.platforms.connecting import ConnectedAccount, Credential, PlatformSettings
from letmepost.services.media.fetch import MediaFetching
from letmepost.services.media.fitting import ImageFitting
from letmepost.services.media.library import MediaLibrary
from letmepost.services.media.links import MediaLinks
from letmepost.services.platform_access import Worlds
from letmepost.services.platform_costs import CostMeter, DailyBudgets
from letmepost.services.publishing.attempt import Attempt
from letmepost.services.publishing.dependencies import PublishingDependencies
from letmepost.services.publishing.errors import explained_error
from letmepost.services.publishing.leases import Leases
from letmepost.services.publishing.publish import Publishing
from letmepost.storage.accounts.accounts import AccountRepository
from letmepost.storage.accounts.credentials import CredentialRepository
from letmepost.storage.database import Connection
from letmepost.storage.posts.posts import PostRepository
from letmepost.storage.publishing.claims import Claim, EveryTenantClaims
from letmepost.storage.tenants.costs import EveryTenantCosts
from tests.doubles.platform import make_platform
from tests.doubles.probing import convert_here, probe_here
from tests.services.network import Network
from tests.storage.support import CLOCK, KEYRING, PLATFORM, Admin, Owner, fresh_id, in_the_past

LEASE_S = 60.0

DISCONNECTED = explained_error(
    refusals.accounts.DISCONNECTED, ErrorCode.PLATFORM_AUTH_FAILED, "example", account_id="acc_1"
)


@dataclass(frozen=True, slots=True)
class Desk:
    """A worker's tools for one account, and access to the stored results."""

    tools: PublishingDependencies
    publishing: Publishing
    owner: Owner
    account_id: UUID
    network: Network
    admin: Admin

    async def post(self, **how: Any) -> UUID:
        """Create a ready post."""
        return await self.owner.post(self.account_id, **how)

    async def claim(self) -> Claim:
        """Claim the only ready post."""
        [claim] = await self.publishing.claim(10)
        return claim

    async def begin(self) -> Attempt:
        """Claim the only ready post, and begin an attempt."""
        return await Attempt.begin(self.tools, await self.claim())

    async def publish(self) -> dict[str, Any]:
        """Attempt the only ready post; return its row."""
        await self.publishing.publish(await self.claim())
        return await self.row()

    async def row(self) -> dict[str, Any]:
        """Return the only post."""
        [row] = await self.admin.rows("SELECT * FROM posts")
        return row

    async def events(self) -> list[str]:
        """Return the types of all events, in order."""
        return [row["type"] for row in await self.admin.rows("SELECT type FROM events ORDER BY written")]

    async def let_time_pass(self) -> None:
        """Make every planned time due, end every lease, and let calls that are under way time out."""
        await self.admin.do("UPDATE posts SET ready_at = $1 WHERE ready_at IS NOT NULL", in_the_past())
        await self.admin.do("UPDATE posts SET lease_until = $1 WHERE lease_until IS NOT NULL", in_the_past())
        await self.admin.do("UPDATE flow_steps SET intent_at = intent_at - interval '1 hour'")

    async def let_the_deadline_pass(self) -> None:
        """Let more time pass than the lateness of the post allows."""
        await self.let_time_pass()
        await self.admin.do("UPDATE posts SET due_at = due_at - make_interval(secs => late_within_s + 60)")

    async def disconnect(self) -> None:
        """Disconnect the account. Its waiting posts are held."""
        async with self.owner.database.tenant(self.owner.tenant) as connection:
            await AccountRepository(connection, self.owner.tenant).disconnect(self.account_id, CLOCK.now())
            await PostRepository(connection, self.owner.tenant).hold_waiting(self.account_id, DISCONNECTED, CLOCK.now())

    async def reconnect(self) -> None:
        """Reconnect the account. Its held posts are queued."""
        async with self.owner.database.tenant(self.owner.tenant) as connection:
            await self.reconnect_in(connection)

    async def reconnect_in(self, connection: Connection) -> None:
        """Reconnect the account in an open transaction."""
        accounts = AccountRepository(connection, self.owner.tenant)
        account = await accounts.find_connected(PLATFORM, f"platform-{self.account_id}")
        assert account is not None
        found = ConnectedAccount(
            platform_account_id=account.platform_account_id,
            handle=None,
            display_name=None,
            credential=Credential(secrets={"token": "reconnected"}),
            data=account.data,
        )
        credential_id = fresh_id()
        await CredentialRepository(connection, self.owner.tenant, KEYRING).create(credential_id, found.credential)
        await accounts.reconnect(self.account_id, found, CLOCK.now(), credential_id=credential_id)
        await PostRepository(connection, self.owner.tenant).release_held(self.account_id, CLOCK.now())
        self.network.tokens.add("reconnected")


@asynccontextmanager
async def working(
    owner: Owner,
    network: Network,
    admin: Admin,
    http: HTTPClient,
    redis_url: str,
    directory: Path,
    **platform: Any,
) -> AsyncIterator[Desk]:
    """Open a desk. `platform`: functions of the platform double to replace."""
    library = MediaLibrary(
        units=owner.units,
        blobs=DiskBlobStore(directory),
        probe=probe_here,
        kept_for=timedelta(days=30),
    )
    redis = open_redis(redis_url, timeout_s=1.0)
    claims = EveryTenantClaims(owner.database)
    tools = PublishingDependencies(
        units=owner.units,
        worlds=Worlds(
            platforms={PLATFORM: make_platform(**platform)},
            settings={PLATFORM: PlatformSettings()},
            live_http=http,
        ),
        library=library,
        links=MediaLinks(KEYRING, CLOCK, "https://api.example.com"),
        fetching=MediaFetching(
            units=owner.units, library=library, fitting=ImageFitting(library, convert_here), direct=None, http=http
        ),
        leases=Leases(claims, CLOCK, lease_s=LEASE_S),
        wakeups=Wakeups(redis, redis),
        throttles=Throttles(redis, CLOCK),
        uploads=UploadReports(redis, CLOCK),
        daily_budgets=DailyBudgets(CostMeter(owner.units), EveryTenantCosts(owner.database), CLOCK),
        jitter=lambda: 0.0,
    )
    account_id = await owner.account(data={"host": network.url})
    async with aclosing(redis):
        yield Desk(tools, Publishing(tools, claims, lease_s=LEASE_S, slots=32), owner, account_id, network, admin)

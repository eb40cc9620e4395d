"""Creates tenants with accounts and posts in the same way as the services."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg

from letmepost.domain.api_keys import EVERY_SCOPE, Mode
from letmepost.domain.content import PostContent
from letmepost.gateways.clock import SystemClock
from letmepost.platforms.connecting import ConnectedAccount, Credential
from letmepost.services.callers import Caller, new_id
from letmepost.services.work import UnitsOfWork
from letmepost.storage.accounts.accounts import AccountRepository
from letmepost.storage.accounts.credentials import CredentialRepository
from letmepost.storage.database import Database, Tenant
from letmepost.storage.posts.batches import BatchRepository, NewBatch, NewPost
from letmepost.storage.sealing import Keyring
from letmepost.storage.tenants.organizations import OrganizationRepository
from letmepost.storage.tenants.profiles import ProfileRepository

CLOCK = SystemClock()
KEYRING = Keyring({"k1": bytes(range(32))}, secrets.token_bytes)
PLATFORM = "double"


class NoHints:
    """Sends no hints."""

    async def wake_worker(self) -> None:
        return

    async def events_written(self) -> None:
        return

    async def media_waiting(self, hint_id: UUID) -> None:  # noqa: ARG002 - the protocol passes it
        return


class RecordedHints:
    """Records the hints that workers would receive, in order."""

    def __init__(self) -> None:
        self.received: list[str] = []

    async def wake_worker(self) -> None:
        self.received.append("post due")

    async def events_written(self) -> None:
        self.received.append("events written")

    async def media_waiting(self, hint_id: UUID) -> None:  # noqa: ARG002 - the protocol passes it
        self.received.append("media waiting")


def fresh_id() -> UUID:
    """Return a new UUIDv7."""
    return new_id(CLOCK)


@dataclass(frozen=True, slots=True)
class Owner:
    """A tenant with a profile, which can have accounts and posts."""

    database: Database
    tenant: Tenant
    profile_id: UUID

    @property
    def caller(self) -> Caller:
        """Return an API key of the whole organization, with every right."""
        return Caller(
            organization_id=self.tenant.organization_id,
            mode=self.tenant.mode,
            key_id=UUID(int=1),
            profile_id=None,
            scopes=EVERY_SCOPE,
            requests_per_minute=None,
        )

    @property
    def units(self) -> UnitsOfWork:
        """Return units of work that send no hints."""
        return UnitsOfWork(self.database, KEYRING, CLOCK, NoHints())

    async def account(self, secrets_: Mapping[str, str] | None = None, **facts: Any) -> UUID:
        """Create a connected account."""
        account_id = fresh_id()
        found = ConnectedAccount(
            platform_account_id=f"platform-{account_id}",
            handle="customer",
            display_name=None,
            credential=Credential(secrets=secrets_ or {"token": "first"}),
            **facts,
        )
        async with self.database.tenant(self.tenant) as connection:
            accounts = AccountRepository(connection, self.tenant)
            await CredentialRepository(connection, self.tenant, KEYRING).create(account_id, found.credential)
            await accounts.create(account_id, self.profile_id, PLATFORM, found, CLOCK.now(), credential_id=account_id)
        return account_id

    async def posts(
        self,
        account_ids: list[UUID],
        *,
        ready_in_s: float = -1.0,
        late_within_s: int = 86_400,
        late_then: str = "skip",
        content: PostContent | None = None,
    ) -> list[UUID]:
        """Create a post for each of the accounts, in one batch, ready since one second."""
        now = CLOCK.now()
        posts = [
            NewPost(
                id=fresh_id(),
                account_id=account_id,
                profile_id=self.profile_id,
                platform=PLATFORM,
                content=content or PostContent(text="Hello"),
                content_hash=fresh_id().bytes,
                warnings=[],
            )
            for account_id in account_ids
        ]
        batch = NewBatch(
            id=fresh_id(),
            request_id="req",
            is_scheduled=False,
            is_draft=False,
            due_at=now + timedelta(seconds=ready_in_s),
            late_within_s=late_within_s,
            late_then=late_then,
            metadata={},
            posts=posts,
        )
        async with self.database.tenant(self.tenant) as connection:
            await BatchRepository(connection, self.tenant).create(batch, now)
        return [post.id for post in posts]

    async def post(self, account_id: UUID, **how: Any) -> UUID:
        """Create a post for an account."""
        [post_id] = await self.posts([account_id], **how)
        return post_id


async def make_owner(database: Database, mode: Mode = Mode.TEST, organization_id: UUID | None = None) -> Owner:
    """Create an organization, or the other mode of an existing one."""
    tenant = Tenant(organization_id or fresh_id(), mode)
    profile_id = fresh_id()
    async with database.tenant(tenant) as connection:
        if organization_id is None:
            await OrganizationRepository(connection, tenant).create("Tenant")
        await ProfileRepository(connection, tenant).create(profile_id, "Default", is_default=organization_id is None)
    return Owner(database, tenant, profile_id)


@dataclass(frozen=True, slots=True)
class Admin:
    """The connection of a superuser, to whom row-level security does not apply."""

    connection: "asyncpg.Connection[asyncpg.Record]"

    async def one(self, query: str, *arguments: Any) -> Any:
        """Return the first column of the first row."""
        return await self.connection.fetchval(query, *arguments)

    async def rows(self, query: str, *arguments: Any) -> list[dict[str, Any]]:
        """Return every row."""
        return [dict(row) for row in await self.connection.fetch(query, *arguments)]

    async def do(self, statement: str, *arguments: Any) -> None:
        """Execute a statement without the program."""
        await self.connection.execute(statement, *arguments)

    async def everything(self, *tables: str) -> dict[str, list[dict[str, Any]]]:
        """Return all rows of the tables, in a stable order."""
        return {table: await self.rows(f'SELECT * FROM "{table}" ORDER BY 1, 2, 3') for table in tables}  # noqa: S608

    async def waiting_for_a_lock(self) -> list[str]:
        """Return the statements of other connections to this database that wait for a lock."""
        return [
            row["query"]
            for row in await self.rows(
                "SELECT query FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
            )
        ]


def in_the_past() -> datetime:
    """Return a time that has surely passed."""
    return CLOCK.now() - timedelta(minutes=1)

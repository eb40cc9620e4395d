"""Tenants that own accounts and posts, made as the services make them."""

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
from letmepost.platforms.contract import ConnectedAccount, Credential
from letmepost.services.callers import Caller, new_id
from letmepost.services.work import UnitsOfWork
from letmepost.storage.accounts.accounts import AccountRepository
from letmepost.storage.database import Database, Tenant
from letmepost.storage.posts.batches import BatchRepository, NewBatch, NewPost
from letmepost.storage.sealing import Keyring
from letmepost.storage.tenants.organizations import OrganizationRepository
from letmepost.storage.tenants.profiles import ProfileRepository

CLOCK = SystemClock()
KEYRING = Keyring({"k1": bytes(range(32))}, secrets.token_bytes)
PLATFORM = "double"


class NoHints:
    """Notifies no worker."""

    async def wake_worker(self) -> None:
        return

    async def events_written(self) -> None:
        return


def fresh_id() -> UUID:
    """A UUIDv7, as everything new gets."""
    return new_id(CLOCK)


@dataclass(frozen=True, slots=True)
class Owner:
    """A tenant with a profile: somebody who can own accounts and posts."""

    database: Database
    tenant: Tenant
    profile_id: UUID

    @property
    def caller(self) -> Caller:
        """An API key of the whole organization, with every right."""
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
        """Units of work that notify no worker."""
        return UnitsOfWork(self.database, KEYRING, CLOCK, NoHints())

    async def account(self, secrets_: Mapping[str, str] | None = None, **facts: Any) -> UUID:
        """A connected account."""
        account_id = fresh_id()
        found = ConnectedAccount(
            platform_account_id=f"platform-{account_id}",
            handle="somebody",
            display_name=None,
            credential=Credential(secrets=secrets_ or {"token": "first"}),
            **facts,
        )
        async with self.database.tenant(self.tenant) as connection:
            accounts = AccountRepository(connection, self.tenant, KEYRING)
            await accounts.create(account_id, self.profile_id, PLATFORM, found, CLOCK.now())
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
        """A post for each of the accounts, in one batch, ready one second ago."""
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
        """One post for an account."""
        [post_id] = await self.posts([account_id], **how)
        return post_id


async def make_owner(database: Database, mode: Mode = Mode.TEST, organization_id: UUID | None = None) -> Owner:
    """A new organization, or another world of one that exists."""
    tenant = Tenant(organization_id or fresh_id(), mode)
    profile_id = fresh_id()
    async with database.tenant(tenant) as connection:
        if organization_id is None:
            await OrganizationRepository(connection, tenant).create("Tenant")
        await ProfileRepository(connection, tenant).create(profile_id, "Default", is_default=organization_id is None)
    return Owner(database, tenant, profile_id)


@dataclass(frozen=True, slots=True)
class Admin:
    """A superuser's view of the database, whom row-level security does not bind."""

    connection: "asyncpg.Connection[asyncpg.Record]"

    async def one(self, query: str, *arguments: Any) -> Any:
        """The first column of the first row."""
        return await self.connection.fetchval(query, *arguments)

    async def rows(self, query: str, *arguments: Any) -> list[dict[str, Any]]:
        """Every row."""
        return [dict(row) for row in await self.connection.fetch(query, *arguments)]

    async def do(self, statement: str, *arguments: Any) -> None:
        """Change something behind the program's back."""
        await self.connection.execute(statement, *arguments)

    async def everything(self, *tables: str) -> dict[str, list[dict[str, Any]]]:
        """All that is in some tables, in a stable order."""
        return {table: await self.rows(f'SELECT * FROM "{table}" ORDER BY 1, 2, 3') for table in tables}  # noqa: S608

    async def waiting_for_a_lock(self) -> list[str]:
        """What other connections to this database wait for a lock with."""
        return [
            row["query"]
            for row in await self.rows(
                "SELECT query FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
            )
        ]


def in_the_past() -> datetime:
    """A moment that has surely gone by."""
    return CLOCK.now() - timedelta(minutes=1)

"""Accounts that somebody has to look after: whose they are, and what is planned for each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, TextClause, and_, or_, select, text, update

from letmepost.domain.api_keys import Mode
from letmepost.domain.upkeep import STRIKES, retry_refresh_at
from letmepost.storage.conditions import is_row
from letmepost.storage.database import Connection, Database, Tenant, Transaction
from letmepost.storage.tables.accounts import accounts

_USABLE = ("active", "expiring")

_REFRESHES = text(
    """
    SELECT organization_id, mode, id FROM accounts
    WHERE refresh_at <= :now AND status IN ('active', 'expiring') ORDER BY refresh_at LIMIT :limit
    """
)
_CHECKS = text(
    """
    SELECT organization_id, mode, id FROM accounts
    WHERE check_at <= :now AND status IN ('active', 'expiring') ORDER BY check_at LIMIT :limit
    """
)
_NOTICES = text(
    """
    SELECT organization_id, mode, id FROM accounts
    WHERE token_expires_at > :now AND token_expires_at <= :now + interval '7 days' AND status IN ('active', 'expiring')
      AND (expiry_told_days IS NULL OR expiry_told_days > 3 AND token_expires_at <= :now + interval '3 days'
        OR expiry_told_days > 1 AND token_expires_at <= :now + interval '1 day')
    ORDER BY token_expires_at LIMIT :limit
    """
)
_OF_PLATFORM = text(
    """
    SELECT organization_id, mode, id FROM accounts
    WHERE platform = :platform AND platform_account_id = :platform_account_id AND mode = 'live'
      AND status <> 'disconnected'
    """
)


@dataclass(frozen=True, slots=True)
class FoundAccount:
    """An account, and whose it is."""

    tenant: Tenant
    account_id: UUID


class EveryTenantAccounts:
    """Finds accounts whoever they belong to."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list_refreshes(self, now: datetime, limit: int) -> list[FoundAccount]:
        """Whose credential is to be refreshed ahead of its end, longest due first."""
        return await self._list(self._database.sweep(), _REFRESHES, {"now": now, "limit": limit})

    async def list_checks(self, now: datetime, limit: int) -> list[FoundAccount]:
        """Which are to be checked, longest due first."""
        return await self._list(self._database.sweep(), _CHECKS, {"now": now, "limit": limit})

    async def list_notices(self, now: datetime, limit: int) -> list[FoundAccount]:
        """Whose owner is to be told that a person must act, those that end soonest first."""
        return await self._list(self._database.sweep(), _NOTICES, {"now": now, "limit": limit})

    async def list_of_platform(self, platform: str, platform_account_id: str) -> list[FoundAccount]:
        """Every live connection of one of a platform's own accounts."""
        values = {"platform": platform, "platform_account_id": platform_account_id}
        return await self._list(self._database.lookup(), _OF_PLATFORM, values)

    async def _list(self, transaction: Transaction, query: TextClause, values: Mapping[str, Any]) -> list[FoundAccount]:
        async with transaction as connection:
            rows: Sequence[tuple[UUID, str, UUID]] = [tuple(row) for row in await connection.execute(query, values)]
        return [FoundAccount(Tenant(organization, Mode(mode)), account_id) for organization, mode, account_id in rows]


class UpkeepRepository:
    """What is planned for one tenant's accounts. There is no way to reach anyone else's."""

    def __init__(self, connection: Connection, tenant: Tenant) -> None:
        self._connection = connection
        self._tenant = tenant

    async def is_refresh_due(self, account_id: UUID, now: datetime) -> bool:
        """Whether it still is: somebody else may have seen to it."""
        query = select(accounts.c.id).where(self._usable(account_id), accounts.c.refresh_at <= now)
        return await self._connection.scalar(query) is not None

    async def refresh_failed(
        self, account_id: UUID, as_of: datetime, now: datetime, retry_at: datetime | None, *, is_refusal: bool
    ) -> bool:
        """Note a refresh that began at `as_of` and went wrong; whether the last strike fell.

        What fails before its next try is due counts no more: many posts that need the same token are one failure. A
        connect meanwhile makes it old news.
        """
        row = (
            await self._connection.execute(
                select(accounts.c.refresh_failures, accounts.c.refresh_strikes, accounts.c.refresh_at)
                .where(self._usable(account_id), accounts.c.connected_at <= as_of)
                .with_for_update()
            )
        ).first()
        if row is None or (row.refresh_failures > 0 and row.refresh_at is not None and row.refresh_at > now):
            return False
        failures, strikes = row.refresh_failures + 1, row.refresh_strikes + is_refusal
        await self._change(
            account_id,
            refresh_failures=failures,
            refresh_strikes=strikes,
            refresh_at=retry_refresh_at(now, failures, account_id, retry_at),
        )
        return bool(strikes >= STRIKES)

    async def plan_refresh(self, account_id: UUID, at: datetime) -> None:
        """Let it be refreshed at another time."""
        await self._change(account_id, refresh_at=at)

    async def plan_check(self, account_id: UUID, at: datetime) -> None:
        """Let it be checked at another time."""
        await self._change(account_id, check_at=at)

    async def take_notice(self, account_id: UUID, days: int, now: datetime) -> bool:
        """Note that its owner is told now; False when somebody else has done so."""
        untold = or_(accounts.c.expiry_told_days.is_(None), accounts.c.expiry_told_days > days)
        changed = await self._connection.execute(
            update(accounts)
            .where(self._usable(account_id), untold)
            .values(status="expiring", expiry_told_days=days, updated_at=now)
        )
        return changed.rowcount == 1

    async def told_days(self, account_id: UUID) -> int | None:
        """The last notice, by its days ahead."""
        found: int | None = await self._connection.scalar(
            select(accounts.c.expiry_told_days).where(self._usable(account_id))
        )
        return found

    async def erase_person(self, account_id: UUID, now: datetime) -> None:
        """Forget who is behind a disconnected account; its posts stay, and the platform's own id for them."""
        await self._change(
            account_id, handle=None, display_name=None, avatar_url=None, data={}, scopes=[], updated_at=now
        )

    async def _change(self, account_id: UUID, **values: object) -> None:
        await self._connection.execute(
            update(accounts).where(is_row(accounts, self._tenant, account_id)).values(**values)
        )

    def _usable(self, account_id: UUID) -> ColumnElement[bool]:
        return and_(is_row(accounts, self._tenant, account_id), accounts.c.status.in_(_USABLE))

"""Accounts that are due for maintenance, and the times that are planned for each."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select, update

from letmepost.domain.accounts import USABLE, AccountStatus
from letmepost.domain.api_keys import Mode
from letmepost.storage.database import Connection, Database, Tenant, Transaction, driver_of
from letmepost.storage.queries import is_row
from letmepost.storage.tables.accounts import accounts

# One account for each credential: it is refreshed for all that share it.
_REFRESHES = """
    SELECT c.organization_id, c.mode, a.id FROM credentials c
    CROSS JOIN LATERAL (
      SELECT id FROM accounts WHERE credential_id = c.id AND status IN ('active', 'expiring') ORDER BY id LIMIT 1
    ) a
    WHERE c.refresh_at <= $1 ORDER BY c.refresh_at LIMIT $2
"""
_CHECKS = """
    SELECT organization_id, mode, id FROM accounts
    WHERE check_at <= $1 AND status IN ('active', 'expiring') ORDER BY check_at LIMIT $2
"""
_NOTICES = """
    SELECT organization_id, mode, id FROM accounts
    WHERE token_expires_at > $1 AND token_expires_at <= $1 + interval '7 days' AND status IN ('active', 'expiring')
      AND (expiry_told_days IS NULL OR expiry_told_days > 3 AND token_expires_at <= $1 + interval '3 days'
        OR expiry_told_days > 1 AND token_expires_at <= $1 + interval '1 day')
    ORDER BY token_expires_at LIMIT $2
"""
_OF_PLATFORM = """
    SELECT organization_id, mode, id FROM accounts
    WHERE platform = $1 AND (platform_account_id = $2 OR granted_by = $2)
      AND mode = 'live' AND status <> 'disconnected'
"""


@dataclass(frozen=True, slots=True)
class FoundAccount:
    """An account and its tenant."""

    tenant: Tenant
    account_id: UUID


class EveryTenantAccounts:
    """Finds accounts of every tenant."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list_refreshes(self, now: datetime, limit: int) -> list[FoundAccount]:
        """Return an account for each credential that is due for a refresh, longest due first."""
        return await self._list(self._database.sweep(), _REFRESHES, now, limit)

    async def list_checks(self, now: datetime, limit: int) -> list[FoundAccount]:
        """Return accounts with a due health check, longest due first."""
        return await self._list(self._database.sweep(), _CHECKS, now, limit)

    async def list_notices(self, now: datetime, limit: int) -> list[FoundAccount]:
        """Return accounts with a due expiry notice, those that expire soonest first."""
        return await self._list(self._database.sweep(), _NOTICES, now, limit)

    async def list_of_platform(self, platform: str, owner_id: str) -> list[FoundAccount]:
        """Return every live connection of one account of the platform, or of all that one person has granted."""
        return await self._list(self._database.lookup(), _OF_PLATFORM, platform, owner_id)

    async def _list(self, transaction: Transaction, query: str, *values: Any) -> list[FoundAccount]:
        async with transaction as connection:
            rows = await driver_of(connection).fetch(query, *values)
        return [FoundAccount(Tenant(organization, Mode(mode)), account_id) for organization, mode, account_id in rows]


class MaintenanceRepository:
    """The planned maintenance of one tenant's accounts. It cannot reach another tenant's."""

    def __init__(self, connection: Connection, tenant: Tenant) -> None:
        self._connection = connection
        self._tenant = tenant

    async def plan_check(self, account_id: UUID, at: datetime) -> None:
        """Set the time of the next health check."""
        await self._change(account_id, check_at=at)

    async def take_notice(self, account_id: UUID, days: int, now: datetime) -> bool:
        """Record that the expiry notice is sent now; return False if another worker has recorded it."""
        not_notified = or_(accounts.c.expiry_told_days.is_(None), accounts.c.expiry_told_days > days)
        changed = await self._connection.execute(
            update(accounts)
            .where(self._usable(account_id), not_notified)
            .values(status=AccountStatus.EXPIRING, expiry_told_days=days, updated_at=now)
        )
        return changed.rowcount == 1

    async def told_days(self, account_id: UUID) -> int | None:
        """Return how many days before the expiry the last notice was sent."""
        found: int | None = await self._connection.scalar(
            select(accounts.c.expiry_told_days).where(self._usable(account_id))
        )
        return found

    async def erase_person(self, account_id: UUID, now: datetime) -> None:
        """Delete the personal data of a disconnected account. Its posts and its platform id stay."""
        await self._change(
            account_id,
            handle=None,
            display_name=None,
            avatar_url=None,
            granted_by=None,
            data={},
            scopes=[],
            updated_at=now,
        )

    async def _change(self, account_id: UUID, **values: object) -> None:
        await self._connection.execute(
            update(accounts).where(is_row(accounts, self._tenant, account_id)).values(**values)
        )

    def _usable(self, account_id: UUID) -> ColumnElement[bool]:
        return and_(is_row(accounts, self._tenant, account_id), accounts.c.status.in_(USABLE))

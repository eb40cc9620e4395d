"""The connected accounts of one tenant."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy import RowMapping, Select, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from letmepost.domain.account_maintenance import next_check_at
from letmepost.domain.accounts import USABLE, AccountFacts, AccountStatus, Health
from letmepost.domain.text import as_storable
from letmepost.platforms.connecting import ConnectedAccount
from letmepost.storage.accounts.credentials import credential_of
from letmepost.storage.accounts.filters import AccountFilter
from letmepost.storage.database import Tenant, driver_of
from letmepost.storage.queries import below_if_given, is_row
from letmepost.storage.tables.accounts import accounts, credentials


@dataclass(frozen=True, slots=True)
class AccountRow:
    """A connected account, without its credential."""

    id: UUID
    profile_id: UUID
    platform: str
    platform_account_id: str
    handle: str | None
    display_name: str | None
    avatar_url: str | None
    external_user_id: str | None
    status: AccountStatus
    data: Mapping[str, Any]
    data_confirmed_at: datetime | None
    preferences: Mapping[str, Any]
    scopes: tuple[str, ...]
    token_expires_at: datetime | None
    connected_at: datetime
    checked_at: datetime | None
    health: Health | None
    health_error: Mapping[str, Any] | None
    created_at: datetime
    updated_at: datetime

    @property
    def is_usable(self) -> bool:
        """Return True if calls can be sent for the account."""
        return self.status in USABLE

    @property
    def facts(self) -> AccountFacts:
        """Return the facts that flows and rules of the platform use."""
        return AccountFacts(
            platform_account_id=self.platform_account_id,
            handle=self.handle,
            data=self.data,
            confirmed_at=self.data_confirmed_at,
            preferences=self.preferences,
        )


_UNCHECKED: Mapping[str, Any] = MappingProxyType({"checked_at": None, "health": None, "health_error": None})

_COLUMNS = [accounts.c[name] for name in AccountRow.__dataclass_fields__]

# Every request runs this statement, so it goes directly to the driver.
_CANDIDATES = f"""
    SELECT {", ".join(AccountRow.__dataclass_fields__)} FROM accounts
    WHERE organization_id = $1 AND mode = $2 AND (id = ANY($3) OR platform = ANY($4))
      AND ($5::uuid IS NULL OR profile_id = $5)
"""  # noqa: S608 - the names are of our own columns

# A credential is refreshed as long as it has an account that works.
_END_REFRESHES = """
    UPDATE credentials c SET refresh_at = NULL FROM accounts a
    WHERE a.organization_id = $1 AND a.mode = $2 AND a.id = $3 AND c.id = a.credential_id
      AND NOT EXISTS (SELECT FROM accounts u WHERE u.credential_id = c.id AND u.status IN ('active', 'expiring'))
"""


class AccountRepository:
    """The accounts of one tenant. It cannot reach another tenant's."""

    def __init__(self, connection: AsyncConnection, tenant: Tenant) -> None:
        self._connection = connection
        self._tenant = tenant

    async def find(self, account_id: UUID) -> AccountRow | None:
        """Return an account."""
        return await self._first(self._mine().where(accounts.c.id == account_id))

    async def list_candidates(
        self, account_ids: Collection[UUID], platforms: Collection[str], profile_id: UUID | None
    ) -> list[AccountRow]:
        """Return the accounts that targets of a request may mean: those with the ids, and all of the platforms."""
        rows = await driver_of(self._connection).fetch(
            _CANDIDATES,
            self._tenant.organization_id,
            self._tenant.mode,
            list(account_ids),
            list(platforms),
            profile_id,
        )
        return [read_account(row) for row in rows]

    async def list_page(self, wanted: AccountFilter, *, before: UUID | None, limit: int) -> list[AccountRow]:
        """Return accounts, newest first, below `before`."""
        query = self._mine().where(*wanted.conditions(), below_if_given(accounts.c.id, before))
        return await self._all(query.order_by(accounts.c.id.desc()).limit(limit))

    async def find_connected(self, platform: str, platform_account_id: str) -> AccountRow | None:
        """Return the account with this platform id, locked so that two connects of it take turns."""
        query = self._mine().where(
            accounts.c.platform == platform, accounts.c.platform_account_id == platform_account_id
        )
        return await self._first(query.with_for_update())

    async def count_connected(self) -> int:
        """Count the accounts that are not disconnected."""
        connected = self._mine().where(accounts.c.status != AccountStatus.DISCONNECTED).with_only_columns(func.count())
        return await self._connection.scalar(connected) or 0

    async def create(
        self,
        account_id: UUID,
        profile_id: UUID,
        platform: str,
        found: ConnectedAccount,
        now: datetime,
        **more: Any,
    ) -> bool:
        """Store a newly connected account. Return False if a concurrent request has connected it.

        Args:
            more: `credential_id`, `external_user_id`.
        """
        statement = insert(accounts).values(
            id=account_id,
            organization_id=self._tenant.organization_id,
            mode=self._tenant.mode,
            profile_id=profile_id,
            platform=platform,
            platform_account_id=found.platform_account_id,
            created_at=now,
            preferences=as_storable(found.preferences),
            **_connection_values(account_id, found, now),
            **more,
        )
        unless_known = statement.on_conflict_do_nothing(
            index_elements=[
                accounts.c.organization_id,
                accounts.c.mode,
                accounts.c.platform,
                accounts.c.platform_account_id,
            ]
        )
        return (await self._connection.execute(unless_known.returning(accounts.c.id))).first() is not None

    async def reconnect(self, account_id: UUID, found: ConnectedAccount, now: datetime, **more: Any) -> None:
        """Reactivate an account with a new credential, and delete the old one. `more` as in `create`."""
        old = await self._lock_credential(account_id)
        await self._change(account_id, {**_connection_values(account_id, found, now), **more})
        await self._delete_unused(old)

    async def disconnect(self, account_id: UUID, now: datetime) -> bool:
        """Delete the credential and all that is known about it. Return False if the account has none.

        Other accounts of the same consent keep it.
        """
        old = await self._lock_credential(account_id)
        changed = await self._connection.execute(
            update(accounts)
            .where(is_row(accounts, self._tenant, account_id), accounts.c.status != AccountStatus.DISCONNECTED)
            .values(
                status=AccountStatus.DISCONNECTED,
                credential_id=None,
                token_expires_at=None,
                **_UNCHECKED,
                check_at=None,
                updated_at=now,
            )
        )
        await self._delete_unused(old)
        return changed.rowcount == 1

    async def change(self, account_id: UUID, values: Mapping[str, Any], now: datetime) -> None:
        """Change the display name or the profile."""
        await self._change(account_id, {**values, "updated_at": now})

    async def change_preferences(self, account_id: UUID, preferences: Mapping[str, Any], now: datetime) -> None:
        """Replace the preferences with these names. The others stay."""
        merged = accounts.c.preferences.concat(as_storable(preferences))
        await self._change(account_id, {"preferences": merged, "updated_at": now})

    async def record_check(
        self,
        account_id: UUID,
        as_of: datetime,
        now: datetime,
        health: Health,
        error: Mapping[str, Any] | None,
        data: Mapping[str, Any] | None = None,
    ) -> None:
        """Record a check that began at `as_of`, unless the account was connected or disconnected since then.

        A success confirms the account's data, and replaces it with `data` if given.
        """
        values: dict[str, Any] = {"checked_at": now, "health": health, "health_error": as_storable(error)}
        if health == "healthy":
            values["data_confirmed_at"] = as_of
        if data is not None:
            values["data"] = as_storable(data)
        await self._connection.execute(
            update(accounts)
            .where(
                is_row(accounts, self._tenant, account_id),
                accounts.c.connected_at <= as_of,
                accounts.c.status != AccountStatus.DISCONNECTED,
            )
            .values(**values)
        )

    async def require_reconnect(
        self, account_id: UUID, as_of: datetime, now: datetime, error: Mapping[str, Any] | None = None
    ) -> bool:
        """Require a reconnect, unless the account was reconnected after `as_of`. Return True if anything changed."""
        changed = await self._connection.execute(
            update(accounts)
            .where(
                is_row(accounts, self._tenant, account_id),
                accounts.c.connected_at <= as_of,
                accounts.c.status.in_(USABLE),
            )
            .values(
                status=AccountStatus.REAUTH_REQUIRED,
                checked_at=now,
                health="refused",
                health_error=as_storable(error),
                check_at=None,
                updated_at=now,
            )
        )
        if changed.rowcount:
            organization_id, mode = self._tenant.organization_id, self._tenant.mode
            await driver_of(self._connection).execute(_END_REFRESHES, organization_id, mode, account_id)
        return changed.rowcount == 1

    async def _lock_credential(self, account_id: UUID) -> UUID | None:
        """Lock the account's credential, so that of two accounts that leave it, the second finds it unused."""
        query = credential_of(self._tenant, account_id).with_only_columns(credentials.c.id)
        found: UUID | None = await self._connection.scalar(query.with_for_update())
        return found

    async def _delete_unused(self, credential_id: UUID | None) -> None:
        if credential_id is not None:
            is_used = select(accounts.c.id).where(accounts.c.credential_id == credential_id).exists()
            await self._connection.execute(
                delete(credentials).where(is_row(credentials, self._tenant, credential_id), ~is_used)
            )

    async def _change(self, account_id: UUID, values: Mapping[str, Any]) -> None:
        await self._connection.execute(
            update(accounts).where(is_row(accounts, self._tenant, account_id)).values(**values)
        )

    async def _first(self, query: Select[Any]) -> AccountRow | None:
        row = (await self._connection.execute(query)).mappings().first()
        return None if row is None else read_account(row)

    async def _all(self, query: Select[Any]) -> list[AccountRow]:
        return [read_account(row) for row in (await self._connection.execute(query)).mappings()]

    def _mine(self) -> Select[Any]:
        return select(*_COLUMNS).where(
            accounts.c.organization_id == self._tenant.organization_id, accounts.c.mode == self._tenant.mode
        )


def _connection_values(account_id: UUID, found: ConnectedAccount, now: datetime) -> dict[str, Any]:
    return {
        "handle": found.handle,
        "display_name": found.display_name,
        "avatar_url": found.avatar_url,
        "granted_by": found.granted_by,
        "status": AccountStatus.ACTIVE,
        "data": dict(found.data),
        "data_confirmed_at": now,
        "scopes": list(found.scopes),
        "token_expires_at": found.token_expires_at,
        "expiry_told_days": None,
        "connected_at": now,
        "check_at": next_check_at(account_id, now),
        **_UNCHECKED,
        "updated_at": now,
    }


def read_account(row: RowMapping | asyncpg.Record | Mapping[str, Any]) -> AccountRow:
    """Return the account in a row of its columns."""
    return AccountRow(**{**row, "status": AccountStatus(row["status"]), "scopes": tuple(row["scopes"])})

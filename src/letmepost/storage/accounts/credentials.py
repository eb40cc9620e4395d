"""The sealed credentials of one tenant's accounts, and the leases for refreshing them."""

import json
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, ScalarSelect, Select, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from letmepost.domain.account_maintenance import STRIKES, retry_refresh_at
from letmepost.platforms.connecting import Credential
from letmepost.storage.database import Tenant
from letmepost.storage.queries import is_row
from letmepost.storage.sealing import Keyring, Place
from letmepost.storage.tables.accounts import accounts, credentials

_NO_FAILURES: Mapping[str, Any] = MappingProxyType({"refresh_failures": 0, "refresh_strikes": 0})


class CredentialRepository:
    """The credentials of one tenant. It cannot reach another tenant's.

    The accounts of one consent share a credential, so an account names it.
    """

    def __init__(self, connection: AsyncConnection, tenant: Tenant, keyring: Keyring) -> None:
        self._connection = connection
        self._tenant = tenant
        self._keyring = keyring

    async def create(self, credential_id: UUID, credential: Credential, refresh_at: datetime | None = None) -> None:
        """Store the credential of a new consent, before the accounts that use it."""
        await self._connection.execute(
            insert(credentials).values(
                id=credential_id,
                organization_id=self._tenant.organization_id,
                mode=self._tenant.mode,
                sealed=self._seal(credential_id, credential),
                refresh_at=refresh_at,
            )
        )

    async def find(self, account_id: UUID, *, lock: bool = False) -> Credential | None:
        """Return an account's opened credential; None if it is disconnected.

        `lock`: the credential and the account, until the transaction ends.
        """
        query = credential_of(self._tenant, account_id).with_only_columns(credentials.c.id, credentials.c.sealed)
        row = (await self._connection.execute(query.with_for_update() if lock else query)).first()
        return None if row is None else open_credential(self._keyring, self._tenant, row.id, row.sealed)

    async def list_sharing(self, account_id: UUID) -> list[UUID]:
        """Return the other accounts that use the account's credential."""
        its = accounts.c.credential_id == self._id_of(account_id)
        sharing = select(accounts.c.id).where(its, accounts.c.id != account_id).order_by(accounts.c.id)
        return list((await self._connection.scalars(sharing)).all())

    async def replace(self, account_id: UUID, credential: Credential, refresh_at: datetime | None = None) -> None:
        """Store an account's refreshed credential and the time of the next refresh. End the lease for refreshing."""
        credential_id = await self._connection.scalar(select(self._id_of(account_id)))
        if credential_id is not None:
            sealed = self._seal(credential_id, credential)
            values = {"sealed": sealed, "refresh_at": refresh_at, "refreshing_until": None, **_NO_FAILURES}
            await self._change(account_id, **values)

    async def begin_refresh(self, account_id: UUID, now: datetime, until: datetime) -> bool:
        """Lease the refresh until then. Return False if another worker has the lease."""
        is_free = or_(credentials.c.refreshing_until.is_(None), credentials.c.refreshing_until < now)
        return await self._change(account_id, is_free, refreshing_until=until)

    async def end_refresh(self, account_id: UUID, until: datetime) -> bool:
        """End the lease that lasts until then, without a new credential. Return False if it is no longer held."""
        return await self._change(account_id, credentials.c.refreshing_until == until, refreshing_until=None)

    async def is_refresh_due(self, account_id: UUID, now: datetime) -> bool:
        """Return True if the refresh is still due (another worker may have done it)."""
        query = (
            credential_of(self._tenant, account_id)
            .with_only_columns(credentials.c.id)
            .where(credentials.c.refresh_at <= now)
        )
        return await self._connection.scalar(query) is not None

    async def plan_refresh(self, account_id: UUID, at: datetime) -> None:
        """Set the time of the next refresh."""
        await self._change(account_id, refresh_at=at)

    async def refresh_failed(
        self, account_id: UUID, as_of: datetime, now: datetime, retry_at: datetime | None, *, is_refusal: bool
    ) -> bool:
        """Record a failed refresh that began at `as_of`; return True if it was the last strike.

        A failure before the next planned try does not count: many posts that need the same token are one failure. A
        failure does not count either if the account was connected after `as_of`.
        """
        query = credential_of(self._tenant, account_id).with_only_columns(
            credentials.c.id, credentials.c.refresh_failures, credentials.c.refresh_strikes, credentials.c.refresh_at
        )
        # Connecting locks the account first, and this transaction may hold the credential already.
        query = query.where(accounts.c.connected_at <= as_of).with_for_update(of=credentials)
        row = (await self._connection.execute(query)).first()
        if row is None or (row.refresh_failures > 0 and row.refresh_at is not None and row.refresh_at > now):
            return False
        failures, strikes = row.refresh_failures + 1, row.refresh_strikes + is_refusal
        await self._change(
            account_id,
            refresh_failures=failures,
            refresh_strikes=strikes,
            refresh_at=retry_refresh_at(now, failures, row.id, retry_at),
        )
        return bool(strikes >= STRIKES)

    def _seal(self, credential_id: UUID, credential: Credential) -> bytes:
        return seal_credential(self._keyring, self._tenant, credential_id, credential)

    def _id_of(self, account_id: UUID) -> ScalarSelect[UUID | None]:
        return select(accounts.c.credential_id).where(is_row(accounts, self._tenant, account_id)).scalar_subquery()

    async def _change(self, account_id: UUID, *conditions: ColumnElement[bool], **values: object) -> bool:
        """Change the account's credential if it meets the conditions. Return True if it did."""
        is_its = credentials.c.id == self._id_of(account_id)
        changed = await self._connection.execute(update(credentials).where(is_its, *conditions).values(**values))
        return changed.rowcount == 1


def credential_of(tenant: Tenant, account_id: UUID) -> Select[Any]:
    """Return the query of an account's credential. FOR UPDATE locks the account first, as every transaction does."""
    joined = accounts.join(credentials, accounts.c.credential_id == credentials.c.id)
    return select(credentials).select_from(joined).where(is_row(accounts, tenant, account_id))


def seal_credential(keyring: Keyring, tenant: Tenant, credential_id: UUID, credential: Credential) -> bytes:
    """Return the value of `sealed`."""
    expires_at = credential.expires_at
    value = {"secrets": dict(credential.secrets), "expires_at": None if expires_at is None else expires_at.isoformat()}
    return keyring.seal(json.dumps(value).encode(), _place(tenant, credential_id))


def open_credential(keyring: Keyring, tenant: Tenant, credential_id: UUID, sealed: bytes) -> Credential:
    """Return the credential in `sealed`."""
    value = json.loads(keyring.open(sealed, _place(tenant, credential_id)))
    expires_at = value["expires_at"]
    return Credential(
        secrets=value["secrets"], expires_at=None if expires_at is None else datetime.fromisoformat(expires_at)
    )


def _place(tenant: Tenant, credential_id: UUID) -> Place:
    # Credentials were columns of accounts before they had a table, and are sealed for that place since then.
    return Place(tenant.organization_id, "accounts", "credential_sealed", str(credential_id))

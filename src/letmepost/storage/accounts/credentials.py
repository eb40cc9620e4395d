"""The sealed credentials of one tenant's accounts, and the leases for refreshing them."""

import json
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from letmepost.platforms.contract import Credential
from letmepost.storage.database import Tenant
from letmepost.storage.queries import is_row
from letmepost.storage.sealing import Keyring, Place
from letmepost.storage.tables.accounts import accounts

NO_FAILURES: Mapping[str, Any] = MappingProxyType({"refresh_failures": 0, "refresh_strikes": 0})
"""Resets the failures when an account gets a new credential."""


class CredentialRepository:
    """The credentials of one tenant. It cannot reach another tenant's."""

    def __init__(self, connection: AsyncConnection, tenant: Tenant, keyring: Keyring) -> None:
        self._connection = connection
        self._tenant = tenant
        self._keyring = keyring

    async def find(self, account_id: UUID, *, lock: bool = False) -> Credential | None:
        """Return the opened credential; None if the account is disconnected. `lock`: until the transaction ends."""
        query = select(accounts.c.credential_sealed).where(is_row(accounts, self._tenant, account_id))
        sealed = await self._connection.scalar(query.with_for_update() if lock else query)
        return None if sealed is None else open_credential(self._keyring, self._tenant, account_id, sealed)

    async def replace(
        self, account_id: UUID, credential: Credential, now: datetime, refresh_at: datetime | None = None
    ) -> None:
        """Store a refreshed credential and the time of the next refresh. End the lease for refreshing."""
        await self._connection.execute(
            update(accounts)
            .where(is_row(accounts, self._tenant, account_id))
            .values(
                credential_sealed=seal_credential(self._keyring, self._tenant, account_id, credential),
                refresh_at=refresh_at,
                refreshing_until=None,
                updated_at=now,
                **NO_FAILURES,
            )
        )

    async def begin_refresh(self, account_id: UUID, now: datetime, until: datetime) -> bool:
        """Lease the refresh until then. Return False if another worker has the lease."""
        free = or_(accounts.c.refreshing_until.is_(None), accounts.c.refreshing_until < now)
        taken = await self._connection.execute(
            update(accounts).where(is_row(accounts, self._tenant, account_id), free).values(refreshing_until=until)
        )
        return taken.rowcount == 1

    async def end_refresh(self, account_id: UUID, until: datetime) -> bool:
        """End the lease that lasts until then, without a new credential. Return False if it is no longer held."""
        given = await self._connection.execute(
            update(accounts)
            .where(is_row(accounts, self._tenant, account_id), accounts.c.refreshing_until == until)
            .values(refreshing_until=None)
        )
        return given.rowcount == 1


def seal_credential(keyring: Keyring, tenant: Tenant, account_id: UUID, credential: Credential) -> bytes:
    """Return the value of `credential_sealed`."""
    expires_at = credential.expires_at
    value = {"secrets": dict(credential.secrets), "expires_at": None if expires_at is None else expires_at.isoformat()}
    return keyring.seal(json.dumps(value).encode(), _place(tenant, account_id))


def open_credential(keyring: Keyring, tenant: Tenant, account_id: UUID, sealed: bytes) -> Credential:
    """Return the credential in `credential_sealed`."""
    value = json.loads(keyring.open(sealed, _place(tenant, account_id)))
    expires_at = value["expires_at"]
    return Credential(
        secrets=value["secrets"], expires_at=None if expires_at is None else datetime.fromisoformat(expires_at)
    )


def _place(tenant: Tenant, account_id: UUID) -> Place:
    return Place(tenant.organization_id, "accounts", "credential_sealed", str(account_id))

"""Tenants, as the operator makes, changes and removes them."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from letmepost.domain.api_keys import EVERY_SCOPE, Mode
from letmepost.domain.errors import InvalidRequest, NotFound
from letmepost.domain.ids import Prefix, spell
from letmepost.domain.quotas import QuotaLimits
from letmepost.gateways.clock import Clock
from letmepost.services.audit import record
from letmepost.services.callers import new_id
from letmepost.services.old_idempotency import Once
from letmepost.services.operator_requests import OperatorRequests
from letmepost.services.tenants.new_keys import KeyRequest, MintedKey, facts_of, hash_key, make_key
from letmepost.services.tenants.removal import stop
from letmepost.storage.database import Connection, Database, Tenant
from letmepost.storage.sealing import Keyring
from letmepost.storage.tenants.api_keys import ApiKeyRepository, ApiKeyRow
from letmepost.storage.tenants.audit import Action
from letmepost.storage.tenants.organizations import (
    EveryTenantOrganizations,
    OrganizationRepository,
    OrganizationRow,
)
from letmepost.storage.tenants.profiles import ProfileRepository


class Organizations:
    """Every tenant.

    With a key in `once` a change is made once, and raises what `OperatorRequests.carry_out` does.
    """

    def __init__(self, *, database: Database, keyring: Keyring, clock: Clock, requests: OperatorRequests) -> None:
        self._database = database
        self._found = EveryTenantOrganizations(database)
        self._keyring = keyring
        self._clock = clock
        self._requests = requests

    async def create(self, name: str, once: Once[OrganizationRow] | None = None) -> OrganizationRow:
        """A tenant with its default profile."""
        tenant = Tenant(new_id(self._clock), Mode.LIVE)

        async def create(connection: Connection) -> OrganizationRow:
            row = await OrganizationRepository(connection, tenant).create(name)
            await ProfileRepository(connection, tenant).create(new_id(self._clock), "Default", is_default=True)
            await self._record(connection, tenant, Action.ORGANIZATION_CREATED, name=name)
            return row

        return await self._requests.carry_out(tenant, once, create)

    async def get(self, organization_id: UUID) -> OrganizationRow:
        """A tenant.

        Raises:
            NotFound: there is none.
        """
        return _found(await self._found.find(organization_id))

    async def list_page(self, *, before: UUID | None = None, limit: int) -> list[OrganizationRow]:
        """Return tenants, newest first, below `before`."""
        return await self._found.list_page(before=before, limit=limit)

    async def change(
        self, organization_id: UUID, values: Mapping[str, Any], once: Once[OrganizationRow] | None = None
    ) -> OrganizationRow:
        """Change what is given, by the names of `OrganizationRow`.

        Raises:
            NotFound: there is no such tenant.
        """
        tenant = Tenant(organization_id, Mode.LIVE)
        if values.keys() & QuotaLimits.__dataclass_fields__.keys():
            # While there was no quota, nothing was counted.
            for mode in Mode:
                of_mode = Tenant(organization_id, mode)
                async with self._database.tenant(of_mode) as connection:
                    await OrganizationRepository(connection, of_mode).reset_counters()

        async def change(connection: Connection) -> OrganizationRow:
            row = _found(await OrganizationRepository(connection, tenant).change(values))
            await self._record(connection, tenant, Action.ORGANIZATION_CHANGED, **values)
            return row

        return await self._requests.carry_out(tenant, once, change)

    async def delete(self, organization_id: UUID, once: Once[UUID] | None = None) -> UUID:
        """Remove a tenant: at once nobody sees it, its keys end and nothing more goes out.

        Its rows and files are removed by the worker. The record of what was done with it stays.

        Raises:
            NotFound: there is no such tenant.
        """
        tenant = Tenant(organization_id, Mode.LIVE)

        async def delete(connection: Connection) -> UUID:
            now = self._clock.now()
            row = _found(await OrganizationRepository(connection, tenant).change({"deleted_at": now}))
            await ApiKeyRepository(connection, tenant).revoke_all(now)
            await self._record(connection, tenant, Action.ORGANIZATION_DELETED, name=row.name)
            return organization_id

        done = await self._requests.carry_out(tenant, once, delete)
        await stop(self._database, self._clock, organization_id)
        return done

    async def mint_key(
        self, organization_id: UUID, wanted: KeyRequest, once: Once[MintedKey] | None = None
    ) -> MintedKey:
        """A key for a tenant.

        Raises:
            NotFound: there is no such tenant.
            InvalidRequest: it has no such profile.
        """
        tenant = Tenant(organization_id, wanted.mode)

        async def mint(connection: Connection) -> MintedKey:
            if not await OrganizationRepository(connection, tenant).hold():
                raise NotFound("organization")
            profiles = ProfileRepository(connection, tenant)
            if wanted.profile_id is not None and await profiles.find(wanted.profile_id) is None:
                raise InvalidRequest("There is no such profile.", rule="profileId")
            scopes = wanted.scopes or EVERY_SCOPE
            minted = make_key(self._clock, organization_id, wanted, scopes, wanted.profile_id)
            keys = ApiKeyRepository(connection, tenant)
            await keys.create(minted.row, hash_key(self._keyring, minted.key))
            subject = spell(Prefix.API_KEY, minted.row.id)
            await record(connection, self._clock, tenant, Action.KEY_MINTED, subject, **facts_of(minted.row))
            return minted

        return await self._requests.carry_out(tenant, once, mint)

    async def list_keys(self, organization_id: UUID) -> list[ApiKeyRow]:
        """A tenant's keys, newest first.

        Raises:
            NotFound: there is no such tenant.
        """
        await self.get(organization_id)
        tenant = Tenant(organization_id, Mode.LIVE)
        async with self._database.tenant(tenant) as connection:
            return await ApiKeyRepository(connection, tenant).list_page(mode=None, profile_id=None)

    async def revoke_key(self, organization_id: UUID, key_id: UUID) -> ApiKeyRow:
        """End a tenant's key; returns it as it is then.

        Raises:
            NotFound: there is no such tenant, or it has no such key.
        """
        await self.get(organization_id)
        tenant = Tenant(organization_id, Mode.LIVE)
        async with self._database.tenant(tenant) as connection:
            keys = ApiKeyRepository(connection, tenant)
            await keys.revoke(key_id, self._clock.now())
            row = await keys.find(key_id)
            if row is None:
                raise NotFound("API key")
            subject = spell(Prefix.API_KEY, key_id)
            await record(connection, self._clock, tenant, Action.KEY_REVOKED, subject, **facts_of(row))
        return row

    async def _record(self, connection: Connection, tenant: Tenant, action: Action, **detail: Any) -> None:
        subject = spell(Prefix.ORGANIZATION, tenant.organization_id)
        await record(connection, self._clock, tenant, action, subject, **detail)


def _found(row: OrganizationRow | None) -> OrganizationRow:
    if row is None:
        raise NotFound("organization")
    return row

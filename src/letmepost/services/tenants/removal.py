"""Removing tenants that the operator has deleted: first what may still happen, then what is stored."""

from datetime import timedelta
from uuid import UUID

import structlog

from letmepost.domain.api_keys import Mode
from letmepost.gateways.clock import Clock
from letmepost.services.media.library import MediaLibrary
from letmepost.storage.database import Database, Tenant
from letmepost.storage.tenants.organizations import EveryTenantOrganizations, OrganizationRepository
from letmepost.storage.tenants.removal import RemovalRepository

SETTLED_AFTER = timedelta(seconds=60)
"""How long a process may still be at a request that it admitted before the tenant was deleted."""
_ORGANIZATIONS_AT_ONCE = 10
_ROWS_AT_ONCE = 500

log = structlog.get_logger()


class Removal:
    """Removes deleted tenants, in steps that may be interrupted anywhere and repeated."""

    def __init__(self, database: Database, library: MediaLibrary, clock: Clock) -> None:
        self._database = database
        self._library = library
        self._clock = clock

    async def sweep(self) -> None:
        """Remove what is stored of deleted tenants. One whose post is in a worker's hands has to wait."""
        found = EveryTenantOrganizations(self._database)
        for organization_id in await found.list_deleted(self._clock.now() - SETTLED_AFTER, _ORGANIZATIONS_AT_ONCE):
            await stop(self._database, self._clock, organization_id)
            if all([await self._erase(Tenant(organization_id, mode)) for mode in Mode]):
                tenant = Tenant(organization_id, Mode.LIVE)
                async with self._database.tenant(tenant) as connection:
                    await OrganizationRepository(connection, tenant).delete()
                log.info("organization.removed", organization_id=str(organization_id))

    async def _erase(self, tenant: Tenant) -> bool:
        """Remove the rows and files of one world; False when a worker is still at it."""
        while True:
            async with self._database.tenant(tenant) as connection:
                repository = RemovalRepository(connection, tenant)
                if await repository.is_busy():
                    return False
                if not await repository.delete_some(_ROWS_AT_ONCE):
                    break
        while media_ids := await self._list_media(tenant):
            for media_id in media_ids:
                await self._library.delete_bytes(tenant, media_id)
            async with self._database.tenant(tenant) as connection:
                await RemovalRepository(connection, tenant).delete_media(media_ids)
        return True

    async def _list_media(self, tenant: Tenant) -> list[UUID]:
        async with self._database.tenant(tenant) as connection:
            return await RemovalRepository(connection, tenant).list_media(_ROWS_AT_ONCE)


async def stop(database: Database, clock: Clock, organization_id: UUID) -> None:
    """Cancel what waits of a tenant, switch off its webhooks and erase its credentials."""
    for mode in Mode:
        tenant = Tenant(organization_id, mode)
        async with database.tenant(tenant) as connection:
            await RemovalRepository(connection, tenant).stop(clock.now())

"""Removes the rows and files of organizations that the operator has deleted."""

from datetime import timedelta
from uuid import UUID

import structlog

from letmepost.domain.api_keys import Mode
from letmepost.services.media.library import MediaLibrary
from letmepost.services.work import UnitsOfWork
from letmepost.storage.database import Tenant
from letmepost.storage.tenants.organizations import EveryTenantOrganizations

SETTLED_AFTER = timedelta(seconds=60)
"""How long a process may still work on a request that it admitted before the organization was deleted."""
_ORGANIZATIONS_AT_ONCE = 10
_ROWS_AT_ONCE = 500

log = structlog.get_logger()


class Removal:
    """Removes deleted organizations in steps that can be interrupted and repeated."""

    def __init__(self, units: UnitsOfWork, found: EveryTenantOrganizations, library: MediaLibrary) -> None:
        self._units = units
        self._found = found
        self._library = library

    async def sweep(self) -> None:
        """Remove deleted organizations, except those with a post that a worker has leased."""
        deleted_before = self._units.clock.now() - SETTLED_AFTER
        for organization_id in await self._found.list_deleted(deleted_before, _ORGANIZATIONS_AT_ONCE):
            tenants = [Tenant(organization_id, mode) for mode in Mode]
            for tenant in tenants:
                async with self._units.begin(tenant) as work:
                    await work.removal.stop(work.now())
            if all([await self._erase(tenant) for tenant in tenants]):
                async with self._units.begin(tenants[0]) as work:
                    await work.organization.delete()
                log.info("organization.removed", organization_id=str(organization_id))

    async def _erase(self, tenant: Tenant) -> bool:
        """Remove the rows and files of one mode; return False if a worker has leased a post."""
        while True:
            async with self._units.begin(tenant) as work:
                if await work.removal.is_busy():
                    return False
                if not await work.removal.delete_some(_ROWS_AT_ONCE):
                    break
        while media_ids := await self._list_media(tenant):
            for media_id in media_ids:
                await self._library.delete_bytes(tenant, media_id)
            async with self._units.begin(tenant) as work:
                await work.removal.delete_media(media_ids)
        return True

    async def _list_media(self, tenant: Tenant) -> list[UUID]:
        async with self._units.begin(tenant) as work:
            return await work.removal.list_media(_ROWS_AT_ONCE)

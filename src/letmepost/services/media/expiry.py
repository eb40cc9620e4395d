"""Removes media items that no post needs any more: first their bytes, then their record."""

from datetime import timedelta
from uuid import UUID

import structlog

from letmepost.domain.media import MediaStatus
from letmepost.gateways.blobs import BlobStoreUnavailableError
from letmepost.services.media.library import MediaLibrary
from letmepost.services.work import UnitsOfWork, Work
from letmepost.storage.database import Tenant
from letmepost.storage.media.sweeps import EveryTenantMedia

RETRIABLE_FOR = timedelta(days=7)
"""How long the media items of a post are kept after it has ended, so that a failed post can be retried."""
LEFTOVER_AFTER = timedelta(days=1)
"""Longer than it takes to store one media item."""
_CHECK_AGAIN_AFTER = timedelta(days=1)

log = structlog.get_logger()


class MediaExpiry:
    """Removes expired media items of every tenant."""

    def __init__(self, *, units: UnitsOfWork, every_tenant: EveryTenantMedia, library: MediaLibrary) -> None:
        self._units = units
        self._every_tenant = every_tenant
        self._library = library

    async def sweep(self, limit: int) -> int:
        """Remove expired media items, and postpone those that posts need. Return how many had expired."""
        found = await self._every_tenant.list_expired(limit, self._units.clock.now())
        for item in found:
            async with self._units.begin(item.tenant) as work:
                is_deleted = await _mark(work, item.media_id)
            if is_deleted:
                await self.remove(item.tenant, item.media_id)
        return len(found)

    async def remove_leftovers(self) -> None:
        """Remove files that interrupted uploads have left in the blob store."""
        removed = await self._library.remove_leftovers(self._units.clock.now() - LEFTOVER_AFTER)
        if removed:
            log.info("media.leftovers_removed", count=removed)

    async def remove(self, tenant: Tenant, media_id: UUID) -> None:
        """Remove a media item that is marked as deleted. If this is interrupted, the next sweep continues."""
        await self._library.delete_bytes(tenant, media_id)
        async with self._units.begin(tenant) as work:
            await work.media.remove(media_id)

    async def try_to_remove(self, tenant: Tenant, media_id: UUID) -> None:
        """Remove a media item that is marked as deleted. If the blob store is unavailable, the next sweep does it."""
        try:
            await self.remove(tenant, media_id)
        except BlobStoreUnavailableError as error:
            log.warning("media.removal_delayed", media_id=str(media_id), error=str(error))


async def _mark(work: Work, media_id: UUID) -> bool:
    """Mark a media item as deleted, so that no new post can use it. Return False if a post still needs it."""
    now = work.now()
    if await work.media.lock(media_id) is None:
        return True  # it was marked before, and its bytes may still be there
    is_needed = await work.media.is_needed(media_id, ended_after=now - RETRIABLE_FOR)
    if is_needed:
        await work.media.change(media_id, expires_at=now + _CHECK_AGAIN_AFTER)
    else:
        await work.media.change(media_id, status=MediaStatus.DELETED, expires_at=now)
    return not is_needed

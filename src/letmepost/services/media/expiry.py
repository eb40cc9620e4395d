"""Removes media that nobody needs any more: their bytes first, and what is on record of them last."""

from datetime import timedelta
from uuid import UUID

import structlog

from letmepost.domain.media import MediaStatus
from letmepost.gateways.clock import Clock
from letmepost.services.media.library import MediaLibrary
from letmepost.storage.database import Database, Tenant
from letmepost.storage.media.media import MediaRepository
from letmepost.storage.media.sweeps import EveryTenantMedia

RETRIABLE_FOR = timedelta(days=7)
"""How long a post's media outlive its end, so that one that failed can be retried."""
LEFTOVER_AFTER = timedelta(days=1)
"""Longer than anybody takes to store one medium."""
_LOOK_AGAIN = timedelta(days=1)

log = structlog.get_logger()


class MediaExpiry:
    """What a worker does with media whose time is over."""

    def __init__(self, *, database: Database, library: MediaLibrary, clock: Clock) -> None:
        self._database = database
        self._library = library
        self._clock = clock

    async def sweep(self, limit: int) -> int:
        """Remove what has expired, or put it off while posts need it; returns how many were looked at."""
        found = await EveryTenantMedia(self._database).list_expired(limit, self._clock.now())
        for medium in found:
            if await self._mark(medium.tenant, medium.media_id):
                await self.remove(medium.tenant, medium.media_id)
        return len(found)

    async def remove_leftovers(self) -> None:
        """Remove what uploads that were cut short by a crash have left in the blob store."""
        removed = await self._library.remove_leftovers(self._clock.now() - LEFTOVER_AFTER)
        if removed:
            log.info("media.leftovers_removed", count=removed)

    async def remove(self, tenant: Tenant, media_id: UUID) -> None:
        """Remove a medium that is marked as deleted. Cut short, it goes on with the next sweep."""
        await self._library.delete_bytes(tenant, media_id)
        async with self._database.tenant(tenant) as connection:
            await MediaRepository(connection, tenant).remove(media_id)

    async def _mark(self, tenant: Tenant, media_id: UUID) -> bool:
        """Mark a medium as deleted, so that no post begins to use it; False when one still does."""
        now = self._clock.now()
        async with self._database.tenant(tenant) as connection:
            media = MediaRepository(connection, tenant)
            if await media.lock(media_id) is None:
                return True  # it was marked before, and its bytes may still be there
            is_needed = await media.is_needed(media_id, ended_after=now - RETRIABLE_FOR)
            if is_needed:
                await media.change(media_id, expires_at=now + _LOOK_AGAIN)
            else:
                await media.change(media_id, status=MediaStatus.DELETED, expires_at=now)
        return not is_needed

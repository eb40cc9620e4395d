"""Media items of every tenant that are waiting or have expired."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from letmepost.domain.api_keys import Mode
from letmepost.storage.database import Database, Tenant, driver_of

_WAITING = """
    SELECT organization_id, mode, id FROM media
    WHERE status = 'waiting' AND coalesce(fetch_at, created_at) <= $1
      AND NOT EXISTS (SELECT FROM media AS source
                      WHERE source.organization_id = media.organization_id AND source.id = media.derived_from
                        AND source.status IN ('waiting', 'uploading'))
    ORDER BY created_at LIMIT $2
"""
_EXPIRED = "SELECT organization_id, mode, id FROM media WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2"


@dataclass(frozen=True, slots=True)
class FoundMediaItem:
    """A media item and its tenant."""

    tenant: Tenant
    media_id: UUID


class EveryTenantMedia:
    """Finds media items of every tenant."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list_waiting(self, limit: int, now: datetime) -> list[FoundMediaItem]:
        """Return the oldest media items to fetch or to convert, except those that a worker has begun to.

        Those that are converted from a media item without bytes are left out, too.
        """
        return await self._list(_WAITING, limit, now)

    async def list_expired(self, limit: int, now: datetime) -> list[FoundMediaItem]:
        """Return expired media items, the earliest first."""
        return await self._list(_EXPIRED, limit, now)

    async def _list(self, query: str, limit: int, now: datetime) -> list[FoundMediaItem]:
        async with self._database.sweep() as connection:
            rows = await driver_of(connection).fetch(query, now, limit)
        return [FoundMediaItem(Tenant(organization, Mode(mode)), media_id) for organization, mode, media_id in rows]

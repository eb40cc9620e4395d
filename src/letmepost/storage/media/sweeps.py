"""Media of any tenant that somebody has to look after."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from letmepost.domain.api_keys import Mode
from letmepost.storage.database import Database, Tenant, driver_of

_WAITING = """
    SELECT organization_id, mode, id FROM media
    WHERE status = 'waiting' AND coalesce(fetch_at, created_at) <= $1
    ORDER BY created_at LIMIT $2
"""
_EXPIRED = "SELECT organization_id, mode, id FROM media WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2"


@dataclass(frozen=True, slots=True)
class FoundMedium:
    """A medium, and whose it is."""

    tenant: Tenant
    media_id: UUID


class EveryTenantMedia:
    """Finds media whoever they belong to."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list_waiting(self, limit: int, now: datetime) -> list[FoundMedium]:
        """The oldest media to fetch. Nothing is leased: fetching twice is harmless, the first to record wins."""
        return await self._list(_WAITING, limit, now)

    async def list_expired(self, limit: int, now: datetime) -> list[FoundMedium]:
        """What has expired, longest ago first."""
        return await self._list(_EXPIRED, limit, now)

    async def _list(self, query: str, limit: int, now: datetime) -> list[FoundMedium]:
        async with self._database.sweep() as connection:
            rows = await driver_of(connection).fetch(query, now, limit)
        return [FoundMedium(Tenant(organization, Mode(mode)), media_id) for organization, mode, media_id in rows]

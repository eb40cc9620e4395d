"""Media of any tenant that somebody has to look after."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import TextClause, text

from letmepost.domain.api_keys import Mode
from letmepost.storage.database import Database, Tenant

_WAITING = text(
    """
    SELECT organization_id, mode, id FROM media
    WHERE status = 'waiting' AND coalesce(fetch_at, created_at) <= :now
    ORDER BY created_at LIMIT :limit
    """
)
_EXPIRED = text("SELECT organization_id, mode, id FROM media WHERE expires_at <= :now ORDER BY expires_at LIMIT :limit")


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

    async def _list(self, query: TextClause, limit: int, now: datetime) -> list[FoundMedium]:
        async with self._database.sweep() as connection:
            rows = await connection.execute(query, {"limit": limit, "now": now})
            return [FoundMedium(Tenant(row.organization_id, Mode(row.mode)), row.id) for row in rows]

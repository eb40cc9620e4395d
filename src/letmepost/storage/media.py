"""Attachments of one tenant, and those of any tenant that still have to be fetched."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from letmepost.domain.api_keys import Mode
from letmepost.domain.content import MediaFacts
from letmepost.storage.conditions import below_if_given, equals_if_given
from letmepost.storage.database import Database, Tenant
from letmepost.storage.tables.media import media


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaRow:
    """One attachment. `status` is `ready`, `waiting` (its URL has not been fetched yet) or `failed`."""

    id: UUID
    profile_id: UUID
    status: str
    source_url: str | None
    content_type: str | None
    size_bytes: int | None
    sha256: bytes | None
    width_px: int | None
    height_px: int | None
    duration_s: float | None
    error: Mapping[str, Any] | None
    created_at: datetime

    @property
    def facts(self) -> MediaFacts | None:
        """What its bytes say; None until they are here."""
        if self.content_type is None or self.size_bytes is None:
            return None
        return MediaFacts(
            content_type=self.content_type,
            size_bytes=self.size_bytes,
            width_px=self.width_px,
            height_px=self.height_px,
            duration_s=self.duration_s,
        )


_COLUMNS = [media.c[name] for name in MediaRow.__dataclass_fields__]


class MediaRepository:
    """Media of one tenant. There is no way to ask for anyone else's."""

    def __init__(self, connection: AsyncConnection, tenant: Tenant) -> None:
        self._connection = connection
        self._tenant = tenant

    async def create_waiting(self, media_id: UUID, profile_id: UUID, source_url: str, now: datetime) -> None:
        """Remember a URL that has to be fetched."""
        await self._insert(media_id, profile_id, now, status="waiting", source_url=source_url)

    async def create_ready(
        self, media_id: UUID, profile_id: UUID, facts: MediaFacts, sha256: bytes, now: datetime
    ) -> None:
        """Store a medium whose bytes are in the blob store."""
        await self._insert(media_id, profile_id, now, status="ready", **_fact_values(facts, sha256))

    async def find_many(self, media_ids: Collection[UUID], profile_id: UUID | None = None) -> dict[UUID, MediaRow]:
        """Those of the media that exist (in the profile, when given), by id."""
        query = select(*_COLUMNS).where(
            media.c.organization_id == self._tenant.organization_id,
            media.c.mode == self._tenant.mode,
            media.c.id.in_(media_ids),
            equals_if_given(media.c.profile_id, profile_id),
        )
        return {row["id"]: MediaRow(**row) for row in (await self._connection.execute(query)).mappings()}

    async def list_page(self, profile_id: UUID | None, *, before: UUID | None, limit: int) -> list[MediaRow]:
        """Media, newest first, below `before`."""
        query = select(*_COLUMNS).where(
            media.c.organization_id == self._tenant.organization_id,
            media.c.mode == self._tenant.mode,
            equals_if_given(media.c.profile_id, profile_id),
            below_if_given(media.c.id, before),
        )
        rows = await self._connection.execute(query.order_by(media.c.id.desc()).limit(limit))
        return [MediaRow(**row) for row in rows.mappings()]

    async def record_ready(self, media_id: UUID, facts: MediaFacts, sha256: bytes) -> None:
        """The bytes are here."""
        await self._change(media_id, status="ready", error=None, **_fact_values(facts, sha256))

    async def record_failed(self, media_id: UUID, error: Mapping[str, Any]) -> None:
        """The bytes cannot be had."""
        await self._change(media_id, status="failed", error=dict(error))

    async def _insert(self, media_id: UUID, profile_id: UUID, now: datetime, **values: Any) -> None:
        await self._connection.execute(
            insert(media).values(
                id=media_id,
                organization_id=self._tenant.organization_id,
                mode=self._tenant.mode,
                profile_id=profile_id,
                created_at=now,
                **values,
            )
        )

    async def _change(self, media_id: UUID, **values: Any) -> None:
        mine = and_(
            media.c.organization_id == self._tenant.organization_id,
            media.c.mode == self._tenant.mode,
            media.c.id == media_id,
            media.c.status == "waiting",
        )
        await self._connection.execute(update(media).where(mine).values(**values))


def _fact_values(facts: MediaFacts, sha256: bytes) -> dict[str, Any]:
    return {
        "content_type": facts.content_type,
        "size_bytes": facts.size_bytes,
        "width_px": facts.width_px,
        "height_px": facts.height_px,
        "duration_s": facts.duration_s,
        "sha256": sha256,
    }


@dataclass(frozen=True, slots=True)
class WaitingMedia:
    """A URL that has to be fetched, and for whom."""

    tenant: Tenant
    media_id: UUID


class EveryTenantMedia:
    """Finds media that have to be fetched, whoever they belong to."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list_waiting(self, limit: int) -> list[WaitingMedia]:
        """The oldest waiting media. Nothing is leased: fetching twice is harmless, the first to record wins."""
        query = text(
            "SELECT organization_id, mode, id FROM media WHERE status = 'waiting' ORDER BY created_at LIMIT :limit"
        )
        async with self._database.every_tenant() as connection:
            rows = await connection.execute(query, {"limit": limit})
            return [WaitingMedia(Tenant(row.organization_id, Mode(row.mode)), row.id) for row in rows]

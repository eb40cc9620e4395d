"""The media items of one tenant."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy import ColumnElement, RowMapping, Select, and_, delete, exists, false, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from letmepost.domain.content import MediaFacts
from letmepost.domain.media import AWAITING_BYTES, MediaStatus
from letmepost.domain.posts import PostStatus
from letmepost.storage.database import Tenant, driver_of
from letmepost.storage.queries import below_if_given, is_row
from letmepost.storage.tables.media import media, media_uses
from letmepost.storage.tables.organizations import organizations
from letmepost.storage.tables.posts import posts

FINISHED = (
    PostStatus.PUBLISHED,
    PostStatus.PARTIAL,
    PostStatus.REJECTED,
    PostStatus.FAILED,
    PostStatus.CANCELED,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaRow:
    """A media item. Its status is never `DELETED`: the repository does not return deleted media items.

    `derived_from` is the media item that it is converted from, and `wish` what it is converted to, as JSON. Callers do
    not see such media items.
    """

    id: UUID
    profile_id: UUID
    status: MediaStatus
    source_url: str | None
    filename: str | None
    content_type: str | None
    size_bytes: int | None
    sha256: bytes | None
    width_px: int | None
    height_px: int | None
    duration_s: float | None
    frame_rate: float | None
    codec: str | None
    frame_count: int | None
    has_alpha: bool | None
    color_space: str | None
    bit_rate: int | None
    audio_codec: str | None
    audio_channels: int | None
    codec_profile: str | None
    pixel_format: str | None
    bit_depth: int | None
    dynamic_range: str | None
    has_variable_frame_rate: bool | None
    is_fast_start: bool | None
    audio_sample_rate_hz: int | None
    blob: str | None
    derived_from: UUID | None
    wish: Mapping[str, Any] | None
    source_sha256: bytes | None
    error: Mapping[str, Any] | None
    created_at: datetime
    expires_at: datetime | None

    @property
    def facts(self) -> MediaFacts | None:
        """Return the facts read from its bytes; None until they are stored."""
        if self.content_type is None or self.size_bytes is None:
            return None
        return MediaFacts(**{name: getattr(self, name) for name in MediaFacts.__dataclass_fields__})


_COLUMNS = [media.c[name] for name in MediaRow.__dataclass_fields__]
_EXISTS = f"""
    organization_id = $1 AND mode = $2 AND id = ANY($3) AND status <> '{MediaStatus.DELETED}'
      AND EXISTS (SELECT FROM organizations WHERE id = $1 AND deleted_at IS NULL)
"""
_FIND_MANY = f"""
    SELECT {", ".join(MediaRow.__dataclass_fields__)} FROM media
    WHERE {_EXISTS} AND ($4::uuid IS NULL OR profile_id = $4)
"""  # noqa: S608 - the names are of our own columns
_FIND_DERIVED = f"""
    SELECT {", ".join(MediaRow.__dataclass_fields__)} FROM media
    WHERE organization_id = $1 AND mode = $2 AND (derived_from = ANY($3) OR source_sha256 = ANY($4))
      AND status IN ('{MediaStatus.WAITING}', '{MediaStatus.READY}') AND (expires_at IS NULL OR expires_at > $5)
    ORDER BY id FOR KEY SHARE
"""  # noqa: S608 - the names are of our own columns
_KEEP = f"SELECT id FROM media WHERE {_EXISTS} ORDER BY id FOR KEY SHARE"  # noqa: S608 - a constant
_USE = """
    INSERT INTO media_uses (organization_id, mode, post_id, media_id)
    SELECT $1, $2, post_id, media_id FROM unnest($3::uuid[], $4::uuid[]) AS uses(post_id, media_id)
"""


class MediaRepository:
    """The media items of one tenant. It cannot reach another tenant's.

    It does not return deleted media items, or those of a deleted organization.
    """

    def __init__(self, connection: AsyncConnection, tenant: Tenant) -> None:
        self._connection = connection
        self._tenant = tenant

    async def create(
        self, media_id: UUID, profile_id: UUID, *, status: MediaStatus, now: datetime, **values: Any
    ) -> None:
        """Store a media item. `values` are its other columns."""
        await self._connection.execute(
            insert(media).values(
                id=media_id,
                organization_id=self._tenant.organization_id,
                mode=self._tenant.mode,
                profile_id=profile_id,
                status=status,
                created_at=now,
                **values,
            )
        )

    async def create_ready(
        self,
        media_id: UUID,
        profile_id: UUID,
        facts: MediaFacts,
        sha256: bytes,
        *,
        now: datetime,
        **values: Any,
    ) -> None:
        """Store a media item with its bytes in the blob store."""
        await self.create(
            media_id, profile_id, status=MediaStatus.READY, now=now, sha256=sha256, **asdict(facts), **values
        )

    async def find(self, media_id: UUID) -> MediaRow | None:
        """Return a media item, or None if it does not exist."""
        return (await self.find_many([media_id])).get(media_id)

    async def find_many(self, media_ids: Collection[UUID], profile_id: UUID | None = None) -> dict[UUID, MediaRow]:
        """Return those of the media items that exist (in the profile, if given), by id."""
        rows = await driver_of(self._connection).fetch(
            _FIND_MANY, self._tenant.organization_id, self._tenant.mode, list(media_ids), profile_id
        )
        return {row["id"]: _media_item(row) for row in rows}

    async def find_derived(
        self, media_ids: Collection[UUID], hashes: Collection[bytes], expires_after: datetime
    ) -> list[MediaRow]:
        """Return what was converted from media items, or from the same bytes, and does not expire soon.

        It is not deleted before this transaction ends.
        """
        rows = await driver_of(self._connection).fetch(
            _FIND_DERIVED,
            self._tenant.organization_id,
            self._tenant.mode,
            list(media_ids),
            list(hashes),
            expires_after,
        )
        return [_media_item(row) for row in rows]

    async def list_page(self, profile_ids: Sequence[UUID], *, before: UUID | None, limit: int) -> list[MediaRow]:
        """Return media items, newest first, below `before`; only those of the profiles, if any are given.

        Converted media items are not listed.
        """
        query = self._mine().where(below_if_given(media.c.id, before), media.c.derived_from.is_(None))
        if profile_ids:
            query = query.where(media.c.profile_id.in_(profile_ids))
        rows = await self._connection.execute(query.order_by(media.c.id.desc()).limit(limit))
        return [_media_item(row) for row in rows.mappings()]

    async def use(self, used: Sequence[tuple[UUID, UUID]]) -> None:
        """Record which media items posts use, as pairs of post and media item."""
        if used:
            post_ids, media_ids = map(list, zip(*used, strict=True))
            await driver_of(self._connection).execute(
                _USE, self._tenant.organization_id, self._tenant.mode, post_ids, media_ids
            )

    async def keep(self, media_ids: Collection[UUID]) -> set[UUID]:
        """Return those of the media items that exist. They are not deleted before this transaction ends."""
        rows = await driver_of(self._connection).fetch(
            _KEEP, self._tenant.organization_id, self._tenant.mode, list(media_ids)
        )
        return {media_id for (media_id,) in rows}

    async def lock(self, media_id: UUID) -> MediaRow | None:
        """Return a media item, locked: until this transaction ends, no post begins to use it and nothing changes it."""
        query = self._mine().where(media.c.id == media_id).with_for_update()
        row = (await self._connection.execute(query)).mappings().first()
        return None if row is None else _media_item(row)

    async def is_needed(self, media_id: UUID, ended_after: datetime | None = None) -> bool:
        """Return True if an unfinished post uses it, or one that finished after `ended_after`."""
        needs = or_(
            posts.c.status.not_in(FINISHED),
            posts.c.ready_at.is_not(None),  # published, but extras are still to follow
            false() if ended_after is None else posts.c.updated_at > ended_after,
        )
        uses = and_(media_uses.c.media_id == media_id, posts.c.id == media_uses.c.post_id, needs)
        mine = and_(posts.c.organization_id == self._tenant.organization_id, posts.c.mode == self._tenant.mode, uses)
        return bool(await self._connection.scalar(select(exists().where(mine))))

    async def begin_fetch(self, media_id: UUID, now: datetime, until: datetime) -> bool:
        """Keep others from beginning to fetch a waiting URL until then. Return False if it need not be fetched now."""
        is_due = and_(media.c.status == MediaStatus.WAITING, func.coalesce(media.c.fetch_at, media.c.created_at) <= now)
        begun = update(media).where(is_row(media, self._tenant, media_id), is_due).values(fetch_at=until)
        return (await self._connection.execute(begun)).rowcount == 1

    async def record_ready(
        self, media_id: UUID, facts: MediaFacts, sha256: bytes, *, blob: str, expires_at: datetime
    ) -> bool:
        """Record that the bytes are stored under that name. Return False if a concurrent import was faster."""
        values = {"sha256": sha256, "blob": blob, "expires_at": expires_at, **asdict(facts)}
        return await self._settle(media_id, status=MediaStatus.READY, error=None, **values)

    async def record_failed(self, media_id: UUID, error: Mapping[str, Any], *, expires_at: datetime) -> bool:
        """Record that the bytes could not be fetched. Return False if a concurrent import has stored them."""
        return await self._settle(media_id, status=MediaStatus.FAILED, error=dict(error), expires_at=expires_at)

    async def wait_again(self, post_ids: Collection[UUID]) -> bool:
        """Let failed URLs be fetched again for posts that are queued again, because they may work by now.

        Media items that could not be converted are tried again, too. Return False if there are none.
        """
        used = select(media_uses.c.media_id).where(
            media_uses.c.organization_id == self._tenant.organization_id, media_uses.c.post_id.in_(post_ids)
        )
        is_repeatable = or_(media.c.source_url.is_not(None), media.c.derived_from.is_not(None))
        failed = and_(self._exists(), media.c.status == MediaStatus.FAILED, is_repeatable)
        waiting = {"status": MediaStatus.WAITING, "error": None, "fetch_at": None, "expires_at": None}
        found = await self._connection.execute(update(media).where(failed, media.c.id.in_(used)).values(**waiting))
        return found.rowcount > 0

    async def find_blob(self, media_id: UUID) -> str | None:
        """Return the blob name of a media item, deleted or not; None if it is the id of the item."""
        found: str | None = await self._connection.scalar(
            select(media.c.blob).where(is_row(media, self._tenant, media_id))
        )
        return found

    async def change(self, media_id: UUID, **values: Any) -> None:
        """Change columns of a media item, deleted or not."""
        await self._connection.execute(update(media).where(is_row(media, self._tenant, media_id)).values(**values))

    async def remove(self, media_id: UUID) -> None:
        """Delete the row of a media item, and its uses by posts."""
        await self._connection.execute(
            delete(media_uses).where(
                media_uses.c.organization_id == self._tenant.organization_id, media_uses.c.media_id == media_id
            )
        )
        await self._connection.execute(delete(media).where(is_row(media, self._tenant, media_id)))

    async def _settle(self, media_id: UUID, **values: Any) -> bool:
        is_open = and_(is_row(media, self._tenant, media_id), media.c.status.in_(AWAITING_BYTES))
        return (await self._connection.execute(update(media).where(is_open).values(**values))).rowcount == 1

    def _exists(self) -> ColumnElement[bool]:
        """Return the condition for media items that are not deleted, in an organization that is not deleted."""
        organization = select(organizations.c.id).where(
            organizations.c.id == self._tenant.organization_id, organizations.c.deleted_at.is_(None)
        )
        return and_(
            media.c.organization_id == self._tenant.organization_id,
            media.c.mode == self._tenant.mode,
            media.c.status != MediaStatus.DELETED,
            exists(organization),
        )

    def _mine(self) -> Select[Any]:
        return select(*_COLUMNS).where(self._exists())


def _media_item(row: RowMapping | asyncpg.Record) -> MediaRow:
    return MediaRow(**{**row, "status": MediaStatus(row["status"])})

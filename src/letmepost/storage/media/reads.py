"""Reads of a post's media items through the URLs that its platform fetches."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from letmepost.storage.database import Connection, Tenant, driver_of
from letmepost.storage.media.media import FINISHED
from letmepost.storage.tables.media import media_reads

FIRST_READS_MAX = 20
"""How many reads of a media item by a post are recorded one by one. Later ones are counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaRead:
    """A request for the bytes of a media item. It never contains the address of the client.

    Args:
        sent_bytes: the bytes of the body that were sent before the client closed the connection, or all of them.
        user_agent: as the client gave it; empty if it gave none.
    """

    at: datetime
    method: str
    status: int
    sent_bytes: int
    user_agent: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaReads:
    """The first reads of a media item by a post, how many there were in all, and when the last one was."""

    media_id: UUID
    first: Sequence[MediaRead]
    count: int
    last_at: datetime


_IS_SENT = """
    SELECT EXISTS (
      SELECT FROM posts p
      JOIN post_revisions r ON r.post_id = p.id AND r.revision = p.revision
      JOIN media_uses u ON u.post_id = p.id
      WHERE p.organization_id = $1 AND p.mode = $2 AND p.id = $3 AND u.media_id = $4 AND r.frozen_at = $5
        AND (p.status <> ALL ($6) OR p.ready_at IS NOT NULL)
    )
"""
_ADD = f"""
    INSERT INTO media_reads (organization_id, mode, post_id, media_id, read_count, first_reads, last_read_at)
    SELECT organization_id, mode, id, $4, 1, jsonb_build_array($5::jsonb), $6 FROM posts
    WHERE organization_id = $1 AND mode = $2 AND id = $3
    ON CONFLICT (organization_id, post_id, media_id) DO UPDATE SET
      read_count = media_reads.read_count + 1,
      last_read_at = greatest(media_reads.last_read_at, excluded.last_read_at),
      first_reads = CASE WHEN media_reads.read_count < {FIRST_READS_MAX}
                         THEN media_reads.first_reads || excluded.first_reads ELSE media_reads.first_reads END
"""  # noqa: S608 - a constant


class MediaReadRepository:
    """The reads of one tenant's media items. It cannot reach another tenant's.

    They are kept until the post is deleted, even if the media item is deleted before.
    """

    def __init__(self, connection: Connection, tenant: Tenant) -> None:
        self._connection = connection
        self._tenant = tenant

    async def is_sent(self, post_id: UUID, media_id: UUID, frozen_at: datetime) -> bool:
        """Return True if a post that has not ended sends the media item, in requests that were frozen then.

        A published post whose extras are still to follow has not ended.
        """
        found: bool = await driver_of(self._connection).fetchval(
            _IS_SENT, self._tenant.organization_id, self._tenant.mode, post_id, media_id, frozen_at, FINISHED
        )
        return found

    async def add(self, post_id: UUID, media_id: UUID, read: MediaRead) -> None:
        """Record a read. Do nothing if the post does not exist."""
        values = {"at": read.at.isoformat(), "method": read.method, "status": read.status}
        described = json.dumps({**values, "sent_bytes": read.sent_bytes, "user_agent": read.user_agent})
        await driver_of(self._connection).execute(
            _ADD, self._tenant.organization_id, self._tenant.mode, post_id, media_id, described, read.at
        )

    async def list_of_post(self, post_id: UUID) -> list[MediaReads]:
        """Return the reads of each media item of a post."""
        query = select(
            media_reads.c.media_id, media_reads.c.first_reads, media_reads.c.read_count, media_reads.c.last_read_at
        ).where(media_reads.c.organization_id == self._tenant.organization_id, media_reads.c.post_id == post_id)
        rows = await self._connection.execute(query.order_by(media_reads.c.media_id))
        return [
            MediaReads(media_id=media_id, first=[_read(value) for value in first], count=count, last_at=last_at)
            for media_id, first, count, last_at in rows
        ]


def _read(value: Mapping[str, Any]) -> MediaRead:
    return MediaRead(**{**value, "at": datetime.fromisoformat(value["at"])})

"""Accepted requests, each stored as a whole: the batch, its posts, and their first revisions."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncConnection

from letmepost.domain.content import PostContent
from letmepost.domain.posts import BatchStatus, PostStatus, batch_status
from letmepost.storage.database import Tenant, driver_of
from letmepost.storage.posts.contents import encode_content, used_media_ids
from letmepost.storage.posts.posts import POST_COLUMNS, PostRow, read_post
from letmepost.storage.tables.posts import batches


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchRow:
    """One accepted request."""

    id: UUID
    is_scheduled: bool
    created_at: datetime
    posts: Sequence[PostRow]

    @property
    def status(self) -> BatchStatus:
        """Return the status of the batch, derived from those of its posts."""
        return batch_status((post.status for post in self.posts), scheduled=self.is_scheduled)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPost:
    """A target that passed every check."""

    id: UUID
    account_id: UUID
    profile_id: UUID
    platform: str
    content: PostContent
    content_hash: bytes
    warnings: Sequence[Mapping[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewBatch:
    """A request that passed every check. Without `late_…`, the rule of the organization or the default applies."""

    id: UUID
    request_id: str
    is_scheduled: bool
    is_draft: bool
    due_at: datetime
    wall_time: Mapping[str, str] | None = None
    late_within_s: int | None
    late_then: str | None
    metadata: Mapping[str, str]
    posts: Sequence[NewPost]


USUAL_LATE_WITHIN_S = 86_400
USUAL_LATE_THEN = "skip"

_POST_NAMES = ", ".join(column.name for column in POST_COLUMNS)
_CREATE = f"""
    WITH mine AS (
      SELECT id, late_within_s, late_then FROM organizations WHERE id = $1
    ), batch AS (
      INSERT INTO batches (id, organization_id, mode, request_id, is_scheduled, created_at)
      VALUES ($3, $1, $2, $4, $5, $6)
    ), post AS (
      INSERT INTO posts (id, organization_id, mode, batch_id, target_index, account_id, profile_id, platform, status,
                         content_hash, metadata, due_at, ready_at, wall_time, late_within_s, late_then,
                         warnings, created_at, updated_at)
      SELECT new.id, mine.id, $2, $3, new.place - 1, new.account_id, new.profile_id, new.platform, $7,
             new.content_hash, $8::jsonb, $9, CASE WHEN $7 = '{PostStatus.QUEUED}' THEN $9::timestamptz END,
             $21::jsonb,
             coalesce($10, mine.late_within_s, {USUAL_LATE_WITHIN_S}),
             coalesce($11, mine.late_then, '{USUAL_LATE_THEN}'), new.warnings::jsonb, $6, $6
      FROM mine CROSS JOIN unnest($12::uuid[], $13::uuid[], $14::uuid[], $15::text[], $16::bytea[], $17::text[])
        WITH ORDINALITY AS new(id, account_id, profile_id, platform, content_hash, warnings, place)
      RETURNING *
    ), revision AS (
      INSERT INTO post_revisions (organization_id, mode, post_id, revision, content, created_at)
      SELECT $1, $2, said.post_id, 1, said.content::jsonb, $6
      FROM unnest($12::uuid[], $18::text[]) AS said(post_id, content)
    ), used AS (
      INSERT INTO media_uses (organization_id, mode, post_id, media_id)
      SELECT $1, $2, post_id, media_id FROM unnest($19::uuid[], $20::uuid[]) AS uses(post_id, media_id)
    )
    SELECT {_POST_NAMES} FROM post ORDER BY target_index
"""  # noqa: S608 - the names and the words are our own
_FIND = f"""
    SELECT b.is_scheduled AS batch_is_scheduled, b.created_at AS batch_created_at, p.*
    FROM batches b LEFT JOIN (SELECT {_POST_NAMES} FROM posts WHERE organization_id = $1 AND mode = $2) p
      ON p.batch_id = b.id
    WHERE b.organization_id = $1 AND b.id = $3 ORDER BY p.target_index
"""  # noqa: S608 - the names are of our own columns
# A separate statement: combined with the next one, that one would read a snapshot older than the lock.
_LOCK_ACCOUNT = "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))"
_FIND_DUPLICATE = f"""
    SELECT id FROM posts
    WHERE organization_id = $1 AND mode = $2 AND account_id = $3 AND content_hash = $4 AND created_at >= $5
      AND status NOT IN ('{PostStatus.CANCELED}', '{PostStatus.FAILED}', '{PostStatus.REJECTED}')
    ORDER BY id LIMIT 1
"""  # noqa: S608 - the statuses are our own


class BatchRepository:
    """The batches of one tenant. It cannot reach another tenant's."""

    def __init__(self, connection: AsyncConnection, tenant: Tenant) -> None:
        self._connection = connection
        self._tenant = tenant

    async def create(self, batch: NewBatch, now: datetime) -> BatchRow:
        """Store a batch with its posts, their first revisions and their media uses."""
        new = batch.posts
        uses = [(post.id, media_id) for post in new for media_id in used_media_ids(post.content)]
        rows = await driver_of(self._connection).fetch(
            _CREATE,
            self._tenant.organization_id,
            self._tenant.mode,
            batch.id,
            batch.request_id,
            batch.is_scheduled,
            now,
            PostStatus.DRAFT if batch.is_draft else PostStatus.QUEUED,
            json.dumps(dict(batch.metadata)),
            batch.due_at,
            batch.late_within_s,
            batch.late_then,
            [post.id for post in new],
            [post.account_id for post in new],
            [post.profile_id for post in new],
            [post.platform for post in new],
            [post.content_hash for post in new],
            [json.dumps(list(post.warnings)) for post in new],
            [json.dumps(encode_content(post.content)) for post in new],
            [post_id for post_id, _ in uses],
            [media_id for _, media_id in uses],
            None if batch.wall_time is None else json.dumps(dict(batch.wall_time)),
        )
        stored = [read_post(row) for row in rows]
        return BatchRow(id=batch.id, is_scheduled=batch.is_scheduled, created_at=now, posts=stored)

    async def find(self, batch_id: UUID) -> BatchRow | None:
        """Return a batch with its posts, in the order of the request."""
        rows = await driver_of(self._connection).fetch(_FIND, self._tenant.organization_id, self._tenant.mode, batch_id)
        if not rows:
            return None
        return BatchRow(
            id=batch_id,
            is_scheduled=rows[0]["batch_is_scheduled"],
            created_at=rows[0]["batch_created_at"],
            posts=[read_post(row) for row in rows if row["id"] is not None],
        )

    async def schedule(self, batch_id: UUID, *, is_scheduled: bool) -> None:
        """Record how a draft was published: immediately, or for later."""
        await self._connection.execute(
            update(batches)
            .where(batches.c.organization_id == self._tenant.organization_id, batches.c.id == batch_id)
            .values(is_scheduled=is_scheduled)
        )

    async def find_duplicate(self, new: NewPost, since: datetime) -> UUID | None:
        """Return a post of the account with the same text and media since then, unless it ended without publishing.

        The account stays locked until the transaction ends, so concurrent requests take turns.
        """
        driver = driver_of(self._connection)
        await driver.execute(_LOCK_ACCOUNT, str(new.account_id))
        found: UUID | None = await driver.fetchval(
            _FIND_DUPLICATE,
            self._tenant.organization_id,
            self._tenant.mode,
            new.account_id,
            new.content_hash,
            since,
        )
        return found

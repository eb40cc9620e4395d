"""Changes posts outside of their attempts. A post that is leased is changed by its worker only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, delete, exists, insert, select, true, update

from letmepost.domain.content import PostContent
from letmepost.domain.posts import PostStatus
from letmepost.storage.database import Connection, Tenant
from letmepost.storage.media.media import MediaRepository
from letmepost.storage.posts.contents import encode_content, used_media_ids
from letmepost.storage.posts.posts import POST_COLUMNS, PostRow, read_post
from letmepost.storage.tables.media import media_uses
from letmepost.storage.tables.posts import flow_steps, post_revisions, posts


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedPost:
    """A post that no other transaction changes until this one ends.

    `is_sent`: True if a request of its current revision was sent, so that a part of it may be visible.
    `has_own_time`: True if a caller chose its due time after the request that created it.
    """

    post: PostRow
    has_own_time: bool
    is_leased: bool
    is_sent: bool


class PostEditor:
    """Changes the posts of one tenant. It cannot reach another tenant's."""

    def __init__(self, connection: Connection, tenant: Tenant) -> None:
        self._connection = connection
        self._tenant = tenant

    async def lock(self, post_ids: Sequence[UUID]) -> list[LockedPost]:
        """Lock posts in the order of their ids, so that concurrent callers with the same posts take turns."""
        return await self._lock(posts.c.id.in_(post_ids))

    async def lock_waiting(self, account_id: UUID) -> list[LockedPost]:
        """Lock the posts of an account that are queued, held or to be retried."""
        return await self._lock(posts.c.account_id == account_id, posts.c.status.in_(_WAITING))

    async def lock_handed_over(self, account_id: UUID, uri: str) -> list[LockedPost]:
        """Lock the posts of an account that a person finishes on the platform, by the platform's id of them."""
        return await self._lock(
            posts.c.account_id == account_id, posts.c.status == PostStatus.AWAITING_USER, posts.c.uri == uri
        )

    async def lock_queued_with(self, media_id: UUID) -> list[LockedPost]:
        """Lock the queued posts without a lease that use a media item."""
        users = select(media_uses.c.post_id).where(
            media_uses.c.organization_id == self._tenant.organization_id, media_uses.c.media_id == media_id
        )
        return await self._lock(
            posts.c.id.in_(users), posts.c.status == PostStatus.QUEUED, posts.c.lease_token.is_(None)
        )

    async def _lock(self, *wanted: ColumnElement[bool]) -> list[LockedPost]:
        is_sent = exists().where(
            flow_steps.c.post_id == posts.c.id,
            flow_steps.c.revision == posts.c.revision,
            flow_steps.c.intent_at.is_not(None),
        )
        query = (
            select(*POST_COLUMNS, posts.c.is_rescheduled, posts.c.lease_token, is_sent.label("is_sent"))
            .where(self._mine(), *wanted)
            .order_by(posts.c.id)
            .with_for_update(of=posts)
        )
        return [
            LockedPost(
                post=read_post(row),
                has_own_time=row["is_rescheduled"],
                is_leased=row["lease_token"] is not None,
                is_sent=row["is_sent"],
            )
            for row in (await self._connection.execute(query)).mappings()
        ]

    async def change(self, post_id: UUID, values: Mapping[str, Any]) -> PostRow:
        """Change columns of a post that is locked by this transaction."""
        statement = update(posts).where(self._mine(), posts.c.id == post_id).values(**values)
        row = (await self._connection.execute(statement.returning(*POST_COLUMNS))).mappings().one()
        return read_post(row)

    async def add_revision(self, post: PostRow, content: PostContent, now: datetime) -> int:
        """Store new content beside the old, and return its number. Media items that it does not use are released."""
        owner = {"organization_id": self._tenant.organization_id, "mode": self._tenant.mode, "post_id": post.id}
        revision = post.revision + 1
        await self._connection.execute(
            insert(post_revisions).values(**owner, revision=revision, content=encode_content(content), created_at=now)
        )
        await self._connection.execute(delete(media_uses).where(media_uses.c.post_id == post.id))
        uses = [(post.id, media_id) for media_id in used_media_ids(content)]
        await MediaRepository(self._connection, self._tenant).use(uses)
        return revision

    async def unfreeze(self, post: PostRow) -> None:
        """Let the next claim fix the time and the randomness again; only if nothing of the revision was sent."""
        await self._connection.execute(
            update(post_revisions)
            .where(post_revisions.c.post_id == post.id, post_revisions.c.revision == post.revision)
            .values(frozen_at=None, frozen_entropy=None)
        )
        await self._connection.execute(
            delete(flow_steps).where(flow_steps.c.post_id == post.id, flow_steps.c.revision == post.revision)
        )

    async def forget_sent(self, post: PostRow) -> None:
        """Let the requests of the current revision be sent again: a person has confirmed that it is not visible.

        If the first parts of a thread are visible, only the request without a known outcome is sent again.
        """
        is_unknown = flow_steps.c.reply_sealed.is_(None) if post.parts else true()
        await self._connection.execute(
            update(flow_steps)
            .where(
                flow_steps.c.post_id == post.id,
                flow_steps.c.revision == post.revision,
                flow_steps.c.intent_at.is_not(None),
                is_unknown,
            )
            .values(intent_sealed=None, intent_at=None, reply_sealed=None)
        )

    async def get_content(self, post: PostRow) -> Mapping[str, Any]:
        """Return the stored content of the current revision."""
        query = select(post_revisions.c.content).where(
            post_revisions.c.post_id == post.id, post_revisions.c.revision == post.revision
        )
        found: Mapping[str, Any] = (await self._connection.execute(query)).scalar_one()
        return found

    def _mine(self) -> ColumnElement[bool]:
        return and_(posts.c.organization_id == self._tenant.organization_id, posts.c.mode == self._tenant.mode)


_WAITING = (PostStatus.QUEUED, PostStatus.RETRYING, PostStatus.HELD)

EDITABLE = frozenset({PostStatus.DRAFT, PostStatus.QUEUED, PostStatus.RETRYING, PostStatus.HELD})
"""Statuses in which a post can still be changed or canceled."""

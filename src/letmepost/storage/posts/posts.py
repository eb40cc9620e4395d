"""Batches and posts of one tenant: what is accepted, and what is read back."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy import ColumnElement, FromClause, RowMapping, Select, and_, bindparam, exists, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from letmepost.domain.posts import TERMINAL, PostStatus
from letmepost.storage.database import Tenant
from letmepost.storage.queries import below_if_given, newest_rows
from letmepost.storage.tables.accounts import accounts
from letmepost.storage.tables.organizations import pauses
from letmepost.storage.tables.posts import attempts, batches, post_revisions, posts
from letmepost.storage.tenants.pauses import PAUSED_RULE


@dataclass(frozen=True, slots=True, kw_only=True)
class PostRow:
    """One target of one request, as far as it has come."""

    id: UUID
    batch_id: UUID
    target_index: int
    account_id: UUID
    profile_id: UUID
    platform: str
    status: PostStatus
    is_canceled_draft: bool
    revision: int
    metadata: Mapping[str, str]
    due_at: datetime
    clock_moved: timedelta
    late_within_s: int
    late_then: str
    ready_at: datetime | None
    attempt_count: int
    failure_count: int
    extras_until: datetime | None
    uri: str | None
    cid: str | None
    url: str | None
    parts: Sequence[Mapping[str, Any]]
    extras: Mapping[str, Mapping[str, Any]]
    warnings: Sequence[Mapping[str, str]]
    error: Mapping[str, Any] | None
    published_at: datetime | None
    unpublished_at: datetime | None
    removed_at: datetime | None
    read_back_at: datetime | None
    created_at: datetime
    updated_at: datetime

    @property
    def requested_at(self) -> datetime:
        """When the caller asked to publish the post. The sandbox clock moves `due_at`, and leaves this as it was."""
        return self.due_at + self.clock_moved

    @property
    def uris(self) -> list[str]:
        """Where everything of it is that followers can see: the post, its thread, its extras."""
        parts = [str(part["uri"]) for part in self.parts] or ([self.uri] if self.uri else [])
        return parts + [str(extra["uri"]) for extra in self.extras.values() if extra.get("uri")]


@dataclass(frozen=True, slots=True, kw_only=True)
class PostView:
    """A post with what a reader wants beside it."""

    post: PostRow
    content: Mapping[str, Any]
    is_scheduled: bool
    platform_account_id: str
    display_name: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptRow:
    """One try against a platform."""

    id: UUID
    number: int
    outcome: str | None
    error: Mapping[str, Any] | None
    waited_ms: int
    platform_ms: int | None
    calls: Sequence[Mapping[str, Any]]
    started_at: datetime
    finished_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PostFilter:
    """What a list is narrowed to; empty means everything."""

    profile_ids: Sequence[UUID] = ()
    account_ids: Sequence[UUID] = ()
    batch_ids: Sequence[UUID] = ()
    platforms: Sequence[str] = ()
    statuses: Sequence[str] = ()
    error_codes: Sequence[str] = ()
    created_after: datetime | None = None
    created_before: datetime | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        """The same for a query of posts."""
        lists = (
            (posts.c.profile_id, self.profile_ids),
            (posts.c.account_id, self.account_ids),
            (posts.c.batch_id, self.batch_ids),
            (posts.c.platform, self.platforms),
            (posts.c.status, self.statuses),
            (posts.c.error["code"].astext, self.error_codes),
        )
        found: list[ColumnElement[bool]] = [column.in_(values) for column, values in lists if values]
        # As callers see it: otherwise the time that a post shows would lie before the post.
        shown = func.date_trunc("milliseconds", posts.c.created_at)
        if self.created_after is not None:
            found.append(shown > self.created_after)
        if self.created_before is not None:
            found.append(shown < self.created_before)
        return found


POST_COLUMNS = [posts.c[name] for name in PostRow.__dataclass_fields__]
_UNFINISHED = frozenset(PostStatus) - TERMINAL


def _views(of: FromClause) -> Select[Any]:
    """Posts with what a reader wants beside them."""
    return (
        select(
            *(of.c[column.name] for column in POST_COLUMNS),
            post_revisions.c.content,
            batches.c.is_scheduled,
            accounts.c.platform_account_id,
            accounts.c.display_name,
        )
        .join(batches, batches.c.id == of.c.batch_id)
        .join(accounts, accounts.c.id == of.c.account_id)
        .join(post_revisions, and_(post_revisions.c.post_id == of.c.id, post_revisions.c.revision == of.c.revision))
    )


# Made once: to put a statement together takes as long as to carry it out.
_MINE = and_(posts.c.organization_id == bindparam("mine"), posts.c.mode == bindparam("world"))
_ONE = _views(posts).where(_MINE, posts.c.id == bindparam("post"))
_ATTEMPTS = (
    select(*(attempts.c[name] for name in AttemptRow.__dataclass_fields__))
    .where(attempts.c.organization_id == bindparam("mine"), attempts.c.post_id == bindparam("post"))
    .order_by(attempts.c.number)
)


class PostRepository:
    """Posts of one tenant. There is no way to ask for anyone else's."""

    def __init__(self, connection: AsyncConnection, tenant: Tenant) -> None:
        self._connection = connection
        self._tenant = tenant
        self._asked = {"mine": tenant.organization_id, "world": tenant.mode}

    async def find(self, post_id: UUID) -> PostView | None:
        """One post."""
        row = (await self._connection.execute(_ONE, self._asked | {"post": post_id})).mappings().first()
        return None if row is None else _view(row)

    async def list_page(self, wanted: PostFilter, *, before: UUID | None, limit: int) -> list[PostView]:
        """Posts, newest first, below `before`."""
        matching = select(*POST_COLUMNS).where(_MINE, *wanted.conditions(), below_if_given(posts.c.id, before))
        page = newest_rows(matching, posts.c.id, limit)
        rows = await self._connection.execute(_views(page).order_by(page.c.id.desc()), self._asked)
        return [_view(row) for row in rows.mappings()]

    async def list_ids(self, wanted: PostFilter, *, statuses: Collection[PostStatus], limit: int) -> list[UUID]:
        """Return the ids of posts in one of the statuses, oldest first, without canceled drafts."""
        query = select(posts.c.id).where(
            _MINE, *wanted.conditions(), posts.c.status.in_(statuses), ~posts.c.is_canceled_draft
        )
        found = await self._connection.execute(query.order_by(posts.c.id).limit(limit), self._asked)
        return list(found.scalars())

    async def list_attempts(self, post_id: UUID) -> list[AttemptRow]:
        """Every try of a post, first to last."""
        rows = await self._connection.execute(_ATTEMPTS, self._asked | {"post": post_id})
        return [AttemptRow(**row) for row in rows.mappings()]

    async def has_unfinished(self, account_id: UUID) -> bool:
        """Whether a post of the account has yet to go out, or to be settled."""
        query = select(posts.c.id).where(_MINE, posts.c.account_id == account_id, posts.c.status.in_(_UNFINISHED))
        return await self._connection.scalar(query.limit(1), self._asked) is not None

    async def hold_waiting(self, account_id: UUID, error: Mapping[str, Any], now: datetime) -> list[PostRow]:
        """Hold what waits for an account; what a worker has in hand is the worker's to decide."""
        return await self._move_waiting(
            posts.c.account_id == account_id,
            [PostStatus.QUEUED, PostStatus.RETRYING],
            status=PostStatus.HELD,
            error=error,
            # At its deadline a worker looks again and decides by the lateness rule.
            ready_at=posts.c.due_at + func.make_interval(0, 0, 0, 0, 0, 0, posts.c.late_within_s),
            updated_at=now,
        )

    async def release_held(self, account_id: UUID, now: datetime) -> list[PostRow]:
        """Queue again what was held for an account; what is overdue is judged by its lateness rule when claimed."""
        return await self._move_waiting(
            posts.c.account_id == account_id,
            [PostStatus.HELD],
            status=PostStatus.QUEUED,
            error=None,
            ready_at=func.greatest(posts.c.due_at, now),
            updated_at=now,
        )

    async def release_paused(self, now: datetime) -> list[PostRow]:
        """Queue again what a pause held and none concerns any more."""
        concerns = exists().where(
            or_(pauses.c.organization_id.is_(None), pauses.c.organization_id == posts.c.organization_id),
            or_(pauses.c.account_id.is_(None), pauses.c.account_id == posts.c.account_id),
            or_(pauses.c.platform.is_(None), pauses.c.platform == posts.c.platform),
        )
        return await self._move_waiting(
            and_(posts.c.error["rule"].astext == PAUSED_RULE, ~concerns),
            [PostStatus.HELD],
            status=PostStatus.QUEUED,
            error=None,
            ready_at=func.greatest(posts.c.due_at, now),
            updated_at=now,
        )

    async def _move_waiting(
        self, which: ColumnElement[bool], sources: Sequence[PostStatus], **values: Any
    ) -> list[PostRow]:
        statement = (
            update(posts)
            .where(
                posts.c.organization_id == self._tenant.organization_id,
                posts.c.mode == self._tenant.mode,
                which,
                posts.c.status.in_(sources),
                posts.c.lease_token.is_(None),
            )
            .values(**values)
            .returning(*POST_COLUMNS)
        )
        return [read_post(row) for row in (await self._connection.execute(statement)).mappings()]


def read_post(row: RowMapping | asyncpg.Record) -> PostRow:
    """A row of `POST_COLUMNS` as a value."""
    values = {name: row[name] for name in PostRow.__dataclass_fields__}
    return PostRow(**{**values, "status": PostStatus(values["status"])})


def _view(row: RowMapping) -> PostView:
    return PostView(
        post=read_post(row),
        content=row["content"],
        is_scheduled=row["is_scheduled"],
        platform_account_id=row["platform_account_id"],
        display_name=row["display_name"],
    )

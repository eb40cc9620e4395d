"""The posts of one tenant: views, attempts, holds and releases."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from operator import itemgetter
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg
from sqlalchemy import ColumnElement, RowMapping, and_, exists, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from letmepost.domain import refusals
from letmepost.domain.posts import TERMINAL, PostStatus
from letmepost.storage.database import Tenant, driver_of
from letmepost.storage.queries import Condition, numbered, one_of
from letmepost.storage.tables.organizations import pauses
from letmepost.storage.tables.posts import posts


class PostRow(NamedTuple):
    """One target of one request, and its progress.

    A named tuple, because a page has many: a frozen dataclass with as many fields takes ten times as long to create.
    """

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
    wall_time: Mapping[str, str] | None
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
        """Return the due time that the caller asked for. The sandbox clock moves `due_at`, but not this."""
        return self.due_at + self.clock_moved

    @property
    def uris(self) -> list[str]:
        """Return the URIs of everything that followers can see: the post, its thread, its extras."""
        parts = [str(part["uri"]) for part in self.parts] or ([self.uri] if self.uri else [])
        return parts + [str(extra["uri"]) for extra in self.extras.values() if extra.get("uri")]


@dataclass(frozen=True, slots=True, kw_only=True)
class PostView:
    """A post, with data of its revision, batch and account. `is_scheduled`: a caller has chosen its due time."""

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
    """The filter of a list of posts. An empty field does not filter."""

    profile_ids: Sequence[UUID] = ()
    account_ids: Sequence[UUID] = ()
    batch_ids: Sequence[UUID] = ()
    platforms: Sequence[str] = ()
    statuses: Sequence[str] = ()
    error_codes: Sequence[str] = ()
    created_after: datetime | None = None
    created_before: datetime | None = None

    @property
    def is_empty(self) -> bool:
        """Return True if the filter selects every post."""
        return not self.conditions()

    def conditions(self) -> list[Condition]:
        """Return the filter as conditions of a query of posts."""
        lists = (
            ("profile_id", self.profile_ids),
            ("account_id", self.account_ids),
            ("batch_id", self.batch_ids),
            ("platform", self.platforms),
            ("status", self.statuses),
            ("error->>'code'", self.error_codes),
        )
        found = [one_of(expression, values) for expression, values in lists if values]
        # With the precision that callers see, or a post could be created after the time that it shows.
        shown = "date_trunc('milliseconds', created_at)"
        if self.created_after is not None:
            found.append((f"{shown} > ${{}}", self.created_after))
        if self.created_before is not None:
            found.append((f"{shown} < ${{}}", self.created_before))
        return found


_NAMES = PostRow._fields
_values_of = itemgetter(*_NAMES)
POST_COLUMNS = [posts.c[name] for name in _NAMES]
_UNFINISHED = frozenset(PostStatus) - TERMINAL

_VIEW_COLUMNS = f"""
    {", ".join(f"p.{name}" for name in _NAMES)},
    r.content, b.is_scheduled OR p.is_rescheduled AS is_scheduled, a.platform_account_id, a.display_name
"""
# One row of each table is looked up for each post. PostgreSQL cannot know that row-level security lets every row of the
# tenant pass and expects about one. In a plain join it would read all batches of the tenant for each post.
_VIEW_JOINS = """
    CROSS JOIN LATERAL (SELECT is_scheduled FROM batches WHERE id = p.batch_id LIMIT 1) b
    CROSS JOIN LATERAL (SELECT platform_account_id, display_name FROM accounts WHERE id = p.account_id LIMIT 1) a
    CROSS JOIN LATERAL (
      SELECT content FROM post_revisions WHERE post_id = p.id AND revision = p.revision LIMIT 1
    ) r
"""
_FIND = f"""
    SELECT {_VIEW_COLUMNS} FROM posts p {_VIEW_JOINS}
    WHERE p.organization_id = $1 AND p.mode = $2 AND p.id = $3
"""  # noqa: S608 - the names are of our own columns
_ATTEMPTS = f"""
    SELECT {", ".join(AttemptRow.__dataclass_fields__)} FROM attempts
    WHERE organization_id = $1 AND post_id = $2 ORDER BY number
"""  # noqa: S608 - the names are of our own columns


@lru_cache(maxsize=512)
def _list_statement(conditions: tuple[str, ...], limit: int) -> str:
    """Return the statement that lists the newest posts under these conditions, with parameters from $3.

    There is a statement for each combination of filters, because a cached plan of `$3 IS NULL OR …` cannot use an index
    for it. The page is selected before the joins, or every matching row would be joined before the sort. The limit is
    part of the text, because a cached plan with a parameter assumes a tenth of all rows.
    """
    return f"""
        SELECT {_VIEW_COLUMNS} FROM (
          SELECT * FROM posts WHERE organization_id = $1 AND mode = $2{numbered(conditions, 3)}
          ORDER BY id DESC LIMIT {limit:d}
        ) p {_VIEW_JOINS} ORDER BY p.id DESC
    """  # noqa: S608 - the conditions are our own, and the limit is a number


@lru_cache(maxsize=512)
def _list_ids_statement(conditions: tuple[str, ...]) -> str:
    return f"""
        SELECT id FROM posts WHERE organization_id = $1 AND mode = $2 AND status = ANY($3) AND NOT is_canceled_draft
          {numbered(conditions, 5)} ORDER BY id LIMIT $4
    """  # noqa: S608 - the conditions are our own


class PostRepository:
    """The posts of one tenant. It cannot reach another tenant's."""

    def __init__(self, connection: AsyncConnection, tenant: Tenant) -> None:
        self._connection = connection
        self._tenant = tenant

    async def find(self, post_id: UUID) -> PostView | None:
        """Return a post."""
        tenant = self._tenant
        row = await driver_of(self._connection).fetchrow(_FIND, tenant.organization_id, tenant.mode, post_id)
        return None if row is None else read_view(row)

    async def list_page(self, wanted: PostFilter, *, before: UUID | None, limit: int) -> list[PostView]:
        """Return posts, newest first, below `before`."""
        conditions = wanted.conditions()
        if before is not None:
            conditions.append(("id < ${}", before))
        statement = _list_statement(tuple(text for text, _ in conditions), limit)
        values = (value for _, value in conditions)
        rows = await driver_of(self._connection).fetch(
            statement, self._tenant.organization_id, self._tenant.mode, *values
        )
        return [read_view(row) for row in rows]

    async def list_ids(self, wanted: PostFilter, *, statuses: Collection[PostStatus], limit: int) -> list[UUID]:
        """Return the ids of posts in one of the statuses, oldest first, without canceled drafts."""
        conditions, tenant = wanted.conditions(), self._tenant
        statement = _list_ids_statement(tuple(text for text, _ in conditions))
        values = (value for _, value in conditions)
        rows = await driver_of(self._connection).fetch(
            statement, tenant.organization_id, tenant.mode, list(statuses), limit, *values
        )
        return [post_id for (post_id,) in rows]

    async def list_attempts(self, post_id: UUID) -> list[AttemptRow]:
        """Return every attempt of a post, first to last."""
        rows = await driver_of(self._connection).fetch(_ATTEMPTS, self._tenant.organization_id, post_id)
        return [AttemptRow(**row) for row in rows]

    async def has_unfinished(self, account_id: UUID) -> bool:
        """Return True if the account has a post that is not settled."""
        query = select(posts.c.id).where(
            self._is_mine(), posts.c.account_id == account_id, posts.c.status.in_(_UNFINISHED)
        )
        return await self._connection.scalar(query.limit(1)) is not None

    async def hold_waiting(self, account_id: UUID, error: Mapping[str, Any], now: datetime) -> list[PostRow]:
        """Hold the waiting posts of an account, except leased ones, which their workers decide about."""
        return await self._move_waiting(
            posts.c.account_id == account_id,
            [PostStatus.QUEUED, PostStatus.RETRYING],
            status=PostStatus.HELD,
            error=error,
            # At its deadline, a worker decides by the lateness rule.
            ready_at=posts.c.due_at + func.make_interval(0, 0, 0, 0, 0, 0, posts.c.late_within_s),
            updated_at=now,
        )

    async def release_held(self, account_id: UUID, now: datetime) -> list[PostRow]:
        """Queue the held posts of an account again. The lateness rule of an overdue post applies when it is claimed."""
        return await self._move_waiting(
            posts.c.account_id == account_id,
            [PostStatus.HELD],
            status=PostStatus.QUEUED,
            error=None,
            ready_at=func.greatest(posts.c.due_at, now),
            updated_at=now,
        )

    async def release_paused(self, now: datetime) -> list[PostRow]:
        """Queue posts again that a pause has held, if no pause concerns them now."""
        concerns = exists().where(
            or_(pauses.c.organization_id.is_(None), pauses.c.organization_id == posts.c.organization_id),
            or_(pauses.c.account_id.is_(None), pauses.c.account_id == posts.c.account_id),
            or_(pauses.c.platform.is_(None), pauses.c.platform == posts.c.platform),
        )
        return await self._move_waiting(
            and_(posts.c.error["rule"].astext == refusals.publishing.PAUSED.id, ~concerns),
            [PostStatus.HELD],
            status=PostStatus.QUEUED,
            error=None,
            ready_at=func.greatest(posts.c.due_at, now),
            updated_at=now,
        )

    async def end_pauses(self, account_id: UUID, now: datetime) -> int:
        """Make the posts of an account ready that wait for their platform. Return how many."""
        statement = (
            update(posts)
            .where(
                self._is_mine(),
                posts.c.account_id == account_id,
                posts.c.status == PostStatus.PUBLISHING,
                posts.c.lease_token.is_(None),
                posts.c.ready_at > now,
            )
            .values(ready_at=now)
        )
        return (await self._connection.execute(statement)).rowcount

    async def _move_waiting(
        self, which: ColumnElement[bool], sources: Sequence[PostStatus], **values: Any
    ) -> list[PostRow]:
        statement = (
            update(posts)
            .where(self._is_mine(), which, posts.c.status.in_(sources), posts.c.lease_token.is_(None))
            .values(**values)
            .returning(*POST_COLUMNS)
        )
        return [read_post(row) for row in (await self._connection.execute(statement)).mappings()]

    def _is_mine(self) -> ColumnElement[bool]:
        return and_(posts.c.organization_id == self._tenant.organization_id, posts.c.mode == self._tenant.mode)


def read_post(row: RowMapping | asyncpg.Record) -> PostRow:
    """Return a row of `POST_COLUMNS` as a value."""
    return PostRow._make(_values_of(row))._replace(status=PostStatus(row["status"]))


def read_view(row: asyncpg.Record) -> PostView:
    """Return a row of `_VIEW_COLUMNS` as a value."""
    return PostView(
        post=read_post(row),
        content=row["content"],
        is_scheduled=row["is_scheduled"],
        platform_account_id=row["platform_account_id"],
        display_name=row["display_name"],
    )

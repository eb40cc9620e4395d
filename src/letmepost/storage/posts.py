"""Batches and posts of one tenant: what is accepted, and what is read back."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, RowMapping, Select, and_, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from letmepost.domain.content import PostContent
from letmepost.domain.posts import TERMINAL, PostStatus
from letmepost.domain.quotas import Limits
from letmepost.storage.conditions import below_if_given, equals_if_given
from letmepost.storage.contents import encode_content, media_ids
from letmepost.storage.database import Tenant
from letmepost.storage.pauses import PAUSED_RULE, Scope
from letmepost.storage.tables.accounts import accounts
from letmepost.storage.tables.media import media_uses
from letmepost.storage.tables.organizations import organizations
from letmepost.storage.tables.posts import attempts, batches, post_revisions, posts


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
    revision: int
    metadata: Mapping[str, str]
    due_at: datetime
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
    created_at: datetime
    updated_at: datetime

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
class BatchRow:
    """One accepted request."""

    id: UUID
    is_scheduled: bool
    created_at: datetime
    posts: Sequence[PostRow]


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
    """A request that passed every check. Without `late_…`, the organization's or the usual rule holds."""

    id: UUID
    request_id: str
    is_scheduled: bool
    is_draft: bool
    due_at: datetime
    late_within_s: int | None
    late_then: str | None
    metadata: Mapping[str, str]
    posts: Sequence[NewPost]


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What holds for a tenant's posts: the operator's quotas, and what posts do that are late."""

    limits: Limits
    late_within_s: int
    late_then: str


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


USUAL_LATE_WITHIN_S = 86_400
USUAL_LATE_THEN = "skip"

_POLICY_COLUMNS = (
    *(organizations.c[name] for name in Limits.__dataclass_fields__),
    organizations.c.late_within_s,
    organizations.c.late_then,
)
POST_COLUMNS = [posts.c[name] for name in PostRow.__dataclass_fields__]
_UNFINISHED = frozenset(PostStatus) - TERMINAL
_ATTEMPT_COLUMNS = [attempts.c[name] for name in AttemptRow.__dataclass_fields__]


class PostRepository:
    """Posts of one tenant. There is no way to ask for anyone else's."""

    def __init__(self, connection: AsyncConnection, tenant: Tenant) -> None:
        self._connection = connection
        self._tenant = tenant

    async def create_batch(self, batch: NewBatch, now: datetime) -> Policy:
        """Store a batch, as yet without its posts; what holds for them comes back with it, for no round trip more."""
        mine = organizations.c.id == self._tenant.organization_id
        statement = insert(batches).values(
            id=batch.id,
            request_id=batch.request_id,
            is_scheduled=batch.is_scheduled,
            created_at=now,
            **self._owner(),
        )
        policy = (select(column).where(mine).scalar_subquery().label(column.name) for column in _POLICY_COLUMNS)
        row = (await self._connection.execute(statement.returning(*policy))).mappings().one()
        late_within_s, late_then = row["late_within_s"], row["late_then"]
        return Policy(
            limits=Limits(**{name: row[name] for name in Limits.__dataclass_fields__}),
            late_within_s=USUAL_LATE_WITHIN_S if late_within_s is None else late_within_s,
            late_then=late_then or USUAL_LATE_THEN,
        )

    async def create_posts(self, batch: NewBatch, policy: Policy, now: datetime) -> None:
        """Store the posts of a batch, with their first revisions and uses of media."""
        owner = self._owner()
        await self._connection.execute(
            insert(posts),
            [owner | _post_values(batch, policy, index, post, now) for index, post in enumerate(batch.posts)],
        )
        await self._connection.execute(
            insert(post_revisions),
            [
                owner
                | {
                    "post_id": post.id,
                    "revision": 1,
                    "content": encode_content(post.content),
                    "created_at": now,
                }
                for post in batch.posts
            ],
        )
        uses = [
            owner | {"media_id": media_id, "post_id": post.id}
            for post in batch.posts
            for media_id in media_ids(post.content)
        ]
        if uses:
            await self._connection.execute(insert(media_uses), uses)

    async def find_duplicate(self, new: NewPost, since: datetime) -> UUID | None:
        """A post of the same account with the same text and media since then, whatever became of it but nothing.

        Two requests at the same instant take turns: the account is locked until the transaction ends.
        """
        lock = select(func.pg_advisory_xact_lock(func.hashtextextended(str(new.account_id), 0)))
        await self._connection.execute(lock)
        query = self._mine(posts.c.id).where(
            posts.c.account_id == new.account_id,
            posts.c.content_hash == new.content_hash,
            posts.c.created_at >= since,
            posts.c.status.not_in([PostStatus.CANCELED, PostStatus.FAILED, PostStatus.REJECTED]),
        )
        found: UUID | None = await self._connection.scalar(query.order_by(posts.c.id).limit(1))
        return found

    async def schedule_batch(self, batch_id: UUID, *, is_scheduled: bool) -> None:
        """Note how a draft was published: at once, or for later."""
        await self._connection.execute(
            update(batches)
            .where(batches.c.organization_id == self._tenant.organization_id, batches.c.id == batch_id)
            .values(is_scheduled=is_scheduled)
        )

    async def find_batch(self, batch_id: UUID) -> BatchRow | None:
        """A batch with its posts in the order of the request."""
        query = select(batches.c.is_scheduled, batches.c.created_at).where(
            batches.c.organization_id == self._tenant.organization_id, batches.c.id == batch_id
        )
        found = (await self._connection.execute(query)).first()
        if found is None:
            return None
        query = self._mine(*POST_COLUMNS).where(posts.c.batch_id == batch_id).order_by(posts.c.target_index)
        rows = (await self._connection.execute(query)).mappings()
        return BatchRow(id=batch_id, is_scheduled=found[0], created_at=found[1], posts=[read_post(row) for row in rows])

    async def find(self, post_id: UUID) -> PostView | None:
        """One post."""
        row = (await self._connection.execute(self._views().where(posts.c.id == post_id))).mappings().first()
        return None if row is None else _view(row)

    async def list_page(self, wanted: PostFilter, *, before: UUID | None, limit: int) -> list[PostView]:
        """Posts, newest first, below `before`."""
        query = self._views().where(*wanted.conditions(), below_if_given(posts.c.id, before))
        rows = await self._connection.execute(query.order_by(posts.c.id.desc()).limit(limit))
        return [_view(row) for row in rows.mappings()]

    async def list_ids(self, wanted: PostFilter, *, statuses: Collection[PostStatus], limit: int) -> list[UUID]:
        """The ids of posts in one of the statuses, oldest first."""
        query = self._mine(posts.c.id).where(*wanted.conditions(), posts.c.status.in_(statuses))
        return list((await self._connection.execute(query.order_by(posts.c.id).limit(limit))).scalars())

    async def list_attempts(self, post_id: UUID) -> list[AttemptRow]:
        """Every try of a post, first to last."""
        query = select(*_ATTEMPT_COLUMNS).where(
            attempts.c.organization_id == self._tenant.organization_id, attempts.c.post_id == post_id
        )
        rows = (await self._connection.execute(query.order_by(attempts.c.number))).mappings()
        return [AttemptRow(**row) for row in rows]

    async def has_unfinished(self, account_id: UUID) -> bool:
        """Whether a post of the account has yet to go out, or to be settled."""
        query = self._mine(posts.c.id).where(posts.c.account_id == account_id, posts.c.status.in_(_UNFINISHED))
        return await self._connection.scalar(query.limit(1)) is not None

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

    async def release_paused(self, scope: Scope, now: datetime) -> list[PostRow]:
        """Queue again what a pause held."""
        return await self._move_waiting(
            and_(
                equals_if_given(posts.c.account_id, scope.account_id),
                equals_if_given(posts.c.platform, scope.platform),
                posts.c.error["rule"].astext == PAUSED_RULE,
            ),
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

    def _owner(self) -> dict[str, Any]:
        return {"organization_id": self._tenant.organization_id, "mode": self._tenant.mode}

    def _views(self) -> Select[Any]:
        query = self._mine(
            *POST_COLUMNS,
            post_revisions.c.content,
            batches.c.is_scheduled,
            accounts.c.platform_account_id,
            accounts.c.display_name,
        )
        return (
            query.join(batches, batches.c.id == posts.c.batch_id)
            .join(accounts, accounts.c.id == posts.c.account_id)
            .join(
                post_revisions,
                and_(post_revisions.c.post_id == posts.c.id, post_revisions.c.revision == posts.c.revision),
            )
        )

    def _mine(self, *columns: Any) -> Select[Any]:
        return select(*columns).where(
            posts.c.organization_id == self._tenant.organization_id, posts.c.mode == self._tenant.mode
        )


def _post_values(batch: NewBatch, policy: Policy, index: int, post: NewPost, now: datetime) -> dict[str, Any]:
    return {
        "id": post.id,
        "batch_id": batch.id,
        "target_index": index,
        "account_id": post.account_id,
        "profile_id": post.profile_id,
        "platform": post.platform,
        "status": PostStatus.DRAFT if batch.is_draft else PostStatus.QUEUED,
        "content_hash": post.content_hash,
        "metadata": dict(batch.metadata),
        "due_at": batch.due_at,
        "ready_at": None if batch.is_draft else batch.due_at,
        "late_within_s": policy.late_within_s if batch.late_within_s is None else batch.late_within_s,
        "late_then": batch.late_then or policy.late_then,
        "warnings": list(post.warnings),
        "created_at": now,
        "updated_at": now,
    }


def read_post(row: RowMapping) -> PostRow:
    """A row of `POST_COLUMNS` as a value."""
    values = {column.name: row[column.name] for column in POST_COLUMNS}
    return PostRow(**{**values, "status": PostStatus(values["status"])})


def _view(row: RowMapping) -> PostView:
    return PostView(
        post=read_post(row),
        content=row["content"],
        is_scheduled=row["is_scheduled"],
        platform_account_id=row["platform_account_id"],
        display_name=row["display_name"],
    )

"""The recorded history of posts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import case, func, or_, select

from letmepost.domain.lateness import Busy
from letmepost.storage.database import Connection, Tenant
from letmepost.storage.tables.posts import attempts, flow_steps, post_revisions, posts
from letmepost.storage.tables.webhooks import events


@dataclass(frozen=True, slots=True)
class RevisionRow:
    """When a post got its content of a revision."""

    revision: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class StepRow:
    """A step of the journal, without its content."""

    revision: int
    step: str
    intent_at: datetime | None
    is_answered: bool
    paused_at: datetime | None
    pause_count: int
    forgotten_count: int


@dataclass(frozen=True, slots=True)
class EventRow:
    """An event, announced or not."""

    type: str
    data: Mapping[str, Any]
    created_at: datetime


@dataclass(frozen=True, slots=True)
class HeldRow:
    """When a post was held, and by which rule."""

    since: datetime
    rule: str | None


@dataclass(frozen=True, slots=True)
class History:
    """The recorded history of a post, except its attempts."""

    revisions: Sequence[RevisionRow]
    steps: Sequence[StepRow]
    events: Sequence[EventRow]


class HistoryRepository:
    """The history of one tenant's posts. It cannot reach another tenant's."""

    def __init__(self, connection: Connection, tenant: Tenant) -> None:
        self._connection = connection
        self._organization_id = tenant.organization_id

    async def read(self, post_id: UUID) -> History:
        """Return the recorded history of a post, each list in its own order."""
        revisions = select(post_revisions.c.revision, post_revisions.c.created_at).where(
            post_revisions.c.organization_id == self._organization_id, post_revisions.c.post_id == post_id
        )
        steps = select(
            flow_steps.c.revision,
            flow_steps.c.step,
            flow_steps.c.intent_at,
            flow_steps.c.reply_sealed.is_not(None),
            flow_steps.c.paused_at,
            flow_steps.c.pause_count,
            flow_steps.c.forgotten_count,
        ).where(flow_steps.c.organization_id == self._organization_id, flow_steps.c.post_id == post_id)
        announced = select(events.c.type, events.c.data, events.c.created_at).where(
            events.c.organization_id == self._organization_id, events.c.post_id == post_id
        )
        return History(
            [RevisionRow(*row) for row in await self._connection.execute(revisions.order_by("revision"))],
            [StepRow(*row) for row in await self._connection.execute(steps.order_by("revision", "step"))],
            [EventRow(*row) for row in await self._connection.execute(announced.order_by(events.c.written))],
        )

    async def list_held(self, post_id: UUID) -> list[HeldRow]:
        """Return when a post was held, first to last."""
        query = select(events.c.created_at, events.c.data["error"]["rule"].astext).where(
            events.c.organization_id == self._organization_id,
            events.c.post_id == post_id,
            events.c.type == "post.held",
        )
        return [HeldRow(*row) for row in await self._connection.execute(query.order_by(events.c.written))]

    async def list_busy(self, account_id: UUID, post_id: UUID, since: datetime, until: datetime) -> list[Busy]:
        """Return the attempts of an account's other posts in a period, in the order of their beginnings.

        The attempt of a lost worker has no known end, and is left out.
        """
        in_hand = posts.c.lease_token.is_not(None)
        finished_at = func.coalesce(attempts.c.finished_at, case((in_hand, until)))
        query = (
            select(attempts.c.started_at, finished_at)
            .join_from(posts, attempts, attempts.c.post_id == posts.c.id)
            .where(
                posts.c.organization_id == self._organization_id,
                posts.c.account_id == account_id,
                posts.c.id != post_id,
                # The end of an attempt updates its post, so posts without an update since then have none in the period.
                or_(posts.c.updated_at >= since, in_hand),
                attempts.c.started_at < until,
                finished_at > since,
            )
        )
        return [Busy(*row) for row in await self._connection.execute(query.order_by(attempts.c.started_at))]

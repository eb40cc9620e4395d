"""How a caller's request moves posts: once, under lock, along the table of transitions, and told of."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

from letmepost.domain.errors import NotFound, StateForbids
from letmepost.domain.posts import TRANSITIONS, Cause, PostStatus
from letmepost.gateways.clock import Clock
from letmepost.gateways.wakeups import Wakeups
from letmepost.services.callers import Caller
from letmepost.services.events import post_event
from letmepost.services.idempotency import Answer
from letmepost.services.old_idempotency import OldIdempotency, Once
from letmepost.services.tenants.quotas import OldQuotas
from letmepost.storage.database import Connection, Database
from letmepost.storage.posts.editing import LockedPost, PostEditor
from letmepost.storage.posts.posts import PostRow
from letmepost.storage.webhooks.events import EventRepository, NewEvent

T = TypeVar("T")


class PostMoves:
    """What all of a caller's changes of posts share. Each races the workers, and has exactly one winner."""

    def __init__(
        self, *, database: Database, clock: Clock, quotas: OldQuotas, idempotency: OldIdempotency, wakeups: Wakeups
    ) -> None:
        self._database = database
        self._clock = clock
        self._quotas = quotas
        self._idempotency = idempotency
        self._wakeups = wakeups

    async def once(self, caller: Caller, once: Once[T], carry_out: Callable[[Connection], Awaitable[T]]) -> Answer:
        """Carry a request out in one transaction, or repeat its answer; then wake a worker."""
        async with self._quotas.announced(caller.tenant), self._database.tenant(caller.tenant) as connection:
            await self._idempotency.take(connection, caller, once.claim)
            result = await carry_out(connection)
            answer = await self._idempotency.answer(connection, caller, once, result)
        await self._wakeups.wake_worker()
        return answer

    async def lock(self, connection: Connection, caller: Caller, post_id: UUID) -> LockedPost:
        """One post, which nobody else changes in this transaction.

        Raises:
            NotFound: there is none that the caller can see.
        """
        found = await PostEditor(connection, caller.tenant).lock([post_id])
        if not found or caller.profile_id not in {None, found[0].post.profile_id}:
            raise NotFound("post")
        return found[0]

    async def move(
        self,
        connection: Connection,
        caller: Caller,
        post: PostRow,
        cause: Cause,
        *,
        announce: bool = True,
        **values: Any,
    ) -> PostRow:
        """Move a locked post along the table of transitions, and tell of it."""
        transition, now = TRANSITIONS[cause], self._clock.now()
        changed = await PostEditor(connection, caller.tenant).change(
            post.id, {"status": transition.target, "updated_at": now, **values}
        )
        if transition.event is not None and announce:
            await self.write(connection, caller, [post_event(self._clock, transition.event, changed)])
        return changed

    async def write(self, connection: Connection, caller: Caller, events: Sequence[NewEvent]) -> None:
        """Tell of what was changed."""
        await EventRepository(connection, caller.tenant).write(events, self._clock.now())


def places(posts: Sequence[PostRow]) -> list[tuple[UUID, datetime]]:
    """Where posts count towards quotas; drafts and canceled ones do not."""
    uncounted = {PostStatus.DRAFT, PostStatus.CANCELED}
    return [(post.account_id, post.due_at) for post in posts if post.status not in uncounted]


def due(at: datetime) -> dict[str, Any]:
    """Return the columns of a post that its caller wants published at this time."""
    return {"due_at": at, "clock_moved": timedelta(), "ready_at": at}


def forbidden(message: str) -> StateForbids:
    """The post is where this cannot be done."""
    return StateForbids(message, rule="post.status", remediation="Read the post to see where it is now.")

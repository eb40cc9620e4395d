"""Retries posts that have ended, and resolves posts with an unknown outcome."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from letmepost.domain.posts import TRANSITIONS, Cause
from letmepost.domain.schedules import Schedule
from letmepost.services.posts import read
from letmepost.services.posts.accept import check_schedule
from letmepost.services.posts.transition import due, forbidden, lock, move, quota_slots
from letmepost.services.tenants import quotas
from letmepost.services.work import Work
from letmepost.storage.posts.editing import LockedPost
from letmepost.storage.posts.posts import PostFilter, PostRow, PostView

RETRIED_AT_ONCE = 1000

_RETRIABLE = TRANSITIONS[Cause.RETRIED].sources
_RESOLVABLE = TRANSITIONS[Cause.RESOLVED_PUBLISHED].sources


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """A person's answer for a post with an unknown outcome: whether it is visible, and its URI."""

    is_published: bool
    uri: str | None = None


async def retry(work: Work, post_id: UUID, schedule: Schedule | None) -> PostView:
    """Queue a post again that failed, was rejected or canceled, or whose thread was interrupted.

    Raises:
        InvalidRequest: `scheduledAt.future`, `scheduledAt.horizon`.
        NotFound: the caller sees no such post.
        StateForbids: its status does not allow it.
        QuotaExceeded: a quota has no room for it at that time.
    """
    check_schedule(schedule, work.now())
    locked = await lock(work, post_id)
    if not _is_retriable(locked):
        raise forbidden(post_id, f"A post that is {_state(locked.post)} cannot be retried.")
    await _requeue(work, [locked], schedule)
    return await read.get(work, post_id)


async def retry_many(work: Work, wanted: PostFilter, schedule: Schedule | None) -> Sequence[UUID]:
    """Queue again up to 1 000 posts that match the filter and can be retried, oldest first; return their ids.

    Raises:
        InvalidRequest: `scheduledAt.future`, `scheduledAt.horizon`.
        QuotaExceeded: as `retry`. No post is queued.
    """
    check_schedule(schedule, work.now())
    ids = await work.posts.list_ids(wanted, statuses=_RETRIABLE, limit=RETRIED_AT_ONCE)
    retried = [locked for locked in await work.post_editor.lock(ids) if _is_retriable(locked)]
    await _requeue(work, retried, schedule)
    return [locked.post.id for locked in retried]


async def resolve(work: Work, post_id: UUID, resolution: Resolution) -> PostView:
    """Record the outcome that a person found for a post with an unknown outcome.

    Raises:
        NotFound: the caller sees no such post.
        StateForbids: its outcome is known.
    """
    post = (await lock(work, post_id)).post
    if post.status not in _RESOLVABLE:
        raise forbidden(post_id, f"A post that is {post.status} cannot be resolved: its outcome is known.")
    if resolution.is_published:
        uri, now = resolution.uri or post.uri, work.now()
        await move(work, post, Cause.RESOLVED_PUBLISHED, uri=uri, published_at=now, error=None)
    else:
        await work.post_editor.forget_sent(post)  # otherwise a retry would only reconcile
        cause = Cause.RESOLVED_PARTLY if post.parts else Cause.RESOLVED_NOT_PUBLISHED
        await move(work, post, cause)
    return await read.get(work, post_id)


async def _requeue(work: Work, found: Sequence[LockedPost], schedule: Schedule | None) -> None:
    changes: dict[str, Any] = {**due(schedule, work.now()), "failure_count": 0, "error": None}
    posts = [locked.post for locked in found]
    await quotas.move(work, old=quota_slots(posts), new=[(post.account_id, changes["due_at"]) for post in posts])
    if await work.media.wait_again([post.id for post in posts]) and schedule is not None:
        work.fetch_media_soon()
    for locked in found:
        if not locked.is_sent:
            await work.post_editor.unfreeze(locked.post)
        await move(work, locked.post, Cause.RETRIED, **changes)
    work.wake_workers()


def _is_retriable(locked: LockedPost) -> bool:
    """Return True if a post can be queued again.

    A thread cannot continue if its first post was deleted. A canceled draft stays canceled, because no request has
    published it.
    """
    post = locked.post
    is_excluded = locked.is_leased or post.is_canceled_draft or post.unpublished_at is not None
    return post.status in _RETRIABLE and not is_excluded


def _state(post: PostRow) -> str:
    if post.unpublished_at is not None:
        return "unpublished"
    return "a canceled draft" if post.is_canceled_draft else post.status

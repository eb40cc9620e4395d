"""Shared parts of the changes of posts: locks and status transitions."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from letmepost.domain import refusals
from letmepost.domain.errors import RequestError
from letmepost.domain.ids import Prefix, format_id
from letmepost.domain.posts import TRANSITIONS, Cause, PostStatus
from letmepost.domain.schedules import Schedule
from letmepost.services.events import post_event
from letmepost.services.tenants.quotas import QuotaSlot
from letmepost.services.work import Work
from letmepost.storage.posts.editing import LockedPost
from letmepost.storage.posts.posts import PostRow


async def lock(work: Work, post_id: UUID) -> LockedPost:
    """Lock a post until the transaction ends, and return it.

    Raises:
        NotFound: the caller sees no such post.
    """
    found = await work.post_editor.lock([post_id])
    if not found or not work.caller.sees(found[0].post.profile_id):
        raise refusals.requests.not_found(Prefix.POST, post_id)
    return found[0]


async def move(work: Work, post: PostRow, cause: Cause, *, announce: bool = True, **values: Any) -> PostRow:
    """Apply a status transition to a locked post, and emit the event of the transition."""
    transition = TRANSITIONS[cause]
    changed = await work.post_editor.change(post.id, {"status": transition.target, "updated_at": work.now(), **values})
    if transition.event is not None and announce:
        await work.emit(post_event(work.clock, transition.event, changed))
    return changed


def quota_slots(posts: Sequence[PostRow]) -> list[QuotaSlot]:
    """Return the quota slots of posts. Drafts and canceled posts do not count."""
    uncounted = {PostStatus.DRAFT, PostStatus.CANCELED}
    return [(post.account_id, post.due_at) for post in posts if post.status not in uncounted]


def due(schedule: Schedule | None, now: datetime) -> dict[str, Any]:
    """Return the columns of a post that gets a new time; without a schedule, it is due now."""
    at = now if schedule is None else schedule.instant
    return {
        "due_at": at,
        "clock_moved": timedelta(),
        "ready_at": at,
        "is_rescheduled": schedule is not None,
        "wall_time": None if schedule is None else schedule.stored_wall_time,
    }


def forbidden(post_id: UUID, message: str) -> RequestError:
    """Return the error of a change that the status of the post does not allow."""
    return refusals.posts.STATUS(message=message, post_id=format_id(Prefix.POST, post_id))

"""Cancels, reschedules and rewrites posts that were not sent yet."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from letmepost.domain import refusals
from letmepost.domain.ids import Prefix, format_id
from letmepost.domain.posts import TRANSITIONS, Cause, PostStatus
from letmepost.domain.schedules import Schedule
from letmepost.services.callers import Caller
from letmepost.services.events import post_event, timestamp
from letmepost.services.posts import read
from letmepost.services.posts.accept import SOONEST, Acceptance, check_schedule
from letmepost.services.posts.inline_media import PostMedia
from letmepost.services.posts.requests import ContentRequest
from letmepost.services.posts.stored_contents import CONTENT_FIELDS, request_stored_content
from letmepost.services.posts.transition import due, forbidden, lock, move, quota_slots
from letmepost.services.tenants import quotas
from letmepost.services.work import Work
from letmepost.storage.posts.batches import BatchRow
from letmepost.storage.posts.editing import EDITABLE, LockedPost
from letmepost.storage.posts.posts import PostRow, PostView


@dataclass(frozen=True, slots=True, kw_only=True)
class PostChange:
    """A change of a post. Only the fields in `content.given`, and those that are not None, change."""

    content: ContentRequest = field(default_factory=ContentRequest)
    schedule: Schedule | None = None
    metadata: Mapping[str, str] | None = None


async def cancel(work: Work, post_id: UUID) -> PostRow:
    """Cancel a post that has not been published.

    Raises:
        NotFound: the caller sees no such post.
        StateForbids: a worker is publishing it, or it was published, completely or in part.
    """
    locked = await lock(work, post_id)
    _check_editable(locked)
    await quotas.move(work, old=quota_slots([locked.post]))
    return await move(work, locked.post, Cause.CANCELED, **_canceled(locked.post))


async def cancel_batch(work: Work, batch_id: UUID) -> BatchRow:
    """Cancel every post of a batch that can still be canceled.

    Raises:
        NotFound: the caller sees no such batch.
    """
    batch = await read.get_batch(work, batch_id)
    found = await work.post_editor.lock([post.id for post in batch.posts])
    canceled = [locked.post for locked in found if _is_editable(locked)]
    await quotas.move(work, old=quota_slots(canceled))
    for post in canceled:
        await move(work, post, Cause.CANCELED, **_canceled(post))
    return await read.get_batch(work, batch_id)


async def publish_batch(work: Work, batch_id: UUID, schedule: Schedule | None, *, is_now: bool = False) -> BatchRow:
    """Queue a draft: for `schedule`, else for the time that a change gave its posts, else immediately.

    Args:
        is_now: publish immediately, even if the posts have a time.

    Raises:
        InvalidRequest: `scheduledAt.future`, `scheduledAt.horizon`, `draft.time_passed`.
        NotFound: the caller sees no such batch.
        StateForbids: it is no longer a draft.
        QuotaExceeded: a quota has no room for the posts. They stay drafts.
    """
    batch, now = await read.get_batch(work, batch_id), work.now()
    check_schedule(schedule, now)
    drafts = [
        locked
        for locked in await work.post_editor.lock([post.id for post in batch.posts])
        if locked.post.status is PostStatus.DRAFT
    ]
    if not drafts:
        raise refusals.posts.BATCH_STATUS(batch_id=format_id(Prefix.BATCH, batch_id))
    keeps_time = schedule is None and not is_now
    times = [_time_of(draft, now) if keeps_time and draft.has_own_time else due(schedule, now) for draft in drafts]
    is_scheduled = all(time["is_rescheduled"] for time in times)
    await work.batches.schedule(batch_id, is_scheduled=is_scheduled)
    posts = [draft.post for draft in drafts]
    await quotas.move(work, new=[(post.account_id, time["due_at"]) for post, time in zip(posts, times, strict=True)])
    if await work.media.wait_again([post.id for post in posts]) and is_scheduled:
        work.fetch_media_soon()
    for post, time in zip(posts, times, strict=True):
        await move(work, post, Cause.ACCEPTED, announce=time["is_rescheduled"], **time)
    work.wake_workers()
    return await read.get_batch(work, batch_id)


class Editing:
    """Rewrites and reschedules posts that can still be changed."""

    def __init__(self, acceptance: Acceptance, media: PostMedia) -> None:
        self._acceptance = acceptance
        self._media = media

    async def check(self, work: Work, post_id: UUID, change: PostChange) -> PostRow:
        """Return the post to change.

        Raises:
            NotFound: the caller sees no such post.
            InvalidRequest: `scheduledAt.future`, `scheduledAt.horizon`.
        """
        check_schedule(change.schedule, work.now())
        return (await read.get(work, post_id)).post

    async def store_files(self, caller: Caller, post: PostRow, change: PostChange) -> PostChange:
        """Store the files inside a change; return the change with their ids. No transaction may be open.

        Raises:
            InvalidRequest: a file or a URL cannot be used.
            QuotaExceeded: there is no room for the files.
        """
        return replace(change, content=await self._media.store_files(caller, post.profile_id, change.content))

    async def change(self, work: Work, post_id: UUID, change: PostChange) -> PostView:
        """Rewrite or reschedule a post. New content is checked as for a new post, and becomes a new revision.

        Args:
            change: the change as `store_files` returns it.

        Raises:
            NotFound, StateForbids: as `cancel`.
            InvalidRequest, PreflightFailed, QuotaExceeded: the new content or time cannot be used.
        """
        locked = await lock(work, post_id)
        _check_editable(locked)
        await self._rewrite(work, locked.post, change)
        work.wake_workers()
        return await read.get(work, post_id)

    async def _rewrite(self, work: Work, post: PostRow, change: PostChange) -> None:
        now, editor = work.now(), work.post_editor
        values: dict[str, Any] = {"updated_at": now}
        events = []
        if change.content.given:
            stored = await editor.get_content(post)
            changed = _changed(stored, change.content)
            new = await self._acceptance.recompose(work, post, changed, stored)
            values["revision"] = await editor.add_revision(post, new.content, now)
            warnings = [*_remaining_warnings(post, change.content), *new.warnings]
            values |= {"content_hash": new.content_hash, "warnings": warnings}
            events.append("post.updated")
        if change.metadata is not None:
            values["metadata"] = dict(change.metadata)
        if change.schedule is not None:
            if counted := quota_slots([post]):
                moved = [(post.account_id, change.schedule.instant)]
                await quotas.move(work, old=counted, new=moved)
            values |= _planned(post, change.schedule, now)
            if post.status is PostStatus.HELD and values["status"] is PostStatus.QUEUED:
                events.append(str(TRANSITIONS[Cause.RELEASED].event))
            if not change.content.given:
                await editor.unfreeze(post)
            events.append("post.rescheduled")
        if post.status is PostStatus.DRAFT:  # it keeps the time, but is not due before a request publishes it
            values["ready_at"] = None
        row = await editor.change(post.id, values)
        await work.emit(*(post_event(work.clock, name, row) for name in events))


def _time_of(draft: LockedPost, now: datetime) -> dict[str, Any]:
    """Return the columns of a draft that is published at the time that it has.

    Raises:
        InvalidRequest: `draft.time_passed`.
    """
    post = draft.post
    if post.due_at < now + SOONEST:
        post_id, given = format_id(Prefix.POST, post.id), timestamp(post.requested_at)
        raise refusals.posts.DRAFT_TIME_PASSED(post_id=post_id, given=given, now=timestamp(now))
    return {"due_at": post.due_at, "ready_at": post.due_at, "is_rescheduled": True}


def _planned(post: PostRow, schedule: Schedule, now: datetime) -> dict[str, Any]:
    """Return the changes of a post that gets a new time.

    A post that its lateness rule held is queued: it was waiting for a new time. A post that its account or a pause
    holds stays held, and the lateness rule applies again at the new deadline.
    """
    changes: dict[str, Any] = {**due(schedule, now), "failure_count": 0, "status": post.status}
    is_missed = (post.error or {}).get("rule") == refusals.publishing.SCHEDULE_MISSED.id
    if post.status is PostStatus.RETRYING or (post.status is PostStatus.HELD and is_missed):
        return {**changes, "status": PostStatus.QUEUED, "error": None}
    if post.status is PostStatus.HELD:
        return {**changes, "ready_at": schedule.instant + timedelta(seconds=post.late_within_s)}
    return changes


def _canceled(post: PostRow) -> dict[str, Any]:
    return {"ready_at": None, "is_canceled_draft": post.status is PostStatus.DRAFT}


def _is_editable(locked: LockedPost) -> bool:
    return locked.post.status in EDITABLE and not locked.is_leased and not locked.is_sent


def _check_editable(locked: LockedPost) -> None:
    if locked.post.status not in EDITABLE or locked.is_leased:
        raise forbidden(locked.post.id, f"A post that is {locked.post.status} cannot be changed or canceled.")
    if locked.is_sent:
        raise refusals.posts.PARTLY_PUBLISHED()


def _changed(stored: Mapping[str, Any], change: ContentRequest) -> ContentRequest:
    """Return the stored content with the given fields replaced."""
    names = {"firstComment": "first_comment"}
    changed = [names.get(name, name) for name in change.given & CONTENT_FIELDS]
    return replace(request_stored_content(stored), **{name: getattr(change, name) for name in changed})


def _remaining_warnings(post: PostRow, change: ContentRequest) -> list[Mapping[str, str]]:
    """Return the warnings about items of unchanged fields: they were omitted earlier, and remain omitted.

    Those about converted images are given again by the check of the new content.
    """
    converted = {refusals.media.FITTED.id, refusals.media.FIT_PENDING.id}
    return [
        warning
        for warning in post.warnings
        if warning["code"] not in converted
        and "field" in warning
        and warning["field"].partition(".")[0].partition("[")[0] not in change.given
    ]

"""Canceling, rescheduling and rewriting posts that have not gone out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from letmepost.domain.content import MediaKind
from letmepost.domain.errors import StateForbids
from letmepost.domain.posts import TRANSITIONS, Cause, PostStatus
from letmepost.services.callers import Caller
from letmepost.services.events import post_event
from letmepost.services.idempotency import Answer
from letmepost.services.old_idempotency import Once
from letmepost.services.posts import read
from letmepost.services.posts.accept import Acceptance, check_schedule
from letmepost.services.posts.inline_media import PostMedia
from letmepost.services.posts.requests import ContentRequest, MediaRequest, ThreadRequest
from letmepost.services.posts.transition import PostMoves, due, forbidden, lock, move, quota_slots
from letmepost.services.publishing.outcomes import MISSED_RULE
from letmepost.services.tenants import quotas
from letmepost.services.work import UnitsOfWork, Work
from letmepost.storage.posts.batches import BatchRow
from letmepost.storage.posts.contents import on_unsupported
from letmepost.storage.posts.editing import EDITABLE, LockedPost
from letmepost.storage.posts.posts import PostRow, PostView


@dataclass(frozen=True, slots=True, kw_only=True)
class PostChange:
    """What is to change in a post: only the fields named in `content.given` and those that are not None."""

    content: ContentRequest = field(default_factory=ContentRequest)
    scheduled_at: datetime | None = None
    metadata: Mapping[str, str] | None = None


class Editing:
    """Changes posts of the caller's world, while they are the caller's to change."""

    def __init__(
        self,
        *,
        units: UnitsOfWork,
        moves: PostMoves,
        acceptance: Acceptance,
        media: PostMedia,
    ) -> None:
        self._units = units
        self._moves = moves
        self._acceptance = acceptance
        self._media = media

    async def cancel(self, caller: Caller, post_id: UUID, once: Once[PostRow]) -> Answer:
        """Cancel a post that has not gone out.

        Raises:
            NotFound: there is none that the caller can see.
            StateForbids: a worker has it, or it has gone out, in whole or in part.
        """

        async def carry_out(work: Work) -> PostRow:
            locked = await lock(work, post_id)
            _check_editable(locked)
            await quotas.move(work, old=quota_slots([locked.post]))
            return await move(work, locked.post, Cause.CANCELED, **_canceled(locked.post))

        return await self._moves.once(caller, once, carry_out)

    async def cancel_batch(self, caller: Caller, batch_id: UUID, once: Once[BatchRow]) -> Answer:
        """Cancel all of a batch that still can be.

        Raises:
            NotFound: there is none that the caller can see.
        """
        batch = await self._find_batch(caller, batch_id)

        async def carry_out(work: Work) -> BatchRow:
            found = await work.post_editor.lock([post.id for post in batch.posts])
            canceled = [locked.post for locked in found if _is_editable(locked)]
            await quotas.move(work, old=quota_slots(canceled))
            for post in canceled:
                await move(work, post, Cause.CANCELED, **_canceled(post))
            return await read.get_batch(work, batch_id)

        return await self._moves.once(caller, once, carry_out)

    async def publish_batch(
        self, caller: Caller, batch_id: UUID, scheduled_at: datetime | None, once: Once[BatchRow]
    ) -> Answer:
        """Queue a draft.

        Raises:
            NotFound: there is none that the caller can see.
            StateForbids: it is no draft any more.
            QuotaExceeded: it is more than the operator allows; it stays a draft.
        """
        batch = await self._find_batch(caller, batch_id)
        now = self._units.clock.now()
        check_schedule(scheduled_at, now)

        async def carry_out(work: Work) -> BatchRow:
            drafts = [
                locked.post
                for locked in await work.post_editor.lock([post.id for post in batch.posts])
                if locked.post.status is PostStatus.DRAFT
            ]
            if not drafts:
                raise forbidden("The batch is no draft any more.")
            await work.batches.schedule(batch_id, is_scheduled=scheduled_at is not None)
            due_at = scheduled_at or now
            await quotas.move(work, new=[(post.account_id, due_at) for post in drafts])
            await work.media.wait_again([post.id for post in drafts])
            for post in drafts:
                await move(work, post, Cause.ACCEPTED, announce=scheduled_at is not None, **due(due_at))
            return await read.get_batch(work, batch_id)

        return await self._moves.once(caller, once, carry_out)

    async def change(self, caller: Caller, post_id: UUID, change: PostChange, once: Once[PostView]) -> Answer:
        """Rewrite or reschedule a post. New content is checked like a new post's and becomes a new revision.

        Raises:
            NotFound, StateForbids: as `cancel`.
            InvalidRequest, PreflightFailed, QuotaExceeded: the new content or time will not do; nothing was changed.
        """
        check_schedule(change.scheduled_at, self._units.clock.now())
        brought = replace(change, content=await self._media.bring(caller, post_id, change.content))

        async def carry_out(work: Work) -> PostView:
            locked = await lock(work, post_id)
            _check_editable(locked)
            await self._rewrite(work, locked.post, brought)
            return await read.get(work, post_id)

        return await self._moves.once(caller, once, carry_out)

    async def _find_batch(self, caller: Caller, batch_id: UUID) -> BatchRow:
        async with self._units.begin(caller) as work:
            return await read.get_batch(work, batch_id)

    async def _rewrite(self, work: Work, post: PostRow, change: PostChange) -> None:
        now, editor = work.now(), work.post_editor
        values: dict[str, Any] = {"updated_at": now}
        events = []
        if change.content.given:
            stored = await editor.get_content(post)
            changed = _changed(stored, change.content)
            new = await self._acceptance.recompose(work, post, changed, on_unsupported(stored))
            values["revision"] = await editor.add_revision(post, new.content, now)
            warnings = [*_remaining_warnings(post, change.content), *new.warnings]
            values |= {"content_hash": new.content_hash, "warnings": warnings}
            events.append("post.updated")
        if change.metadata is not None:
            values["metadata"] = dict(change.metadata)
        if change.scheduled_at is not None:
            if counted := quota_slots([post]):
                moved = [(post.account_id, change.scheduled_at)]
                await quotas.move(work, old=counted, new=moved)
            values |= _planned(post, change.scheduled_at)
            if post.status is PostStatus.HELD and values["status"] is PostStatus.QUEUED:
                events.append(str(TRANSITIONS[Cause.RELEASED].event))
            if not change.content.given:
                await editor.thaw(post)
            events.append("post.rescheduled")
        if post.status is PostStatus.DRAFT:
            values["ready_at"] = None
        row = await editor.change(post.id, values)
        await work.emit(*(post_event(work.clock, name, row) for name in events))


def _planned(post: PostRow, due_at: datetime) -> dict[str, Any]:
    """What changes with the time of a post.

    What its own lateness rule held is queued: it was held for somebody to say when. What its account or a pause holds
    stays held, and the lateness rule decides again at its new deadline.
    """
    changes: dict[str, Any] = {**due(due_at), "failure_count": 0, "status": post.status}
    is_missed = (post.error or {}).get("rule") == MISSED_RULE
    if post.status is PostStatus.RETRYING or (post.status is PostStatus.HELD and is_missed):
        return {**changes, "status": PostStatus.QUEUED, "error": None}
    if post.status is PostStatus.HELD:
        return {**changes, "ready_at": due_at + timedelta(seconds=post.late_within_s)}
    return changes


def _canceled(post: PostRow) -> dict[str, Any]:
    return {"ready_at": None, "is_canceled_draft": post.status is PostStatus.DRAFT}


def _is_editable(locked: LockedPost) -> bool:
    return locked.post.status in EDITABLE and not locked.is_leased and not locked.is_sent


def _check_editable(locked: LockedPost) -> None:
    if locked.post.status not in EDITABLE or locked.is_leased:
        raise forbidden(f"A post that is {locked.post.status} cannot be changed any more.")
    if locked.is_sent:
        raise StateForbids(
            "Something of this post was sent already, and may be visible.",
            rule="post.partly_published",
            remediation="Wait for its outcome, then retry or unpublish it.",
        )


def _changed(stored: Mapping[str, Any], change: ContentRequest) -> ContentRequest:
    """The stored content with the given fields replaced."""
    whole = ContentRequest(
        text=stored["text"],
        media=_media(stored["media"]),
        first_comment=stored["first_comment"],
        thread=tuple(ThreadRequest(text=part["text"], media=_media(part["media"])) for part in stored["thread"]),
        options=stored["options"],
    )
    names = {"firstComment": "first_comment"}
    new = {names.get(name, name): getattr(change, names.get(name, name)) for name in change.given if name in _CONTENT}
    return replace(whole, **new, given=_CONTENT)


def _remaining_warnings(post: PostRow, change: ContentRequest) -> list[Mapping[str, str]]:
    """Return the warnings about items of unchanged fields: they were omitted earlier, and remain omitted."""
    return [
        warning
        for warning in post.warnings
        if "field" in warning and warning["field"].partition(".")[0].partition("[")[0] not in change.given
    ]


_CONTENT = frozenset({"text", "media", "firstComment", "thread", "options"})


def _media(items: Sequence[Mapping[str, Any]]) -> tuple[MediaRequest, ...]:
    return tuple(
        MediaRequest(
            kind=MediaKind(item["kind"]),
            alt_text=item["alt_text"],
            title=item["title"],
            media_id=UUID(item["media_id"]),
        )
        for item in items
    )

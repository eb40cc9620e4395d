"""The timeline of a post: its history as text and as data."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from letmepost.domain.ids import Prefix, format_id
from letmepost.domain.lateness import WORDS, Lateness
from letmepost.services.events import timestamp
from letmepost.services.posts import read
from letmepost.services.posts.lateness import find_lateness
from letmepost.services.work import Work
from letmepost.storage.media.reads import MediaReads
from letmepost.storage.posts.history import History
from letmepost.storage.posts.posts import AttemptRow, PostRow


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineEntry:
    """One event in the history of a post. `kind` is for programs, `message` for people."""

    at: datetime
    kind: str
    message: str
    data: Mapping[str, Any]


async def list_entries(work: Work, post_id: UUID) -> list[TimelineEntry]:
    """Return the history of a post, oldest first.

    Raises:
        NotFound: the caller sees no such post.
    """
    post = (await read.get(work, post_id)).post
    attempts = await work.posts.list_attempts(post_id)
    history = await work.history.read(post_id)
    lateness = await find_lateness(work, post, attempts)
    reads = await work.media_reads.list_of_post(post_id)
    entries = [*_of_history(post, history), *_of_lateness(lateness), *_of_attempts(attempts), *_of_reads(reads)]
    return sorted(entries, key=lambda entry: entry.at)


def _of_history(post: PostRow, history: History) -> Iterator[TimelineEntry]:
    for revision in history.revisions:
        first = revision.revision == 1
        yield TimelineEntry(
            at=revision.created_at,
            kind="accepted" if first else "revised",
            message="The post was accepted." if first else f"The post was changed: revision {revision.revision}.",
            data={"revision": revision.revision, "dueAt": post.requested_at.isoformat()}
            if first
            else {"revision": revision.revision},
        )
    for step in history.steps:
        if step.intent_at is not None:
            reply = "Its response is recorded." if step.is_answered else "No response is recorded: it is in doubt."
            yield TimelineEntry(
                at=step.intent_at,
                kind="sent",
                message=f"The request {step.step!r} was recorded before it was sent. {reply}",
                data={"revision": step.revision, "step": step.step, "isAnswered": step.is_answered},
            )
        if step.paused_at is not None:
            yield TimelineEntry(
                at=step.paused_at,
                kind="waited",
                message=f"The platform was not ready ({step.step}). The post waited {step.pause_count} times.",
                data={"step": step.step, "count": step.pause_count},
            )
    for event in history.events:
        yield TimelineEntry(
            at=event.created_at,
            kind="event",
            message=f"{event.type}: the post is {event.data.get('status')}.",
            data={"type": event.type, "status": event.data.get("status"), "error": event.data.get("error")},
        )


def _of_attempts(attempts: list[AttemptRow]) -> Iterator[TimelineEntry]:
    for attempt in attempts:
        yield TimelineEntry(
            at=attempt.started_at,
            kind="attempt.started",
            message=f"Attempt {attempt.number} started {attempt.waited_ms} ms after the post was ready.",
            data={"number": attempt.number, "waitedMs": attempt.waited_ms},
        )
        if attempt.finished_at is not None:
            calls = len(attempt.calls)
            yield TimelineEntry(
                at=attempt.finished_at,
                kind="attempt.ended",
                message=f"Attempt {attempt.number} ended after {calls} calls to the platform: {attempt.outcome}.",
                data={
                    "number": attempt.number,
                    "outcome": attempt.outcome,
                    "platformMs": attempt.platform_ms,
                    "calls": list(attempt.calls),
                    "error": attempt.error,
                },
            )


def _of_reads(found: Sequence[MediaReads]) -> Iterator[TimelineEntry]:
    """Yield an entry for each of the first reads of a media item, and one for all of them if there were more."""
    for reads in found:
        media_id = format_id(Prefix.MEDIA, reads.media_id)
        for one in reads.first:
            yield TimelineEntry(
                at=one.at,
                kind="media.read",
                message=f"{media_id} was read: {one.method}, status {one.status}, {one.sent_bytes} bytes.",
                data={
                    "mediaId": media_id,
                    "method": one.method,
                    "status": one.status,
                    "sentBytes": one.sent_bytes,
                    "userAgent": one.user_agent,
                },
            )
        if reads.count > len(reads.first):
            yield TimelineEntry(
                at=reads.last_at,
                kind="media.reads",
                message=f"{media_id} was read {reads.count} times. The first {len(reads.first)} reads are listed.",
                data={"mediaId": media_id, "count": reads.count},
            )


def _of_lateness(lateness: Lateness | None) -> Iterator[TimelineEntry]:
    """Yield an entry for each wait since the due time, at the end of the wait."""
    if lateness is None:
        return
    for wait in lateness.waits:
        ms = lateness.duration_ms(wait)
        if ms:
            yield TimelineEntry(
                at=wait.until,
                kind="delayed",
                message=f"The post waited {ms} ms {WORDS[wait.delay]}.",
                data={"reason": wait.delay, "ms": ms, "since": timestamp(wait.since)},
            )

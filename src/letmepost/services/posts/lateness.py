"""Explains why a post is late, from its history and that of other posts of its account."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from types import MappingProxyType

from letmepost.domain import refusals
from letmepost.domain.lateness import Delay, Hold, Lateness, Record, Try, explain_lateness
from letmepost.domain.posts import TERMINAL, PostStatus
from letmepost.services.work import Reads, Work
from letmepost.storage.posts.posts import AttemptRow, PostRow
from letmepost.storage.posts.reads import PostAndAttempts

_HISTORY_READ_FROM = timedelta(seconds=1)
"""The holds of a post and the activity of its account are read only if it is at least this late."""

_NEVER_LATE = frozenset({PostStatus.DRAFT, PostStatus.CANCELED})
_HELD_FOR: Mapping[str, Delay] = MappingProxyType(
    {refusals.publishing.PAUSED.id: Delay.PAUSE, refusals.publishing.SCHEDULE_MISSED.id: Delay.RULE}
)


async def find_lateness(work: Work, post: PostRow, attempts: Sequence[AttemptRow]) -> Lateness | None:
    """Return how late a post is, or was when it was published or failed, and why.

    While a worker is publishing it, only the time until the attempt started is counted. Return None before the due
    time, for drafts and canceled posts, and if records of attempts were deleted.
    """
    record = _record(post, attempts, work.now())
    if record is not None and _needs_history(record):
        record = await _add_history(work, post, record)
    return None if record is None else explain_lateness(record)


async def read_lateness(work: Work, post: PostRow) -> Lateness | None:
    """Return the lateness of a post whose attempts have not been read; see `find_lateness`."""
    return await find_lateness(work, post, await work.posts.list_attempts(post.id))


async def find_lateness_of(reads: Reads, found: PostAndAttempts) -> Lateness | None:
    """Return the lateness of a post outside a unit of work. One is opened if the post's history is needed."""
    post = found.view.post
    record = _record(post, found.attempts, reads.now())
    if record is not None and _needs_history(record):
        async with reads.begin_work() as work:
            record = await _add_history(work, post, record)
    return None if record is None else explain_lateness(record)


def _needs_history(record: Record) -> bool:
    return record.until - record.due_at >= _HISTORY_READ_FROM


async def _add_history(work: Work, post: PostRow, record: Record) -> Record:
    held = await work.history.list_held(post.id)
    return replace(
        record,
        holds=[Hold(row.since, _held_for(row.rule)) for row in held],
        busy=await work.history.list_busy(post.account_id, post.id, record.due_at, record.until),
    )


def _record(post: PostRow, attempts: Sequence[AttemptRow], now: datetime) -> Record | None:
    if post.status in _NEVER_LATE or now <= post.due_at or len(attempts) < post.attempt_count:
        return None
    # Earlier attempts belong to an earlier due time.
    current = [attempt for attempt in attempts if (attempt.finished_at or attempt.started_at) >= post.due_at]
    until = post.published_at or now
    if current and current[-1].finished_at is None:
        *current, last = current
        if post.published_at is None:
            return _make(post, current, min(last.started_at, now), _ready_at(last))
        # The post is visible, and the worker is publishing its extras.
        platform_ms = _ms(post.published_at - last.started_at)
        ended = replace(last, outcome=PostStatus.PUBLISHED, finished_at=post.published_at, platform_ms=platform_ms)
        current.append(ended)
    if post.published_at is None and post.status in TERMINAL:
        if not current:
            return None
        until = current[-1].finished_at or now
    return _make(post, current, until, None if post.status is PostStatus.HELD else post.ready_at)


def _make(post: PostRow, attempts: Sequence[AttemptRow], until: datetime, ready_at: datetime | None) -> Record | None:
    if until <= post.due_at:
        return None
    tries = [
        Try(
            ready_at=_ready_at(attempt),
            started_at=attempt.started_at,
            finished_at=attempt.finished_at,
            platform=timedelta(milliseconds=attempt.platform_ms or 0),
            then=_then(attempt),
        )
        for attempt in attempts
    ]
    return Record(due_at=post.due_at, until=until, tries=tries, ready_at=ready_at)


def _then(attempt: AttemptRow) -> Delay | None:
    """Return what the post waited for after an attempt."""
    error = attempt.error or {}
    match attempt.outcome:
        case "waiting":
            return Delay.PLATFORM
        case PostStatus.RETRYING:
            return Delay.BUDGET if "budget" in error else Delay.PLATFORM
        case PostStatus.HELD:
            return _held_for(error.get("rule"))
    return None


def _held_for(rule: str | None) -> Delay:
    return _HELD_FOR.get(rule or "", Delay.ACCOUNT)


def _ready_at(attempt: AttemptRow) -> datetime:
    return attempt.started_at - timedelta(milliseconds=attempt.waited_ms)


def _ms(duration: timedelta) -> int:
    return duration // timedelta(milliseconds=1)

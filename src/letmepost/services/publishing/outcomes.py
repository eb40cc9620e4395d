"""The outcomes of attempts: pure functions of the result of a run, the time and the post's rules."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from letmepost.domain import refusals
from letmepost.domain.budgets import Budget
from letmepost.domain.errors import ErrorCode, FailureKind, PlatformFailure
from letmepost.domain.lateness import Lateness
from letmepost.domain.posts import TRANSITIONS, Cause, PostStatus
from letmepost.domain.retry import POLICIES, Next, next_try_at
from letmepost.domain.violations import Violation
from letmepost.gateways.throttles import Reason, Throttle
from letmepost.services.publishing.errors import (
    budget_data,
    explained_error,
    failure_error,
    lateness_data,
    resets_too_late,
)
from letmepost.storage.posts.posts import PostRow

HELD_AT_MOST = timedelta(days=30)
ASKED_WITHIN = timedelta(hours=1)
"""How long after its deadline a post in doubt is still reconciled, which publishes nothing."""
EXTRAS_WITHIN = timedelta(hours=1)

SPREAD = timedelta(seconds=2)
_THROTTLED = {
    Reason.LIMIT: refusals.publishing.LIMIT_USED_UP,
    Reason.AWAY: refusals.publishing.PLATFORM_AWAY,
}

_CLEAR: Mapping[str, Any] = MappingProxyType({"ready_at": None})


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of an attempt.

    Args:
        cause: the transition of the post; None if the status stays.
        changes: the columns of the post that change.
        name: the outcome in the record of the attempt.
        error: the error that callers receive.
    """

    cause: Cause | None
    changes: Mapping[str, Any]
    name: str
    error: Mapping[str, Any] | None = None

    @property
    def event(self) -> str | None:
        """The type of the event to emit."""
        return None if self.cause is None else TRANSITIONS[self.cause].event

    @property
    def is_pause(self) -> bool:
        """True if the operator's pause holds the post."""
        return self.cause is Cause.HELD and (self.error or {}).get("rule") == refusals.publishing.PAUSED.id


def deadline(post: PostRow) -> datetime:
    """Return until when the post may be published late."""
    return post.due_at + timedelta(seconds=post.late_within_s)


def is_too_late(post: PostRow, now: datetime) -> bool:
    """Return True if the lateness rule applies before the post is attempted."""
    return now > deadline(post) and post.status is not PostStatus.PUBLISHED


def too_late(post: PostRow, lateness: Lateness | None = None) -> Outcome | None:
    """Return what the lateness rule does to a post after its deadline; None if it is published anyway.

    `lateness`: how late it is and why, for the error.
    """
    missed = explained_error(
        refusals.publishing.SCHEDULE_MISSED,
        ErrorCode.VALIDATION_FAILED,
        post.platform,
        late_within_s=post.late_within_s,
    )
    if lateness is not None:
        missed["message"] += f" {lateness.describe()}"
    why = {} if lateness is None else {"lateness": lateness_data(lateness)}
    if post.late_then == "hold" and post.status is not PostStatus.HELD:
        return _ended(Cause.HELD, {**missed, **why}, ready_at=post.due_at + HELD_AT_MOST)
    if post.late_then == "publish" and post.status is not PostStatus.HELD:
        return None
    is_broken = bool(post.parts) and post.status is not PostStatus.HELD
    return _ended(Cause.BROKE if is_broken else Cause.USED_UP, {**(post.error or missed), **why})


def paused(until: datetime) -> Outcome:
    """Return the outcome of a flow that waits. The status does not change."""
    return Outcome(None, {"ready_at": until}, "waiting")


def finished(post: PostRow) -> Outcome:
    """Return the outcome of a finished flow. `Live` or `HandOver` has changed the status already."""
    return Outcome(None, _CLEAR, post.status)


def held_by_pause(post: PostRow, reason: str, now: datetime) -> Outcome:
    """Hold a post because publishing is paused. At its deadline, the lateness rule applies."""
    error = explained_error(refusals.publishing.PAUSED, ErrorCode.PLATFORM_UNAVAILABLE, post.platform)
    if reason:
        error["message"] += f" Reason: {reason}"
    return _ended(Cause.HELD, error, ready_at=max(deadline(post), now))


def media_missing(post: PostRow, error: Mapping[str, Any]) -> Outcome:
    """Reject a post whose media item could not be fetched or converted."""
    is_unfit = error.get("rule") == refusals.media.FIT_FAILED.id
    about = refusals.media.FIT_FAILED if is_unfit else refusals.media.NOT_FETCHED
    missing = explained_error(about, ErrorCode.VALIDATION_FAILED, post.platform, problem="")
    return _ended(Cause.REJECTED, {**missing, **error})


def broken_rules(post: PostRow, violations: list[Violation]) -> Outcome:
    """Reject a post for rules that could be checked only with the bytes of its media items."""
    first = violations[0]
    error = {
        "code": ErrorCode.PREFLIGHT_FAILED,
        "message": first.message,
        "rule": first.rule,
        "remediation": first.remediation,
        "platform": post.platform,
    }
    return _ended(Cause.REJECTED, error)


def in_doubt(post: PostRow, now: datetime, jitter: float, reason: str) -> Outcome:
    """Retry a post in doubt until an hour after its deadline: the next run reconciles it. Then it is unconfirmed."""
    error = explained_error(refusals.publishing.IN_DOUBT, ErrorCode.PLATFORM_UNAVAILABLE, post.platform, reason=reason)
    if now > deadline(post) + ASKED_WITHIN:
        return unconfirmed(post, reason)
    return _retry(post, error, next_try_at(now, post.failure_count + 1, jitter, None))


def held_in_doubt(post: PostRow, failure: PlatformFailure, now: datetime, jitter: float) -> Outcome:
    """Return the outcome of a held post that could not be reconciled: it stays held, or becomes unconfirmed."""
    at = next_try_at(now, post.failure_count + 1, jitter, failure.retry_at)
    if POLICIES[failure.kind].next in {Next.TRY_AGAIN, Next.ASK} and at <= deadline(post) + ASKED_WITHIN:
        return _waiting(post, at)
    return unconfirmed(post, failure.message)


def unconfirmed(post: PostRow, reason: str) -> Outcome:
    """End a post that was sent, and that the platform cannot confirm. It is never repeated automatically."""
    error = explained_error(
        refusals.publishing.UNCONFIRMED, ErrorCode.PLATFORM_UNAVAILABLE, post.platform, reason=reason
    )
    return _ended(Cause.UNLEARNABLE, error)


def failed(
    post: PostRow,
    failure: PlatformFailure,
    now: datetime,
    jitter: float,
    *,
    is_uncertain: bool,
    budget: Budget | None = None,
) -> Outcome:
    """Return the outcome of a platform's refusal, by its kind.

    Args:
        budget: the exhausted limit, if the platform reported it.
        is_uncertain: a call was sent or even accepted, and no part of the post is known to be visible. Such a post
            never becomes failed or rejected: a caller that retries it would publish it twice.
    """
    error = failure_error(post.platform, failure)
    policy = POLICIES[failure.kind]
    if policy.next is Next.HOLD:
        return _ended(Cause.HELD, error, ready_at=max(deadline(post), now))
    if policy.next is Next.ASK:
        return in_doubt(post, now, jitter, failure.message)
    at = next_try_at(now, post.failure_count + 1, jitter, failure.retry_at)
    is_limit = failure.kind in {FailureKind.RATE_LIMITED, FailureKind.QUOTA_EXHAUSTED}
    if is_limit:
        error = {"rule": refusals.publishing.LIMIT_USED_UP.id, **error, "budget": budget_data(failure.retry_at, budget)}
    ends_at = deadline(post) + ASKED_WITHIN if is_uncertain else deadline(post)
    if policy.next is Next.TRY_AGAIN and at <= ends_at:
        return _retry(post, error, at)
    if is_uncertain:
        return unconfirmed(post, failure.message)
    if is_limit and failure.retry_at is not None:
        error = resets_too_late(error)
    is_final = policy.next is Next.STOP
    return _ended(Cause.BROKE if post.parts else Cause.REJECTED if is_final else Cause.USED_UP, error)


def retry_now(post: PostRow, error: Mapping[str, Any], now: datetime) -> Outcome:
    """Retry a post immediately, because the reason to hold it has ended (a reconnect, the end of a pause)."""
    return _retry(post, error, now)


def throttled(post: PostRow, throttle: Throttle, jitter: float) -> Outcome:
    """Postpone a post that the platform would not accept now. The platform is not called, and no failure is counted.

    If the throttle ends after the deadline, the post fails immediately. Posts that wait for the same moment are spread.
    """
    error = explained_error(_THROTTLED[throttle.reason], ErrorCode.PLATFORM_UNAVAILABLE, post.platform)
    if throttle.reason is Reason.LIMIT:
        error["budget"] = budget_data(throttle.until, throttle.budget)
    at = throttle.until + (1 + jitter) / 2 * SPREAD
    if at > deadline(post):
        return _ended(Cause.BROKE if post.parts else Cause.USED_UP, resets_too_late(error))
    changes = {"status": PostStatus.RETRYING, "ready_at": at, "error": error}
    return Outcome(Cause.TRANSIENT, changes, PostStatus.RETRYING, error)


def extras_failed(post: PostRow, failure: PlatformFailure, now: datetime, jitter: float) -> Outcome:
    """Retry a failed extra of a visible post for an hour, then warn. The post never fails, and is not repeated."""
    at = next_try_at(now, post.failure_count + 1, jitter, failure.retry_at)
    may_pass = POLICIES[failure.kind].next in {Next.TRY_AGAIN, Next.ASK}
    if may_pass and post.extras_until is not None and at <= post.extras_until:
        return _waiting(post, at)
    extras = refusals.publishing.EXTRAS_FAILED
    warning = {"code": extras.id, "message": extras.describe(reason=failure.message)}
    return Outcome(None, {**_CLEAR, "warnings": [*post.warnings, warning]}, PostStatus.PUBLISHED)


def internal_error() -> PlatformFailure:
    """Return an unexpected error of this service as a failure that is retried."""
    return PlatformFailure(FailureKind.UNAVAILABLE, "An unexpected error occurred in this service.")


def defect(post: PostRow, now: datetime, jitter: float, *, is_sent: bool) -> Outcome:
    """Return the outcome of a post after an unexpected error of this service, from its row alone.

    Args:
        is_sent: True if a publishing call was sent in its current revision.
    """
    failure, is_uncertain = internal_error(), is_sent and not post.parts
    if post.status is PostStatus.PUBLISHED:
        return extras_failed(post, failure, now, jitter)
    if post.status is not PostStatus.HELD:
        return failed(post, failure, now, jitter, is_uncertain=is_uncertain)
    missed = None if is_uncertain else too_late(post)
    return missed or unconfirmed(post, failure.message)


def _retry(post: PostRow, error: Mapping[str, Any], at: datetime) -> Outcome:
    changes = {
        "status": PostStatus.RETRYING,
        "ready_at": at,
        "failure_count": post.failure_count + 1,
        "error": dict(error),
    }
    return Outcome(Cause.TRANSIENT, changes, PostStatus.RETRYING, error)


def _waiting(post: PostRow, at: datetime) -> Outcome:
    return Outcome(None, {"ready_at": at, "failure_count": post.failure_count + 1}, "waiting")


def _ended(cause: Cause, error: Mapping[str, Any], ready_at: datetime | None = None) -> Outcome:
    target = TRANSITIONS[cause].target
    return Outcome(cause, {"status": target, "ready_at": ready_at, "error": dict(error)}, target, error)

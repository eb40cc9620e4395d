"""The outcomes of attempts, and their invariants."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from letmepost.domain.errors import ErrorCode, FailureKind, FixableBy, PlatformFailure
from letmepost.domain.posts import TERMINAL, TRANSITIONS, Cause, PostStatus
from letmepost.domain.violations import Violation
from letmepost.services.publishing import outcomes
from letmepost.services.publishing.outcomes import Outcome
from letmepost.storage.posts.posts import PostRow

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
DEADLINE = NOW + HOUR
PARTS = [{"index": 0, "uri": "at://0", "cid": None, "url": None}]
VIOLATION = Violation(
    rule="double.media.image_size_max", field="media[0]", message="Too large.", remediation="Make it smaller."
)


def post(**changes: Any) -> PostRow:
    """Return a post that is being published, with an hour until its deadline."""
    known = {
        "id": UUID(int=1),
        "platform": "double",
        "status": PostStatus.PUBLISHING,
        "due_at": NOW - HOUR,
        "late_within_s": 7200,
        "late_then": "skip",
        "failure_count": 0,
        "parts": [],
        "warnings": [],
        "extras": {},
    }
    return PostRow(**{**dict.fromkeys(PostRow._fields), **known, **changes})


def failure(kind: FailureKind, retry_at: datetime | None = None) -> PlatformFailure:
    return PlatformFailure(kind, "The platform said so.", retry_at=retry_at, response={"status": 418})


def failed(
    kind: FailureKind,
    *,
    now: datetime = NOW,
    retry_at: datetime | None = None,
    is_uncertain: bool = False,
    jitter: float = 0.0,
    **changes: Any,
) -> Outcome:
    return outcomes.failed(post(**changes), failure(kind, retry_at), now, jitter, is_uncertain=is_uncertain)


# By kind of failure


@pytest.mark.parametrize(
    ("kind", "cause", "code"),
    [
        (FailureKind.AUTH_FAILED, Cause.HELD, ErrorCode.PLATFORM_AUTH_FAILED),
        (FailureKind.REJECTED, Cause.REJECTED, ErrorCode.PLATFORM_REJECTED),
        (FailureKind.DUPLICATE, Cause.REJECTED, ErrorCode.PLATFORM_REJECTED),
        (FailureKind.RATE_LIMITED, Cause.TRANSIENT, ErrorCode.PLATFORM_UNAVAILABLE),
        (FailureKind.QUOTA_EXHAUSTED, Cause.TRANSIENT, ErrorCode.PLATFORM_UNAVAILABLE),
        (FailureKind.UNAVAILABLE, Cause.TRANSIENT, ErrorCode.PLATFORM_UNAVAILABLE),
        (FailureKind.IN_DOUBT, Cause.TRANSIENT, ErrorCode.PLATFORM_UNAVAILABLE),
    ],
)
def test_kind_of_failure_determines_the_outcome(kind: FailureKind, cause: Cause, code: ErrorCode) -> None:
    outcome = failed(kind)
    assert outcome.cause is cause
    assert outcome.event == TRANSITIONS[cause].event
    assert outcome.changes["status"] is TRANSITIONS[cause].target
    assert outcome.error is not None
    assert outcome.error["code"] is code
    assert outcome.changes["error"] == outcome.error


def test_every_kind_of_failure_is_in_the_table() -> None:
    for kind in FailureKind:
        assert failed(kind).cause is not None


@pytest.mark.parametrize(
    ("retry_at", "again_at"),
    [
        (None, NOW + timedelta(seconds=2)),
        (NOW + timedelta(seconds=1), NOW + timedelta(seconds=2)),
        (NOW + timedelta(minutes=5), NOW + timedelta(minutes=5)),
        (DEADLINE, DEADLINE),
    ],
    ids=["our own schedule", "sooner than ours", "later than ours", "at the deadline"],
)
def test_retry_is_not_before_the_time_that_the_platform_named(retry_at: datetime | None, again_at: datetime) -> None:
    outcome = failed(FailureKind.RATE_LIMITED, retry_at=retry_at)
    assert outcome.cause is Cause.TRANSIENT
    assert outcome.changes["ready_at"] == again_at
    assert outcome.changes["failure_count"] == 1


def test_backoff_is_exponential() -> None:
    waits = [failed(FailureKind.UNAVAILABLE, failure_count=count).changes["ready_at"] - NOW for count in range(4)]
    assert [wait.total_seconds() for wait in waits] == [2, 4, 8, 16]


@pytest.mark.parametrize("kind", [FailureKind.RATE_LIMITED, FailureKind.QUOTA_EXHAUSTED])
def test_post_fails_immediately_when_a_limit_resets_after_the_deadline(kind: FailureKind) -> None:
    """The wait cannot succeed, so the caller gets the outcome immediately."""
    outcome = failed(kind, retry_at=DEADLINE + timedelta(seconds=1))
    assert outcome.cause is Cause.USED_UP
    assert outcome.error is not None
    assert outcome.error["rule"] == "budget.resets_after_deadline"


@pytest.mark.parametrize("kind", [FailureKind.UNAVAILABLE, FailureKind.RATE_LIMITED])
def test_post_fails_when_its_next_retry_is_after_the_deadline(kind: FailureKind) -> None:
    outcome = failed(kind, now=DEADLINE - timedelta(seconds=1))
    assert outcome.cause is Cause.USED_UP
    assert outcome.changes["ready_at"] is None


def test_held_post_is_checked_again_at_its_deadline() -> None:
    assert failed(FailureKind.AUTH_FAILED).changes["ready_at"] == DEADLINE
    late = DEADLINE + HOUR
    assert failed(FailureKind.AUTH_FAILED, now=late).changes["ready_at"] == late


def test_post_is_retried_immediately_when_its_hold_has_ended() -> None:
    outcome = outcomes.retry_now(post(), {"code": "platform_auth_failed"}, NOW)
    assert (outcome.cause, outcome.changes["ready_at"]) == (Cause.TRANSIENT, NOW)


def test_error_contains_the_message_of_the_platform() -> None:
    outcome = failed(FailureKind.REJECTED)
    assert outcome.error == {
        "code": ErrorCode.PLATFORM_REJECTED,
        "message": "The platform said so.",
        "platform": "double",
        "fixableBy": FixableBy.CALLER,
        "retryable": False,
        "platformResponse": {"status": 418},
    }


# Posts that may be visible


@pytest.mark.parametrize("kind", [FailureKind.REJECTED, FailureKind.DUPLICATE])
def test_refused_post_that_may_be_visible_is_unconfirmed(kind: FailureKind) -> None:
    """A caller who retries a rejected post would publish it twice."""
    outcome = failed(kind, is_uncertain=True)
    assert outcome.cause is Cause.UNLEARNABLE
    assert outcome.error is not None
    assert outcome.error["rule"] == "post.unconfirmed"


def test_post_that_may_be_visible_is_retried_for_an_hour_after_the_deadline() -> None:
    assert failed(FailureKind.UNAVAILABLE, now=DEADLINE, is_uncertain=True).cause is Cause.TRANSIENT
    assert failed(FailureKind.UNAVAILABLE, now=DEADLINE + HOUR, is_uncertain=True).cause is Cause.UNLEARNABLE


@pytest.mark.parametrize(
    ("kind", "now"), [(FailureKind.REJECTED, NOW), (FailureKind.UNAVAILABLE, DEADLINE)], ids=["refused", "used up"]
)
def test_interrupted_thread_is_partial(kind: FailureKind, now: datetime) -> None:
    assert failed(kind, now=now, parts=PARTS).cause is Cause.BROKE


def test_interrupted_thread_is_retried_before_the_deadline() -> None:
    assert failed(FailureKind.UNAVAILABLE, parts=PARTS).cause is Cause.TRANSIENT


def test_post_in_doubt_is_reconciled_until_an_hour_after_the_deadline() -> None:
    outcome = outcomes.in_doubt(post(), NOW, 0.0, "no reply")
    assert (outcome.cause, outcome.changes["ready_at"]) == (Cause.TRANSIENT, NOW + timedelta(seconds=2))
    assert outcomes.in_doubt(post(), DEADLINE + HOUR, 0.0, "no reply").cause is Cause.TRANSIENT
    late = outcomes.in_doubt(post(), DEADLINE + HOUR + timedelta(seconds=1), 0.0, "no reply")
    assert late.cause is Cause.UNLEARNABLE


@pytest.mark.parametrize(
    ("kind", "now", "cause"),
    [
        (FailureKind.UNAVAILABLE, DEADLINE, None),
        (FailureKind.IN_DOUBT, DEADLINE, None),
        (FailureKind.UNAVAILABLE, DEADLINE + HOUR, Cause.UNLEARNABLE),
        (FailureKind.AUTH_FAILED, DEADLINE, Cause.UNLEARNABLE),
        (FailureKind.REJECTED, DEADLINE, Cause.UNLEARNABLE),
    ],
)
def test_held_post_in_doubt_stays_held_while_it_can_be_reconciled(
    kind: FailureKind, now: datetime, cause: Cause | None
) -> None:
    outcome = outcomes.held_in_doubt(post(status=PostStatus.HELD), failure(kind), now, 0.0)
    assert outcome.cause is cause
    assert (outcome.changes["ready_at"] is None) == (cause is Cause.UNLEARNABLE)


# Lateness


def test_post_is_late_only_after_its_deadline() -> None:
    assert not outcomes.is_too_late(post(), DEADLINE)
    assert outcomes.is_too_late(post(), DEADLINE + timedelta(microseconds=1))


def test_published_post_is_never_late() -> None:
    """Its extras have their own deadline."""
    assert not outcomes.is_too_late(post(status=PostStatus.PUBLISHED), DEADLINE + HOUR)


@pytest.mark.parametrize(
    ("late_then", "status", "cause"),
    [
        ("skip", PostStatus.PUBLISHING, Cause.USED_UP),
        ("publish", PostStatus.PUBLISHING, None),
        ("hold", PostStatus.PUBLISHING, Cause.HELD),
        ("skip", PostStatus.HELD, Cause.USED_UP),
        ("publish", PostStatus.HELD, Cause.USED_UP),
        ("hold", PostStatus.HELD, Cause.USED_UP),
    ],
)
def test_lateness_rule_of_the_post_determines_the_outcome(
    late_then: str, status: PostStatus, cause: Cause | None
) -> None:
    outcome = outcomes.too_late(post(late_then=late_then, status=status))
    assert (outcome and outcome.cause) is cause


def test_error_of_a_late_post_keeps_an_earlier_reason() -> None:
    missed = outcomes.too_late(post())
    assert missed is not None
    assert missed.error is not None
    assert missed.error["rule"] == "schedule.missed"
    held = {"code": "platform_auth_failed", "message": "The account was disconnected."}
    known = outcomes.too_late(post(status=PostStatus.HELD, error=held))
    assert known is not None
    assert known.error == held


def test_late_thread_is_partial() -> None:
    """Its first part is visible, so it has not failed."""
    outcome = outcomes.too_late(post(parts=PARTS))
    assert outcome is not None
    assert outcome.cause is Cause.BROKE


# Extras


@pytest.mark.parametrize("kind", [FailureKind.UNAVAILABLE, FailureKind.RATE_LIMITED, FailureKind.IN_DOUBT])
def test_failed_extra_is_retried(kind: FailureKind) -> None:
    visible = post(status=PostStatus.PUBLISHED, extras_until=NOW + HOUR)
    outcome = outcomes.extras_failed(visible, failure(kind), NOW, 0.0)
    assert outcome.cause is None
    assert outcome.changes == {"ready_at": NOW + timedelta(seconds=2), "failure_count": 1}


@pytest.mark.parametrize(
    ("kind", "until"),
    [
        (FailureKind.REJECTED, NOW + HOUR),
        (FailureKind.AUTH_FAILED, NOW + HOUR),
        (FailureKind.UNAVAILABLE, NOW + timedelta(seconds=1)),
        (FailureKind.UNAVAILABLE, None),
    ],
)
def test_permanently_failed_extra_becomes_a_warning(kind: FailureKind, until: datetime | None) -> None:
    """The post never fails, and is not repeated."""
    visible = post(status=PostStatus.PUBLISHED, extras_until=until, warnings=[{"code": "earlier", "message": ""}])
    outcome = outcomes.extras_failed(visible, failure(kind), NOW, 0.0)
    assert outcome.cause is None
    assert outcome.changes["ready_at"] is None
    assert [warning["code"] for warning in outcome.changes["warnings"]] == ["earlier", "extras.failed"]


# Media


def test_post_is_rejected_with_the_reason_when_a_media_item_is_missing() -> None:
    outcome = outcomes.media_missing(post(), {"rule": "media.url.unreachable", "message": "404 instead of the file."})
    assert outcome.cause is Cause.REJECTED
    assert outcome.error is not None
    assert outcome.error["rule"] == "media.url.unreachable"
    assert outcome.error["message"] == "404 instead of the file."
    assert outcome.error["remediation"]


def test_post_is_rejected_when_its_bytes_break_a_rule() -> None:
    outcome = outcomes.broken_rules(post(), [VIOLATION])
    assert outcome.cause is Cause.REJECTED
    assert outcome.error is not None
    assert (outcome.error["code"], outcome.error["rule"]) == (ErrorCode.PREFLIGHT_FAILED, VIOLATION.rule)


# Invariants

failures = st.builds(
    failure,
    st.sampled_from(FailureKind),
    st.none() | st.datetimes(datetime(2026, 11, 21), datetime(2026, 11, 22), timezones=st.just(UTC)),  # noqa: DTZ001
)
jitters = st.floats(-1, 1)
moments = st.datetimes(datetime(2026, 11, 21), datetime(2026, 11, 22), timezones=st.just(UTC))  # noqa: DTZ001
posts = st.builds(
    post,
    parts=st.sampled_from([[], PARTS]),
    failure_count=st.integers(0, 40),
    late_within_s=st.integers(0, 604_800),
    late_then=st.sampled_from(["skip", "publish", "hold"]),
)


def all_outcomes(what: PostRow, refused: PlatformFailure, now: datetime, jitter: float) -> list[Outcome]:
    """Return every outcome of a run except published."""
    late = outcomes.too_late(what)
    return [
        outcomes.failed(what, refused, now, jitter, is_uncertain=False),
        outcomes.failed(what, refused, now, jitter, is_uncertain=True),
        outcomes.in_doubt(what, now, jitter, "no reply"),
        outcomes.unconfirmed(what, "no list"),
        outcomes.media_missing(what, {}),
        outcomes.broken_rules(what, [VIOLATION]),
        outcomes.retry_now(what, {}, now),
        *([late] if late is not None else []),
    ]


@given(posts, failures, moments, jitters)
def test_every_outcome_is_a_valid_transition_of_a_publishing_post(
    what: PostRow, refused: PlatformFailure, now: datetime, jitter: float
) -> None:
    for outcome in all_outcomes(what, refused, now, jitter):
        assert outcome.cause is not None
        assert PostStatus.PUBLISHING in TRANSITIONS[outcome.cause].sources


@given(posts, failures, moments, jitters)
def test_every_outcome_is_final_or_checked_again(
    what: PostRow, refused: PlatformFailure, now: datetime, jitter: float
) -> None:
    """A post that is not checked again must have a final status, and the reverse."""
    for outcome in all_outcomes(what, refused, now, jitter):
        assert (outcome.changes["ready_at"] is None) == (outcome.changes["status"] in TERMINAL)


@given(posts, failures, moments, jitters)
def test_post_that_may_be_visible_never_fails(
    what: PostRow, refused: PlatformFailure, now: datetime, jitter: float
) -> None:
    outcome = outcomes.failed(what, refused, now, jitter, is_uncertain=not what.parts)
    assert outcome.cause not in {Cause.REJECTED, Cause.USED_UP}


@given(posts, failures, moments, jitters)
def test_retry_is_never_planned_after_the_deadline(
    what: PostRow, refused: PlatformFailure, now: datetime, jitter: float
) -> None:
    outcome = outcomes.failed(what, refused, now, jitter, is_uncertain=False)
    if outcome.cause is Cause.TRANSIENT and refused.kind is not FailureKind.IN_DOUBT:
        assert now < outcome.changes["ready_at"] <= outcomes.deadline(what)


@pytest.mark.parametrize(
    "outcome",
    [
        outcomes.too_late(post(status=PostStatus.HELD)),
        outcomes.too_late(post(status=PostStatus.HELD, parts=PARTS)),
        outcomes.unconfirmed(post(status=PostStatus.HELD), "no list"),
    ],
    ids=["late", "late thread", "unconfirmed"],
)
def test_outcome_of_a_held_post_is_a_valid_transition(outcome: Outcome) -> None:
    assert outcome.cause is not None
    assert PostStatus.HELD in TRANSITIONS[outcome.cause].sources
    assert outcome.changes["status"] in TERMINAL

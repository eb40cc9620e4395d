"""What becomes of a post after a run: a table, and what must hold of every line that it could have."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from letmepost.domain.errors import ErrorCode, FailureKind, PlatformFailure
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
    """A post in a worker's hand that may go out for another hour."""
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
def test_every_kind_of_failure_leads_somewhere(kind: FailureKind, cause: Cause, code: ErrorCode) -> None:
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
def test_a_retry_is_never_before_the_platform_said(retry_at: datetime | None, again_at: datetime) -> None:
    outcome = failed(FailureKind.RATE_LIMITED, retry_at=retry_at)
    assert outcome.cause is Cause.TRANSIENT
    assert outcome.changes["ready_at"] == again_at
    assert outcome.changes["failure_count"] == 1


def test_retries_grow_apart() -> None:
    waits = [failed(FailureKind.UNAVAILABLE, failure_count=count).changes["ready_at"] - NOW for count in range(4)]
    assert [wait.total_seconds() for wait in waits] == [2, 4, 8, 16]


@pytest.mark.parametrize("kind", [FailureKind.RATE_LIMITED, FailureKind.QUOTA_EXHAUSTED])
def test_a_limit_that_ends_after_the_deadline_settles_the_post_at_once(kind: FailureKind) -> None:
    """Waiting for what cannot help would keep the caller waiting."""
    outcome = failed(kind, retry_at=DEADLINE + timedelta(seconds=1))
    assert outcome.cause is Cause.USED_UP
    assert outcome.error is not None
    assert outcome.error["rule"] == "budget.resets_after_deadline"


@pytest.mark.parametrize("kind", [FailureKind.UNAVAILABLE, FailureKind.RATE_LIMITED])
def test_a_retry_past_the_deadline_is_the_end(kind: FailureKind) -> None:
    outcome = failed(kind, now=DEADLINE - timedelta(seconds=1))
    assert outcome.cause is Cause.USED_UP
    assert outcome.changes["ready_at"] is None


def test_a_held_post_is_looked_at_again_at_its_deadline() -> None:
    assert failed(FailureKind.AUTH_FAILED).changes["ready_at"] == DEADLINE
    late = DEADLINE + HOUR
    assert failed(FailureKind.AUTH_FAILED, now=late).changes["ready_at"] == late


def test_a_reconnect_meanwhile_is_tried_at_once() -> None:
    outcome = outcomes.go_on(post(), {"code": "platform_auth_failed"}, NOW)
    assert (outcome.cause, outcome.changes["ready_at"]) == (Cause.TRANSIENT, NOW)


def test_the_platforms_own_words_are_told() -> None:
    outcome = failed(FailureKind.REJECTED)
    assert outcome.error == {
        "code": ErrorCode.PLATFORM_REJECTED,
        "message": "The platform said so.",
        "platform": "double",
        "platformResponse": {"status": 418},
    }


# What may be visible


@pytest.mark.parametrize("kind", [FailureKind.REJECTED, FailureKind.DUPLICATE])
def test_a_refusal_after_something_was_sent_is_not_called_rejected(kind: FailureKind) -> None:
    """Whoever retries a rejected post would publish twice."""
    outcome = failed(kind, is_uncertain=True)
    assert outcome.cause is Cause.UNLEARNABLE
    assert outcome.error is not None
    assert outcome.error["rule"] == "post.unconfirmed"


def test_what_was_sent_is_asked_about_for_an_hour_after_its_time_and_never_called_failed() -> None:
    assert failed(FailureKind.UNAVAILABLE, now=DEADLINE, is_uncertain=True).cause is Cause.TRANSIENT
    assert failed(FailureKind.UNAVAILABLE, now=DEADLINE + HOUR, is_uncertain=True).cause is Cause.UNLEARNABLE


@pytest.mark.parametrize(
    ("kind", "now"), [(FailureKind.REJECTED, NOW), (FailureKind.UNAVAILABLE, DEADLINE)], ids=["refused", "used up"]
)
def test_a_thread_that_breaks_in_the_middle_is_partial(kind: FailureKind, now: datetime) -> None:
    assert failed(kind, now=now, parts=PARTS).cause is Cause.BROKE


def test_a_thread_that_may_go_on_is_not_broken() -> None:
    assert failed(FailureKind.UNAVAILABLE, parts=PARTS).cause is Cause.TRANSIENT


def test_a_doubt_is_asked_about_while_there_is_time() -> None:
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
def test_a_held_post_in_doubt_stays_held_while_asking_may_help(
    kind: FailureKind, now: datetime, cause: Cause | None
) -> None:
    outcome = outcomes.held_in_doubt(post(status=PostStatus.HELD), failure(kind), now, 0.0)
    assert outcome.cause is cause
    assert (outcome.changes["ready_at"] is None) == (cause is Cause.UNLEARNABLE)


# Lateness


def test_a_post_is_late_only_after_its_deadline() -> None:
    assert not outcomes.is_too_late(post(), DEADLINE)
    assert outcomes.is_too_late(post(), DEADLINE + timedelta(microseconds=1))


def test_a_published_post_is_never_late() -> None:
    """Its extras have a deadline of their own."""
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
def test_lateness_is_decided_by_the_posts_own_rule(late_then: str, status: PostStatus, cause: Cause | None) -> None:
    outcome = outcomes.too_late(post(late_then=late_then, status=status))
    assert (outcome and outcome.cause) is cause


def test_a_late_post_says_what_it_missed_unless_it_had_a_reason_already() -> None:
    missed = outcomes.too_late(post())
    assert missed is not None
    assert missed.error is not None
    assert missed.error["rule"] == "schedule.missed"
    held = {"code": "platform_auth_failed", "message": "The account was disconnected."}
    known = outcomes.too_late(post(status=PostStatus.HELD, error=held))
    assert known is not None
    assert known.error == held


def test_a_thread_that_is_too_late_to_go_on_is_partial() -> None:
    """Its first part can be seen: it has not failed."""
    outcome = outcomes.too_late(post(parts=PARTS))
    assert outcome is not None
    assert outcome.cause is Cause.BROKE


# Extras


@pytest.mark.parametrize("kind", [FailureKind.UNAVAILABLE, FailureKind.RATE_LIMITED, FailureKind.IN_DOUBT])
def test_an_extra_is_tried_again_for_a_while(kind: FailureKind) -> None:
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
def test_an_extra_that_cannot_be_had_is_a_warning(kind: FailureKind, until: datetime | None) -> None:
    """It never fails or repeats the post."""
    visible = post(status=PostStatus.PUBLISHED, extras_until=until, warnings=[{"code": "earlier", "message": ""}])
    outcome = outcomes.extras_failed(visible, failure(kind), NOW, 0.0)
    assert outcome.cause is None
    assert outcome.changes["ready_at"] is None
    assert [warning["code"] for warning in outcome.changes["warnings"]] == ["earlier", "extras.failed"]


# Media


def test_a_medium_that_cannot_be_had_rejects_the_post_with_the_reason() -> None:
    outcome = outcomes.media_missing(post(), {"rule": "media.url.unreachable", "message": "404 instead of the file."})
    assert outcome.cause is Cause.REJECTED
    assert outcome.error is not None
    assert outcome.error["rule"] == "media.url.unreachable"
    assert outcome.error["message"] == "404 instead of the file."
    assert outcome.error["remediation"]


def test_a_rule_that_only_the_bytes_can_break_rejects_the_post() -> None:
    outcome = outcomes.broken_rules(post(), [VIOLATION])
    assert outcome.cause is Cause.REJECTED
    assert outcome.error is not None
    assert (outcome.error["code"], outcome.error["rule"]) == (ErrorCode.PREFLIGHT_FAILED, VIOLATION.rule)


# What holds of all

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


def verdicts_of(what: PostRow, refused: PlatformFailure, now: datetime, jitter: float) -> list[Outcome]:
    """Every way in which a run of a post that is being published can end, but for published."""
    late = outcomes.too_late(what)
    return [
        outcomes.failed(what, refused, now, jitter, is_uncertain=False),
        outcomes.failed(what, refused, now, jitter, is_uncertain=True),
        outcomes.in_doubt(what, now, jitter, "no reply"),
        outcomes.unlearnable(what, "no list"),
        outcomes.media_missing(what, {}),
        outcomes.broken_rules(what, [VIOLATION]),
        outcomes.go_on(what, {}, now),
        *([late] if late is not None else []),
    ]


@given(posts, failures, moments, jitters)
def test_every_verdict_is_a_transition_that_a_post_in_hand_may_make(
    what: PostRow, refused: PlatformFailure, now: datetime, jitter: float
) -> None:
    for outcome in verdicts_of(what, refused, now, jitter):
        assert outcome.cause is not None
        assert PostStatus.PUBLISHING in TRANSITIONS[outcome.cause].sources


@given(posts, failures, moments, jitters)
def test_no_verdict_leaves_a_post_without_an_exit(
    what: PostRow, refused: PlatformFailure, now: datetime, jitter: float
) -> None:
    """lessons A50: what nobody will look at again must be terminal, and what is not terminal must be looked at."""
    for outcome in verdicts_of(what, refused, now, jitter):
        assert (outcome.changes["ready_at"] is None) == (outcome.changes["status"] in TERMINAL)


@given(posts, failures, moments, jitters)
def test_nothing_that_may_be_visible_is_called_failed(
    what: PostRow, refused: PlatformFailure, now: datetime, jitter: float
) -> None:
    outcome = outcomes.failed(what, refused, now, jitter, is_uncertain=not what.parts)
    assert outcome.cause not in {Cause.REJECTED, Cause.USED_UP}


@given(posts, failures, moments, jitters)
def test_no_retry_is_planned_for_a_time_when_it_may_not_go_out(
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
        outcomes.unlearnable(post(status=PostStatus.HELD), "no list"),
    ],
    ids=["late", "late thread", "unlearnable"],
)
def test_what_becomes_of_a_held_post_is_allowed_from_there(outcome: Outcome) -> None:
    assert outcome.cause is not None
    assert PostStatus.HELD in TRANSITIONS[outcome.cause].sources
    assert outcome.changes["status"] in TERMINAL

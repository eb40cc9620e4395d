import re
from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import UUID

import pytest

from letmepost.domain import errors
from letmepost.domain.errors import (
    ErrorCode,
    FailureKind,
    GaveUp,
    IdempotencyConflict,
    InvalidRequest,
    LetmepostError,
    LimitScope,
    NotFound,
    PlatformFailure,
    PlatformNotEnabled,
    PreflightFailed,
    QuotaExceeded,
    RateLimited,
    RequestError,
    StateForbids,
    TargetViolation,
    TooLarge,
    Unauthenticated,
    Unauthorized,
)
from letmepost.domain.quotas import Quota, Reading, media_bytes, posts_per_account_day, posts_per_month
from letmepost.domain.rules import Violation

TOO_LONG = Violation(rule="x.text.max", field="text", message="Too long.", remediation="Shorten it.")
NO_MEDIA = Violation(rule="y.media.required", field="media", message="No media.", remediation="Add one.")


def drawn_tree() -> Iterator[tuple[str, str]]:
    """Child and parent of every line of the drawing at the head of the module."""
    path = ["LetmepostError"]
    for indent, name in re.findall(r"^    ((?:│   |    )*)[├└]── (\w+)", errors.__doc__ or "", re.MULTILINE):
        del path[len(indent) // 4 + 1 :]
        yield name, path[-1]
        path.append(name)


def actual_tree(parent: type[Exception] = LetmepostError) -> Iterator[tuple[str, str]]:
    for child in parent.__subclasses__():
        if child.__module__ == errors.__name__:
            yield child.__name__, parent.__name__
            yield from actual_tree(child)


def test_the_tree_is_drawn_as_it_is() -> None:
    assert set(drawn_tree()) == set(actual_tree())


def test_codes_are_those_that_callers_know() -> None:
    """Callers branch on them: none may be renamed or go away."""
    assert set(map(str, ErrorCode)) == {
        "validation_failed",
        "preflight_failed",
        "unauthenticated",
        "unauthorized",
        "not_found",
        "idempotency_conflict",
        "rate_limited",
        "quota_exceeded",
        "platform_not_enabled",
        "platform_auth_failed",
        "platform_rejected",
        "platform_unavailable",
        "internal_error",
    }


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (InvalidRequest("No."), ErrorCode.VALIDATION_FAILED),
        (TooLarge("No."), ErrorCode.VALIDATION_FAILED),
        (StateForbids("No."), ErrorCode.VALIDATION_FAILED),
        (PreflightFailed([TargetViolation(0, "acc_1", "x", TOO_LONG)]), ErrorCode.PREFLIGHT_FAILED),
        (Unauthenticated(), ErrorCode.UNAUTHENTICATED),
        (Unauthorized("No."), ErrorCode.UNAUTHORIZED),
        (NotFound("post"), ErrorCode.NOT_FOUND),
        (IdempotencyConflict("No."), ErrorCode.IDEMPOTENCY_CONFLICT),
        (RateLimited(3), ErrorCode.RATE_LIMITED),
        (QuotaExceeded(Reading(media_bytes(10), 8), 3, datetime(2026, 11, 22, tzinfo=UTC)), ErrorCode.QUOTA_EXCEEDED),
        (PlatformNotEnabled("No."), ErrorCode.PLATFORM_NOT_ENABLED),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, RequestError) else "",
)
def test_what_a_caller_can_mend_has_a_code(error: RequestError, code: ErrorCode) -> None:
    assert error.code is code
    assert str(error) == error.message != ""


@pytest.mark.parametrize(
    ("quota", "retry_after_s"),
    [
        (posts_per_account_day(2, UUID(int=1), datetime(2026, 11, 30, 18, tzinfo=UTC)), 6 * 3600 - 1),
        (posts_per_month(2, datetime(2026, 12, 24, tzinfo=UTC)), 31 * 86_400 + 6 * 3600 - 1),
        (media_bytes(2), None),
    ],
    ids=lambda value: value.name if isinstance(value, Quota) else "",
)
def test_a_used_up_quota_is_worth_another_try_when_its_period_is_over(quota: Quota, retry_after_s: int | None) -> None:
    now = datetime(2026, 11, 30, 18, 0, 1, 500_000, tzinfo=UTC)
    assert QuotaExceeded(Reading(quota, 2), 1, now).retry_after_s == retry_after_s


def test_every_request_error_is_in_the_table_above() -> None:
    [table] = test_what_a_caller_can_mend_has_a_code.pytestmark  # type: ignore[attr-defined]
    assert {type(error) for error, _ in table.args[1]} == set(RequestError.__subclasses__())


def test_a_request_error_says_which_rule_and_what_to_do() -> None:
    error = InvalidRequest(
        "Two modes.", rule="mode_conflict", remediation="Send one.", platform="x", detail={"modes": 2}
    )
    assert (error.rule, error.remediation, error.platform) == ("mode_conflict", "Send one.", "x")
    assert error.detail == {"modes": 2}


def test_a_failed_preflight_speaks_of_its_first_violation_and_keeps_all() -> None:
    """The envelope has room for one rule; `violations` has the others."""
    violations = [TargetViolation(0, "acc_1", "x", TOO_LONG), TargetViolation(1, "acc_2", "y", NO_MEDIA)]
    error = PreflightFailed(violations)
    assert error.message == "Too long."
    assert (error.rule, error.remediation, error.platform) == ("x.text.max", "Shorten it.", "x")
    assert error.violations == tuple(violations)


def test_a_missing_thing_is_called_by_its_noun_alone() -> None:
    """Absent and another tenant's must read the same."""
    assert str(NotFound("post")) == "There is no such post."


def test_our_own_rate_limit_says_how_long_to_wait() -> None:
    error = RateLimited(3)
    assert error.retry_after_s == 3
    assert error.remediation is not None
    assert "3 s" in error.remediation


def test_no_other_error_asks_to_wait_unless_told_to() -> None:
    assert NotFound("post").retry_after_s is None


def test_a_platform_failure_is_nothing_the_caller_can_mend() -> None:
    failure = PlatformFailure(FailureKind.REJECTED, "No.", rule="x.text.max", response={"status": 400})
    assert not isinstance(failure, RequestError)
    assert (failure.kind, failure.message, str(failure)) == (FailureKind.REJECTED, "No.", "No.")
    assert (failure.rule, failure.response) == ("x.text.max", {"status": 400})


def test_a_limit_is_the_accounts_own_unless_the_platform_says_more() -> None:
    """A wrong guess must hold back one account, not every tenant."""
    assert PlatformFailure(FailureKind.RATE_LIMITED, "Slow down.").scope is LimitScope.ACCOUNT


def test_waiting_in_vain_is_a_failure_that_is_tried_again() -> None:
    error = GaveUp("processing", 600.4)
    assert error.kind is FailureKind.UNAVAILABLE
    assert error.step == "processing"
    assert error.message == "The platform was not ready after 600 s (processing)."

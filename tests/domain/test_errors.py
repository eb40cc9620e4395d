import re
from collections.abc import Iterator

import pytest

from letmepost.domain import errors
from letmepost.domain.errors import (
    ErrorCode,
    FailureKind,
    GaveUp,
    HeadersTooLarge,
    IdempotencyConflict,
    InvalidRequest,
    InvalidShape,
    LetmepostError,
    LimitScope,
    MethodNotAllowed,
    NotFound,
    PlatformFailure,
    PlatformNotEnabled,
    PreflightFailed,
    QuotaExceeded,
    RateLimited,
    RequestError,
    RequestTimeout,
    StateForbids,
    StoreUnavailable,
    TargetViolation,
    TooLarge,
    Unauthenticated,
    Unauthorized,
)
from letmepost.domain.violations import Violation

TOO_LONG = Violation(rule="x.text.max", field="text", message="Too long.", remediation="Shorten it.")
NO_MEDIA = Violation(rule="y.media.required", field="media", message="No media.", remediation="Add one.")


def drawn_tree() -> Iterator[tuple[str, str]]:
    """Yield child and parent of every line of the tree in the module's docstring."""
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


def test_documented_tree_matches_the_classes() -> None:
    assert set(drawn_tree()) == set(actual_tree())


def test_codes_are_the_documented_ones() -> None:
    """Callers branch on codes, so none may be renamed or removed."""
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
    ("error", "code", "status"),
    [
        (InvalidRequest, ErrorCode.VALIDATION_FAILED, 400),
        (InvalidShape, ErrorCode.VALIDATION_FAILED, 400),
        (MethodNotAllowed, ErrorCode.VALIDATION_FAILED, 405),
        (RequestTimeout, ErrorCode.VALIDATION_FAILED, 408),
        (StateForbids, ErrorCode.VALIDATION_FAILED, 409),
        (TooLarge, ErrorCode.VALIDATION_FAILED, 413),
        (HeadersTooLarge, ErrorCode.VALIDATION_FAILED, 431),
        (PreflightFailed, ErrorCode.PREFLIGHT_FAILED, 400),
        (Unauthenticated, ErrorCode.UNAUTHENTICATED, 401),
        (Unauthorized, ErrorCode.UNAUTHORIZED, 403),
        (PlatformNotEnabled, ErrorCode.PLATFORM_NOT_ENABLED, 403),
        (NotFound, ErrorCode.NOT_FOUND, 404),
        (IdempotencyConflict, ErrorCode.IDEMPOTENCY_CONFLICT, 409),
        (RateLimited, ErrorCode.RATE_LIMITED, 429),
        (QuotaExceeded, ErrorCode.QUOTA_EXCEEDED, 429),
        (StoreUnavailable, ErrorCode.INTERNAL_ERROR, 500),
    ],
)
def test_request_error_has_a_code_and_a_status(error: type[RequestError], code: ErrorCode, status: int) -> None:
    assert (error.code, error.status) == (code, status)


def test_every_request_error_is_in_the_table_above() -> None:
    [table] = test_request_error_has_a_code_and_a_status.pytestmark  # type: ignore[attr-defined]  # pytest adds it
    assert {error for error, _, _ in table.args[1]} == {*RequestError.__subclasses__(), InvalidShape}


def test_invalid_shape_has_the_fields_of_its_first_problem() -> None:
    problems = [InvalidRequest(name, rule=name, remediation="Fix it.", field=name) for name in ("text", "media")]
    error = InvalidShape(problems)
    assert (error.message, error.rule, error.field) == ("text", "text", "text")
    assert error.problems == tuple(problems)


def test_failed_preflight_describes_its_first_violation_and_contains_all() -> None:
    """The envelope has one rule; `violations` contains the others."""
    violations = [TargetViolation(0, "acc_1", "x", TOO_LONG), TargetViolation(1, "acc_2", "y", NO_MEDIA)]
    error = PreflightFailed(violations)
    assert error.message == "Too long."
    assert (error.rule, error.remediation, error.platform) == ("x.text.max", "Shorten it.", "x")
    assert error.violations == tuple(violations)


def test_platform_failure_is_not_a_request_error() -> None:
    failure = PlatformFailure(FailureKind.REJECTED, "No.", rule="x.text.max", response={"status": 400})
    assert not isinstance(failure, RequestError)
    assert (failure.kind, failure.message, str(failure)) == (FailureKind.REJECTED, "No.", "No.")
    assert (failure.rule, failure.response) == ("x.text.max", {"status": 400})


def test_limit_concerns_the_account_by_default() -> None:
    """A wrong guess must hold back one account, not every tenant."""
    assert PlatformFailure(FailureKind.RATE_LIMITED, "Slow down.").scope is LimitScope.ACCOUNT


def test_timed_out_wait_is_a_retryable_failure() -> None:
    error = GaveUp("processing", 600.4)
    assert error.kind is FailureKind.UNAVAILABLE
    assert error.step == "processing"
    assert error.message == "The platform was not ready after 600 s (processing)."

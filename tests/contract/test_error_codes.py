"""The error codes: a closed set, with their statuses and the kinds of failures that lead to them."""

from letmepost.domain.errors import ErrorCode, FailureKind
from letmepost.domain.retry import POLICIES
from letmepost.http.errors import STATUS

# The documented codes and statuses.
_DOCUMENTED = {
    "validation_failed": 400,
    "preflight_failed": 400,
    "unauthenticated": 401,
    "unauthorized": 403,
    "not_found": 404,
    "idempotency_conflict": 409,
    "rate_limited": 429,
    "quota_exceeded": 429,
    "platform_not_enabled": 403,
    "platform_auth_failed": 401,
    "platform_rejected": 502,
    "platform_unavailable": 503,
    "internal_error": 500,
}


def test_every_error_code_has_a_status() -> None:
    assert set(ErrorCode) == set(STATUS)


def test_codes_and_statuses_are_the_documented_ones() -> None:
    assert {str(code): status for code, status in STATUS.items()} == _DOCUMENTED


def test_every_kind_of_failure_has_a_policy_with_a_platform_code() -> None:
    assert set(POLICIES) == set(FailureKind)
    assert {str(policy.code).partition("_")[0] for policy in POLICIES.values()} == {"platform"}

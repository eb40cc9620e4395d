"""Everything that can go wrong, as one closed tree.

    LetmepostError
    ├── RequestError              the caller can mend it; answered with an error envelope
    │   ├── InvalidRequest        validation_failed
    │   ├── TooLarge              validation_failed, 413
    │   ├── StateForbids          validation_failed, 409
    │   ├── PreflightFailed       preflight_failed, with every violation
    │   ├── Unauthenticated       unauthenticated
    │   ├── Unauthorized          unauthorized
    │   ├── NotFound              not_found
    │   ├── IdempotencyConflict   idempotency_conflict
    │   ├── RateLimited           rate_limited
    │   ├── QuotaExceeded         quota_exceeded
    │   └── PlatformNotEnabled    platform_not_enabled
    ├── PlatformFailure           a platform said no, or nothing (`kind` decides what follows)
    │   ├── GaveUp                it was not ready in time
    │   ├── InputRefused          what a person entered to connect an account is wrong
    │   └── Unaddressable         the host of a call has no address that may be called
    └── SendFailure               a request did not come back
        ├── NotSent               surely not executed
        └── NoReply               perhaps executed

Anything else that is raised is a bug of ours. No class here knows an HTTP status: `http.errors` maps codes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from math import ceil
from typing import Any

from letmepost.domain.quotas import Reading
from letmepost.domain.rules import Violation


class ErrorCode(StrEnum):
    """The codes callers branch on."""

    VALIDATION_FAILED = "validation_failed"
    PREFLIGHT_FAILED = "preflight_failed"
    UNAUTHENTICATED = "unauthenticated"
    UNAUTHORIZED = "unauthorized"
    NOT_FOUND = "not_found"
    IDEMPOTENCY_CONFLICT = "idempotency_conflict"
    RATE_LIMITED = "rate_limited"
    QUOTA_EXCEEDED = "quota_exceeded"
    PLATFORM_NOT_ENABLED = "platform_not_enabled"
    PLATFORM_AUTH_FAILED = "platform_auth_failed"
    PLATFORM_REJECTED = "platform_rejected"
    PLATFORM_UNAVAILABLE = "platform_unavailable"
    INTERNAL_ERROR = "internal_error"


class LetmepostError(Exception):
    """The root of what this service raises on purpose."""


class RequestError(LetmepostError):
    """A request that its sender can mend."""

    code: ErrorCode
    retry_after_s: int | None = None

    def __init__(
        self,
        message: str,
        *,
        rule: str | None = None,
        remediation: str | None = None,
        platform: str | None = None,
        detail: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.rule = rule
        self.remediation = remediation
        self.platform = platform
        self.detail = detail


class InvalidRequest(RequestError):
    """The request is wrong: `rule` is the path of the field, or a named rule."""

    code = ErrorCode.VALIDATION_FAILED


class TooLarge(RequestError):
    """The body is larger than this route takes."""

    code = ErrorCode.VALIDATION_FAILED


class StateForbids(RequestError):
    """The thing is in a state in which this cannot be done."""

    code = ErrorCode.VALIDATION_FAILED


class PreflightFailed(RequestError):
    """At least one platform rule is broken. Nothing was stored, nothing was sent."""

    code = ErrorCode.PREFLIGHT_FAILED

    def __init__(self, violations: Sequence["TargetViolation"]) -> None:
        first = violations[0]
        super().__init__(
            first.violation.message,
            rule=first.violation.rule,
            remediation=first.violation.remediation,
            platform=first.platform,
        )
        self.violations = tuple(violations)


class Unauthenticated(RequestError):
    """Key missing, malformed, expired or revoked: one message for all four, so that nothing is learnt by guessing."""

    code = ErrorCode.UNAUTHENTICATED

    def __init__(self) -> None:
        super().__init__(
            "A valid API key is required.",
            remediation="Send `Authorization: Bearer lmp_live_…` or `lmp_test_…` with a key that is not revoked.",
        )


class Unauthorized(RequestError):
    """The key is real but may not do this."""

    code = ErrorCode.UNAUTHORIZED


class NotFound(RequestError):
    """Absent, or another tenant's: the caller cannot tell which."""

    code = ErrorCode.NOT_FOUND

    def __init__(self, noun: str) -> None:
        super().__init__(f"There is no such {noun}.")


class IdempotencyConflict(RequestError):
    """The key was used for another request, or its first request is still running."""

    code = ErrorCode.IDEMPOTENCY_CONFLICT


class RateLimited(RequestError):
    """Our own limit, not a platform's. `retry_after_s` is None where nothing resets by itself."""

    code = ErrorCode.RATE_LIMITED

    def __init__(
        self,
        retry_after_s: int | None,
        message: str = "Too many requests with this API key.",
        *,
        rule: str | None = None,
        remediation: str | None = None,
    ) -> None:
        again = None if retry_after_s is None else f"Wait {retry_after_s} s, then send the request again."
        super().__init__(message, rule=rule, remediation=remediation or again)
        self.retry_after_s = retry_after_s


class QuotaExceeded(RequestError):
    """More than the operator allows. `reading` is the quota as it was without this request.

    It makes sense to try again when the quota's period is over; what is stored has no period.
    """

    code = ErrorCode.QUOTA_EXCEEDED

    def __init__(self, reading: Reading, wanted: int, now: datetime) -> None:
        quota = reading.quota
        super().__init__(
            f"{quota.name}: {reading.used} of {quota.limit} are used, and this request takes {wanted} more.",
            rule=f"quota.{quota.name}",
            remediation="Delete media that are not needed any more, or ask the operator for more."
            if quota.resets_at is None
            else f"Choose a time from {quota.resets_at:%Y-%m-%d} (UTC) on, or ask the operator for more.",
        )
        self.reading = reading
        if quota.resets_at is not None:
            self.retry_after_s = ceil((quota.resets_at - now).total_seconds())


class PlatformNotEnabled(RequestError):
    """This deployment has no credentials for the platform."""

    code = ErrorCode.PLATFORM_NOT_ENABLED


@dataclass(frozen=True, slots=True)
class TargetViolation:
    """A violation, and which of the request's targets it belongs to."""

    target: int
    account_id: str
    platform: str
    violation: Violation


class FailureKind(StrEnum):
    """What a platform's refusal means. What follows is a property of the kind (`domain.retry`)."""

    AUTH_FAILED = "auth_failed"
    REJECTED = "rejected"
    DUPLICATE = "duplicate"
    RATE_LIMITED = "rate_limited"
    QUOTA_EXHAUSTED = "quota_exhausted"
    UNAVAILABLE = "unavailable"
    IN_DOUBT = "in_doubt"


class LimitScope(StrEnum):
    """Whom a platform's limit holds back: the one account, or everything that goes through our app or address."""

    ACCOUNT = "account"
    APP = "app"


class PlatformFailure(LetmepostError):
    """A platform refused, or could not be asked.

    Args:
        kind: decides what follows.
        message: in our words, for the person who reads the result.
        rule: our rule id, where the refusal is one of a documented rule.
        remediation: what to do about it.
        retry_at: when the platform said that it makes sense again.
        scope: whom a rate or quota limit holds back.
        response: the raw answer, for `platformResponse`: status, code and body, bounded, without secrets.

    `platform` is set where the failure becomes an answer: flows need not know their own name.
    """

    platform: str | None = None

    def __init__(
        self,
        kind: FailureKind,
        message: str,
        *,
        rule: str | None = None,
        remediation: str | None = None,
        retry_at: datetime | None = None,
        scope: LimitScope = LimitScope.ACCOUNT,
        response: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.rule = rule
        self.remediation = remediation
        self.retry_at = retry_at
        self.scope = scope
        self.response = response


class GaveUp(PlatformFailure):
    """A `Pause` waited for its whole `give_up_after_s` in vain."""

    def __init__(self, step: str, waited_s: float) -> None:
        super().__init__(FailureKind.UNAVAILABLE, f"The platform was not ready after {waited_s:.0f} s ({step}).")
        self.step = step


class InputRefused(PlatformFailure):
    """What a person entered to connect an account is wrong: there is no such account, server or password.

    Its kind is `rejected`. The caller can correct it, so it is not answered like a platform that misbehaves.
    """

    def __init__(
        self,
        message: str,
        *,
        rule: str | None = None,
        remediation: str | None = None,
        response: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(FailureKind.REJECTED, message, rule=rule, remediation=remediation, response=response)


class Unaddressable(PlatformFailure):
    """The host of a call has no address that may be called.

    Its kind is `unavailable`, because the name service may be down. A flow that called a host of the caller's choice
    turns this into `InputRefused`. Private and unknown names have the same message, so that callers cannot use this
    service to find out which names exist in its network.
    """

    def __init__(self, message: str) -> None:
        super().__init__(FailureKind.UNAVAILABLE, message)


class SendFailure(LetmepostError):
    """A request did not come back with a reply."""


class NotSent(SendFailure):
    """Surely not executed: the name did not resolve, the address is forbidden, nobody accepted the connection."""


class NoReply(SendFailure):
    """Perhaps executed: bytes left this machine and no complete reply arrived."""

"""Everything that can go wrong, as one closed tree.

    LetmepostError
    ├── RequestError              a request that is rejected; each class has a code and an HTTP status
    │   ├── InvalidRequest        validation_failed, 400
    │   │   └── InvalidShape      with every invalid field
    │   ├── MethodNotAllowed      validation_failed, 405
    │   ├── RequestTimeout        validation_failed, 408
    │   ├── StateForbids          validation_failed, 409
    │   ├── TooLarge              validation_failed, 413
    │   ├── HeadersTooLarge       validation_failed, 431
    │   ├── PreflightFailed       preflight_failed, 400, with every violation
    │   ├── Unauthenticated       unauthenticated, 401
    │   ├── Unauthorized          unauthorized, 403
    │   ├── PlatformNotEnabled    platform_not_enabled, 403
    │   ├── NotFound              not_found, 404
    │   ├── IdempotencyConflict   idempotency_conflict, 409
    │   ├── RateLimited           rate_limited, 429
    │   ├── QuotaExceeded         quota_exceeded, 429
    │   └── StoreUnavailable      internal_error, 500
    ├── EmulatorError             a file of the emulator cannot be used
    ├── PlatformFailure           a platform said no, or nothing (`kind` decides what follows)
    │   ├── GaveUp                it was not ready in time
    │   ├── InputRefused          what a person entered to connect an account is wrong
    │   └── Unaddressable         the host of a call has no address that may be called
    └── SendFailure               a request did not come back
        ├── NotSent               surely not executed
        └── NoReply               perhaps executed

Anything else that is raised is a defect of this service.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from letmepost.domain.quotas import Reading
from letmepost.domain.violations import Violation


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


class FixableBy(StrEnum):
    """Who can remove the cause of an error."""

    CALLER = "caller"
    ACCOUNT_OWNER = "account_owner"
    OPERATOR = "operator"
    PLATFORM = "platform"


class LetmepostError(Exception):
    """The root of what this service raises on purpose."""


class RequestError(LetmepostError):
    """A request that is rejected. The catalog (`domain.refusals`) creates every one.

    Args:
        message: what is wrong.
        rule: the id of the refusal, or the path of the field.
        remediation: how to fix it.
        field: the path of the field, or the name of the query parameter.
        suggestion: the name or value that was probably meant.
        platform: the platform that the request is about.
        detail: more data, for `platformResponse`.
        retry_after_s: seconds after which the same request can succeed; None if time alone changes nothing.
        quota: the quota that has no room for the request, as it was without it.
        fixable_by: who can remove the cause.
        retryable: True if the same request can succeed later.
    """

    code: ErrorCode
    status: int
    suggested_request: Mapping[str, Any] | None = None
    """The body that was probably meant, if the request has the shape of another API."""

    def __init__(  # noqa: PLR0913 - each is a part of the envelope, by keyword
        self,
        message: str,
        *,
        rule: str,
        remediation: str,
        field: str | None = None,
        suggestion: str | None = None,
        platform: str | None = None,
        detail: Mapping[str, Any] | None = None,
        retry_after_s: int | None = None,
        quota: Reading | None = None,
        fixable_by: FixableBy = FixableBy.CALLER,
        retryable: bool = False,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.rule = rule
        self.remediation = remediation
        self.field = field
        self.suggestion = suggestion
        self.platform = platform
        self.detail = detail
        self.retry_after_s = retry_after_s
        self.quota = quota
        self.fixable_by = fixable_by
        self.retryable = retryable


class InvalidRequest(RequestError):
    """The request is wrong."""

    code = ErrorCode.VALIDATION_FAILED
    status = 400


class RequestTimeout(RequestError):
    """The request arrived too slowly."""

    code = ErrorCode.VALIDATION_FAILED
    status = 408


class StateForbids(RequestError):
    """The current state of a resource does not allow the operation."""

    code = ErrorCode.VALIDATION_FAILED
    status = 409


class TooLarge(RequestError):
    """The body is larger than the operation accepts."""

    code = ErrorCode.VALIDATION_FAILED
    status = 413


class HeadersTooLarge(RequestError):
    """The request line and headers are larger than the server accepts."""

    code = ErrorCode.VALIDATION_FAILED
    status = 431


class MethodNotAllowed(RequestError):
    """The path does not have this method."""

    code = ErrorCode.VALIDATION_FAILED
    status = 405


class Unauthenticated(RequestError):
    """The API key or the operator token is missing or invalid."""

    code = ErrorCode.UNAUTHENTICATED
    status = 401


class Unauthorized(RequestError):
    """The API key is valid, but does not permit the operation."""

    code = ErrorCode.UNAUTHORIZED
    status = 403


class PlatformNotEnabled(RequestError):
    """This deployment has no credentials for the platform."""

    code = ErrorCode.PLATFORM_NOT_ENABLED
    status = 403


class NotFound(RequestError):
    """The resource does not exist, or belongs to another tenant: the caller cannot tell which."""

    code = ErrorCode.NOT_FOUND
    status = 404


class IdempotencyConflict(RequestError):
    """The Idempotency-Key was used for another request, or its first request is still running."""

    code = ErrorCode.IDEMPOTENCY_CONFLICT
    status = 409


class RateLimited(RequestError):
    """A limit of this service is reached (not one of a platform)."""

    code = ErrorCode.RATE_LIMITED
    status = 429


class QuotaExceeded(RequestError):
    """The request exceeds a quota that the operator set."""

    code = ErrorCode.QUOTA_EXCEEDED
    status = 429


class StoreUnavailable(RequestError):
    """The blob store does not work. The same request can succeed later."""

    code = ErrorCode.INTERNAL_ERROR
    status = 500


class PreflightFailed(RequestError):
    """A target breaks a platform rule. Nothing was stored or sent. The error is that of the first violation."""

    code = ErrorCode.PREFLIGHT_FAILED
    status = 400

    def __init__(self, violations: Sequence["TargetViolation"]) -> None:
        first = violations[0]
        super().__init__(
            first.violation.message,
            rule=first.violation.rule,
            remediation=first.violation.remediation,
            field=first.violation.field,
            platform=first.platform,
        )
        self.violations = tuple(violations)


class InvalidShape(InvalidRequest):
    """Fields or query parameters do not match the schema of the request. The error is that of the first of them.

    `problems`: one error for each invalid field. `suggested_request`: the body that was probably meant.
    """

    def __init__(self, problems: Sequence[RequestError], suggested_request: Mapping[str, Any] | None = None) -> None:
        first = problems[0]
        super().__init__(
            first.message,
            rule=first.rule,
            remediation=first.remediation,
            field=first.field,
            suggestion=first.suggestion,
            platform=first.platform,
        )
        self.problems = tuple(problems)
        self.suggested_request = suggested_request


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


class EmulatorError(LetmepostError):
    """The emulator cannot fill a world: its seed, or the file that stores its state, cannot be used."""


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
        fixable_by: who can remove the cause, where it is not the one that the kind implies.

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
        fixable_by: FixableBy | None = None,
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.rule = rule
        self.remediation = remediation
        self.retry_at = retry_at
        self.scope = scope
        self.response = response
        self.fixable_by = fixable_by


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
    """The request was not executed: no address was found or allowed, or no server accepted the connection."""


class NoReply(SendFailure):
    """Perhaps executed: bytes left this machine and no complete reply arrived."""

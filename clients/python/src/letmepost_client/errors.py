"""What a client raises.

LetmepostError
├── ApiError                    the server responded with an error
│   ├── ValidationFailed        400, 405, 409, 413, 431: the request is wrong
│   ├── PreflightFailed         400: a limit of a platform is broken; `violations` has every one
│   ├── Unauthenticated         401: the API key is missing or invalid
│   ├── Unauthorized            403: the API key lacks a right
│   ├── NotFound                404
│   ├── IdempotencyConflict     409: the idempotency key was used for another request
│   ├── RateLimited             429: too many requests
│   ├── QuotaExceeded           429: a quota of the organization is used up
│   ├── PlatformNotEnabled      403: this deployment has no credentials for the platform
│   ├── PlatformAuthFailed      401: the platform refused the consent or the credential
│   ├── PlatformRejected        400, 502: the platform refused the request
│   ├── PlatformUnavailable     503: the platform cannot be reached
│   └── InternalError           500: a defect of the server
├── ConnectionFailed            no response, or an unreadable one
├── WaitTimedOut                a batch was not settled in time
└── InvalidSignature            a webhook request is forged, damaged or too old
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import ValidationError

from letmepost_client.models.base import Model

if TYPE_CHECKING:
    from letmepost_client.models.batches import BatchData


class LetmepostError(Exception):
    """The base of every error that the client raises."""


class RequestViolation(Model):
    """A field that is wrong, or a broken limit of a platform.

    Attributes:
        target: the position of the target in the request, from 0, if a target breaks the rule.
        suggestion: the name or the value that was probably meant.
        command: the command that repairs the file, if a program can.
    """

    rule: str
    field: str
    message: str
    remediation: str | None = None
    suggestion: str | None = None
    target: int | None = None
    account_id: str | None = None
    platform: str | None = None
    limit: int | float | str | None = None
    actual: int | float | str | None = None
    unit: str | None = None
    command: str | None = None


class ErrorBody(Model):
    """The `error` of an error response."""

    code: str
    message: str
    rule: str | None = None
    field: str | None = None
    suggestion: str | None = None
    remediation: str | None = None
    fixable_by: str | None = None
    retryable: bool | None = None
    platform: str | None = None
    platform_response: Any = None
    doc_url: str | None = None
    rule_url: str | None = None
    request_id: str | None = None
    violations: list[RequestViolation] = []
    quota: dict[str, Any] | None = None
    suggested_request: dict[str, Any] | None = None


class _Envelope(Model):
    error: ErrorBody


class ApiError(LetmepostError):
    """An error response.

    An error with a code that this release of the client does not know is an `ApiError` itself. So is a response that
    does not come from letmepost, such as one of a proxy; its code is `unexpected_response`.

    Attributes:
        status: the HTTP status.
        code: the code, such as `validation_failed`.
        message: what is wrong.
        rule: the id of the broken rule, or the path of the wrong field.
        remediation: how to fix it.
        violations: everything that is wrong with the request, if several fields or limits are.
        request_id: the id to quote when asking for help. The server's log has it too.
        doc_url: the page about the code.
        retry_after_s: the seconds after which the server suggests to try again.
        retryable: True if the same request may succeed later; None if the server does not say.
        body: all fields of the error.
    """

    known_code: ClassVar[str | None] = None

    def __init__(self, body: ErrorBody, *, status: int, retry_after_s: float | None = None) -> None:
        super().__init__(body, status, retry_after_s)
        self.body = body
        self.status = status
        self.retry_after_s = retry_after_s
        self.code = body.code
        self.message = body.message
        self.rule = body.rule
        self.remediation = body.remediation
        self.violations = body.violations
        self.request_id = body.request_id
        self.doc_url = body.doc_url
        self.retryable = body.retryable

    def __str__(self) -> str:
        parts = [self.message, self.remediation, self.request_id and f"(request {self.request_id})"]
        return f"{self.code}: {' '.join(part for part in parts if part)}"

    def __reduce__(self) -> tuple[Any, ...]:
        return _restore, (type(self), self.body, self.status, self.retry_after_s)


class ValidationFailed(ApiError):
    """The request is wrong, or the current state forbids it. Nothing was changed."""

    known_code = "validation_failed"


class PreflightFailed(ApiError):
    """A limit of a platform is broken. Nothing was stored, and nothing was sent."""

    known_code = "preflight_failed"


class Unauthenticated(ApiError):
    """The API key is missing, malformed, expired or revoked."""

    known_code = "unauthenticated"


class Unauthorized(ApiError):
    """The API key is valid, but it lacks the right for this call."""

    known_code = "unauthorized"


class NotFound(ApiError):
    """The object does not exist, or the API key cannot see it."""

    known_code = "not_found"


class IdempotencyConflict(ApiError):
    """The idempotency key was used for another request, or its first request is still running."""

    known_code = "idempotency_conflict"


class RateLimited(ApiError):
    """Too many requests. `retry_after_s` is the time until the next one is accepted."""

    known_code = "rate_limited"


class QuotaExceeded(ApiError):
    """A quota of the organization is used up. `body.quota` has the limit and the time at which it resets."""

    known_code = "quota_exceeded"


class PlatformNotEnabled(ApiError):
    """This deployment has no credentials for the platform."""

    known_code = "platform_not_enabled"


class PlatformAuthFailed(ApiError):
    """The platform refused the consent or the credential. The account must be connected again."""

    known_code = "platform_auth_failed"


class PlatformRejected(ApiError):
    """The platform refused the request."""

    known_code = "platform_rejected"


class PlatformUnavailable(ApiError):
    """The platform cannot be reached, or is overloaded."""

    known_code = "platform_unavailable"


class InternalError(ApiError):
    """A defect of the server. Its log has the request id."""

    known_code = "internal_error"


class ConnectionFailed(LetmepostError):
    """The server could not be reached, did not respond in time, or sent a response that is not the API's.

    After a call that changes something, it is unknown whether the server has performed it. Repeat the call with the
    same `idempotency_key` to find out: the server performs it at most once.

    Attributes:
        idempotency_key: the key that the call was sent with; None if it had none.
    """

    def __init__(self, message: str, *, idempotency_key: str | None = None) -> None:
        super().__init__(message)
        self.idempotency_key = idempotency_key


class WaitTimedOut(LetmepostError, TimeoutError):
    """A batch was not settled in time. It is still being published.

    Attributes:
        batch: the batch as it was last.
    """

    def __init__(self, batch: "BatchData", timeout_s: float) -> None:
        super().__init__(batch, timeout_s)
        self.batch = batch
        self.timeout_s = timeout_s

    def __str__(self) -> str:
        return f"Batch {self.batch.id} was still {self.batch.status} after {self.timeout_s:g} s."


class InvalidSignature(LetmepostError, ValueError):
    """A webhook request is forged, damaged or too old. Respond with 400, and do not process it."""


BY_CODE: Mapping[str, type[ApiError]] = {
    kind.known_code: kind for kind in ApiError.__subclasses__() if kind.known_code is not None
}


def error_of(content: bytes, *, status: int, request_id: str | None, retry_after_s: float | None = None) -> ApiError:
    """Return the error of a response."""
    try:
        body = _Envelope.model_validate_json(content).error
    except ValidationError:
        message = f"The server responded with HTTP status {status} and a body that is not an error of the API."
        body = ErrorBody(code="unexpected_response", message=message, request_id=request_id)
    return BY_CODE.get(body.code, ApiError)(body, status=status, retry_after_s=retry_after_s)


def _restore(kind: type[ApiError], body: ErrorBody, status: int, retry_after_s: float | None) -> ApiError:
    return kind(body, status=status, retry_after_s=retry_after_s)

"""From errors to error envelopes."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError

from letmepost.domain.errors import (
    ErrorCode,
    FixableBy,
    InputRefused,
    InvalidShape,
    PlatformFailure,
    PreflightFailed,
    RequestError,
    TargetViolation,
)
from letmepost.domain.ids import Prefix, format_id_if_given
from letmepost.domain.quotas import Reading
from letmepost.domain.refusals import CATALOG
from letmepost.domain.retry import POLICIES
from letmepost.http.suggested_requests import suggest_request
from letmepost.services.events import timestamp
from letmepost.services.shapes import problems_of

STATUS: Mapping[ErrorCode, int] = MappingProxyType(
    {
        ErrorCode.VALIDATION_FAILED: 400,
        ErrorCode.PREFLIGHT_FAILED: 400,
        ErrorCode.UNAUTHENTICATED: 401,
        ErrorCode.UNAUTHORIZED: 403,
        ErrorCode.NOT_FOUND: 404,
        ErrorCode.IDEMPOTENCY_CONFLICT: 409,
        ErrorCode.RATE_LIMITED: 429,
        ErrorCode.QUOTA_EXCEEDED: 429,
        ErrorCode.PLATFORM_NOT_ENABLED: 403,
        ErrorCode.PLATFORM_AUTH_FAILED: 401,
        ErrorCode.PLATFORM_REJECTED: 502,
        ErrorCode.PLATFORM_UNAVAILABLE: 503,
        ErrorCode.INTERNAL_ERROR: 500,
    }
)
"""The usual status of each code. A `RequestError` has its own."""
_NAMED = frozenset(explanation.id for explanation in CATALOG)

INTERNAL_ERROR: Mapping[str, Any] = MappingProxyType(
    {
        "code": ErrorCode.INTERNAL_ERROR,
        "message": "An internal error occurred.",
        "remediation": "Send the request again with the same Idempotency-Key. If the error persists, give the operator "
        "the `requestId`.",
        "fixableBy": FixableBy.OPERATOR,
        "retryable": True,
    }
)


def status_of(error: RequestError | PlatformFailure) -> int:
    """Return the HTTP status of an error."""
    if isinstance(error, RequestError):
        return error.status
    if isinstance(error, InputRefused):
        return STATUS[ErrorCode.VALIDATION_FAILED]
    return STATUS[POLICIES[error.kind].code]


def error_fields(error: RequestError | PlatformFailure) -> dict[str, Any]:
    """Return the fields of an error, without the links and the request id that every envelope has."""
    if isinstance(error, PlatformFailure):
        policy = POLICIES[error.kind]
        fixable_by = FixableBy.CALLER if isinstance(error, InputRefused) else policy.fixable_by
        return _without_none(
            code=policy.code,
            message=error.message,
            rule=error.rule,
            platform=error.platform,
            remediation=error.remediation,
            fixableBy=error.fixable_by or fixable_by,
            retryable=policy.retryable,
            platformResponse=error.response,
        )
    fields = _without_none(
        code=error.code,
        message=error.message,
        rule=error.rule,
        field=error.field,
        suggestion=error.suggestion,
        remediation=error.remediation,
        platform=error.platform,
        fixableBy=error.fixable_by,
        retryable=error.retryable,
        platformResponse=error.detail,
        quota=None if error.quota is None else _quota(error.quota),
        suggestedRequest=error.suggested_request,
    )
    if isinstance(error, PreflightFailed):
        fields["violations"] = [_violation(found) for found in error.violations]
    if isinstance(error, InvalidShape):
        fields["violations"] = [_invalid_field(problem) for problem in error.problems]
    return fields


def envelope(fields: Mapping[str, Any], *, docs_url: str, request_id: str) -> dict[str, Any]:
    """Return the error envelope: the error, links to its explanation, and the id of the request in the log."""
    links = {"docUrl": f"{docs_url}/errors/{fields['code']}"}
    rule = fields.get("rule")
    if rule is not None and (rule in _NAMED or rule.startswith(f"{fields.get('platform')}.")):
        links["ruleUrl"] = f"{docs_url}/preflight/{rule_page(rule)}"
    return {"error": {**fields, **links, "requestId": request_id}}


def rule_page(rule: str) -> str:
    """Return the name of a rule's page: `bluesky-text-max_graphemes` for `bluesky.text.max_graphemes`."""
    return rule.replace(".", "-")


def invalid_shape(error: RequestValidationError, request: Request | None = None) -> InvalidShape:
    """Return the error of a request that does not match its schema."""
    found = [{**one, "loc": _without_source(one["loc"])} for one in error.errors()]
    body_field = getattr(request and request.scope.get("route"), "body_field", None)
    model = None if body_field is None else body_field.field_info.annotation
    return InvalidShape(problems_of(found, model), suggest_request(error.body))


def _without_source(location: tuple[int | str, ...]) -> tuple[int | str, ...]:
    return location[1:] if location and location[0] in {"body", "query", "path", "header"} else location


def _quota(reading: Reading) -> dict[str, Any]:
    quota = reading.quota
    return {
        "name": quota.name,
        "used": reading.used,
        "limit": quota.limit,
        **_without_none(
            accountId=format_id_if_given(Prefix.ACCOUNT, quota.account_id),
            resetsAt=None if quota.resets_at is None else timestamp(quota.resets_at),
        ),
    }


def _violation(found: TargetViolation) -> dict[str, Any]:
    violation = found.violation
    return {
        "target": found.target,
        "accountId": found.account_id,
        "platform": found.platform,
        "rule": violation.rule,
        "field": violation.field,
        "message": violation.message,
        "remediation": violation.remediation,
        **_without_none(limit=violation.limit, actual=violation.actual, unit=violation.unit, command=violation.command),
    }


def _invalid_field(problem: RequestError) -> dict[str, Any]:
    return _without_none(
        field=problem.field or "body",
        rule=problem.rule,
        message=problem.message,
        remediation=problem.remediation,
        suggestion=problem.suggestion,
    )


def _without_none(**fields: Any) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}

"""From errors to envelopes: the one place that knows which code has which status."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from fastapi.exceptions import RequestValidationError

from letmepost.domain.errors import (
    ErrorCode,
    InputRefused,
    PlatformFailure,
    PreflightFailed,
    QuotaExceeded,
    RequestError,
    StateForbids,
    TargetViolation,
    TooLarge,
)
from letmepost.domain.ids import Prefix, spell_if_given
from letmepost.domain.quotas import Reading
from letmepost.domain.refusals import REFUSALS
from letmepost.domain.retry import POLICIES
from letmepost.http.bodies import shown_path
from letmepost.services.events import timestamp

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
_NAMED = frozenset(refusal.id for refusal in REFUSALS)
_CONFLICT = 409
_TOO_LARGE = 413


def status_of(error: RequestError | PlatformFailure) -> int:
    """Return the HTTP status of an error."""
    if isinstance(error, InputRefused):
        return STATUS[ErrorCode.VALIDATION_FAILED]
    if isinstance(error, PlatformFailure):
        return STATUS[POLICIES[error.kind].code]
    if isinstance(error, TooLarge):
        return _TOO_LARGE
    if isinstance(error, StateForbids):
        return _CONFLICT
    return STATUS[error.code]


def error_fields(error: RequestError | PlatformFailure) -> dict[str, Any]:
    """What an error says, without the links and the request id that every envelope has."""
    if isinstance(error, PlatformFailure):
        return _without_none(
            code=POLICIES[error.kind].code,
            message=error.message,
            rule=error.rule,
            platform=error.platform,
            remediation=error.remediation,
            platformResponse=error.response,
        )
    fields = _without_none(
        code=error.code,
        message=error.message,
        rule=error.rule,
        remediation=error.remediation,
        platform=error.platform,
        platformResponse=error.detail,
    )
    if isinstance(error, PreflightFailed):
        fields["violations"] = [_violation(found) for found in error.violations]
    if isinstance(error, QuotaExceeded):
        fields["quota"] = _quota(error.reading)
    return fields


def envelope(fields: Mapping[str, Any], *, docs_url: str, request_id: str) -> dict[str, Any]:
    """The error envelope: what happened, where it is explained, and the id that finds it in the log."""
    links = {"docUrl": f"{docs_url}/errors/{fields['code']}"}
    rule = fields.get("rule")
    if rule is not None and (rule in _NAMED or rule.startswith(f"{fields.get('platform')}.")):
        links["ruleUrl"] = f"{docs_url}/preflight/{rule_page(rule)}"
    return {"error": {**fields, **links, "requestId": request_id}}


def rule_page(rule: str) -> str:
    """`bluesky.text.max_graphemes` as its page is called: `bluesky-text-max_graphemes`."""
    return rule.replace(".", "-")


def validation_fields(error: RequestValidationError) -> dict[str, Any]:
    """The first thing that is wrong with a request's shape. What the caller sent is not repeated: it may be secret."""
    first = error.errors()[0]
    path = field_path(first["loc"])
    message = first["msg"].removeprefix("Value error, ")
    rule = _named_rule(first["type"], path)
    fields = {"code": ErrorCode.VALIDATION_FAILED, "message": f"{path}: {message}", "rule": rule}
    if first["type"] == "extra_forbidden":
        fields["message"] = f"{path}: there is no such field."
        fields["remediation"] = "Remove the field or correct its spelling; nothing was stored."
    return fields


def _named_rule(kind: str, path: str) -> str:
    """The rule that a schema's own check names; of all else, the path of the field."""
    if kind == "timezone":
        return f"{path}.timezone"
    return kind if "." in kind or kind == "mode_conflict" else path


def field_path(location: Sequence[int | str]) -> str:
    """`targets[0].text` for `("body", "targets", 0, "text")`."""
    path = ""
    for part in location[1:] if location and location[0] in {"body", "query", "path", "header"} else location:
        path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else part
    return shown_path(path)


def _quota(reading: Reading) -> dict[str, Any]:
    quota = reading.quota
    return {
        "name": quota.name,
        "used": reading.used,
        "limit": quota.limit,
        **_without_none(
            accountId=spell_if_given(Prefix.ACCOUNT, quota.account_id),
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
        **_without_none(limit=violation.limit, actual=violation.actual, unit=violation.unit),
    }


def _without_none(**fields: Any) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}

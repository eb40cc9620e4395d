"""From errors to envelopes: the one place that knows which code has which status."""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
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
PROBLEMS_MAX = 50
"""How many problems of one request are reported. A request of a few kilobytes can have thousands."""
_COMPARED_MAX_CHARS = 50
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
    """Return the first problem of a request's shape, and all of them as `violations`, up to `PROBLEMS_MAX`."""
    problems = [_problem(found) for found in error.errors()[:PROBLEMS_MAX]]
    first = {name: problems[0][name] for name in ("message", "rule", "remediation")}
    return {"code": ErrorCode.VALIDATION_FAILED, **first, "violations": problems}


def _problem(found: Mapping[str, Any]) -> dict[str, Any]:
    """Return one problem. Values that the caller sent in a body are not repeated: they may be secret."""
    kind, path = found["type"], field_path(found["loc"])
    allowed, suggestion = found.get("ctx", {}).get("allowed"), None
    message = f"{path}: {found['msg'].removeprefix('Value error, ')}"
    remediation = f"Correct `{path}` and send the request again."
    if kind == "extra_forbidden" and allowed is not None:
        message, suggestion = f"Unknown query parameter: `{path}`.", _closest(path, allowed)
        remediation = _choices("query parameters", allowed, suggestion)
    elif kind == "extra_forbidden":
        message = f"Unknown field: `{path}`."
        remediation = "Remove the field or correct its spelling; nothing was stored."
    elif kind == "unknown_value":
        suggestion = _closest(found["ctx"]["given"], allowed)
        remediation = _choices("values", allowed, suggestion)
    elif kind == "repeated":
        remediation = f"Send `{path}` once."
    return _without_none(
        field=path, rule=_named_rule(kind, path), message=message, remediation=remediation, suggestion=suggestion
    )


def _closest(given: str, allowed: Sequence[str]) -> str | None:
    """Return the allowed name that was probably meant. Only the beginning of a long name is compared."""
    return next(iter(get_close_matches(given[:_COMPARED_MAX_CHARS], allowed, n=1)), None)


def _choices(noun: str, allowed: Sequence[str], suggestion: str | None) -> str:
    if not allowed:
        return f"Remove it: this operation has no {noun}."
    meant = "" if suggestion is None else f"Did you mean `{suggestion}`? "
    return f"{meant}Allowed {noun}: {', '.join(allowed)}."


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

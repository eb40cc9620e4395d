"""What a refusal means.

By its code, or by LinkedIn's own number for it. By words only where there is nothing else: which of the daily limits
was reached, that a new post is not known to the comments yet, and which post is the same as this one.
Sources: https://learn.microsoft.com/linkedin/shared/api-guide/concepts/error-handling,
https://learn.microsoft.com/linkedin/shared/api-guide/concepts/rate-limits (checked 2026-11-22), and for codes that no
page lists, what clients of the API were answered.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from letmepost.domain.budgets import midnight_utc
from letmepost.domain.errors import FailureKind, LimitScope, PlatformFailure
from letmepost.domain.flow import Call, Effect, Reply
from letmepost.platforms._replies import shown_body, shown_sentence
from letmepost.platforms.linkedin.rest import COMMENT_STEP
from letmepost.platforms.linkedin.urns import find_post

RECONNECT = "Connect the account again."
_OPERATOR = "The operator of this service has to look: its LinkedIn app or its release is at fault, not the account."

_BURST_S = 900.0
_TOKEN = re.compile(r"AQ[\w-]{30,}|eyJ[\w-]{13,}(?:\.[\w-]*){0,2}")


@dataclass(frozen=True, slots=True)
class Error:
    """What a refusal says: its code, LinkedIn's own number, its message, and the field that it is about."""

    code: str | None
    number: str | None
    message: str
    field: str | None


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a refusal leads to, and what the caller is told."""

    kind: FailureKind
    message: str
    remediation: str | None = None
    rule: str | None = None


_REVOKED = Meaning(FailureKind.AUTH_FAILED, "The member has taken back the permission.", RECONNECT)
_EXPIRED = Meaning(FailureKind.AUTH_FAILED, "The account's permission on LinkedIn has run out.", RECONNECT)
_INVALID = Meaning(FailureKind.AUTH_FAILED, "LinkedIn does not accept the account's token.", RECONNECT)
_NO_TOKEN = Meaning(FailureKind.UNAVAILABLE, "LinkedIn was asked without a token.", _OPERATOR)
_MAY_NOT = Meaning(
    FailureKind.REJECTED,
    "LinkedIn does not let the account do this: the permission is missing, or the role on the page is.",
    "Connect the account again with every permission, by somebody who administers the page.",
)
_OLD_VERSION = Meaning(
    FailureKind.UNAVAILABLE, "LinkedIn no longer speaks the version of its API that we do.", _OPERATOR
)
_PROCESSING = Meaning(FailureKind.UNAVAILABLE, "LinkedIn is still processing a medium.")
_BAD_MEDIUM = Meaning(FailureKind.REJECTED, "LinkedIn could not process a medium.", "Export it anew, and retry.")
_DUPLICATE = Meaning(
    FailureKind.DUPLICATE,
    "LinkedIn rejected this post because the author has recently published the same content.",
    "Look at the account: it may be this very post. Change the text to publish it again.",
    "linkedin.text.duplicate",
)
_GONE = Meaning(FailureKind.REJECTED, "This refers to something that does not exist on LinkedIn.")
_THROTTLED = Meaning(FailureKind.RATE_LIMITED, "LinkedIn wants fewer requests for a while.")

MEANINGS: Mapping[tuple[int, str], Meaning] = MappingProxyType(
    {
        (401, "REVOKED_ACCESS_TOKEN"): _REVOKED,
        (401, "65601"): _REVOKED,
        (401, "EXPIRED_ACCESS_TOKEN"): _EXPIRED,
        (401, "65602"): _EXPIRED,
        (401, "INVALID_ACCESS_TOKEN"): _INVALID,
        (401, "65600"): _INVALID,
        (401, "EMPTY_ACCESS_TOKEN"): _NO_TOKEN,
        (401, "65604"): _NO_TOKEN,
        (403, "ACCESS_DENIED"): _MAY_NOT,
        (400, "VERSION_MISSING"): _OLD_VERSION,
        (400, "NO_VERSION"): _OLD_VERSION,
        (426, "NONEXISTENT_VERSION"): _OLD_VERSION,
        (400, "MEDIA_ASSET_WAITING_UPLOAD"): _PROCESSING,
        (400, "MEDIA_ASSET_PROCESSING_FAILED"): _BAD_MEDIUM,
        (400, "EXPIRED_UPLOAD_URL"): Meaning(FailureKind.UNAVAILABLE, "The address to upload to has expired."),
        (422, "DUPLICATE_POST"): _DUPLICATE,
        (409, "DUPLICATE_POST"): _DUPLICATE,
        (400, "DUPLICATE_POST"): _DUPLICATE,
        (404, "RESOURCE_NOT_FOUND"): _GONE,
        (429, "TOO_MANY_REQUESTS"): _THROTTLED,
    }
)

_BY_STATUS: Mapping[int, Meaning] = MappingProxyType({401: _INVALID, 403: _MAY_NOT, 426: _OLD_VERSION, 429: _THROTTLED})


def error_of(reply: Reply) -> Error:
    """What the reply says is wrong: the innermost code, which tells the most."""
    data = reply.data()
    inner = _first_input_error(data.get("errorDetails"))
    code = next((text for text in (inner.get("code"), data.get("code")) if isinstance(text, str)), None)
    number, message = data.get("serviceErrorCode"), data.get("message")
    field = inner.get("input")
    path = field.get("inputPath") if isinstance(field, dict) else None
    return Error(
        code=code,
        number=str(number) if isinstance(number, int) else None,
        message=message if isinstance(message, str) else "",
        field=path.get("fieldPath") if isinstance(path, dict) else None,
    )


def explain(call: Call, reply: Reply) -> PlatformFailure:
    """What a reply other than the expected one means; also a success without what it should have brought."""
    error = error_of(reply)
    meaning = _meaning(call, reply, error)
    kind, retry_at, scope = meaning.kind, None, LimitScope.ACCOUNT
    if kind is FailureKind.RATE_LIMITED:
        kind, retry_at, scope = _limit(reply, error)
    return PlatformFailure(
        kind,
        meaning.message,
        rule=meaning.rule,
        remediation=meaning.remediation,
        retry_at=retry_at,
        scope=scope,
        response={"status": reply.status, "code": error.code or error.number, "body": shown_body(reply, _TOKEN)},
    )


def duplicate_of(reply: Reply) -> str | None:
    """The post that a refusal as duplicate says is the same. It stands in the message alone."""
    return find_post(reply.body.decode("utf-8", errors="replace"))


def is_passing(reply: Reply) -> bool:
    """Whether what refused a post was not ready yet: seen of media, and of permissions for seconds."""
    error = error_of(reply)
    forbidden = reply.status == 403 and "resource is forbidden" in error.message.lower()
    return forbidden or (reply.status, error.code) == (400, "MEDIA_ASSET_WAITING_UPLOAD")


def is_unknown_yet(reply: Reply) -> bool:
    """Whether what refused a comment was that comments do not know the new post yet. No code says so."""
    return "unable to obtain activity" in error_of(reply).message.lower()


def _first_input_error(details: object) -> Mapping[str, Any]:
    errors = details.get("inputErrors") if isinstance(details, dict) else None
    return errors[0] if isinstance(errors, list) and errors and isinstance(errors[0], dict) else {}


def _meaning(call: Call, reply: Reply, error: Error) -> Meaning:
    if "/oauth/v2/" in call.url and not reply.ok and reply.status < 500 and reply.status != 429:
        return Meaning(FailureKind.UNAVAILABLE, "LinkedIn refused the deployment's own app.", _OPERATOR)
    if call.step == COMMENT_STEP and is_unknown_yet(reply):
        return Meaning(FailureKind.UNAVAILABLE, "LinkedIn does not know the new post well enough for a comment yet.")
    keys = [(reply.status, key) for key in (error.code, error.number) if key is not None]
    return next((MEANINGS[key] for key in keys if key in MEANINGS), None) or _by_status(call, reply, error)


def _by_status(call: Call, reply: Reply, error: Error) -> Meaning:
    status = reply.status
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    if 300 <= status < 400:
        return Meaning(FailureKind.UNAVAILABLE, "What answered is not LinkedIn's API.")
    if 400 <= status < 500 and status not in {408, 409}:
        return Meaning(FailureKind.REJECTED, f"LinkedIn refused this: {_said(reply, error)}")
    if call.effect is Effect.PUBLISH:
        return Meaning(FailureKind.IN_DOUBT, "LinkedIn did not say whether it was published.")
    return Meaning(FailureKind.UNAVAILABLE, "LinkedIn could not answer.")


def _limit(reply: Reply, error: Error) -> tuple[FailureKind, datetime | None, LimitScope]:
    """Daily limits, the app's and each member's, end with the day. A burst's end is not told: a while, then."""
    if re.search(r"\bDAY limit\b", error.message):
        is_members = "MEMBER" in error.message
        return FailureKind.QUOTA_EXHAUSTED, None, LimitScope.ACCOUNT if is_members else LimitScope.APP
    text = reply.headers.get("retry-after", "")
    if re.fullmatch(r"[0-9]{1,6}", text):
        return FailureKind.RATE_LIMITED, reply.received_at + timedelta(seconds=int(text)), LimitScope.ACCOUNT
    later = reply.received_at + timedelta(seconds=_BURST_S)
    return FailureKind.RATE_LIMITED, min(later, midnight_utc(reply.received_at)), LimitScope.ACCOUNT


def _said(reply: Reply, error: Error) -> str:
    """LinkedIn's own sentence, for a person to read; its status where it said none."""
    where = f" ({error.field})" if error.field else ""
    return f"{shown_sentence(error.message, _TOKEN)}{where}" if error.message else f"HTTP {reply.status}."

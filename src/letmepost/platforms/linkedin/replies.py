"""What a refusal of LinkedIn means.

The code decides, or LinkedIn's own number for it. Words decide only where there is nothing else: which daily limit was
reached, that the comments do not know a new post yet, and which post is the same as this one.
Sources: https://learn.microsoft.com/linkedin/shared/api-guide/concepts/error-handling,
https://learn.microsoft.com/linkedin/shared/api-guide/concepts/rate-limits (checked 2026-11-22), and for codes that no
page lists, responses that clients of the API have received.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from letmepost.domain.budgets import midnight_utc
from letmepost.domain.errors import PlatformFailure
from letmepost.domain.flow import Call, Effect, Reply
from letmepost.domain.refusals import PlatformRefusal
from letmepost.platforms._replies import shown_body, shown_sentence
from letmepost.platforms.linkedin import refusals
from letmepost.platforms.linkedin.rest import COMMENT_STEP
from letmepost.platforms.linkedin.urns import find_post

_BURST_S = 900.0
_TOKEN = re.compile(r"AQ[\w-]{30,}|eyJ[\w-]{13,}(?:\.[\w-]*){0,2}")


@dataclass(frozen=True, slots=True)
class Error:
    """The content of a refusal: its code, LinkedIn's own number, its message, and the path of the field."""

    code: str | None
    number: str | None
    message: str
    field: str | None


BY_ERROR: Mapping[tuple[int, str], PlatformRefusal] = MappingProxyType(
    {
        (401, "REVOKED_ACCESS_TOKEN"): refusals.PERMISSION_REVOKED,
        (401, "65601"): refusals.PERMISSION_REVOKED,
        (401, "EXPIRED_ACCESS_TOKEN"): refusals.PERMISSION_EXPIRED,
        (401, "65602"): refusals.PERMISSION_EXPIRED,
        (401, "INVALID_ACCESS_TOKEN"): refusals.TOKEN_INVALID,
        (401, "65600"): refusals.TOKEN_INVALID,
        (401, "EMPTY_ACCESS_TOKEN"): refusals.TOKEN_MISSING,
        (401, "65604"): refusals.TOKEN_MISSING,
        (403, "ACCESS_DENIED"): refusals.NOT_ALLOWED,
        (400, "VERSION_MISSING"): refusals.VERSION_ENDED,
        (400, "NO_VERSION"): refusals.VERSION_ENDED,
        (426, "NONEXISTENT_VERSION"): refusals.VERSION_ENDED,
        (400, "MEDIA_ASSET_WAITING_UPLOAD"): refusals.PROCESSING,
        (400, "MEDIA_ASSET_PROCESSING_FAILED"): refusals.PROCESSING_FAILED,
        (400, "EXPIRED_UPLOAD_URL"): refusals.UPLOAD_URL_EXPIRED,
        (422, "DUPLICATE_POST"): refusals.DUPLICATE,
        (409, "DUPLICATE_POST"): refusals.DUPLICATE,
        (400, "DUPLICATE_POST"): refusals.DUPLICATE,
        (404, "RESOURCE_NOT_FOUND"): refusals.NOT_FOUND,
        (429, "TOO_MANY_REQUESTS"): refusals.RATE_LIMITED,
    }
)
"""By the status and the code or number."""

_BY_STATUS: Mapping[int, PlatformRefusal] = MappingProxyType(
    {
        401: refusals.TOKEN_INVALID,
        403: refusals.NOT_ALLOWED,
        426: refusals.VERSION_ENDED,
        429: refusals.RATE_LIMITED,
    }
)


def error_of(reply: Reply) -> Error:
    """Return the error in a reply, with its innermost code, which is the most specific."""
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
    """Return what an unexpected reply means, including a success without the expected content."""
    error = error_of(reply)
    refusal, retry_at = _refusal(call, reply, error), None
    if refusal is refusals.RATE_LIMITED:
        refusal, retry_at = _limit(reply, error)
    return refusal(
        response={"status": reply.status, "code": error.code or error.number, "body": shown_body(reply, _TOKEN)},
        retry_at=retry_at,
        reason=_reason(reply, error),
    )


def duplicate_of(reply: Reply) -> str | None:
    """Return the URN of the earlier post in a refusal of a duplicate. Only the message contains it."""
    return find_post(reply.body.decode("utf-8", errors="replace"))


def is_temporary(reply: Reply) -> bool:
    """Return True if a post was refused because something is not ready yet: media, or for seconds a permission."""
    error = error_of(reply)
    forbidden = reply.status == 403 and "resource is forbidden" in error.message.lower()
    return forbidden or (reply.status, error.code) == (400, "MEDIA_ASSET_WAITING_UPLOAD")


def is_unknown_yet(reply: Reply) -> bool:
    """Return True if a comment was refused because the new post is not known yet. This error has no code."""
    return "unable to obtain activity" in error_of(reply).message.lower()


def _first_input_error(details: object) -> Mapping[str, Any]:
    errors = details.get("inputErrors") if isinstance(details, dict) else None
    return errors[0] if isinstance(errors, list) and errors and isinstance(errors[0], dict) else {}


def _refusal(call: Call, reply: Reply, error: Error) -> PlatformRefusal:
    if "/oauth/v2/" in call.url and not reply.ok and reply.status < 500 and reply.status != 429:
        return refusals.APP_REFUSED
    if call.step == COMMENT_STEP and is_unknown_yet(reply):
        return refusals.POST_UNKNOWN_YET
    keys = [(reply.status, key) for key in (error.code, error.number) if key is not None]
    return next((BY_ERROR[key] for key in keys if key in BY_ERROR), None) or _by_status(call, reply)


def _by_status(call: Call, reply: Reply) -> PlatformRefusal:
    status = reply.status
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    if 300 <= status < 400:
        return refusals.NOT_LINKEDIN
    if 400 <= status < 500 and status not in {408, 409}:
        return refusals.REFUSED
    return refusals.IN_DOUBT if call.effect is Effect.PUBLISH else refusals.UNAVAILABLE


def _limit(reply: Reply, error: Error) -> tuple[PlatformRefusal, datetime | None]:
    """Return which limit was reached, and when a retry makes sense if LinkedIn's day does not decide.

    The daily limits, of the app and of each member, end with the day. LinkedIn does not state when a burst limit ends.
    """
    if re.search(r"\bDAY limit\b", error.message):
        return (refusals.MEMBER_DAILY_LIMIT if "MEMBER" in error.message else refusals.APP_DAILY_LIMIT), None
    text = reply.headers.get("retry-after", "")
    if re.fullmatch(r"[0-9]{1,6}", text):
        return refusals.RATE_LIMITED, reply.received_at + timedelta(seconds=int(text))
    later = reply.received_at + timedelta(seconds=_BURST_S)
    return refusals.RATE_LIMITED, min(later, midnight_utc(reply.received_at))


def _reason(reply: Reply, error: Error) -> str:
    """Return LinkedIn's own sentence for a person to read, or the status if there is none."""
    where = f" ({error.field})" if error.field else ""
    return f"{shown_sentence(error.message, _TOKEN)}{where}" if error.message else f"HTTP {reply.status}."

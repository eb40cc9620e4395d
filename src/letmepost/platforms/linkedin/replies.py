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

from letmepost.domain.budgets import midnight_utc
from letmepost.domain.errors import PlatformFailure
from letmepost.domain.flow import Call, Reply
from letmepost.domain.refusals import PlatformRefusal
from letmepost.platforms._kit.drafts import COMMENT_STEP
from letmepost.platforms._kit.fields import number_in, object_in, objects_in, text_in
from letmepost.platforms._kit.meanings import Meanings
from letmepost.platforms._kit.rates import retry_at
from letmepost.platforms._kit.refusals import RATE_LIMITED
from letmepost.platforms._kit.replies import shown_reason, shown_response
from letmepost.platforms.linkedin import refusals
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
        (429, "TOO_MANY_REQUESTS"): RATE_LIMITED,
    }
)
"""By the status and the code or number."""

_MEANINGS = Meanings(
    by_error=BY_ERROR,
    by_status={403: refusals.NOT_ALLOWED, 426: refusals.VERSION_ENDED},
    unauthorized=refusals.TOKEN_INVALID,
    redirected=refusals.NOT_LINKEDIN,
    undecided=frozenset({408, 409}),
    in_doubt=refusals.IN_DOUBT,
)


def error_of(reply: Reply) -> Error:
    """Return the error in a reply, with its innermost code, which is the most specific."""
    data = reply.data()
    inner = next(iter(objects_in(object_in(data, "errorDetails"), "inputErrors")), {})
    number = number_in(data, "serviceErrorCode")
    return Error(
        code=text_in(inner, "code") or text_in(data, "code"),
        number=None if number is None else str(number),
        message=text_in(data, "message") or "",
        field=text_in(object_in(object_in(inner, "input"), "inputPath"), "fieldPath"),
    )


def explain(call: Call, reply: Reply) -> PlatformFailure:
    """Return what an unexpected reply means, including a success without the expected content."""
    error = error_of(reply)
    refusal, later = _refusal(call, reply, error), None
    if refusal is RATE_LIMITED:
        refusal, later = _limit(reply, error)
    return refusal(
        response=shown_response(reply, _TOKEN, code=error.code or error.number),
        retry_at=later,
        network="LinkedIn",
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


def has_expired_url(reply: Reply) -> bool:
    """Return True if an upload URL has expired. Its host may know nothing of it any more."""
    return error_of(reply).code == "EXPIRED_UPLOAD_URL" or reply.status in {404, 410}


def is_unknown_yet(reply: Reply) -> bool:
    """Return True if a comment was refused because the new post is not known yet. This error has no code."""
    return "unable to obtain activity" in error_of(reply).message.lower()


def _refusal(call: Call, reply: Reply, error: Error) -> PlatformRefusal:
    if "/oauth/v2/" in call.url and not reply.ok and reply.status < 500 and reply.status != 429:
        return refusals.APP_REFUSED
    if call.step == COMMENT_STEP and is_unknown_yet(reply):
        return refusals.POST_UNKNOWN_YET
    return _MEANINGS.find(call, reply, error.code, error.number)


def _limit(reply: Reply, error: Error) -> tuple[PlatformRefusal, datetime | None]:
    """Return which limit was reached, and when a retry makes sense if LinkedIn's day does not decide.

    The daily limits, of the app and of each member, end with the day. LinkedIn does not state when a burst limit ends.
    """
    if re.search(r"\bDAY limit\b", error.message):
        return (refusals.MEMBER_DAILY_LIMIT if "MEMBER" in error.message else refusals.APP_DAILY_LIMIT), None
    usual = min(reply.received_at + timedelta(seconds=_BURST_S), midnight_utc(reply.received_at))
    return RATE_LIMITED, retry_at(reply) or usual


def _reason(reply: Reply, error: Error) -> str:
    """Return LinkedIn's own sentence for a person to read, or the status if there is none."""
    where = f" ({error.field})" if error.field and error.message else ""
    return shown_reason(reply, error.message, _TOKEN) + where

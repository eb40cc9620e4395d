"""What a refusal of X means, and when a retry makes sense."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from letmepost.domain.errors import FailureKind, PlatformFailure
from letmepost.domain.flow import Call, Reply
from letmepost.domain.refusals import PlatformRefusal
from letmepost.platforms._kit.fields import number_in, objects_in, text_in
from letmepost.platforms._kit.rates import reset_at
from letmepost.platforms._kit.replies import shown_reason, shown_response
from letmepost.platforms.twitter import refusals
from letmepost.platforms.twitter.api import MEDIA_PATH, REVOKE_PATH, TOKEN_PATH
from letmepost.platforms.twitter.meanings import CODES, MEANINGS, PROBLEMS, SENTENCES

_LOOK_AGAIN = timedelta(minutes=15)
"""When to retry what a person must fix, or a cap without a stated end: a refused call costs nothing."""
_CREDIT_AGAIN = timedelta(minutes=5)
"""When to retry without credit: X can recharge it automatically within minutes (docs.x.com, checked 2026-11-28)."""
_TOKEN = re.compile(r"[A-Za-z0-9_-]{48,}(?::[\w-]+)*")


def explain(call: Call, reply: Reply) -> PlatformFailure:
    """Return what an unexpected reply means, including a success without the expected content."""
    refusal = _refusal(call, reply)
    return refusal(
        response=shown_response(reply, _TOKEN, type=problem(reply)),
        retry_at=_retry_at(reply, refusal),
        network="X",
        reason=_reason(reply),
    )


def problem(reply: Reply) -> str | None:
    """Return the last part of the type of the problem that X names; None for `about:blank` and if X names none."""
    types = [text_in(envelope, "type") or "" for envelope in (reply.data(), *_errors(reply))]
    named = (found.rpartition("/problems/")[2] for found in types if "/problems/" in found)
    return next(named, None)


def has_lost_media(reply: Reply) -> bool:
    """Return True if a post is refused because X no longer has its media. This error has no type of its own."""
    return reply.status == 400 and "media ids are invalid" in _reason(reply).lower()


def has_lost_upload(reply: Reply) -> bool:
    """Return True if X does not know the upload that a call is about, or has not received every segment of it.

    A 404 without JSON comes from a proxy.
    """
    is_unknown = reply.status == 404 and bool(reply.data())
    return is_unknown or (reply.status == 400 and _by_sentence(reply) is refusals.UPLOAD_LOST)


def is_invalid_token(reply: Reply) -> bool:
    """Return True if a token endpoint refuses a code or a token that is expired, used or revoked.

    X has one sentence for all three. Its error, `invalid_request`, would also be the response to a malformed request.
    """
    data = reply.data()
    said = text_in(data, "error_description") or ""
    is_said = said.startswith("Value passed for the ") and said.endswith(" was invalid.")
    return data.get("error") == "invalid_request" and is_said


def _refusal(call: Call, reply: Reply) -> PlatformRefusal:
    if call.url.endswith((TOKEN_PATH, REVOKE_PATH)) and 400 <= reply.status < 500 and reply.status != 429:
        return refusals.SESSION_ENDED if is_invalid_token(reply) else refusals.APP_UNKNOWN
    if has_lost_media(reply):
        return refusals.MEDIA_LOST
    found = _named(reply) or _by_status(call, reply)
    is_forbidden_media = reply.status == 403 and MEDIA_PATH in call.url and found.kind is FailureKind.REJECTED
    return refusals.MEDIA_FORBIDDEN if is_forbidden_media else found


def _named(reply: Reply) -> PlatformRefusal | None:
    """Return the refusal that X names, if any. Only the body of a 4xx response shows that nothing was executed."""
    if not 400 <= reply.status < 500:
        return None
    return _by_day(reply) or PROBLEMS.get(problem(reply) or "") or _by_code(reply) or _by_sentence(reply)


def _by_day(reply: Reply) -> PlatformRefusal | None:
    used_up = _used_up(reply)
    return (
        refusals.APP_DAILY_LIMIT
        if "x-app-limit-24hour" in used_up
        else refusals.ACCOUNT_DAILY_LIMIT
        if used_up
        else None
    )


def _by_code(reply: Reply) -> PlatformRefusal | None:
    found = (CODES.get(number_in(error, "code") or 0) for error in _errors(reply))
    return next((refusal for refusal in found if refusal is not None), None)


def _by_sentence(reply: Reply) -> PlatformRefusal | None:
    said = _reason(reply).lower()
    return next((found for status, part, found in SENTENCES if status == reply.status and part in said), None)


def _by_status(call: Call, reply: Reply) -> PlatformRefusal:
    is_foreign = reply.status in {403, 404, 405} and not reply.data()
    return refusals.NOT_X if is_foreign else MEANINGS.find(call, reply)


def _retry_at(reply: Reply, refusal: PlatformRefusal) -> datetime | None:
    """Return when X says that a retry makes sense. What an operator must fix is retried from time to time."""
    if refusal.kind not in {FailureKind.RATE_LIMITED, FailureKind.QUOTA_EXHAUSTED, FailureKind.UNAVAILABLE}:
        return None
    limits = (_used_up(reply) or ["x-rate-limit"]) if reply.status == 429 else []
    known = [moment for name in limits if (moment := reset_at(reply, f"{name}-reset")) is not None]
    if refusal is refusals.NO_CREDITS and (day := _day(reply.data().get("reset_date"))) is not None:
        known.append(datetime.combine(day, time.min, UTC))
    if not known and refusal.kind is FailureKind.QUOTA_EXHAUSTED:
        return reply.received_at + (_CREDIT_AGAIN if refusal is refusals.NO_CREDITS else _LOOK_AGAIN)
    return max(known, default=None)


def _used_up(reply: Reply) -> list[str]:
    """Return the 24-hour limits that are used up. X sends them without documenting them."""
    names = ("x-user-limit-24hour", "x-app-limit-24hour")
    return [name for name in names if reply.status == 429 and reply.headers.get(f"{name}-remaining") == "0"]


def _day(text: Any) -> date | None:
    try:
        return date.fromisoformat(text)
    except (TypeError, ValueError):
        return None


def _errors(reply: Reply) -> list[Mapping[str, Any]]:
    return objects_in(reply.data(), "errors")


def _reason(reply: Reply) -> str:
    """Return X's own sentences for a person to read, or the status if there are none."""
    envelopes = [*_errors(reply), reply.data()]
    found = (text_in(envelope, name) for envelope in envelopes for name in ("message", "detail"))
    sentences = list(dict.fromkeys(text for text in found if text is not None))
    return shown_reason(reply, " ".join(sentences), _TOKEN)

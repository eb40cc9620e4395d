"""What a refusal of Pinterest means.

The status decides first, then the code: the same code has different meanings with different statuses, and some replies
have the status in its place. Sources: https://github.com/pinterest/api-description (5.23.0) and the official sample,
https://github.com/pinterest/api-quickstart (checked 2026-11-21). A few errors have no code of their own, so words of
their messages decide.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

from letmepost.domain.errors import FailureKind, PlatformFailure
from letmepost.domain.flow import Call, Reply
from letmepost.domain.refusals import PlatformRefusal
from letmepost.platforms._kit.fields import number_in, text_in
from letmepost.platforms._kit.meanings import Meanings
from letmepost.platforms._kit.rates import retry_at
from letmepost.platforms._kit.replies import shown_reason, shown_response
from letmepost.platforms.pinterest import refusals
from letmepost.platforms.pinterest.api import TOKEN_PATH, is_upload
from letmepost.platforms.pinterest.budgets import window_ends_at

_NO_ACCESS = "29"
_MEANINGS = Meanings(
    by_error={
        (403, "3"): refusals.SCOPES_MISSING,
        (403, _NO_ACCESS): refusals.NOT_PERMITTED,
        (403, "7"): refusals.NOT_PERMITTED,
        (403, "2625"): refusals.ACCOUNT_RESTRICTED,
        (403, "2626"): refusals.ACCOUNT_RESTRICTED,
        (404, "30"): refusals.SESSION_ENDED,
        (404, "2031"): refusals.SECTION_UNKNOWN,
    },
    by_status={409: refusals.BUSY},
    unauthorized=refusals.SESSION_ENDED,
)
_UPLOADS = Meanings(
    by_status={403: refusals.UPLOAD_EXPIRED},
    unauthorized=refusals.UPLOAD_EXPIRED,
    rate_limited=refusals.UPLOAD_UNAVAILABLE,
    redirected=refusals.UPLOAD_UNAVAILABLE,
    refused=refusals.UPLOAD_REFUSED,
    unavailable=refusals.UPLOAD_UNAVAILABLE,
)
_UPLOAD_ERRORS: Mapping[str, PlatformRefusal] = MappingProxyType(
    {
        "EntityTooLarge": refusals.VIDEO_TOO_LARGE,
        "RequestTimeout": refusals.UPLOAD_UNAVAILABLE,
        "SlowDown": refusals.UPLOAD_UNAVAILABLE,
    }
)
"""Errors of S3: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html (checked 2026-11-29)."""
_S3_CODE = re.compile(rb"<Code>([A-Za-z]{1,64})</Code>")
_WORDS: Mapping[int, tuple[tuple[str, PlatformRefusal], ...]] = MappingProxyType(
    {
        400: (("unable to reach the url", refusals.URL_UNREACHABLE), ("invalid url", refusals.LINK_INVALID)),
        403: (("spam", refusals.SPAM),),
        409: (("duplicate", refusals.DUPLICATE), ("already exists", refusals.DUPLICATE)),
        429: (("spam", refusals.SPAM),),
    }
)
"""Refusals that only their words identify, by status."""
_TRIAL_WORDS = ("sandbox", "trial")
_TOKEN = re.compile(r"pin[arc]_[A-Za-z0-9_.-]{8,}")


def explain(call: Call, reply: Reply) -> PlatformFailure:
    """Return what an unexpected reply means, including a success without the expected content."""
    refusal = _refusal(call, reply)
    if is_upload(call):  # the body of S3 can repeat the fields of the form, which are secrets
        reason = _s3_code(reply) or f"HTTP {reply.status}."
        return refusal(response={"status": reply.status, "code": _s3_code(reply), "body": ""}, reason=reason)
    return refusal(
        response=shown_response(reply, _TOKEN, code=number_in(reply.data(), "code")),
        retry_at=_retry_at(reply, refusal),
        network="Pinterest",
        reason=shown_reason(reply, _message(reply), _TOKEN),
    )


def is_unreachable(reply: Reply) -> bool:
    """Return True if Pinterest could not fetch an image."""
    return _by_words(reply) is refusals.URL_UNREACHABLE


def is_closed_board(reply: Reply) -> bool:
    """Return True if the refusal of a Pin may be about its board: Pinterest has several errors for that."""
    return reply.status == 404 or (reply.status == 403 and _code(reply) in {_NO_ACCESS, "7"})


def is_name_taken(reply: Reply) -> bool:
    """Return True if a board is refused because the account has one with this name. No code is documented for it."""
    message = _message(reply).lower()
    return reply.status in {400, 409} and ("already" in message or "duplicate" in message)


def _refusal(call: Call, reply: Reply) -> PlatformRefusal:
    if is_upload(call):
        return _UPLOAD_ERRORS.get(_s3_code(reply) or "") or _UPLOADS.find(call, reply)
    if call.url.endswith(TOKEN_PATH) and reply.status in {400, 401}:
        return _token_refusal(call, reply)
    if reply.status in {400, 403} and _is_about_trial(reply):
        return refusals.TRIAL_REFUSED
    found = _by_words(reply) or _MEANINGS.find(call, reply, _code(reply))
    is_about_account = reply.status == 403 and call.url.endswith(("/user_account", "/boards"))
    return refusals.SCOPES_MISSING if is_about_account and not found.id else found


def _token_refusal(call: Call, reply: Reply) -> PlatformRefusal:
    """Return why no token is granted. A 401 can also concern the app, which no person can correct by consenting."""
    if reply.status == 401:
        return refusals.TOKEN_REFUSED
    is_new = (call.form or {}).get("grant_type") == "authorization_code"
    return refusals.CODE_INVALID if is_new else refusals.SESSION_ENDED


def _is_about_trial(reply: Reply) -> bool:
    return _code(reply) == _NO_ACCESS and any(word in _message(reply).lower() for word in _TRIAL_WORDS)


def _by_words(reply: Reply) -> PlatformRefusal | None:
    said = _message(reply).lower()
    return next((refusal for words, refusal in _WORDS.get(reply.status, ()) if words in said), None)


def _retry_at(reply: Reply, refusal: PlatformRefusal) -> datetime | None:
    """Return when a retry makes sense: at the end of the window, if a rate limit is used up."""
    if refusal.kind not in {FailureKind.RATE_LIMITED, FailureKind.UNAVAILABLE}:
        return None
    window = window_ends_at(reply) if refusal.kind is FailureKind.RATE_LIMITED else None
    return max((moment for moment in (retry_at(reply), window) if moment is not None), default=None)


def _code(reply: Reply) -> str | None:
    code = number_in(reply.data(), "code")
    return None if code is None else str(code)


def _s3_code(reply: Reply) -> str | None:
    found = _S3_CODE.search(reply.body)
    return None if found is None else found[1].decode()


def _message(reply: Reply) -> str:
    """Return Pinterest's own sentences; empty without any. Some errors say more in a second one."""
    found = (text_in(reply.data(), name) for name in ("message", "message_detail"))
    return " ".join(text for text in found if text is not None)

"""What a refusal of TikTok means: its code decides, then the status.

https://developers.tiktok.com/docs/en/content-posting-api-reference-direct-post (checked 2026-11-28). Codes also arrive
with status 200. Messages do not decide: some 400s for missing fields complain about an authorization header.
"""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from letmepost.domain.errors import FailureKind, PlatformFailure
from letmepost.domain.flow import Call, Reply
from letmepost.domain.refusals import PlatformRefusal
from letmepost.platforms._kit.fields import object_in, text_in
from letmepost.platforms._kit.meanings import Meanings
from letmepost.platforms._kit.rates import retry_at
from letmepost.platforms._kit.refusals import RATE_LIMITED, REFUSED
from letmepost.platforms._kit.replies import shown_reason, shown_response
from letmepost.platforms.tiktok import refusals
from letmepost.platforms.tiktok.api import TOKEN_PATH, VIDEO_INIT_PATH

OK = "ok"
EXPIRED_TOKEN = "access_token_invalid"  # noqa: S105 - the code of an error
UNKNOWN_ID = "invalid_publish_id"
_WINDOW = timedelta(seconds=60)
_DRAFTS_AGAIN_AFTER = timedelta(hours=6)
_INVALID = frozenset({"invalid_param", "invalid_params"})
"""TikTok spells the code in both ways."""
_REFUSED_TOKEN = frozenset({400, 401, 403})
_UNDECIDED = frozenset({"internal_error", "server_error", "temporarily_unavailable"})
_BY_CODE: Mapping[str, PlatformRefusal] = MappingProxyType(
    {
        EXPIRED_TOKEN: refusals.SESSION_ENDED,
        "scope_not_authorized": refusals.SCOPE_MISSING,
        "scope_permission_missed": refusals.SCOPE_MISSING,
        "rate_limit_exceeded": RATE_LIMITED,
        "spam_risk_too_many_posts": refusals.POSTS_DAY,
        "spam_risk_too_many_pending_share": refusals.PENDING_SHARES,
        "spam_risk_user_banned_from_posting": refusals.BANNED,
        "spam_risk": refusals.SPAM,
        "spam_risk_text": refusals.SPAM,
        "reached_active_user_cap": refusals.ACTIVE_USERS,
        "unaudited_client_can_only_post_to_private_accounts": refusals.PRIVATE_ACCOUNT,
        "privacy_level_option_mismatch": refusals.PRIVACY_MISMATCH,
        "url_ownership_unverified": refusals.URL_UNVERIFIED,
        "app_version_check_failed": refusals.APP_VERSION,
        UNKNOWN_ID: refusals.UNKNOWN_POST,
        "token_not_authorized_for_specified_publish_id": refusals.OTHER_APP,
    }
)
_MEANINGS = Meanings(unauthorized=refusals.SESSION_ENDED)
_PART_MEANINGS = Meanings(
    unauthorized=refusals.UPLOAD_EXPIRED,
    by_status={403: refusals.UPLOAD_EXPIRED, 404: refusals.UPLOAD_EXPIRED, 416: refusals.UPLOAD_EXPIRED},
)
_TOKEN = re.compile(r"\b(?:act|rft|clt)\.[\w!~*.-]{6,}|(?<=upload_token=)[^&\s\"]+")


def explain(call: Call, reply: Reply) -> PlatformFailure:
    """Return what an unexpected reply means, including a success without the expected content."""
    code, refusal = error_code(reply), _refusal(call, reply)
    is_refusal = not is_ok(reply) and code is not None
    return refusal(
        response=shown_response(reply, _TOKEN, is_refusal=is_refusal, code=code, logId=_log_id(reply)),
        retry_at=_retry_at(reply, refusal),
        network="TikTok",
        reason=shown_reason(reply, _message(reply) or code, _TOKEN),
    )


def is_ok(reply: Reply) -> bool:
    """Return True if the reply is a success by its status and by its code."""
    return reply.ok and error_code(reply) == OK


def data_of(reply: Reply) -> Mapping[str, Any]:
    """Return the content of a success; empty for anything else."""
    return object_in(reply.data(), "data") if is_ok(reply) else {}


def error_code(reply: Reply) -> str | None:
    """Return the code of a reply; None without one. Token endpoints have it in the place of the object."""
    return text_in(object_in(reply.data(), "error"), "code") or text_in(reply.data(), "error")


def is_scope_missing(reply: Reply) -> bool:
    """Return True if a call is refused because its scope was not granted."""
    return _BY_CODE.get(error_code(reply) or "") is refusals.SCOPE_MISSING


def is_about_part(reply: Reply) -> bool:
    """Return True if a refusal of an upload is about a part, and not about the read of its status."""
    return error_code(reply) not in {*_BY_CODE, *_INVALID, *_UNDECIDED}


def _refusal(call: Call, reply: Reply) -> PlatformRefusal:
    if call.method == "PUT":
        return _PART_MEANINGS.find(call, reply)
    code = error_code(reply)
    if call.url.endswith(TOKEN_PATH) and reply.status in _REFUSED_TOKEN and code not in {*_BY_CODE, *_UNDECIDED}:
        return refusals.TOKEN_REFUSED
    if code in _INVALID:
        is_plan = call.url.endswith(VIDEO_INIT_PATH) and "chunk" in _message(reply).lower()
        return refusals.CHUNK_PLAN if is_plan else REFUSED
    if code in _UNDECIDED:
        return _MEANINGS.without_result(call)
    is_unknown_refusal = reply.ok and code not in {None, OK}
    return _BY_CODE.get(code or "") or (REFUSED if is_unknown_refusal else _MEANINGS.find(call, reply))


def _retry_at(reply: Reply, refusal: PlatformRefusal) -> datetime | None:
    """Return when a retry makes sense. TikTok documents windows of a minute, and no header."""
    if refusal is refusals.PENDING_SHARES:
        return reply.received_at + _DRAFTS_AGAIN_AFTER
    if refusal.kind is FailureKind.RATE_LIMITED:
        return retry_at(reply) or reply.received_at + _WINDOW
    return retry_at(reply) if refusal.kind is FailureKind.UNAVAILABLE else None


def _message(reply: Reply) -> str:
    data = reply.data()
    return text_in(object_in(data, "error"), "message") or text_in(data, "error_description") or ""


def _log_id(reply: Reply) -> str | None:
    """Return the id that TikTok's support asks for. Its pages have two spellings."""
    data = reply.data()
    error = object_in(data, "error")
    found = text_in(error, "log_id") or text_in(error, "logid") or text_in(data, "log_id")
    return None if found is None else found[:100]

"""What a refusal of YouTube or Google means, and when a retry makes sense.

https://developers.google.com/youtube/v3/docs/errors (checked 2026-11-21). The reasons in `error.errors` decide, then
those in `error.details`, then `error.status`, then the HTTP status. Uploads can be refused with plain text or HTML.
"""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from letmepost.domain.errors import FailureKind, PlatformFailure
from letmepost.domain.flow import Call, Effect, Reply
from letmepost.domain.refusals import PlatformRefusal
from letmepost.platforms._kit.fields import object_in, objects_in, text_in
from letmepost.platforms._kit.meanings import Meanings
from letmepost.platforms._kit.rates import retry_at
from letmepost.platforms._kit.refusals import IN_DOUBT, RATE_LIMITED, UNAVAILABLE
from letmepost.platforms._kit.replies import shown_reason, shown_response
from letmepost.platforms.youtube import refusals
from letmepost.platforms.youtube.api import UPLOAD_PATH
from letmepost.platforms.youtube.scopes import MANAGE, MAY_READ, MAY_UPLOAD

_CHANNEL_LIMIT_LASTS = timedelta(hours=24)
_RATE_LIMIT_LASTS = timedelta(seconds=30)
"""YouTube does not state it: an assumption."""
_NO_CHANNEL = "youtubeSignupRequired"
_SCOPES = ("insufficientPermissions", "ACCESS_TOKEN_SCOPE_INSUFFICIENT")
_UNUSABLE = (
    "accountDelegationForbidden",
    "authenticatedUserNotChannel",
    "authenticatedUserAccountClosed",
    "authenticatedUserAccountSuspended",
    "channelClosed",
    "channelSuspended",
)
_SETTINGS = ("forbiddenPrivacySetting", "forbiddenLicenseSetting", "forbiddenEmbedSetting")
_RATES = ("rateLimitExceeded", "userRateLimitExceeded", "uploadRateLimitExceeded")
_LIMITS = frozenset({*_RATES, "RATE_LIMIT_EXCEEDED", "RESOURCE_EXHAUSTED"})
_MEANINGS = Meanings(
    by_error={
        (401, _NO_CHANNEL): refusals.CHANNEL_MISSING,
        **{(403, name): refusals.SCOPE_MISSING for name in _SCOPES},
        **{(403, name): refusals.CHANNEL_UNUSABLE for name in _UNUSABLE},
        **{(403, name): refusals.SETTING_FORBIDDEN for name in _SETTINGS},
        **{(403, name): refusals.UNITS_USED_UP for name in ("quotaExceeded", "dailyLimitExceeded")},
        **{(status, name): RATE_LIMITED for status in (403, 429) for name in _RATES},
        (400, "uploadLimitExceeded"): refusals.CHANNEL_LIMIT,
        (400, "invalidTitle"): refusals.TITLE_INVALID,
        (400, "invalidDescription"): refusals.TEXT_INVALID,
        (400, "invalidTags"): refusals.TAGS_INVALID,
        (400, "invalidCategoryId"): refusals.CATEGORY_INVALID,
        (400, "invalidPublishAt"): refusals.PUBLISH_AT_INVALID,
        **{(400, name): refusals.APP_REFUSED for name in ("invalid_request", "redirect_uri_mismatch")},
    },
    unauthorized=refusals.SESSION_ENDED,
)
_MANAGED = ("/captions", "/commentThreads")
_UPLOADS_A_DAY = ("video uploads per day", "defaultvideoinsertperdayperproject")
_TOKEN = re.compile(r"ya29\.[\w.-]+|1//[\w-]{8,}|upload_id(?:=|%3D|\\+u003d)[\w.%-]+", re.IGNORECASE)


def explain(call: Call, reply: Reply) -> PlatformFailure:
    """Return what an unexpected reply means, including a success without the expected content."""
    refusal = _refusal(call, reply)
    return refusal(
        response=shown_response(reply, _TOKEN, code=next(iter(reasons(reply)), None)),
        retry_at=_retry_at(reply, refusal),
        network="YouTube",
        reason=shown_reason(reply, _message(reply), _TOKEN),
        scope=_scope_of(call),
    )


def needs_refresh(reply: Reply) -> bool:
    """Return True if the access token has expired, so that nothing was executed.

    A 401 of the token endpoint concerns the app, and its `error` is a text. A missing channel is a 401, too.
    """
    return reply.status == 401 and not isinstance(reply.data().get("error"), str) and _NO_CHANNEL not in reasons(reply)


def reasons(reply: Reply) -> list[str]:
    """Return YouTube's names of the error, the most specific first."""
    error = reply.data().get("error")
    if isinstance(error, str):
        return [error]
    envelope = error if isinstance(error, dict) else {}
    named = [text_in(one, "reason") for one in (*objects_in(envelope, "errors"), *objects_in(envelope, "details"))]
    return [name for name in (*named, text_in(envelope, "status")) if name is not None]


def _refusal(call: Call, reply: Reply) -> PlatformRefusal:
    is_in_session = call.method == "PUT"
    if is_in_session and (reply.status in {404, 410} or 300 <= reply.status < 400):
        # The session may have created the video before it ended, or may be about to.
        return IN_DOUBT if call.effect is Effect.PUBLISH else _without_session(reply)
    names = reasons(reply)
    if reply.status == 403 and "forbidden" in names and _domain(reply).endswith(".thumbnail"):
        return refusals.THUMBNAIL_FORBIDDEN
    return _used_up_today(reply) or _MEANINGS.find(call, reply, *names)


def _without_session(reply: Reply) -> PlatformRefusal:
    return UNAVAILABLE if reply.status < 400 else refusals.SESSION_LOST


def _used_up_today(reply: Reply) -> PlatformRefusal | None:
    """Return which daily quota is used up. Google can refuse both like a rate limit: only words differ then."""
    if reply.status not in {403, 429}:
        return None
    words = f"{_message(reply) or ''} {_quota_limit(reply)}".lower()
    if any(name in words for name in _UPLOADS_A_DAY):
        return refusals.UPLOADS_USED_UP
    is_limit = not _LIMITS.isdisjoint(reasons(reply))
    return refusals.UNITS_USED_UP if is_limit and ("per day" in words or "perday" in words) else None


def _retry_at(reply: Reply, refusal: PlatformRefusal) -> datetime | None:
    """Return when a retry makes sense. Used-up quotas of the project reset at midnight (`Platform.resets`)."""
    if refusal is refusals.CHANNEL_LIMIT:
        return reply.received_at + _CHANNEL_LIMIT_LASTS
    if refusal is RATE_LIMITED:
        return retry_at(reply) or reply.received_at + _RATE_LIMIT_LASTS
    return retry_at(reply) if refusal.kind is FailureKind.UNAVAILABLE else None


def _scope_of(call: Call) -> str:
    """Return the permission that a call needs, for the message that it is missing."""
    if call.url.endswith(_MANAGED):
        return MANAGE
    if UPLOAD_PATH in call.url:
        return MAY_UPLOAD
    return MAY_READ if call.method == "GET" else MANAGE


def _envelope(reply: Reply) -> Mapping[str, Any]:
    return object_in(reply.data(), "error")


def _domain(reply: Reply) -> str:
    """Return the domain of the error, such as `youtube.thumbnail`; empty without one."""
    found = objects_in(_envelope(reply), "errors")
    return (text_in(found[0], "domain") if found else None) or ""


def _quota_limit(reply: Reply) -> str:
    named = (object_in(one, "metadata") for one in objects_in(_envelope(reply), "details"))
    return " ".join(text_in(metadata, "quota_limit") or "" for metadata in named)


def _message(reply: Reply) -> str | None:
    """Return Google's own sentence; None without one."""
    return text_in(_envelope(reply), "message") or text_in(reply.data(), "error_description")

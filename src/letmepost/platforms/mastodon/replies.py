"""What a refusal of a server means, and when a retry makes sense.

https://docs.joinmastodon.org/methods/statuses/, https://docs.joinmastodon.org/api/rate-limits/ and
app/controllers/concerns/api/error_handling.rb of https://github.com/mastodon/mastodon (checked 2026-11-29). Errors have
a status and a sentence, but no code, and the sentence may be in the language of the account. So the status decides;
only a 403 is divided by its sentence, because it can concern the account or the post.
"""

import re

from letmepost.domain.errors import FailureKind, PlatformFailure
from letmepost.domain.flow import Call, Reply
from letmepost.domain.refusals import PlatformRefusal
from letmepost.platforms._kit.fields import text_in
from letmepost.platforms._kit.meanings import Meanings
from letmepost.platforms._kit.rates import retry_at
from letmepost.platforms._kit.replies import shown_reason, shown_response
from letmepost.platforms.mastodon import refusals
from letmepost.platforms.mastodon.api import is_create, is_upload

_TOKEN = re.compile(r"[A-Za-z0-9_-]{40,}")
_NOT_ALLOWED = "not allowed"
_REFERENCES = ("in_reply_to_id", "quoted_status_id")
_WITHOUT_ERROR = frozenset({408, 413, 429})
"""The statuses of 4xx that mean the same from a proxy."""
_MEANINGS = Meanings(
    unauthorized=refusals.TOKEN_ENDED,
    by_status={403: refusals.ACCESS_DENIED, 410: refusals.GONE, 413: refusals.TOO_LARGE},
    redirected=refusals.NOT_MASTODON,
)


def explain(call: Call, reply: Reply) -> PlatformFailure:
    """Return what an unexpected reply means, including a success without the expected content."""
    refusal = _refusal(call, reply)
    is_limited = (
        refusal.kind is FailureKind.RATE_LIMITED
    )  # every reply has the header, not only that of a used-up limit
    return refusal(
        response=shown_response(reply, _TOKEN),
        retry_at=retry_at(reply, "x-ratelimit-reset") if is_limited else None,
        network="Mastodon",
        reason=_reason(reply),
    )


def is_missing(reply: Reply) -> bool:
    """Return True if the server itself reports that something does not exist. A proxy's page is no such report."""
    return reply.status == 404 and _has_error(reply)


def _refusal(call: Call, reply: Reply) -> PlatformRefusal:
    if 400 <= reply.status < 500 and reply.status not in _WITHOUT_ERROR and not _has_error(reply):
        return refusals.NOT_MASTODON
    return _by_call(call, reply) or _MEANINGS.find(call, reply)


def _by_call(call: Call, reply: Reply) -> PlatformRefusal | None:
    """Return what a refusal means that depends on what was requested; None for any other reply."""
    has_reference = is_create(call) and any(name in (call.json or {}) for name in _REFERENCES)
    if has_reference and reply.status == 404:
        return refusals.REFERENCE_NOT_FOUND
    if has_reference and reply.status == 403 and _NOT_ALLOWED in _reason(reply).lower():
        return refusals.NOT_ALLOWED
    if reply.status != 422:
        return None
    if is_upload(call):
        return refusals.MEDIA_REFUSED
    # Mastodon accepts a post with only media. Compatible servers may not, and their sentence can be in any language.
    return refusals.TEXT_NEEDED if is_create(call) and not (call.json or {}).get("status") else None


def _reason(reply: Reply) -> str:
    """Return the server's own sentence for a person to read, or the status if there is none."""
    data = reply.data()
    return shown_reason(reply, text_in(data, "error_description") or text_in(data, "error"), _TOKEN)


def _has_error(reply: Reply) -> bool:
    return isinstance(reply.data().get("error"), str)

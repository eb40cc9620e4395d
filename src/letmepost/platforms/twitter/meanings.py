"""What each error of X means, as tables.

The type of the problem decides, and a sentence only where X names no type (most 403 are `about:blank`).
Sources: https://docs.x.com/x-api/fundamentals/response-codes-and-errors and openapi.json 2.167 (read 2026-11-21), and
responses that adapters in production have received. What the app lacks is for its operator to fix, and is never
reported as an error of the user.
"""

from collections.abc import Mapping
from types import MappingProxyType

from letmepost.domain.refusals import PlatformRefusal
from letmepost.platforms._kit.meanings import Meanings
from letmepost.platforms._kit.refusals import RATE_LIMITED
from letmepost.platforms.twitter import refusals

PROBLEMS: Mapping[str, PlatformRefusal] = MappingProxyType(
    {
        "client-forbidden": refusals.APP_REFUSED,
        "credits": refusals.NO_CREDITS,
        "rate-limit-exceeded": RATE_LIMITED,
        "resource-not-found": refusals.NOT_FOUND,
        "unsupported-authentication": refusals.SESSION_ENDED,
        "usage-capped": refusals.APP_CAPPED,
        "user-suspended": refusals.ACCOUNT_LOCKED,
    }
)
"""By the last part of the problem's `type`: its host was api.twitter.com, and is api.x.com."""

MEANINGS = Meanings(
    unauthorized=refusals.SESSION_ENDED, by_status={402: refusals.NO_CREDITS}, redirected=refusals.NOT_X
)

CODES: Mapping[int, PlatformRefusal] = MappingProxyType({88: RATE_LIMITED, 326: refusals.ACCOUNT_LOCKED})
"""By the code of the older envelope."""

SENTENCES: tuple[tuple[int, str, PlatformRefusal], ...] = (
    (403, "duplicate content", refusals.DUPLICATE),
    (403, "your account is not permitted to access this feature", refusals.APP_REFUSED),
    (403, "to protect our users from spam", refusals.ACCOUNT_LOCKED),
    (403, "reply to this conversation is not allowed", refusals.REPLY_NOT_ALLOWED),
    (403, "quoting this post is not allowed", refusals.QUOTE_NOT_ALLOWED),
    (403, "maximum of one cashtag", refusals.CASHTAGS),
    (403, "not allowed to post a video longer than", refusals.VIDEO_TOO_LONG),
    (400, "segments do not add up", refusals.UPLOAD_LOST),
    (403, "not permitted to perform this action", refusals.NOT_PERMITTED),
)
"""Where X names no type: the status, and a part of its sentence in lower case."""

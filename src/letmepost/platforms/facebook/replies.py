"""What a refusal of Facebook means. Its codes decide, and for a few refusals without a code of their own, the message.

Sources: https://developers.facebook.com/docs/graph-api/guides/error-handling, and for codes that no page lists, what
public clients of the API handle (checked 2026-11-28).
"""

import re
from collections.abc import Mapping
from types import MappingProxyType

from letmepost.domain.errors import PlatformFailure
from letmepost.domain.flow import Call, Effect, Reply
from letmepost.domain.refusals import PlatformRefusal
from letmepost.platforms._kit.fields import text_in
from letmepost.platforms._kit.refusals import IN_DOUBT, RATE_LIMITED, UNAVAILABLE
from letmepost.platforms._meta import graph
from letmepost.platforms._meta.graph import GraphError, is_success, read_error
from letmepost.platforms._meta.refusals import TOKEN_INVALID
from letmepost.platforms.facebook import refusals

PHOTO_STEP = "photo"
"""How the names of the steps start that stage a photo."""
OTHER_RANGE = 1363037
"""The subcode of a part of a video that is not the one that Facebook needs next."""

BY_SUBCODE: Mapping[int, PlatformRefusal] = MappingProxyType(
    {
        1366051: refusals.DUPLICATE,
        1366046: refusals.IMAGE_REFUSED,
        1390008: RATE_LIMITED,
        1346003: refusals.CONTENT_REFUSED,
        1404102: refusals.CONTENT_REFUSED,
        1404006: refusals.SECURITY_CHECK,
        1404078: refusals.PAGE_AUTHORIZATION,
        1404112: refusals.ACCOUNT_LIMITED,
        4854002: refusals.IDENTITY_CHECK,
        2069019: refusals.FILE_INVALID,
        2061006: refusals.LINK_REFUSED,
        1609005: refusals.LINK_REFUSED,
        1609008: refusals.LINK_REFUSED,
        1349125: refusals.FORMAT_INVALID,
        OTHER_RANGE: refusals.RANGE_UNKNOWN,
        1363040: refusals.REEL_RATIO,
        1363127: refusals.REEL_RESOLUTION,
        1363128: refusals.REEL_DURATION,
        1363129: refusals.REEL_FRAME_RATE,
    }
)
ENDED: Mapping[int, PlatformRefusal] = MappingProxyType(
    {
        458: refusals.APP_REMOVED,
        459: refusals.CHECKPOINT,
        460: refusals.PASSWORD_CHANGED,
        464: refusals.UNCONFIRMED,
        492: refusals.ROLE_LOST,
    }
)
"""Why a token is invalid, by the subcode of code 190. A person repairs each at another place."""
BY_CODE: Mapping[int, PlatformRefusal] = MappingProxyType(
    {506: refusals.DUPLICATE, 6000: refusals.FILE_INVALID, 1609005: refusals.LINK_REFUSED}
)
_UNAVAILABLE_SUBCODES = frozenset({1363047, 1609010})
_ROLE_MESSAGES = ("impersonating a user's page", "sufficient administrative permission")
_TOKEN_MESSAGES = ("REVOKED_ACCESS_TOKEN", "Error validating access token")
_BY_MESSAGE: Mapping[str, PlatformRefusal] = MappingProxyType(
    {
        "No permission to publish the video": refusals.VIDEO_PERMISSION,
        "Name parameter too long": refusals.TEXT_TOO_LONG,
    }
)
_INVALID_TOKEN = 190
_UNSUPPORTED = (100, 33)
_ID = re.compile(r"[0-9]+(?:_[0-9]+)?")


def explain(call: Call, reply: Reply) -> PlatformFailure:
    """Return what an unexpected reply means, including a success without the expected content."""
    error = read_error(reply)
    return graph.explain(call, reply, BY_SUBCODE, "Facebook", None if error is None else _named(call, error))


def post_id_in(reply: Reply) -> str | None:
    """Return the id of a new post or comment, `{page}_{post}` or `{post}_{comment}`; None for any other reply."""
    if not is_success(reply):
        return None
    found = text_in(reply.data(), "post_id") or text_in(reply.data(), "id")
    return found if found is not None and _ID.fullmatch(found) else None


def is_missing(reply: Reply) -> bool:
    """Return True if Facebook does not have the object, or the token may not see it."""
    error = read_error(reply)
    return error is not None and (error.code, error.subcode) == _UNSUPPORTED


def _named(call: Call, error: GraphError) -> PlatformRefusal | None:
    """Return what is decided before the tables: a role that is too weak has the same code as an invalid token."""
    if any(text in error.message for text in _ROLE_MESSAGES):
        return refusals.ROLE_REQUIRED
    if error.code == _INVALID_TOKEN or any(text in error.message for text in _TOKEN_MESSAGES):
        return ENDED.get(error.subcode or 0, TOKEN_INVALID)
    by_message = next((refusal for text, refusal in _BY_MESSAGE.items() if text in error.message), None)
    if by_message is not None:
        return by_message
    if error.subcode in _UNAVAILABLE_SUBCODES:  # the post may have been stored before the service failed
        return IN_DOUBT if call.effect is Effect.PUBLISH else UNAVAILABLE
    found = BY_SUBCODE.get(error.subcode or 0) or BY_CODE.get(error.code or 0)
    if found is refusals.LINK_REFUSED and (call.step or "").startswith(PHOTO_STEP):
        return refusals.MEDIA_UNREACHABLE
    return found if error.code in BY_CODE and not error.is_transient else None

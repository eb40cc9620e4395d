"""What a refusal of Facebook means. Its codes decide, and for a few refusals without a code of their own, the message.

Sources: https://developers.facebook.com/docs/graph-api/guides/error-handling, and for codes that no page lists, what
public clients of the API handle (checked 2026-11-28).
"""

from collections.abc import Mapping
from types import MappingProxyType

from letmepost.domain.errors import PlatformFailure
from letmepost.domain.flow import Call, Effect, Reply
from letmepost.domain.refusals import PlatformRefusal
from letmepost.platforms._kit.refusals import IN_DOUBT, RATE_LIMITED, UNAVAILABLE
from letmepost.platforms._meta import graph
from letmepost.platforms._meta.graph import GraphError, read_error
from letmepost.platforms._meta.refusals import TOKEN_INVALID
from letmepost.platforms.facebook import refusals

PHOTO_STEP = "photo"
"""How the names of the steps start that stage a photo."""

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
BY_CODE: Mapping[int, PlatformRefusal] = MappingProxyType({506: refusals.DUPLICATE, 1609005: refusals.LINK_REFUSED})
_UNAVAILABLE_SUBCODES = frozenset({1363047, 1609010})
_ROLE_MESSAGES = ("impersonating a user's page", "sufficient administrative permission")
_TOKEN_MESSAGES = ("REVOKED_ACCESS_TOKEN", "Error validating access token")
_TOO_LONG_MESSAGE = "Name parameter too long"
_INVALID_TOKEN = 190
_UNSUPPORTED = (100, 33)


def explain(call: Call, reply: Reply) -> PlatformFailure:
    """Return what an unexpected reply means, including a success without the expected content."""
    error = read_error(reply)
    return graph.explain(call, reply, BY_SUBCODE, "Facebook", None if error is None else _named(call, error))


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
    if _TOO_LONG_MESSAGE in error.message:
        return refusals.TEXT_TOO_LONG
    if error.subcode in _UNAVAILABLE_SUBCODES:  # the post may have been stored before the service failed
        return IN_DOUBT if call.effect is Effect.PUBLISH else UNAVAILABLE
    found = BY_SUBCODE.get(error.subcode or 0) or BY_CODE.get(error.code or 0)
    if found is refusals.LINK_REFUSED and (call.step or "").startswith(PHOTO_STEP):
        return refusals.MEDIA_UNREACHABLE
    return found if error.code in BY_CODE and not error.is_transient else None

"""What a refusal of Threads means: its codes decide, not its message.

Sources: https://developers.facebook.com/docs/threads/troubleshooting and the official sample,
https://github.com/fbsamples/threads_api (checked 2026-11-21). The one exception is a word in capitals that
https://developers.facebook.com/docs/threads/changelog gives as the error of too many links: it has no code of its own.
"""

from collections.abc import Mapping
from types import MappingProxyType

from letmepost.domain.errors import PlatformFailure
from letmepost.domain.flow import Call, Reply
from letmepost.domain.refusals import PlatformRefusal
from letmepost.platforms._meta import graph
from letmepost.platforms._meta.graph import GraphError, read_error
from letmepost.platforms.threads import refusals
from letmepost.platforms.threads.drafts import LOCATION_PARAMETER, SHARE_PARAMETER

CHILD_NOT_READY = 4279004
NOT_FOUND = 4279009
UNREACHABLE = 2207052

BY_SUBCODE: Mapping[int, PlatformRefusal] = MappingProxyType(
    {
        CHILD_NOT_READY: refusals.CHILD_NOT_READY,
        NOT_FOUND: refusals.REFERENCE_UNKNOWN_YET,
        UNREACHABLE: refusals.MEDIA_UNREACHABLE,
        # Undocumented: the permission is not granted, or no Instagram account is linked (observed by a public client,
        # https://github.com/guyk-bot/agent4socials, checked 2026-11-29).
        4279044: refusals.SHARE_REFUSED,
        2207051: refusals.FEATURES_RESTRICTED,
        4279013: refusals.ACCOUNT_RESTRICTED,
    }
)
_DUPLICATE_CODE = 506
_NOT_ALLOWED_CODES = frozenset({10, *range(200, 300)})
_LINK_LIMIT_WORD = "THREADS_API__LINK_LIMIT_EXCEEDED"


def explain(call: Call, reply: Reply) -> PlatformFailure:
    """Return what an unexpected reply means, including a success without the expected content."""
    error, own = read_error(reply), dict(BY_SUBCODE)
    if error is not None and not reply.ok:
        refusal = _by_code(call, error)
        if refusal is not None:
            own[error.subcode or 0] = refusal
    return graph.explain(call, reply, own, "Threads")


def _by_code(call: Call, error: GraphError) -> PlatformRefusal | None:
    """Return what an error means because of the call that it refuses; None if only the error decides.

    A permission that only an option needs does not decide about the account: its other posts can be published.
    """
    if _LINK_LIMIT_WORD in error.message:
        return refusals.TOO_MANY_LINKS
    if error.code == _DUPLICATE_CODE:
        return refusals.DUPLICATE
    if error.code not in _NOT_ALLOWED_CODES or error.subcode in BY_SUBCODE:
        return None
    optional = {SHARE_PARAMETER: refusals.SHARE_REFUSED, LOCATION_PARAMETER: refusals.LOCATION_NOT_ALLOWED}
    return next((refusal for name, refusal in optional.items() if name in (call.form or {})), None)


def is_missing(reply: Reply) -> bool:
    """Return True if Threads does not have the post, or does not have it yet."""
    return subcode_of(reply) == NOT_FOUND


def subcode_of(reply: Reply) -> int | None:
    """Return the subcode of a refusal, or None without one."""
    error = read_error(reply)
    return None if error is None or reply.ok else error.subcode

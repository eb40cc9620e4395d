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
from letmepost.platforms._meta.graph import read_error
from letmepost.platforms.threads import refusals

CHILD_NOT_READY = 4279004
NOT_FOUND = 4279009
UNREACHABLE = 2207052

BY_SUBCODE: Mapping[int, PlatformRefusal] = MappingProxyType(
    {
        CHILD_NOT_READY: refusals.CHILD_NOT_READY,
        NOT_FOUND: refusals.REFERENCE_UNKNOWN_YET,
        UNREACHABLE: refusals.MEDIA_UNREACHABLE,
        2207051: refusals.FEATURES_RESTRICTED,
        4279013: refusals.ACCOUNT_RESTRICTED,
    }
)
_DUPLICATE_CODE = 506
_LINK_LIMIT_WORD = "THREADS_API__LINK_LIMIT_EXCEEDED"


def explain(call: Call, reply: Reply) -> PlatformFailure:
    """Return what an unexpected reply means, including a success without the expected content."""
    error, own = read_error(reply), dict(BY_SUBCODE)
    if error is not None and not reply.ok:
        if _LINK_LIMIT_WORD in error.message:
            own[error.subcode or 0] = refusals.TOO_MANY_LINKS
        elif error.code == _DUPLICATE_CODE:
            own[error.subcode or 0] = refusals.DUPLICATE
    return graph.explain(call, reply, own, "Threads")


def is_missing(reply: Reply) -> bool:
    """Return True if Threads does not have the post, or does not have it yet."""
    return subcode_of(reply) == NOT_FOUND


def subcode_of(reply: Reply) -> int | None:
    """Return the subcode of a refusal, or None without one."""
    error = read_error(reply)
    return None if error is None or reply.ok else error.subcode

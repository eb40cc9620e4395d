"""What a refusal of Threads means: by its codes, never by its message.

Sources: https://developers.facebook.com/docs/threads/troubleshooting and the official sample,
https://github.com/fbsamples/threads_api (checked 2026-11-21). The one exception is a word in capitals that
https://developers.facebook.com/docs/threads/changelog gives as the error of too many links: it has no code of its own.
"""

from collections.abc import Mapping
from types import MappingProxyType

from letmepost.domain.errors import FailureKind, PlatformFailure
from letmepost.domain.flow import Call, Reply
from letmepost.platforms._meta import graph
from letmepost.platforms._meta.graph import Meaning, read_error

CHILD_NOT_READY = 4279004
NOT_FOUND = 4279009
UNREACHABLE = 2207052

SUBCODES: Mapping[int, Meaning] = MappingProxyType(
    {
        CHILD_NOT_READY: Meaning(FailureKind.UNAVAILABLE, "Threads is not done with every medium of the carousel."),
        NOT_FOUND: Meaning(FailureKind.UNAVAILABLE, "Threads does not know yet what this refers to."),
        UNREACHABLE: Meaning(
            FailureKind.UNAVAILABLE, "Threads could not fetch a medium.", rule="threads.media.reachable"
        ),
        2207051: Meaning(
            FailureKind.REJECTED,
            "Threads has restricted what the account may do.",
            "Look at the account's status in the Threads app, and do not try again before that is over.",
        ),
        4279013: Meaning(
            FailureKind.REJECTED,
            "Threads has restricted the account.",
            "Look at the account's status in the Threads app.",
        ),
    }
)
_TOO_MANY_LINKS = Meaning(
    FailureKind.REJECTED,
    "Threads counts more links in the post than it allows.",
    "Leave out links.",
    "threads.links.count_max",
)
_DUPLICATE_CODE = 506
_DUPLICATE = Meaning(
    FailureKind.DUPLICATE,
    "Threads rejected this post because the account has published the same content.",
    "Look at the account: it may be this very post. Change the text to publish it again.",
    "threads.text.duplicate",
)
_LINK_LIMIT_WORD = "THREADS_API__LINK_LIMIT_EXCEEDED"


def explain(call: Call, reply: Reply) -> PlatformFailure:
    """What a reply other than the expected one means; also a success without what it should have brought."""
    error, own = read_error(reply), dict(SUBCODES)
    if error is not None and not reply.ok:
        if _LINK_LIMIT_WORD in error.message:
            own[error.subcode or 0] = _TOO_MANY_LINKS
        elif error.code == _DUPLICATE_CODE:
            own[error.subcode or 0] = _DUPLICATE
    return graph.explain(call, reply, own, "Threads")


def subcode_of(reply: Reply) -> int | None:
    """Which of the codes above a reply bears, if any."""
    error = read_error(reply)
    return None if error is None or reply.ok else error.subcode

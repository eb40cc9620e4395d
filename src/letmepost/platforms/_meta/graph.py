"""The error envelope of Meta's Graph APIs, and what its common codes mean.

Sources: https://developers.facebook.com/docs/graph-api/guides/error-handling and
https://developers.facebook.com/docs/graph-api/overview/rate-limiting (checked 2026-11-21).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType

from letmepost.domain.errors import FailureKind, PlatformFailure
from letmepost.domain.flow import Call, Effect, Reply
from letmepost.domain.refusals import PlatformRefusal
from letmepost.platforms._kit.fields import id_in, number_in, object_in, text_in
from letmepost.platforms._kit.meanings import Meanings
from letmepost.platforms._kit.refusals import RATE_LIMITED, REFUSED
from letmepost.platforms._kit.replies import shown_reason, shown_response
from letmepost.platforms._meta import refusals
from letmepost.platforms._meta.usage import business_uses, regained_after

THROTTLED_FOR = timedelta(hours=1)
"""How long to wait if Meta does not state it: each refused call prolongs the limit. Its windows are an hour."""

# Tokens have no fixed form. No word of a sentence and no id is as long.
_TOKEN = re.compile(r"[\w|-]{40,}")


@dataclass(frozen=True, slots=True)
class GraphError:
    """The error in a reply of the platform. `user_message` is written for the person who posts; it can be empty."""

    code: int | None
    subcode: int | None
    is_transient: bool
    message: str
    user_message: str = ""


def read_error(reply: Reply) -> GraphError | None:
    """Return the error in a reply, or None without one. Some errors have the status 200.

    The OAuth endpoints have an envelope of their own. Its code only repeats the status. So does the upload host.
    """
    data = reply.data()
    if isinstance(data.get("debug_info"), dict):
        info = object_in(data, "debug_info")
        is_transient = info.get("retriable") is True
        return GraphError(None, None, is_transient=is_transient, message=text_in(info, "message") or "")
    if "error_type" in data:
        return GraphError(None, None, is_transient=False, message=text_in(data, "error_message") or "")
    if not isinstance(data.get("error"), dict):
        return None
    error = object_in(data, "error")
    return GraphError(
        code=number_in(error, "code"),
        subcode=number_in(error, "error_subcode"),
        is_transient=error.get("is_transient") is True,
        message=text_in(error, "message") or "",
        user_message=text_in(error, "error_user_msg") or "",
    )


def is_success(reply: Reply) -> bool:
    """Return True for a success: a 200 with an error is none."""
    return reply.ok and read_error(reply) is None


def is_list(reply: Reply) -> bool:
    """Return True for a success with a list, which may be empty."""
    return is_success(reply) and isinstance(reply.data().get("data"), list)


def read_id(reply: Reply) -> str | None:
    """Return the id in a success, a string of digits; None for any other reply."""
    return id_in(reply.data()) if is_success(reply) else None


_BUSINESS_LIMITS = range(80000, 80015)
"""Limits by use case: 80001 for Pages, 80002 for Instagram."""
COMMON: Mapping[int, PlatformRefusal] = MappingProxyType(
    {
        **dict.fromkeys((3, 10, *range(200, 300)), refusals.NOT_ALLOWED),
        **dict.fromkeys((4, 17, 32, 341, 613, *_BUSINESS_LIMITS), RATE_LIMITED),
        100: REFUSED,
        368: refusals.BLOCKED,
        506: refusals.DUPLICATE,
    }
)
_MEANINGS = Meanings(unauthorized=refusals.TOKEN_INVALID)
_INVALID_TOKEN_CODES = frozenset({102, 190})
_UNAVAILABLE_CODES = frozenset({-2, -1, 1, 2})


def explain(
    call: Call,
    reply: Reply,
    own: Mapping[int, PlatformRefusal],
    network: str,
    named: PlatformRefusal | None = None,
) -> PlatformFailure:
    """Return what an unexpected reply means, including a success without the expected content.

    Args:
        own: what the platform's own subcodes mean. Only the codes of an invalid token take precedence over them.
        network: the name of the platform, for messages.
        named: what the platform has found in the error, if its codes alone do not show what it means.
    """
    error = read_error(reply)
    found = None if _is_published(call, reply) else named
    refusal = found or _refusal(call, reply, error, own)
    is_limited = refusal.kind is FailureKind.RATE_LIMITED
    codes = {} if error is None else {"code": error.code, "subcode": error.subcode}
    return refusal(
        response=shown_response(reply, _TOKEN, is_refusal=error is not None, **codes),
        retry_at=reply.received_at + _throttled_for(reply) if is_limited else None,
        network=network,
        reason=shown_reason(reply, None if error is None else error.user_message or error.message, _TOKEN),
    )


def _throttled_for(reply: Reply) -> timedelta:
    """Return how long calls are refused: what Meta states, or else an hour."""
    stated = (regained_after(use) for use in business_uses(reply) if isinstance(use, Mapping))
    return max((after for after in stated if after is not None), default=THROTTLED_FOR)


def _is_published(call: Call, reply: Reply) -> bool:
    """Return True if the call may have published something: a refusal has another status."""
    return reply.ok and call.effect is Effect.PUBLISH


def _refusal(call: Call, reply: Reply, error: GraphError | None, own: Mapping[int, PlatformRefusal]) -> PlatformRefusal:
    if _is_published(call, reply):
        return _MEANINGS.without_result(call)
    if error is None or (error.code is None and not error.is_transient):
        return _MEANINGS.find(call, reply)
    # An invalid token takes precedence over `is_transient`, which such refusals can also have.
    if error.code in _INVALID_TOKEN_CODES:
        return refusals.TOKEN_INVALID
    found = own.get(error.subcode or 0) or COMMON.get(error.code or 0)
    if found is not None and not error.is_transient:
        return found
    if error.is_transient or error.code in _UNAVAILABLE_CODES:
        return found if found is not None and found.kind is FailureKind.RATE_LIMITED else _MEANINGS.without_result(call)
    return _MEANINGS.find(call, reply)

"""The error envelope of Meta's Graph APIs, and what its common codes mean.

Sources: https://developers.facebook.com/docs/graph-api/guides/error-handling and
https://developers.facebook.com/docs/graph-api/overview/rate-limiting (checked 2026-11-21).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from typing import Any

from letmepost.domain.errors import FailureKind, PlatformFailure
from letmepost.domain.flow import Call, Effect, Reply
from letmepost.domain.refusals import PlatformRefusal
from letmepost.platforms._meta import refusals
from letmepost.platforms._replies import shown_body, shown_sentence

THROTTLED_FOR = timedelta(hours=1)
"""Meta does not state when a limit resets, and each refused call prolongs it. Its windows are an hour."""

# Tokens have no fixed form. No word of a sentence and no id is as long.
_TOKEN = re.compile(r"[\w|-]{40,}")


@dataclass(frozen=True, slots=True)
class GraphError:
    """The error in a reply of the platform."""

    code: int | None
    subcode: int | None
    is_transient: bool
    message: str


def read_error(reply: Reply) -> GraphError | None:
    """Return the error in a reply, or None without one. Some errors have the status 200.

    The OAuth endpoints have an envelope of their own. Its code only repeats the status.
    """
    data = reply.data()
    if "error_type" in data:
        return GraphError(None, None, is_transient=False, message=_text(data.get("error_message")))
    error = data.get("error")
    if not isinstance(error, dict):
        return None
    return GraphError(
        code=_number(error.get("code")),
        subcode=_number(error.get("error_subcode")),
        is_transient=error.get("is_transient") is True,
        message=_text(error.get("message")),
    )


def read_id(reply: Reply) -> str | None:
    """Return the id in a success, a string of digits; None for any other reply, including a 200 with an error."""
    found = reply.data().get("id")
    is_id = isinstance(found, str) and found.isascii() and found.isdigit()
    return found if is_id and reply.ok and read_error(reply) is None else None


COMMON: Mapping[int, PlatformRefusal] = MappingProxyType(
    {
        **dict.fromkeys((3, 10, *range(200, 300)), refusals.NOT_ALLOWED),
        **dict.fromkeys((4, 17, 32, 341, 613), refusals.RATE_LIMITED),
        100: refusals.REFUSED,
        368: refusals.BLOCKED,
        506: refusals.DUPLICATE,
    }
)
_INVALID_TOKEN_CODES = frozenset({102, 190})
_UNAVAILABLE_CODES = frozenset({-2, -1, 1, 2})


def explain(call: Call, reply: Reply, own: Mapping[int, PlatformRefusal], network: str) -> PlatformFailure:
    """Return what an unexpected reply means, including a success without the expected content.

    Args:
        own: what the platform's own subcodes mean. Only the codes of an invalid token take precedence over them.
        network: the name of the platform, for messages.
    """
    error = read_error(reply)
    refusal = _refusal(call, reply, error, own)
    is_limited = refusal.kind is FailureKind.RATE_LIMITED
    return refusal(
        response=_shown(reply, error),
        retry_at=reply.received_at + THROTTLED_FOR if is_limited else None,
        network=network,
        reason=_reason(reply, error),
    )


def _refusal(call: Call, reply: Reply, error: GraphError | None, own: Mapping[int, PlatformRefusal]) -> PlatformRefusal:
    if reply.ok and call.effect is Effect.PUBLISH:  # a refusal has another status, so the result is unknown
        return _unavailable(call)
    if error is None or error.code is None:
        return _by_status(call, reply)
    # An invalid token takes precedence over `is_transient`, which such refusals can also have.
    if error.code in _INVALID_TOKEN_CODES:
        return refusals.TOKEN_INVALID
    found = own.get(error.subcode or 0) or COMMON.get(error.code)
    if found is not None and not error.is_transient:
        return found
    if error.is_transient or error.code in _UNAVAILABLE_CODES:
        return found if found is not None and found.kind is FailureKind.RATE_LIMITED else _unavailable(call)
    return _by_status(call, reply)


def _by_status(call: Call, reply: Reply) -> PlatformRefusal:
    status = reply.status
    if status == 401:
        return refusals.TOKEN_INVALID
    if status == 429:
        return refusals.RATE_LIMITED
    if 400 <= status < 500 and status != 408:
        return refusals.REFUSED
    return _unavailable(call)


def _unavailable(call: Call) -> PlatformRefusal:
    return refusals.IN_DOUBT if call.effect is Effect.PUBLISH else refusals.UNAVAILABLE


def _reason(reply: Reply, error: GraphError | None) -> str:
    message = error.message if error is not None else ""
    return shown_sentence(message, _TOKEN) or f"HTTP {reply.status}."


def _shown(reply: Reply, error: GraphError | None) -> Mapping[str, Any]:
    body = shown_body(reply, _TOKEN, is_refusal=error is not None)
    named = {} if error is None else {"code": error.code, "subcode": error.subcode}
    return {"status": reply.status, **named, "body": body}


def _number(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""

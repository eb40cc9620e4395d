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
from letmepost.platforms._replies import shown_body, shown_sentence

RECONNECT = "Connect the account again, and allow everything that is asked for."
THROTTLED_FOR = timedelta(hours=1)
"""Meta names no moment to come back at, and each call made while it refuses prolongs that; its windows are an hour."""

# Tokens have no fixed form; no word of a sentence and no id is as long.
_TOKEN = re.compile(r"[\w|-]{40,}")


@dataclass(frozen=True, slots=True)
class GraphError:
    """A refusal as the network words it."""

    code: int | None
    subcode: int | None
    is_transient: bool
    message: str


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a refusal leads to, and what the caller is told; without a message, what the network itself said."""

    kind: FailureKind
    message: str | None = None
    remediation: str | None = None
    rule: str | None = None


def read_error(reply: Reply) -> GraphError | None:
    """The error in a reply, whatever its status: some come with 200. None where there is none.

    The endpoints of OAuth have a form of their own, whose codes are no more than the status again.
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
    """The id that a success brings, digits in a string; None for anything else, also for a 200 with an error in it."""
    found = reply.data().get("id")
    is_id = isinstance(found, str) and found.isascii() and found.isdigit()
    return found if is_id and reply.ok and read_error(reply) is None else None


_DEAD_TOKEN = Meaning(FailureKind.AUTH_FAILED, "The permission to act for the account has ended.", RECONNECT)
_NOT_ALLOWED = Meaning(FailureKind.AUTH_FAILED, "The permission that was given does not cover this.", RECONNECT)
_THROTTLED = Meaning(FailureKind.RATE_LIMITED, "The network wants fewer requests for a while.")
_REFUSED = Meaning(FailureKind.REJECTED)

COMMON: Mapping[int, Meaning] = MappingProxyType(
    {
        **dict.fromkeys((3, 10, *range(200, 300)), _NOT_ALLOWED),
        **dict.fromkeys((4, 17, 32, 341, 613), _THROTTLED),
        100: _REFUSED,
        368: Meaning(
            FailureKind.REJECTED,
            "The network has blocked the account from doing this for a time.",
            "Look at the account's status in the network's own app, and try again in a day.",
        ),
        506: Meaning(FailureKind.DUPLICATE, "The account has published the same before.", "Change the text."),
    }
)
_DEAD_TOKEN_CODES = frozenset({102, 190})
_AWAY_CODES = frozenset({-2, -1, 1, 2})


def explain(call: Call, reply: Reply, own: Mapping[int, Meaning], network: str) -> PlatformFailure:
    """What a reply other than the expected one means; also a success without what it should have brought.

    Args:
        own: what the network's own subcodes mean; they are asked after those of a dead token and before the rest.
        network: its name, for sentences.
    """
    error = read_error(reply)
    meaning = _meaning(call, reply, error, own)
    failed = meaning.kind is FailureKind.RATE_LIMITED
    return PlatformFailure(
        meaning.kind,
        meaning.message or f"{network} refused this: {_said(reply, error)}",
        rule=meaning.rule,
        remediation=meaning.remediation,
        retry_at=reply.received_at + THROTTLED_FOR if failed else None,
        response=_shown(reply, error),
    )


def _meaning(call: Call, reply: Reply, error: GraphError | None, own: Mapping[int, Meaning]) -> Meaning:
    if reply.ok and call.effect is Effect.PUBLISH:  # a refusal would have had another status; nobody can tell
        return _away(call)
    if error is None or error.code is None:
        return _by_status(call, reply)
    # A dead token wins over `is_transient`, which such refusals can carry too.
    if error.code in _DEAD_TOKEN_CODES:
        return _DEAD_TOKEN
    found = own.get(error.subcode or 0) or COMMON.get(error.code)
    if found is not None and not error.is_transient:
        return found
    if error.is_transient or error.code in _AWAY_CODES:
        return found if found is not None and found.kind is FailureKind.RATE_LIMITED else _away(call)
    return _by_status(call, reply)


def _by_status(call: Call, reply: Reply) -> Meaning:
    status = reply.status
    if status == 401:
        return _DEAD_TOKEN
    if status == 429:
        return _THROTTLED
    if 400 <= status < 500 and status != 408:
        return _REFUSED
    return _away(call)


def _away(call: Call) -> Meaning:
    if call.effect is Effect.PUBLISH:
        return Meaning(FailureKind.IN_DOUBT, "The network did not say whether the post was accepted.")
    return Meaning(FailureKind.UNAVAILABLE, "The network could not answer.")


def _said(reply: Reply, error: GraphError | None) -> str:
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

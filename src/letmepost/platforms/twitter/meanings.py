"""What each refusal of X's leads to, as tables.

By the type of the problem where X names one, by its sentence only where it names none (most 403 are `about:blank`).
Sources: https://docs.x.com/x-api/fundamentals/response-codes-and-errors and openapi.json 2.167 (read 2026-11-21), and
what adapters in production have seen. What an app lacks is its operator's to mend, and never called the user's fault.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from letmepost.domain.errors import FailureKind, LimitScope

_OPERATOR = "The operator of this service has to mend this at console.x.com: nothing is wrong with the post."
_RECONNECT = "Connect the account again."
_ON_X = "Sign in at x.com with this account, do what it asks for, and connect the account again."


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a refusal leads to, and what the caller is told."""

    kind: FailureKind
    message: str
    remediation: str | None = None
    rule: str | None = None
    scope: LimitScope = LimitScope.ACCOUNT


def _operators(message: str, kind: FailureKind = FailureKind.QUOTA_EXHAUSTED) -> Meaning:
    return Meaning(kind, message, _OPERATOR, scope=LimitScope.APP)


NO_CREDITS = _operators("The app's prepaid credits at X are used up.")
_APP_REFUSED = _operators("X does not let this service's app do this.")
APP_UNKNOWN = _operators("X does not accept the app's own credentials.", FailureKind.UNAVAILABLE)
APP_DAY_OVER = _operators("The app has published as much in 24 hours as X allows.")
SESSION_OVER = Meaning(FailureKind.AUTH_FAILED, "The account's permission has ended.", _RECONNECT)
_ACCOUNT_BARRED = Meaning(FailureKind.AUTH_FAILED, "X has locked or suspended this account.", _ON_X)
_RATE_LIMITED = Meaning(FailureKind.RATE_LIMITED, "X wants fewer requests for a while.")
DAY_OVER = Meaning(FailureKind.QUOTA_EXHAUSTED, "The account has posted as much in 24 hours as X allows.")
MEDIA_DEAD = Meaning(FailureKind.UNAVAILABLE, "X has lost an uploaded medium.")
MEDIA_FORBIDDEN = Meaning(
    FailureKind.AUTH_FAILED,
    "The account has not permitted this service to upload media.",
    "Connect the account again, and allow everything that is asked for.",
)
_DUPLICATE = Meaning(
    FailureKind.DUPLICATE,
    "X says that this account has posted this already.",
    "Look at the account: it may be this very post. Change the text to publish it once more.",
    "twitter.text.duplicate",
)

PROBLEMS: Mapping[str, Meaning] = MappingProxyType(
    {
        "client-forbidden": _APP_REFUSED,
        "credits": NO_CREDITS,
        "rate-limit-exceeded": _RATE_LIMITED,
        "resource-not-found": Meaning(FailureKind.REJECTED, "This refers to a post that does not exist."),
        "unsupported-authentication": SESSION_OVER,
        "usage-capped": _operators("The app's usage cap at X is reached."),
        "user-suspended": _ACCOUNT_BARRED,
    }
)
"""By the last part of the problem's `type`: its host has been api.twitter.com and is api.x.com."""

BY_STATUS: Mapping[int, Meaning] = MappingProxyType({401: SESSION_OVER, 402: NO_CREDITS, 429: _RATE_LIMITED})

CODES: Mapping[int, Meaning] = MappingProxyType({88: _RATE_LIMITED, 326: _ACCOUNT_BARRED})
"""By the code of the older envelope."""

SENTENCES: tuple[tuple[int, str, Meaning], ...] = (
    (403, "duplicate content", _DUPLICATE),
    (403, "your account is not permitted to access this feature", _APP_REFUSED),
    (403, "to protect our users from spam", _ACCOUNT_BARRED),
    (
        403,
        "reply to this conversation is not allowed",
        Meaning(
            FailureKind.REJECTED,
            "X lets apps reply only to people who have mentioned or quoted the account.",
            "Reply on x.com, or to one of the account's own posts.",
            "twitter.reply.not_allowed",
        ),
    ),
    (
        403,
        "quoting this post is not allowed",
        Meaning(
            FailureKind.REJECTED,
            "X does not let this post be quoted by way of an app.",
            "Put the link to the post into the text instead.",
            "twitter.quote.not_allowed",
        ),
    ),
    (
        403,
        "maximum of one cashtag",
        Meaning(
            FailureKind.REJECTED,
            "X takes at most one cashtag in a post.",
            "Write the other ones without the dollar sign.",
            "twitter.text.cashtags_max",
        ),
    ),
    (
        403,
        "not permitted to perform this action",
        Meaning(
            FailureKind.REJECTED,
            "X refused the post, and does not say why.",
            "Shorten the text, leave out mentions of people who do not know the account, or post it on x.com.",
        ),
    ),
)
"""Where X names no type: the status, a part of its sentence in lower case."""

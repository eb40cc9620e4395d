"""When to try again, and when to stop."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum
from types import MappingProxyType

from letmepost.domain.errors import ErrorCode, FailureKind, FixableBy

_SECONDS = re.compile(r"[0-9]+")
_SECONDS_MAX_DIGITS = 10


class Next(StrEnum):
    """What becomes of a post after a failure."""

    TRY_AGAIN = "try_again"
    HOLD = "hold"
    STOP = "stop"
    ASK = "ask"


@dataclass(frozen=True, slots=True)
class Policy:
    """What a kind of failure leads to, and what the caller sees.

    Args:
        next: what becomes of the post.
        code: the code of the error.
        fixable_by: who can remove the cause.
        retryable: True if the same request can succeed later.
    """

    next: Next
    code: ErrorCode
    fixable_by: FixableBy
    retryable: bool = False


POLICIES: Mapping[FailureKind, Policy] = MappingProxyType(
    {
        FailureKind.AUTH_FAILED: Policy(Next.HOLD, ErrorCode.PLATFORM_AUTH_FAILED, FixableBy.ACCOUNT_OWNER),
        FailureKind.REJECTED: Policy(Next.STOP, ErrorCode.PLATFORM_REJECTED, FixableBy.CALLER),
        FailureKind.DUPLICATE: Policy(Next.STOP, ErrorCode.PLATFORM_REJECTED, FixableBy.CALLER),
        FailureKind.RATE_LIMITED: Policy(
            Next.TRY_AGAIN, ErrorCode.PLATFORM_UNAVAILABLE, FixableBy.PLATFORM, retryable=True
        ),
        FailureKind.QUOTA_EXHAUSTED: Policy(
            Next.TRY_AGAIN, ErrorCode.PLATFORM_UNAVAILABLE, FixableBy.PLATFORM, retryable=True
        ),
        FailureKind.UNAVAILABLE: Policy(
            Next.TRY_AGAIN, ErrorCode.PLATFORM_UNAVAILABLE, FixableBy.PLATFORM, retryable=True
        ),
        FailureKind.IN_DOUBT: Policy(Next.ASK, ErrorCode.PLATFORM_UNAVAILABLE, FixableBy.PLATFORM),
    }
)

FIRST_DELAY_S = 2.0
LONGEST_DELAY_S = 900.0
JITTER = 0.2


def retry_delay_s(tries_made: int, jitter: float) -> float:
    """Seconds until the next try of a post: doubling from 2 s to 15 min.

    Args:
        tries_made: 1 after the first failure.
        jitter: in [-1, 1], passed in so that tests are exact; moves the delay by up to 20 %.
    """
    return min(FIRST_DELAY_S * 2.0 ** min(tries_made - 1, 30), LONGEST_DELAY_S) * (1 + JITTER * jitter)


def next_try_at(now: datetime, tries_made: int, jitter: float, retry_at: datetime | None) -> datetime:
    """When to try again: by our own schedule, but never before the platform said that it makes sense."""
    own = now + timedelta(seconds=retry_delay_s(tries_made, jitter))
    return own if retry_at is None else max(own, retry_at)


DELIVERY_SCHEDULE_S = (0, 5, 30, 120, 600, 3600, 10_800, 28_800, 43_200)
"""Waits before each try of a webhook delivery; after the last it is dead, kept and replayable."""


ENDPOINT_GIVE_UP_S = 5 * 86_400.0
"""An endpoint at which everything has failed for so long is disabled."""


def read_retry_after(header: str, received_at: datetime) -> datetime | None:
    """Return the time in a `Retry-After` header, which has seconds or a date (RFC 9110, section 10.2.3).

    None if it has neither. Callers limit how long they wait: the time can be centuries away.
    """
    if _SECONDS.fullmatch(header):
        # Ten digits suffice until the year 2286. `datetime` cannot represent much larger numbers.
        seconds = int(header) if len(header) <= _SECONDS_MAX_DIGITS else 10**_SECONDS_MAX_DIGITS
        return received_at + timedelta(seconds=seconds)
    try:
        found = parsedate_to_datetime(header)
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def delivery_delay_s(tries_made: int, jitter: float, retry_after_s: float | None = None) -> float | None:
    """Seconds until the next try of a webhook delivery, or None when the schedule is used up.

    Args:
        tries_made: 1 after the first failure.
        jitter: in [-1, 1]; moves the delay by up to 20 %.
        retry_after_s: what the receiver asked for; waited out in full, up to a day.
    """
    if tries_made >= len(DELIVERY_SCHEDULE_S):
        return None
    own = DELIVERY_SCHEDULE_S[tries_made] * (1 + JITTER * jitter)
    return max(own, min(retry_after_s or 0.0, 86_400.0))

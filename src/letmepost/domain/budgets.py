"""The budgets of platforms' rate limits: what is left, according to their replies, and when they reset."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import TypeAlias
from zoneinfo import ZoneInfo

from letmepost.domain.errors import LimitScope

LEFT_MAX = 5
LEFT_SHARE = 20
LOW_SHARE = 4
LONGEST = timedelta(days=32)
"""No known limit has a period longer than a month. A later reset is a misread reply."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """The state of one of a platform's limits, according to one reply.

    Args:
        name: the platform's name of the limit.
        scope: whom the limit holds back.
        remaining: what is left of `limit` until `resets_at`. A usage in percent has a limit of 100.
        counts_posts: True if the limit counts posts, so that each can be used. Most limits count calls.
    """

    name: str
    scope: LimitScope
    limit: int
    remaining: int
    resets_at: datetime
    counts_posts: bool = False

    @property
    def is_used_up(self) -> bool:
        """Return True if no post should begin: a post takes several calls, and 5 are left, or 5 % if that is less."""
        if self.counts_posts:
            return self.remaining <= 0
        return self.remaining <= min(LEFT_MAX, self.limit // LEFT_SHARE)

    @property
    def is_low(self) -> bool:
        """Return True if a quarter or less is left, which is reserved for posts."""
        return not self.counts_posts and self.remaining * LOW_SHARE <= self.limit


ResetRule: TypeAlias = Callable[[datetime], datetime]
"""Returns when a limit resets that is used up at the given time."""


def midnight_utc(used_up_at: datetime) -> datetime:
    """Return the next midnight in UTC."""
    return _next_midnight(used_up_at, UTC)


def midnight_pacific(used_up_at: datetime) -> datetime:
    """Return the next midnight in California, with daylight saving time."""
    return _next_midnight(used_up_at, ZoneInfo("America/Los_Angeles"))


def rolling(window: timedelta) -> ResetRule:
    """Return the rule of a sliding window, which has passed completely at the latest after its length."""
    return lambda used_up_at: used_up_at + window


def _next_midnight(moment: datetime, zone: tzinfo) -> datetime:
    tomorrow = moment.astimezone(zone).date() + timedelta(days=1)
    return datetime.combine(tomorrow, time.min, zone).astimezone(UTC)

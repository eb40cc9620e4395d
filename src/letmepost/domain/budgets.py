"""What platforms let through in a while: how much of it is left, as their replies tell, and when it comes back."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import TypeAlias
from zoneinfo import ZoneInfo

from letmepost.domain.errors import LimitScope
from letmepost.domain.flow import Reply

LEFT_MAX = 5
LEFT_SHARE = 20
LOW_SHARE = 4
LONGEST = timedelta(days=32)
"""No limit that is known is counted over longer than a month: what resets later has been misread."""

_NUMBER = re.compile(r"[0-9]{1,10}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """One of a platform's limits, as one reply told of it.

    Args:
        name: the platform's own word for it.
        scope: whom it holds back.
        remaining: of `limit`, until `resets_at`. A usage that is told in percent is of a limit of 100.
    """

    name: str
    scope: LimitScope
    limit: int
    remaining: int
    resets_at: datetime

    @property
    def is_used_up(self) -> bool:
        """Whether no post is begun any more. A post takes several calls: 5 of them are left, or 5 % if that is less."""
        return self.remaining <= min(LEFT_MAX, self.limit // LEFT_SHARE)

    @property
    def is_low(self) -> bool:
        """Whether what is left, a quarter or less, is kept for posts alone."""
        return self.remaining * LOW_SHARE <= self.limit


def counted_budget(reply: Reply, prefix: str, scope: LimitScope, name: str | None = None) -> Budget | None:
    """The budget in three headers, `{prefix}-limit`, `-remaining` and `-reset` (Unix seconds).

    None when they are not all there, or are none that could be believed. `name`: the prefix, if left out.
    """
    found = [reply.headers.get(f"{prefix}-{part}", "") for part in ("limit", "remaining", "reset")]
    if not all(_NUMBER.fullmatch(text) for text in found):
        return None
    limit, remaining, reset = map(int, found)
    resets_at = datetime.fromtimestamp(reset, UTC)
    if not limit or not reply.received_at < resets_at <= reply.received_at + LONGEST:
        return None
    return Budget(name=name or prefix, scope=scope, limit=limit, remaining=min(remaining, limit), resets_at=resets_at)


ResetRule: TypeAlias = Callable[[datetime], datetime]
"""When a limit comes back that is used up at some moment."""


def midnight_utc(used_up_at: datetime) -> datetime:
    """The next midnight in UTC."""
    return _next_midnight(used_up_at, UTC)


def midnight_pacific(used_up_at: datetime) -> datetime:
    """The next midnight in California, whose clocks are put forward and back."""
    return _next_midnight(used_up_at, ZoneInfo("America/Los_Angeles"))


def rolling(window: timedelta) -> ResetRule:
    """At the latest when the whole window has passed; it is not known when what is in it was used."""
    return lambda used_up_at: used_up_at + window


def _next_midnight(moment: datetime, zone: tzinfo) -> datetime:
    tomorrow = moment.astimezone(zone).date() + timedelta(days=1)
    return datetime.combine(tomorrow, time.min, zone).astimezone(UTC)

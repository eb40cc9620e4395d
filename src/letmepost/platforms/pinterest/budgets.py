"""The limits that Pinterest reports in its replies.

https://developers.pinterest.com/docs/reference/rate-limits/ (checked 2026-11-21): `x-ratelimit-limit` begins with the
limit of the current window, and `x-ratelimit-reset` has the seconds until it ends.
"""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta

from letmepost.domain.budgets import Budget
from letmepost.domain.errors import LimitScope
from letmepost.domain.flow import Call, Reply
from letmepost.platforms.pinterest.api import is_create

_NUMBER = re.compile(r"([0-9]{1,7})(?![0-9])")


def budgets(call: Call, reply: Reply) -> Sequence[Budget]:
    """Return the limit on creating Pins. Each category of operations has its own, and only this one concerns posts."""
    limit, remaining = (_number(reply, f"x-ratelimit-{name}") for name in ("limit", "remaining"))
    resets_at = window_ends_at(reply)
    if not is_create(call) or not limit or remaining is None or resets_at is None:
        return ()
    return (
        Budget(
            name="x-ratelimit",
            scope=LimitScope.ACCOUNT,
            limit=limit,
            remaining=min(remaining, limit),
            resets_at=resets_at,
        ),
    )


def window_ends_at(reply: Reply) -> datetime | None:
    """Return the end of the current window, at least a second from now; None if the reply does not state it."""
    seconds = _number(reply, "x-ratelimit-reset")
    is_plausible = seconds is not None and seconds <= timedelta(days=31).total_seconds()
    return reply.received_at + timedelta(seconds=max(seconds or 0, 1)) if is_plausible else None


def _number(reply: Reply, header: str) -> int | None:
    found = _NUMBER.match(reply.headers.get(header, ""))
    return None if found is None else int(found[1])

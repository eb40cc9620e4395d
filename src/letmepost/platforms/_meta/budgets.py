"""The limits that Meta's replies report, in percent used.

Calls, processor time and time are counted over a rolling hour. At 100 percent of any of them, every call is refused,
and only then does Meta state, in minutes, when calls are accepted again. Source:
https://developers.facebook.com/docs/graph-api/overview/rate-limiting (checked 2026-11-21). Not every platform of Meta
is known to send these headers: without them, no limit is assumed.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from letmepost.domain.budgets import Budget
from letmepost.domain.errors import LimitScope
from letmepost.domain.flow import Call, Reply
from letmepost.platforms._meta.graph import THROTTLED_FOR
from letmepost.platforms._meta.usage import business_uses, number_of, read_usage, regained_after

_EASES_AFTER = timedelta(minutes=5)
"""How soon to look again while nothing is refused: use in a rolling hour drops by itself, and a call costs little."""
_COUNTED = ("call_count", "total_time", "total_cputime")
_PERCENT = 100


def budgets(_call: Call, reply: Reply) -> Sequence[Budget]:
    """Return the app's limit, and those of what it acts for: Pages, professional accounts, businesses."""
    found = (
        _budget("X-App-Usage", LimitScope.APP, reply, [read_usage(reply, "x-app-usage")]),
        _budget("X-Page-Usage", LimitScope.ACCOUNT, reply, [read_usage(reply, "x-page-usage")]),
        _budget("X-Business-Use-Case-Usage", LimitScope.ACCOUNT, reply, business_uses(reply)),
    )
    return [budget for budget in found if budget is not None]


def _budget(name: str, scope: LimitScope, reply: Reply, uses: Sequence[object]) -> Budget | None:
    """Return the budget of the use that is closest to its limit; None without one."""
    known = [use for use in uses if isinstance(use, Mapping) and _percents(use)]
    if not known:
        return None
    tightest = max(known, key=lambda use: max(_percents(use)))
    left = _PERCENT - min(max(_percents(tightest)), _PERCENT)
    after = regained_after(tightest) or (THROTTLED_FOR if left == 0 else _EASES_AFTER)
    return Budget(name=name, scope=scope, limit=_PERCENT, remaining=left, resets_at=reply.received_at + after)


def _percents(use: Mapping[str, Any]) -> list[int]:
    found = (number_of(use, name) for name in _COUNTED)
    return [int(number) for number in found if number is not None]

"""What is left of Meta's limits, which its replies tell in percent that are used.

Calls, processor time and time are counted over a rolling hour, and everything is refused when any of them is at 100.
When there will be room again is told only while it refuses, in minutes. Source:
https://developers.facebook.com/docs/graph-api/overview/rate-limiting (checked 2026-11-21). Not every network of Meta's
is known to send these headers: without them nothing is thought of its limits.
"""

import json
import math
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from letmepost.domain.budgets import LONGEST, Budget
from letmepost.domain.errors import LimitScope
from letmepost.domain.flow import Call, Reply
from letmepost.platforms._meta.graph import THROTTLED_FOR

_EASES_AFTER = timedelta(minutes=5)
"""What rolls over an hour is less after a while, and looking costs little while nothing is refused yet."""
_COUNTED = ("call_count", "total_time", "total_cputime")
_PERCENT = 100


def budgets(_call: Call, reply: Reply) -> Sequence[Budget]:
    """The app's limit, and those of what it acts for: Pages, professional accounts, businesses."""
    found = [_budget("X-App-Usage", LimitScope.APP, reply, [_read(reply, "x-app-usage")])]
    told = _read(reply, "x-business-use-case-usage")
    uses = [use for uses in told.values() if isinstance(uses, list) for use in uses]
    found.append(_budget("X-Business-Use-Case-Usage", LimitScope.ACCOUNT, reply, uses))
    return [budget for budget in found if budget is not None]


def _budget(name: str, scope: LimitScope, reply: Reply, uses: Sequence[object]) -> Budget | None:
    """The one of the uses that is the furthest; None where nothing is told."""
    known = [use for use in uses if isinstance(use, Mapping) and _percents(use)]
    if not known:
        return None
    tightest = max(known, key=lambda use: max(_percents(use)))
    left = _PERCENT - min(max(_percents(tightest)), _PERCENT)
    minutes = _number(tightest, "estimated_time_to_regain_access")
    if minutes and minutes <= LONGEST / timedelta(minutes=1):
        after = timedelta(minutes=minutes)
    else:
        after = THROTTLED_FOR if left == 0 else _EASES_AFTER
    return Budget(name=name, scope=scope, limit=_PERCENT, remaining=left, resets_at=reply.received_at + after)


def _percents(use: Mapping[str, Any]) -> list[int]:
    found = (_number(use, name) for name in _COUNTED)
    return [int(number) for number in found if number is not None]


def _read(reply: Reply, header: str) -> Mapping[str, Any]:
    try:
        told = json.loads(reply.headers.get(header, "{}"))
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}


def _number(use: Mapping[str, Any], name: str) -> float | None:
    value = use.get(name)
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    return value if math.isfinite(value) and value >= 0 else None

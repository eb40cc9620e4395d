"""The limits that Meta's replies report, in percent used.

Calls, processor time and time are counted over a rolling hour. At 100 percent of any of them, every call is refused,
and only then does Meta state, in minutes, when calls are accepted again. Source:
https://developers.facebook.com/docs/graph-api/overview/rate-limiting (checked 2026-11-21). Not every platform of Meta
is known to send these headers: without them, no limit is assumed.
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
"""How soon to look again while nothing is refused: use in a rolling hour drops by itself, and a call costs little."""
_COUNTED = ("call_count", "total_time", "total_cputime")
_PERCENT = 100


def budgets(_call: Call, reply: Reply) -> Sequence[Budget]:
    """Return the app's limit, and those of what it acts for: Pages, professional accounts, businesses."""
    found = [_budget("X-App-Usage", LimitScope.APP, reply, [_read(reply, "x-app-usage")])]
    reported = _read(reply, "x-business-use-case-usage")
    uses = [use for uses in reported.values() if isinstance(uses, list) for use in uses]
    found.append(_budget("X-Business-Use-Case-Usage", LimitScope.ACCOUNT, reply, uses))
    return [budget for budget in found if budget is not None]


def _budget(name: str, scope: LimitScope, reply: Reply, uses: Sequence[object]) -> Budget | None:
    """Return the budget of the use that is closest to its limit; None without one."""
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
        value = json.loads(reply.headers.get(header, "{}"))
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _number(use: Mapping[str, Any], name: str) -> float | None:
    value = use.get(name)
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    return value if math.isfinite(value) and value >= 0 else None

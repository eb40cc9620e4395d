"""What the headers of Meta's replies report about limits. Anything that is malformed counts as missing."""

import json
import math
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from letmepost.domain.budgets import LONGEST
from letmepost.domain.flow import Reply


def read_usage(reply: Reply, header: str) -> Mapping[str, Any]:
    """Return the object in a header; empty without one."""
    try:
        value = json.loads(reply.headers.get(header, "{}"))
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def business_uses(reply: Reply) -> list[object]:
    """Return the uses of what the app acts for: Pages, professional accounts, businesses."""
    reported = read_usage(reply, "x-business-use-case-usage")
    return [use for uses in reported.values() if isinstance(uses, list) for use in uses]


def regained_after(use: Mapping[str, Any]) -> timedelta | None:
    """Return after how long calls are accepted again; None if they are accepted now, or if that is not stated."""
    minutes = number_of(use, "estimated_time_to_regain_access")
    return timedelta(minutes=minutes) if minutes and minutes <= LONGEST / timedelta(minutes=1) else None


def number_of(use: Mapping[str, Any], name: str) -> float | None:
    """Return a number that is not negative; None without one."""
    value = use.get(name)
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    return value if math.isfinite(value) and value >= 0 else None

"""Rate limits: fixed windows of 15 minutes, counted by account and endpoint.

X's limit per app (10,000 posts in 24 hours) is not counted: one world has one app and few posts. Source: fact sheet
section 5, after https://docs.x.com/x-api/fundamentals/rate-limits, checked 2026-11-21.
"""

from collections.abc import Mapping
from datetime import datetime

from letmepost.platforms.simulation import State
from letmepost.platforms.twitter.simulator.wire import too_many

WINDOW_S = 900


def spend(state: State, endpoint: str, account_id: str, limit: int, now: datetime) -> Mapping[str, str]:
    """Count a call, and return the headers that state what is left.

    Raises:
        RefusedError: 429, with the same headers.
    """
    key = f"limit/{endpoint}/{account_id}"
    started_at, used = state.get(key, (now.timestamp(), 0))
    if now.timestamp() >= started_at + WINDOW_S:
        started_at, used = now.timestamp(), 0
    state[key] = [started_at, used + 1]
    headers = {
        "x-rate-limit-limit": str(limit),
        "x-rate-limit-remaining": str(max(limit - used - 1, 0)),
        "x-rate-limit-reset": str(int(started_at) + WINDOW_S),
    }
    if used >= limit:
        raise too_many(headers)
    return headers

"""Rate limits: fixed windows, counted in points by the time of the call.

Each simulated account is on a server of its own. The simulator does not see addresses, so what real servers count by IP
address is counted by account (uploads, logins) or not at all (the 3,000 calls in 5 minutes).

Source: fact sheet section 5, after bluesky-social/atproto packages/xrpc-server/src/rate-limiter-http.ts,
checked 2026-11-21.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from letmepost.platforms.bluesky.simulator.xrpc import XRPCError
from letmepost.platforms.simulation import State

_HOUR_S = 3600
_DAY_S = 86_400


@dataclass(frozen=True, slots=True)
class Window:
    """A number of points in a number of seconds."""

    points: int
    duration_s: int


@dataclass(frozen=True, slots=True)
class Bucket:
    """The calls that are counted together."""

    name: str
    windows: tuple[Window, ...]


WRITES = Bucket("writes", (Window(5000, _HOUR_S), Window(35_000, _DAY_S)))
UPLOADS = Bucket("uploads", (Window(1000, _DAY_S),))
LOGINS = Bucket("logins", (Window(30, 300), Window(300, _DAY_S)))

CREATE_POINTS, UPDATE_POINTS, DELETE_POINTS = 3, 2, 1


@dataclass(frozen=True, slots=True)
class _Count:
    window: Window
    started_at: float
    used: int

    @property
    def remaining(self) -> int:
        return self.window.points - self.used

    @property
    def resets_at(self) -> float:
        return self.started_at + self.window.duration_s


def spend(state: State, bucket: Bucket, did: str, points: int, now: datetime) -> Mapping[str, str]:
    """Use the points, and return the headers that state what is left.

    Raises:
        XRPCError: RateLimitExceeded. The points are used anyway.
    """
    key = f"limit/{bucket.name}/{did}"
    stored = state.get(key, {})
    moment = now.timestamp()
    counts = [_count(window, stored.get(str(window.duration_s)), points, moment) for window in bucket.windows]
    state[key] = {str(count.window.duration_s): [count.started_at, count.used] for count in counts}
    tightest = min(counts, key=lambda count: (count.remaining, -count.resets_at))
    headers = _headers(tightest)
    if tightest.remaining < 0:
        headers["retry-after"] = str(math.ceil(tightest.resets_at - moment))
        raise XRPCError(429, "RateLimitExceeded", "Rate Limit Exceeded", headers=headers)
    return headers


def _count(window: Window, stored: tuple[float, int] | None, points: int, moment: float) -> _Count:
    started_at, used = stored or (moment, 0)
    if moment >= started_at + window.duration_s:
        started_at, used = moment, 0
    return _Count(window, started_at, used + points)


def _headers(count: _Count) -> dict[str, str]:
    return {
        "ratelimit-limit": str(count.window.points),
        "ratelimit-remaining": str(max(count.remaining, 0)),
        "ratelimit-reset": str(math.ceil(count.resets_at)),
        "ratelimit-policy": f"{count.window.points};w={count.window.duration_s}",
    }

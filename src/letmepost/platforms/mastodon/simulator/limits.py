"""Rate limits: 300 requests in 5 minutes, 30 uploads and 30 deletions in 30 minutes, counted by token.

Source: https://docs.joinmastodon.org/api/rate-limits/ and config/initializers/rack_attack.rb of
https://github.com/mastodon/mastodon (checked 2026-11-29). Of several limits, a response has the one with the fewest
requests left.
"""

from collections.abc import Mapping
from datetime import datetime

from letmepost.platforms.mastodon.simulator.wire import Refused
from letmepost.platforms.simulation import SimulatedCall, State

_EVERY = ("api", 300, 300)


def spend(state: State, call: SimulatedCall) -> Mapping[str, str]:
    """Count a call, and return the headers that state what is left.

    Raises:
        Refused: 429, with the same headers.
    """
    if not call.path.startswith("/api/"):
        return {}
    windows = [(limit - _spent(state, name, call, period_s), limit, period_s) for name, limit, period_s in _rows(call)]
    left, limit, period_s = min(windows)
    headers = _headers(limit, max(left, 0), call.now, period_s)
    if left < 0:
        raise Refused(429, "Too many requests", headers=headers)
    return headers


def too_many(now: datetime) -> Refused:
    """Return the refusal of a used-up limit, with the end of its window."""
    _, limit, period_s = _EVERY
    return Refused(429, "Too many requests", headers=_headers(limit, 0, now, period_s))


def _rows(call: SimulatedCall) -> list[tuple[str, int, int]]:
    """Return the limits of a call: the name, the requests, and the seconds."""
    if (call.method, call.path) == ("POST", "/api/v2/media"):
        return [_EVERY, ("media", 30, 1800)]
    if call.method == "DELETE" and call.path.startswith("/api/v1/statuses/"):
        return [_EVERY, ("delete", 30, 1800)]
    return [_EVERY]


def _spent(state: State, name: str, call: SimulatedCall, period_s: int) -> int:
    key = f"limit/{name}/{call.headers.get('authorization', 'anyone')}"
    window = int(call.now.timestamp()) // period_s
    begun, used = state.get(key, (window, 0))
    count = used + 1 if begun == window else 1
    state[key] = [window, count]
    return int(count)


def _headers(limit: int, left: int, now: datetime, period_s: int) -> Mapping[str, str]:
    """Return the headers of a limit. Windows begin at multiples of their length."""
    window = int(now.timestamp()) // period_s
    resets_at = datetime.fromtimestamp((window + 1) * period_s, now.tzinfo)
    return {
        "x-ratelimit-limit": str(limit),
        "x-ratelimit-remaining": str(left),
        "x-ratelimit-reset": f"{resets_at:%Y-%m-%dT%H:%M:%S.%f}Z",
    }

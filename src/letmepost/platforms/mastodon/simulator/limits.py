"""Rate limits: 300 requests in 5 minutes, 30 uploads and 30 deletions in 30 minutes, counted by token.

Source: https://docs.joinmastodon.org/api/rate-limits/ and config/initializers/rack_attack.rb of
https://github.com/mastodon/mastodon (checked 2026-11-29). Of several limits, a response has the one with the fewest
requests left.
"""

from collections.abc import Mapping

from letmepost.platforms.contract import SimulatedCall, State
from letmepost.platforms.mastodon.simulator.scenarios import window_headers
from letmepost.platforms.mastodon.simulator.wire import Refused

_EVERY = ("api", 300, 300)


def spend(state: State, call: SimulatedCall) -> Mapping[str, str]:
    """Count a call, and return the headers that state what is left.

    Raises:
        Refused: 429, with the same headers.
    """
    if not call.path.startswith("/api/"):
        return {}
    whom = call.headers.get("authorization", "anyone")
    windows = [(_spent(state, name, whom, call, period_s), limit, period_s) for name, limit, period_s in _limits(call)]
    used, limit, period_s = min(windows, key=lambda window: window[1] - window[0])
    headers = window_headers(limit, max(limit - used, 0), call.now, period_s)
    if used > limit:
        raise Refused(429, "Too many requests", headers=headers)
    return headers


def _limits(call: SimulatedCall) -> list[tuple[str, int, int]]:
    if call.method == "POST" and call.path.endswith("/media"):
        return [_EVERY, ("media", 30, 1800)]
    if call.method == "DELETE" and call.path.startswith("/api/v1/statuses/"):
        return [_EVERY, ("delete", 30, 1800)]
    return [_EVERY]


def _spent(state: State, name: str, whom: str, call: SimulatedCall, period_s: int) -> int:
    key, window = f"limit/{name}/{whom}", int(call.now.timestamp()) // period_s
    begun, used = state.get(key, (window, 0))
    state[key] = [window, used + 1 if begun == window else 1]
    return int(state[key][1])

"""Daily limits per member and resource, which end at midnight UTC.

Source: fact sheet section 5. LinkedIn publishes no numbers; this is the number that apps of "Share on LinkedIn" had.
"""

from letmepost.platforms.linkedin.simulator.scenarios import day_limit
from letmepost.platforms.simulation import SimulatedCall, State

MEMBER_DAY_MAX = 150


def spend(state: State, call: SimulatedCall, member_id: str, resource: str) -> None:
    """Count a request of the member to the resource, and refuse it if the day's limit is used up."""
    key = f"quota/{call.now.date().isoformat()}/{member_id}/{resource}"
    used = state.get(key, 0)
    if used >= MEMBER_DAY_MAX:
        raise day_limit("APPLICATION_AND_MEMBER")
    state[key] = used + 1

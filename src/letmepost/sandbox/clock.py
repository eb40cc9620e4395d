"""The time in each world: the real time, plus the distance that the organization has set."""

from collections.abc import Callable
from datetime import datetime, timedelta

from letmepost.sandbox.worlds import WorldStates

_CLOCK = ""  # kept like a platform's state, under a name that no platform has
_AHEAD_S = "ahead_s"


class SimulatedClock:
    """Reads and sets the time of a world."""

    def __init__(self, worlds: WorldStates, now: Callable[[], datetime]) -> None:
        self._worlds = worlds
        self._now = now

    async def now(self, world: str) -> datetime:
        """Return the time in a world."""
        async with self._worlds.visit(world, _CLOCK) as state:
            return self._now() + timedelta(seconds=state.get(_AHEAD_S, 0.0))

    async def set_ahead(self, world: str, seconds: float) -> None:
        """Set how far the time of a world is ahead of the real time."""
        async with self._worlds.visit(world, _CLOCK) as state:
            state[_AHEAD_S] = seconds

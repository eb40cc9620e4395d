"""The time in each world: the real time plus a distance, or a fixed time."""

from collections.abc import Callable
from datetime import datetime, timedelta

from letmepost.sandbox.worlds import WorldStates

_CLOCK = ""  # kept like a platform's state, under a name that no platform has
_AHEAD_S = "ahead_s"
_FROZEN_AT = "frozen_at"


class SimulatedClock:
    """Reads and sets the time of a world."""

    def __init__(self, worlds: WorldStates, now: Callable[[], datetime]) -> None:
        self._worlds = worlds
        self._now = now

    async def now(self, world: str) -> datetime:
        """Return the time in a world."""
        async with self._worlds.visit(world, _CLOCK) as state:
            if frozen_at := state.get(_FROZEN_AT):
                return datetime.fromisoformat(frozen_at)
            return self._now() + timedelta(seconds=state.get(_AHEAD_S, 0.0))

    async def is_frozen(self, world: str) -> bool:
        """Return True if the time of a world stands still."""
        async with self._worlds.visit(world, _CLOCK) as state:
            return _FROZEN_AT in state

    async def set_ahead(self, world: str, seconds: float) -> None:
        """Set how far the time of a world is ahead of the real time. It runs from then on."""
        async with self._worlds.visit(world, _CLOCK) as state:
            state[_AHEAD_S] = seconds
            state.pop(_FROZEN_AT, None)

    async def set_time(self, world: str, moment: datetime, *, frozen: bool) -> None:
        """Set the time of a world. It runs from then on, or stands still if `frozen`."""
        if not frozen:
            await self.set_ahead(world, (moment - self._now()).total_seconds())
            return
        async with self._worlds.visit(world, _CLOCK) as state:
            state[_FROZEN_AT] = moment.isoformat()

    async def advance(self, world: str, seconds: float) -> None:
        """Move the time of a world forward. It stands still afterwards if it did before."""
        moment = await self.now(world) + timedelta(seconds=seconds)
        await self.set_time(world, moment, frozen=await self.is_frozen(world))

"""Test accounts and what their followers see."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import Field

from letmepost.http.schemas.base import Body, Moment, View
from letmepost.services.sandbox_world import FreshWorld, WorldTime


class CreateSandboxAccount(Body):
    """A simulated account, and how it behaves."""

    platform: str
    scenario: str = "ok"


class SandboxPosts(View):
    """What followers of simulated accounts would see, oldest first."""

    data: Sequence[Mapping[str, Any]]


class AdvanceClock(Body):
    """How far the test world's time is to jump, in seconds: up to 366 days at once."""

    advance_s: Annotated[float, Field(gt=0, le=366 * 86_400, allow_inf_nan=False, strict=True)]


class SandboxClock(View):
    """What time it is in the test world, and how far that is ahead of the real time, in seconds."""

    now: Moment
    ahead_s: float

    @classmethod
    def of(cls, time: WorldTime) -> "SandboxClock":
        """Show a clock."""
        return cls(now=time.now, ahead_s=time.ahead_s)


class SandboxReset(View):
    """The test world is as if nobody had been there; how many posts that still waited were canceled."""

    canceled_count: int

    @classmethod
    def of(cls, world: FreshWorld) -> "SandboxReset":
        """Show an empty world."""
        return cls(canceled_count=world.canceled_count)

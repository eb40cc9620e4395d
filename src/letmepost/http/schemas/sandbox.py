"""Test accounts and what their followers see."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any

from pydantic import Field, model_validator

from letmepost.domain import refusals
from letmepost.http.schemas.base import Body, GivenMoment, Moment, View
from letmepost.http.schemas.omittable import Omittable
from letmepost.http.schemas.platform_names import PlatformName
from letmepost.services.sandbox.clock import ADVANCE_MAX_S, FreshWorld, WorldTime
from letmepost.services.shapes import refused


class CreateSandboxAccount(Body):
    """A simulated account."""

    platform: PlatformName
    scenario: str = "ok"


class SandboxPosts(View):
    """The posts that followers of simulated accounts see, oldest first."""

    data: Sequence[Mapping[str, Any]]


class AdvanceClock(Body):
    """How far to move the clock of test mode forward: exactly one of the fields, up to 366 days."""

    advance_s: Omittable[Annotated[float, Field(gt=0, le=ADVANCE_MAX_S, allow_inf_nan=False, strict=True)]] = Field(
        default=None, description="By this many seconds."
    )
    to: Omittable[GivenMoment] = Field(default=None, description="To this time.")

    @model_validator(mode="after")
    def _has_one(self) -> "AdvanceClock":
        if (self.advance_s is None) == (self.to is None):
            raise refused(refusals.fields.ONE_OF, field="advanceS", names="`advanceS` and `to`")
        return self

    @property
    def by(self) -> float | datetime:
        """The distance in seconds, or the time."""
        return self.to or self.advance_s or 0.0


class PageClockAdvance(Body):
    """How far the form on a page of the sandbox moves the clock."""

    advance_s: Annotated[float, Field(gt=0, le=ADVANCE_MAX_S, allow_inf_nan=False, strict=True)]


class SandboxClock(View):
    """The time in test mode, and how many seconds it is ahead of real time."""

    now: Moment
    ahead_s: float

    @classmethod
    def of(cls, time: WorldTime) -> "SandboxClock":
        """Show a clock."""
        return cls(now=time.now, ahead_s=time.ahead_s)


class SandboxReset(View):
    """The number of waiting posts that the reset has canceled."""

    canceled_count: int

    @classmethod
    def of(cls, world: FreshWorld) -> "SandboxReset":
        """Show an empty world."""
        return cls(canceled_count=world.canceled_count)

"""The clock of a tenant's platforms: real time in live mode, simulator time in test mode."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from letmepost.domain.api_keys import Mode
from letmepost.gateways.clock import Clock
from letmepost.platforms.connecting import ConnectedAccount
from letmepost.services.work import Work


@dataclass(frozen=True, slots=True)
class PlatformClock:
    """A `Clock` that runs `ahead` of real time. Stored times are real time. Flows use platform time."""

    clock: Clock
    ahead: timedelta

    def now(self) -> datetime:
        return self.to_platform_time(self.clock.now())

    def monotonic_s(self) -> float:
        return self.clock.monotonic_s()

    def entropy(self, length_bytes: int) -> bytes:
        return self.clock.entropy(length_bytes)

    def to_platform_time(self, moment: datetime) -> datetime:
        """Convert real time to platform time."""
        return moment + self.ahead

    def to_real_time(self, moment: datetime) -> datetime:
        """Convert platform time to real time."""
        return moment - self.ahead

    def connected(self, found: ConnectedAccount) -> ConnectedAccount:
        """Return the account with the expiry of its token converted to real time."""
        expires_at = found.token_expires_at
        return found if expires_at is None else replace(found, token_expires_at=self.to_real_time(expires_at))


async def platform_clock(work: Work) -> PlatformClock:
    """Read the current clock of a tenant's platforms."""
    if work.tenant.mode is Mode.LIVE:
        return PlatformClock(work.clock, timedelta())
    return PlatformClock(work.clock, timedelta(seconds=await work.test_world.ahead_s()))

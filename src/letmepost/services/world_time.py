"""What time it is at the platforms: the real time for live accounts, for test accounts that of their simulators."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from letmepost.domain.api_keys import Mode
from letmepost.gateways.clock import Clock
from letmepost.platforms.contract import ConnectedAccount
from letmepost.storage.database import Connection, Tenant
from letmepost.storage.sandbox.clock import TestWorld


@dataclass(frozen=True, slots=True)
class WorldClock:
    """`Clock` of one tenant's platforms. What is stored is in the real time; what flows see is in theirs."""

    clock: Clock
    ahead: timedelta

    def now(self) -> datetime:
        return self.theirs(self.clock.now())

    def monotonic_s(self) -> float:
        return self.clock.monotonic_s()

    def entropy(self, length_bytes: int) -> bytes:
        return self.clock.entropy(length_bytes)

    def theirs(self, moment: datetime) -> datetime:
        """A moment of ours, as the platforms tell it."""
        return moment + self.ahead

    def ours(self, moment: datetime) -> datetime:
        """A moment that a platform told, in the real time."""
        return moment - self.ahead

    def connected(self, found: ConnectedAccount) -> ConnectedAccount:
        """What a platform told of an account, with the moment that its owner must keep in the real time."""
        expires_at = found.token_expires_at
        return found if expires_at is None else replace(found, token_expires_at=self.ours(expires_at))


async def world_clock(connection: Connection, tenant: Tenant, clock: Clock) -> WorldClock:
    """The clock of a tenant's platforms, as it stands now."""
    if tenant.mode is Mode.LIVE:
        return WorldClock(clock, timedelta())
    return WorldClock(clock, timedelta(seconds=await TestWorld(connection, tenant).ahead_s()))

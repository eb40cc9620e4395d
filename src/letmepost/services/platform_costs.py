"""Counts what platforms charge for calls, per organization and day, and what is left of an app's day."""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import date, timedelta
from typing import TypeAlias
from uuid import UUID

import structlog

from letmepost.domain.api_keys import Mode
from letmepost.domain.budgets import Budget
from letmepost.domain.costs import Cost, DayCost, day_of, end_of
from letmepost.domain.errors import LimitScope
from letmepost.gateways.clock import Clock
from letmepost.platforms.connecting import PlatformSettings
from letmepost.platforms.contract import Platform
from letmepost.services.work import UnitsOfWork, Work
from letmepost.storage.database import Tenant
from letmepost.storage.tenants.costs import CountedCost, EveryTenantCosts

WRITE_AFTER_S = 1.0
"""How long costs are collected before they are written together. A killed process loses those of this time."""

_Counters: TypeAlias = Counter[tuple[str, date, str]]
"""Amounts by platform, day and unit."""

log = structlog.get_logger()


class CostMeter:
    """Collects the costs of live calls, and writes them. Calls never wait for it."""

    def __init__(self, units: UnitsOfWork) -> None:
        self._units = units
        self._unwritten: dict[UUID, _Counters] = {}
        self._writing: asyncio.Task[None] | None = None

    def add(self, organization_id: UUID, platform: Platform, cost: Cost) -> None:
        """Count the cost of a call that was made now."""
        day = day_of(self._units.clock.now(), platform.cost_zone)
        self._unwritten.setdefault(organization_id, Counter())[platform.name, day, cost.unit] += cost.amount
        if self._writing is None:
            self._writing = asyncio.create_task(self._write_later())

    def unwritten(self, platform: str, day: date) -> Counter[str]:
        """Return what is counted for all organizations but not written yet, by unit."""
        total: Counter[str] = Counter()
        for counters in self._unwritten.values():
            for (name, counted_day, unit), amount in counters.items():
                if (name, counted_day) == (platform, day):
                    total[unit] += amount
        return total

    async def write(self) -> None:
        """Write what was collected. What cannot be written now stays collected."""
        unwritten, self._unwritten = self._unwritten, {}
        for organization_id, counters in unwritten.items():
            counted = [CountedCost(name, day, Cost(unit, amount)) for (name, day, unit), amount in counters.items()]
            try:
                async with self._units.begin(Tenant(organization_id, Mode.LIVE)) as work:
                    await work.costs.add(counted)
            except Exception:
                log.exception("costs.not_written")
                self._unwritten.setdefault(organization_id, Counter()).update(counters)

    async def close(self) -> None:
        """Write what is left, and stop. No call may follow."""
        if self._writing is not None:
            self._writing.cancel()
            with suppress(asyncio.CancelledError):
                await self._writing
        await self.write()

    async def _write_later(self) -> None:
        while self._unwritten:
            await asyncio.sleep(WRITE_AFTER_S)
            await self.write()
        self._writing = None


class DailyBudgets:
    """What is left of the daily limits that a platform sets to the deployment's app, which all tenants share.

    Several workers can begin posts in the same second, so the limit can be exceeded by a few calls, which the platform
    then refuses.
    """

    def __init__(self, meter: CostMeter, costs: EveryTenantCosts, clock: Clock) -> None:
        self._meter = meter
        self._costs = costs
        self._clock = clock

    async def read(self, platform: Platform, settings: PlatformSettings) -> Sequence[Budget]:
        """Return the budgets of today; none if the platform has no such limits."""
        limits = platform.daily_limits(settings)
        if not limits:
            return []
        day = day_of(self._clock.now(), platform.cost_zone)
        unwritten = self._meter.unwritten(platform.name, day)  # first: a write between both reads is counted twice
        written = await self._costs.total(platform.name, day)
        return [
            Budget(
                name=unit,
                scope=LimitScope.APP,
                limit=limit,
                remaining=max(0, limit - written.get(unit, 0) - unwritten[unit]),
                resets_at=end_of(day, platform.cost_zone),
                counts_posts=True,
            )
            for unit, limit in limits.items()
        ]


async def list_today(work: Work, platforms: Mapping[str, Platform]) -> list[DayCost]:
    """Return what the tenant's calls have cost today, in the day of each platform."""
    now, found = work.now(), []
    # Somewhere, a day began up to 14 hours before it does in UTC, or still lasts 12 hours after.
    for counted in await work.costs.list_since(now.date() - timedelta(days=1)):
        platform = platforms.get(counted.platform)
        if platform is not None and counted.day == day_of(now, platform.cost_zone):
            found.append(DayCost(counted.platform, counted.cost, end_of(counted.day, platform.cost_zone)))
    return found

"""Counts what platforms charge for calls, per organization and day."""

import asyncio
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from datetime import date, timedelta
from typing import TypeAlias
from uuid import UUID

import structlog

from letmepost.domain.api_keys import Mode
from letmepost.domain.costs import Cost, DayCost, day_of, end_of
from letmepost.platforms.contract import Platform
from letmepost.services.work import UnitsOfWork, Work
from letmepost.storage.database import Tenant
from letmepost.storage.tenants.costs import CountedCost

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


async def list_today(work: Work, platforms: Mapping[str, Platform]) -> list[DayCost]:
    """Return what the tenant's calls have cost today, in the day of each platform."""
    now, found = work.now(), []
    # Somewhere, a day began up to 14 hours before it does in UTC, or still lasts 12 hours after.
    for counted in await work.costs.list_since(now.date() - timedelta(days=1)):
        platform = platforms.get(counted.platform)
        if platform is not None and counted.day == day_of(now, platform.cost_zone):
            found.append(DayCost(counted.platform, counted.cost, end_of(counted.day, platform.cost_zone)))
    return found

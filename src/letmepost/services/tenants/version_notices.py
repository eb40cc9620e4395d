"""Notices that the version of a platform's API which this release uses is about to end."""

from collections.abc import Mapping
from datetime import date

import structlog

from letmepost.platforms.contract import Platform
from letmepost.services.events import version_event
from letmepost.services.work import UnitsOfWork
from letmepost.storage.database import Tenant
from letmepost.storage.tenants.version_notices import EveryTenantNotices, VersionNotice

NOTICE_DAYS = (90, 30, 7)
"""How long before the end notice is given."""

_TENANTS_AT_ONCE = 100

log = structlog.get_logger()


class VersionNotices:
    """Notifies every tenant with a usable account on a platform, once for each of `NOTICE_DAYS`."""

    def __init__(self, units: UnitsOfWork, found: EveryTenantNotices, platforms: Mapping[str, Platform]) -> None:
        self._units = units
        self._found = found
        self._platforms = platforms

    async def sweep(self) -> None:
        """Give the notices that are due. If several processes run this, each notice is given by one of them."""
        for platform in self._platforms.values():
            due = due_notice(platform, self._units.clock.now().date())
            if due is not None:
                await self._give(due, platform)

    async def _give(self, notice: VersionNotice, platform: Platform) -> None:
        while tenants := await self._found.list_untold(notice, _TENANTS_AT_ONCE):
            for tenant in tenants:
                await self._notify(tenant, notice, platform)
            log.info("version.deprecated", platform=platform.name, told=len(tenants), sunset=str(platform.sunset))

    async def _notify(self, tenant: Tenant, notice: VersionNotice, platform: Platform) -> None:
        async with self._units.begin(tenant) as work:
            if await work.version_notices.add(notice, work.now()):
                await work.emit(version_event(work.clock, platform))


def due_notice(platform: Platform, today: date) -> VersionNotice | None:
    """The notice that is due today: the latest of those whose day has come, none once the version has ended.

    Whoever connects between two of them is told at once.
    """
    if platform.sunset is None or platform.api_version is None:
        return None
    days_left = (platform.sunset - today).days
    within = [days for days in NOTICE_DAYS if 0 < days_left <= days]
    if not within:
        return None
    return VersionNotice(platform=platform.name, api_version=platform.api_version, within_days=min(within))

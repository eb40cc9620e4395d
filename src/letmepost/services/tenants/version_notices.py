"""Announces the end of a platform's API version that this deployment uses."""

from collections.abc import Mapping
from datetime import date

import structlog

from letmepost.platforms.contract import Platform
from letmepost.services.events import version_event
from letmepost.services.work import UnitsOfWork
from letmepost.storage.database import Tenant
from letmepost.storage.tenants.version_notices import EveryTenantNotices, VersionNotice

NOTICE_DAYS = (90, 30, 7)
"""The days before the end at which a notice is sent."""

_TENANTS_AT_ONCE = 100

log = structlog.get_logger()


class VersionNotices:
    """Notifies every tenant with a usable account on a platform, once for each of `NOTICE_DAYS`."""

    def __init__(self, units: UnitsOfWork, found: EveryTenantNotices, platforms: Mapping[str, Platform]) -> None:
        self._units = units
        self._found = found
        self._platforms = platforms

    async def sweep(self) -> None:
        """Send the notices that are due. If several processes run this, each notice is sent once."""
        for platform in self._platforms.values():
            due = due_notice(platform, self._units.clock.now().date())
            if due is not None:
                await self._send(due, platform)

    async def _send(self, notice: VersionNotice, platform: Platform) -> None:
        while tenants := await self._found.list_not_notified(notice, _TENANTS_AT_ONCE):
            for tenant in tenants:
                await self._notify(tenant, notice, platform)
            log.info("version.deprecated", platform=platform.name, told=len(tenants), sunset=str(platform.sunset))

    async def _notify(self, tenant: Tenant, notice: VersionNotice, platform: Platform) -> None:
        async with self._units.begin(tenant) as work:
            if await work.version_notices.add(notice, work.now()):
                await work.emit(version_event(work.clock, platform))


def due_notice(platform: Platform, today: date) -> VersionNotice | None:
    """Return the latest notice that is due by today; None if there is none, or the version has ended.

    A tenant that connects an account between two notices receives the earlier one immediately.
    """
    if platform.sunset is None or platform.api_version is None:
        return None
    days_left = (platform.sunset - today).days
    within = [days for days in NOTICE_DAYS if 0 < days_left <= days]
    if not within:
        return None
    return VersionNotice(platform=platform.name, api_version=platform.api_version, within_days=min(within))

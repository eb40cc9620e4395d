"""Telling, in good time, that the version of a platform's API which this release speaks is about to end."""

from collections.abc import Mapping
from datetime import date

import structlog

from letmepost.gateways.clock import Clock
from letmepost.platforms.contract import Platform
from letmepost.services.events import version_event
from letmepost.storage.database import Database, Tenant
from letmepost.storage.tenants.version_notices import EveryTenantNotices, NoticeRepository, VersionNotice
from letmepost.storage.webhooks.events import EventRepository

NOTICE_DAYS = (90, 30, 7)
"""How long before the end notice is given."""

_TENANTS_AT_ONCE = 100

log = structlog.get_logger()


class VersionNotices:
    """Tells every tenant with a usable account on a platform, once for each of `NOTICE_DAYS`."""

    def __init__(self, database: Database, clock: Clock, platforms: Mapping[str, Platform]) -> None:
        self._database = database
        self._clock = clock
        self._platforms = platforms

    async def sweep(self) -> None:
        """Give the notices that are due. Several processes may be at it: each is given by one of them."""
        for platform in self._platforms.values():
            due = due_notice(platform, self._clock.now().date())
            if due is not None:
                await self._give(due, platform)

    async def _give(self, notice: VersionNotice, platform: Platform) -> None:
        found = EveryTenantNotices(self._database)
        while tenants := await found.list_untold(notice, _TENANTS_AT_ONCE):
            for tenant in tenants:
                await self._tell(tenant, notice, platform)
            log.info("version.deprecated", platform=platform.name, told=len(tenants), sunset=str(platform.sunset))

    async def _tell(self, tenant: Tenant, notice: VersionNotice, platform: Platform) -> None:
        now = self._clock.now()
        async with self._database.tenant(tenant) as connection:
            if await NoticeRepository(connection, tenant).add(notice, now):
                event = version_event(self._clock, platform)
                await EventRepository(connection, tenant).write([event], now)


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

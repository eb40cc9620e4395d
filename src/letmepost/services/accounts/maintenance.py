"""Maintenance of connected accounts: token refreshes, daily health checks and expiry notices."""

from datetime import timedelta

import structlog

from letmepost.domain.account_maintenance import next_check_at, notice_due_days
from letmepost.domain.errors import FailureKind, LetmepostError, PlatformFailure
from letmepost.gateways.throttles import Throttles
from letmepost.services.accounts.changes import mark_revoked
from letmepost.services.accounts.health import HealthChecks
from letmepost.services.accounts.tokens import AccountCredentials
from letmepost.services.events import account_event, timestamp
from letmepost.services.platform_access import Access, Worlds
from letmepost.services.platform_clock import PlatformClock, platform_clock
from letmepost.services.publishing import throttling
from letmepost.services.sweeps import Sweep
from letmepost.services.work import UnitsOfWork
from letmepost.storage.accounts.accounts import AccountRow
from letmepost.storage.accounts.maintenance import EveryTenantAccounts, FoundAccount
from letmepost.storage.database import Tenant

_LATER = timedelta(minutes=15)
"""The delay of the next try when the platform cannot be called now."""

log = structlog.get_logger()


class AccountMaintenance:
    """Maintains the accounts of every tenant. Several workers may run it; no work is done twice."""

    def __init__(
        self,
        *,
        units: UnitsOfWork,
        accounts: EveryTenantAccounts,
        worlds: Worlds,
        health: HealthChecks,
        throttles: Throttles,
    ) -> None:
        self._units = units
        self._clock = units.clock
        self._accounts = accounts
        self._worlds = worlds
        self._health = health
        self._throttles = throttles
        self._refreshes = Sweep[FoundAccount]("refreshes", self._refresh)
        self._checks = Sweep[FoundAccount]("checks", self._check)
        self._notices = Sweep[FoundAccount]("notices", self._announce_expiry)

    async def refresh_due(self, limit: int) -> None:
        """Refresh credentials that are about to expire."""
        await self._refreshes.run(
            lambda most: self._accounts.list_refreshes(self._clock.now(), most), limit, until_done=True
        )

    async def check_due(self, limit: int) -> None:
        """Check the health of accounts whose daily check is due."""
        await self._checks.run(lambda most: self._accounts.list_checks(self._clock.now(), most), limit)

    async def announce_expiring(self, limit: int) -> None:
        """Announce credentials that expire soon and that only a person can renew."""
        await self._notices.run(lambda most: self._accounts.list_notices(self._clock.now(), most), limit)

    async def _refresh(self, found: FoundAccount) -> None:
        started_at, tenant = self._clock.now(), found.tenant
        async with self._units.begin(tenant) as work:
            account = await work.accounts.find(found.account_id)
            expiring = await work.credentials.find(found.account_id)
            is_due = await work.credentials.is_refresh_due(found.account_id, started_at)
        if account is None or expiring is None or not is_due:
            return
        access = self._access(tenant, account)
        if access is None:
            async with self._units.begin(tenant) as work:
                await work.credentials.plan_refresh(account.id, started_at + _LATER)
            return
        try:
            await AccountCredentials(units=self._units, access=access, tenant=tenant, account=account).refresh(expiring)
        except PlatformFailure as failure:
            log.info("token.not_refreshed", account_id=str(account.id), kind=failure.kind, error=failure.message)
            if failure.kind is FailureKind.AUTH_FAILED:
                async with self._units.begin(tenant) as work:
                    await mark_revoked(work, account, started_at, failure)
            return
        if access.platform.check_costs_money:
            async with self._units.begin(tenant) as work:
                await work.accounts.record_check(account.id, started_at, work.now(), "healthy", None)

    async def _check(self, found: FoundAccount) -> None:
        now, tenant = self._clock.now(), found.tenant
        async with self._units.begin(tenant) as work:
            account = await work.accounts.find(found.account_id)
            if account is None:
                return
            time = await platform_clock(work)
            access = self._access(tenant, account)
            if access is None or self._is_limited(tenant, account, access, time):
                await work.account_maintenance.plan_check(account.id, now + _LATER)
                return
            # Planned before the call, so that a check that never returns is not repeated in a loop.
            await work.account_maintenance.plan_check(account.id, next_check_at(account.id, now))
        if not access.platform.check_costs_money:
            await self._health.run(tenant, account)

    def _access(self, tenant: Tenant, account: AccountRow) -> Access | None:
        """Return access to the account's platform; None if the deployment has none now."""
        try:
            return self._worlds.access(account.platform, tenant.mode, tenant.organization_id)
        except LetmepostError:
            return None

    def _is_limited(self, tenant: Tenant, account: AccountRow, access: Access, time: PlatformClock) -> bool:
        """Return True if a rate limit is exhausted or nearly so: the rest is reserved for posts."""
        names = throttling.names(tenant, account, time.ahead, access.platform.server(account.facts))
        return self._throttles.is_low(names) or self._throttles.find(names) is not None

    async def _announce_expiry(self, found: FoundAccount) -> None:
        async with self._units.begin(found.tenant) as work:
            account, now = await work.accounts.find(found.account_id), work.now()
            if account is None or account.token_expires_at is None:
                return
            announced_days = await work.account_maintenance.told_days(account.id)
            days = notice_due_days(now, account.token_expires_at, announced_days)
            if days is not None and await work.account_maintenance.take_notice(account.id, days, now):
                ends = {"tokenExpiresAt": timestamp(account.token_expires_at), "daysLeft": days}
                await work.emit(account_event(work.clock, "token.expiring", account, **ends))

"""Maintenance of connected accounts: token refreshes, daily health checks and expiry notices."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta

import structlog

from letmepost.domain.account_maintenance import next_check_at, notice_due_days
from letmepost.domain.errors import FailureKind, LetmepostError, PlatformFailure
from letmepost.gateways.clock import Clock
from letmepost.gateways.throttles import Throttles
from letmepost.services.accounts.health import HealthChecks
from letmepost.services.accounts.tokens import AccountCredentials
from letmepost.services.events import account_event, timestamp
from letmepost.services.platform_access import Worlds
from letmepost.services.platform_clock import platform_clock
from letmepost.services.publishing import throttling
from letmepost.services.publishing.outcomes import failure_error
from letmepost.services.work import UnitsOfWork
from letmepost.storage.accounts.accounts import AccountRepository, AccountRow
from letmepost.storage.accounts.credentials import CredentialRepository
from letmepost.storage.accounts.maintenance import EveryTenantAccounts, FoundAccount, MaintenanceRepository
from letmepost.storage.database import Database
from letmepost.storage.sealing import Keyring
from letmepost.storage.webhooks.events import EventRepository

_LATER = timedelta(minutes=15)
"""The delay of the next try when the platform cannot be called now."""

log = structlog.get_logger()


class AccountMaintenance:
    """Maintains the accounts of every tenant. Several workers may run it; no work is done twice."""

    def __init__(
        self,
        *,
        database: Database,
        units: UnitsOfWork,
        keyring: Keyring,
        clock: Clock,
        worlds: Worlds,
        health: HealthChecks,
        throttles: Throttles,
    ) -> None:
        self._database = database
        self._units = units
        self._keyring = keyring
        self._clock = clock
        self._worlds = worlds
        self._health = health
        self._throttles = throttles
        self._found = EveryTenantAccounts(database)

    async def refresh_due(self, limit: int) -> None:
        """Refresh credentials that are about to expire."""
        await self._each(await self._found.list_refreshes(self._clock.now(), limit), self._refresh)

    async def check_due(self, limit: int) -> None:
        """Check the health of accounts whose daily check is due."""
        await self._each(await self._found.list_checks(self._clock.now(), limit), self._check)

    async def tell_owners(self, limit: int) -> None:
        """Announce credentials that expire soon and that only a person can renew."""
        await self._each(await self._found.list_notices(self._clock.now(), limit), self._tell)

    async def _each(self, found: Sequence[FoundAccount], look_after: Callable[[FoundAccount], Awaitable[None]]) -> None:
        """Run for all accounts concurrently. A failure of one does not stop the others."""

        async def one(account: FoundAccount) -> None:
            try:
                await look_after(account)
            except Exception:
                log.exception("maintenance.failed", account_id=str(account.account_id))

        await asyncio.gather(*[one(account) for account in found])

    async def _refresh(self, found: FoundAccount) -> None:
        began_at, tenant = self._clock.now(), found.tenant
        async with self._database.tenant(tenant) as connection:
            account = await AccountRepository(connection, tenant, self._keyring).find(found.account_id)
            dying = await CredentialRepository(connection, tenant, self._keyring).find(found.account_id)
            is_due = await MaintenanceRepository(connection, tenant).is_refresh_due(found.account_id, began_at)
        if account is None or dying is None or not is_due:
            return
        try:
            access = self._worlds.access(account.platform, tenant.mode, tenant.organization_id)
        except LetmepostError:
            await self._plan(found, refresh_at=began_at + _LATER)
            return
        credentials = AccountCredentials(
            units=self._units,
            access=access,
            tenant=tenant,
            account=account,
        )
        try:
            await credentials.refresh(dying)
        except PlatformFailure as failure:
            log.info("token.not_refreshed", account_id=str(account.id), kind=failure.kind, error=failure.message)
            if failure.kind is FailureKind.AUTH_FAILED:
                await self._end(found, account, began_at, failure)
            return
        if access.platform.check_costs_money:
            await self._note_health(found, began_at)

    async def _check(self, found: FoundAccount) -> None:
        now, tenant = self._clock.now(), found.tenant
        async with self._database.tenant(tenant) as connection:
            account = await AccountRepository(connection, tenant, self._keyring).find(found.account_id)
            time = await platform_clock(connection, tenant, self._clock)
        if account is None:
            return
        try:
            access = self._worlds.access(account.platform, tenant.mode, tenant.organization_id)
        except LetmepostError:
            await self._plan(found, check_at=now + _LATER)
            return
        names = throttling.names(tenant, account, time.ahead, access.platform.server(account.facts))
        # What is left of a limit is kept for posts.
        if self._throttles.is_low(names) or self._throttles.find(names) is not None:
            await self._plan(found, check_at=now + _LATER)
            return
        # Planned before it is asked: a check that never comes back is not asked for over and over.
        await self._plan(found, check_at=next_check_at(account.id, now))
        if not access.platform.check_costs_money:
            await self._health.examine(tenant, account)

    async def _tell(self, found: FoundAccount) -> None:
        now, tenant = self._clock.now(), found.tenant
        async with self._database.tenant(tenant) as connection:
            account = await AccountRepository(connection, tenant, self._keyring).find(found.account_id)
            maintenance = MaintenanceRepository(connection, tenant)
            if account is None or account.token_expires_at is None:
                return
            days = notice_due_days(now, account.token_expires_at, await maintenance.told_days(account.id))
            if days is not None and await maintenance.take_notice(account.id, days, now):
                ends = {"tokenExpiresAt": timestamp(account.token_expires_at), "daysLeft": days}
                event = account_event(self._clock, "token.expiring", account, **ends)
                await EventRepository(connection, tenant).write([event], now)

    async def _end(
        self, found: FoundAccount, account: AccountRow, began_at: datetime, failure: PlatformFailure
    ) -> None:
        """Announce once that the platform revoked the grant, unless the account was reconnected in the meantime."""
        now, error = self._clock.now(), failure_error(account.platform, failure)
        async with self._database.tenant(found.tenant) as connection:
            accounts = AccountRepository(connection, found.tenant, self._keyring)
            if await accounts.require_reconnect(account.id, began_at, now, error):
                event = account_event(self._clock, "token.revoked", account)
                await EventRepository(connection, found.tenant).write([event], now)

    async def _note_health(self, found: FoundAccount, began_at: datetime) -> None:
        async with self._database.tenant(found.tenant) as connection:
            accounts = AccountRepository(connection, found.tenant, self._keyring)
            await accounts.record_check(found.account_id, began_at, self._clock.now(), "healthy", None)

    async def _plan(
        self, found: FoundAccount, *, refresh_at: datetime | None = None, check_at: datetime | None = None
    ) -> None:
        async with self._database.tenant(found.tenant) as connection:
            maintenance = MaintenanceRepository(connection, found.tenant)
            if refresh_at is not None:
                await maintenance.plan_refresh(found.account_id, refresh_at)
            if check_at is not None:
                await maintenance.plan_check(found.account_id, check_at)

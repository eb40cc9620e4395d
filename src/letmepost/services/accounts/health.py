"""Health checks: calls that find out whether platforms still accept accounts' credentials."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from letmepost.domain import refusals
from letmepost.domain.accounts import AccountStatus, Health
from letmepost.domain.errors import FailureKind, PlatformFailure
from letmepost.domain.ids import Prefix, format_id
from letmepost.gateways.drive import drive
from letmepost.services.accounts import read
from letmepost.services.accounts.changes import mark_revoked
from letmepost.services.accounts.tokens import account_sender
from letmepost.services.platform_access import Worlds
from letmepost.services.publishing.errors import failure_error
from letmepost.services.work import UnitsOfWork, Work
from letmepost.storage.accounts.accounts import AccountRow
from letmepost.storage.database import Tenant


@dataclass(frozen=True, slots=True)
class HealthCheck:
    """A check of an account.

    Args:
        failure: why it failed; None before it has run, and after a success.
        data: the new data of the account, if the platform reported some.
    """

    tenant: Tenant
    account: AccountRow
    started_at: datetime
    failure: PlatformFailure | None = None
    data: Mapping[str, Any] | None = None


class HealthChecks:
    """Calls platforms to check accounts.

    A definite refusal marks the account once, as a refusal during publishing does. Any other failure says nothing about
    the account, and changes only its health. A success does not unmark the account, because a credential that may read
    may still be unable to publish.
    """

    def __init__(self, units: UnitsOfWork, worlds: Worlds) -> None:
        self._units = units
        self._worlds = worlds

    async def ask(self, check: HealthCheck) -> HealthCheck:
        """Call the platform now; return the check with its result.

        Raises:
            PlatformNotEnabled: the deployment runs no sandbox.
        """
        tenant, account = check.tenant, check.account
        access = self._worlds.access(account.platform, tenant.mode, tenant.organization_id)
        sender = await account_sender(self._units, access, tenant, account)
        try:
            data = await drive(access.platform.check(account.facts, access.settings), sender)
        except PlatformFailure as failure:
            return replace(check, failure=failure)
        return replace(check, data=data)

    async def run(self, tenant: Tenant, account: AccountRow) -> None:
        """Check an account as a job, and store the result."""
        check = await self.ask(HealthCheck(tenant, account, self._units.clock.now()))
        async with self._units.begin(tenant) as work:
            await _store(work, check)


async def prepare(work: Work, account_id: UUID) -> HealthCheck:
    """Return a check of an account, ready to run.

    Raises:
        NotFound: the caller sees no such account.
        StateForbids: the account is disconnected, so there is no credential to check.
    """
    started_at = work.now()
    account = await read.get(work, account_id)
    if account.status == AccountStatus.DISCONNECTED:
        raise refusals.accounts.DISCONNECTED(account_id=format_id(Prefix.ACCOUNT, account_id))
    return HealthCheck(work.tenant, account, started_at)


async def record(work: Work, check: HealthCheck) -> AccountRow:
    """Store the result of a check, and return the account as it is now.

    Raises:
        NotFound: the account was deleted, or moved out of the caller's profile.
    """
    await _store(work, check)
    return await read.get(work, check.account.id)


async def _store(work: Work, check: HealthCheck) -> None:
    account, failure = check.account, check.failure
    if failure is None:
        await work.accounts.record_check(account.id, check.started_at, work.now(), "healthy", None, check.data)
        return
    is_refused = failure.kind is FailureKind.AUTH_FAILED
    health: Health = "refused" if is_refused else "failing"
    error = failure_error(account.platform, failure)
    await work.accounts.record_check(account.id, check.started_at, work.now(), health, error)
    if is_refused:
        await mark_revoked(work, account, check.started_at, failure)

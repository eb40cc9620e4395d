"""Withdrawals that platforms report: a person revoked the access, or asked for the deletion of their data."""

from collections.abc import Awaitable, Callable

from letmepost.domain import refusals
from letmepost.domain.api_keys import Mode
from letmepost.domain.errors import FailureKind, PlatformFailure
from letmepost.services.accounts.changes import mark_revoked
from letmepost.services.accounts.disconnect import hold_posts
from letmepost.services.events import account_event
from letmepost.services.platform_access import Worlds
from letmepost.services.work import UnitsOfWork, Work
from letmepost.storage.accounts.accounts import AccountRow
from letmepost.storage.accounts.maintenance import EveryTenantAccounts


class Withdrawals:
    """Ends the connections of every tenant to an account, on a request that the platform has signed."""

    def __init__(self, units: UnitsOfWork, worlds: Worlds, accounts: EveryTenantAccounts) -> None:
        self._units = units
        self._worlds = worlds
        self._accounts = accounts

    async def end(self, platform_name: str, body: bytes) -> None:
        """Mark an account whose access was revoked.

        Raises:
            NotFound: the platform does not exist, or does not report withdrawals.
            InvalidRequest: the platform has not signed the body.
        """
        await self._change_each(platform_name, body, _mark)

    async def erase(self, platform_name: str, body: bytes) -> None:
        """Disconnect an account and delete its personal data. Its posts stay. Raises as `end`."""
        await self._change_each(platform_name, body, _erase)

    async def _change_each(
        self, platform_name: str, body: bytes, change: Callable[[Work, AccountRow], Awaitable[None]]
    ) -> None:
        for found in await self._accounts.list_of_platform(
            platform_name, self._platform_account_id(platform_name, body)
        ):
            async with self._units.begin(found.tenant) as work:
                account = await work.accounts.find(found.account_id)
                if account is not None:
                    await change(work, account)

    def _platform_account_id(self, platform_name: str, body: bytes) -> str:
        """Return the platform's own id of the account."""
        oauth = self._worlds.platform(platform_name).oauth
        if oauth is None or oauth.withdrawn is None or not self._worlds.is_enabled(platform_name, Mode.LIVE):
            raise refusals.requests.PAGE_UNKNOWN()
        try:
            return oauth.withdrawn(body, self._worlds.live_settings(platform_name))
        except ValueError as error:
            raise refusals.connect.SIGNATURE() from error


async def _mark(work: Work, account: AccountRow) -> None:
    failure = PlatformFailure(
        FailureKind.AUTH_FAILED,
        "The account's owner revoked the access.",
        remediation="Reconnect the account.",
    )
    await mark_revoked(work, account, work.now(), failure)


async def _erase(work: Work, account: AccountRow) -> None:
    if not await work.accounts.disconnect(account.id, work.now()):
        return
    await work.account_maintenance.erase_person(account.id, work.now())
    await work.emit(account_event(work.clock, "account.disconnected", account))
    await hold_posts(work, account)

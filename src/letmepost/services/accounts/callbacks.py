"""Requests that platforms send and sign, about a person's consent or the progress of posts."""

from collections.abc import Awaitable, Callable, Collection
from functools import partial
from typing import TypeAlias, TypeVar

from letmepost.domain import refusals
from letmepost.domain.api_keys import Mode
from letmepost.domain.errors import FailureKind, PlatformFailure
from letmepost.domain.posts import Cause
from letmepost.platforms.connecting import Callback, Notice
from letmepost.services.accounts.changes import mark_revoked
from letmepost.services.accounts.disconnect import hold_posts
from letmepost.services.events import account_event
from letmepost.services.platform_access import Worlds
from letmepost.services.posts.transition import move
from letmepost.services.work import UnitsOfWork, Work
from letmepost.storage.accounts.accounts import AccountRow
from letmepost.storage.accounts.maintenance import EveryTenantAccounts

T = TypeVar("T")
Change: TypeAlias = Callable[[Work, AccountRow], Awaitable[None]]


class PlatformCallbacks:
    """Does what a platform asks for, for every tenant's connection to the accounts of one owner."""

    def __init__(self, units: UnitsOfWork, worlds: Worlds, accounts: EveryTenantAccounts) -> None:
        self._units = units
        self._worlds = worlds
        self._accounts = accounts

    async def end(self, platform_name: str, callback: Callback) -> None:
        """Mark the accounts whose access was revoked.

        Raises:
            NotFound: the platform does not exist, or sends no such callbacks.
            InvalidRequest: the platform has not signed the callback.
        """
        await self._change_each(platform_name, self._withdrawn(platform_name, callback), _mark)

    async def erase(self, platform_name: str, callback: Callback) -> None:
        """Disconnect the accounts and delete their personal data. Their posts stay. Raises as `end`."""
        await self._change_each(platform_name, self._withdrawn(platform_name, callback), _erase)

    async def notify(self, platform_name: str, callback: Callback) -> None:
        """Apply what the platform reports about accounts. Raises as `end`.

        The posts that wait for the platform continue now, instead of at the end of their pauses.
        """
        notified = self._worlds.platform(platform_name).notified
        for notice in self._read(platform_name, notified, callback):
            await self._change_each(platform_name, (notice.owner_id,), partial(_apply, notice))

    async def _change_each(self, platform_name: str, owner_ids: Collection[str], change: Change) -> None:
        for owner_id in owner_ids:
            for found in await self._accounts.list_of_platform(platform_name, owner_id):
                async with self._units.begin(found.tenant) as work:
                    account = await work.accounts.find(found.account_id)
                    if account is not None:
                        await change(work, account)

    def _withdrawn(self, platform_name: str, callback: Callback) -> Collection[str]:
        oauth = self._worlds.platform(platform_name).oauth
        return self._read(platform_name, None if oauth is None else oauth.withdrawn, callback)

    def _read(
        self, platform_name: str, read: Callable[[Callback, object], Collection[T]] | None, callback: Callback
    ) -> Collection[T]:
        """Return what `read` finds in a callback."""
        if read is None or not self._worlds.is_enabled(platform_name, Mode.LIVE):
            raise refusals.requests.PAGE_UNKNOWN()
        try:
            return read(callback, self._worlds.live_settings(platform_name))
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


async def _apply(notice: Notice, work: Work, account: AccountRow) -> None:
    if notice.is_withdrawn:
        await _mark(work, account)
        return
    if notice.finished is not None:
        for locked in await work.post_editor.lock_handed_over(account.id, notice.finished):
            await move(work, locked.post, Cause.RESOLVED_PUBLISHED, url=notice.url, published_at=work.now())
    if await work.posts.end_pauses(account.id, work.now()):
        work.wake_workers()

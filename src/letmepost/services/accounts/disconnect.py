"""Disconnecting accounts."""

from uuid import UUID

from letmepost.domain import refusals
from letmepost.domain.errors import ErrorCode, LetmepostError
from letmepost.domain.ids import Prefix, format_id
from letmepost.domain.posts import TRANSITIONS, Cause
from letmepost.gateways.drive import drive
from letmepost.services.accounts.changes import record_change
from letmepost.services.accounts.tokens import account_sender
from letmepost.services.events import account_event, post_event
from letmepost.services.platform_access import Worlds
from letmepost.services.publishing.errors import explained_error
from letmepost.services.tenants import quotas
from letmepost.services.work import UnitsOfWork, Work
from letmepost.storage.accounts.accounts import AccountRow
from letmepost.storage.database import Tenant
from letmepost.storage.tenants.audit import Action


class Disconnecting:
    """Revokes the access to accounts at their platforms."""

    def __init__(self, units: UnitsOfWork, worlds: Worlds) -> None:
        self._units = units
        self._worlds = worlds

    async def revoke(self, tenant: Tenant, account: AccountRow) -> AccountRow:
        """Revoke the account's credential at the platform, where that is possible; return the account.

        A credential that other accounts share is not revoked, because they would lose it.
        """
        async with self._units.begin(tenant) as work:
            if await work.credentials.list_sharing(account.id):
                return account
        try:
            access = self._worlds.access(account.platform, tenant.mode, tenant.organization_id)
            sender = await account_sender(self._units, access, tenant, account)
            await drive(access.platform.disconnect(account.facts, access.settings), sender)
        except LetmepostError:
            # The platform may be unreachable or have revoked it already; the credential is erased either way.
            return account
        return account


async def record(work: Work, account: AccountRow, *, cancel_queued: bool = False) -> AccountRow:
    """Erase the account's credential, and hold or cancel its waiting posts.

    A part of a post that was sent already may be visible. Such a post is held, even with `cancel_queued`.
    """
    if await work.accounts.disconnect(account.id, work.now()):
        await work.emit(account_event(work.clock, "account.disconnected", account))
        await record_change(work, Action.ACCOUNT_DISCONNECTED, account)
    if cancel_queued:
        await _cancel_posts(work, account.id)
    await hold_posts(work, account)
    return account


async def hold_posts(work: Work, account: AccountRow) -> None:
    """Hold the waiting posts of a disconnected account."""
    error = explained_error(
        refusals.accounts.DISCONNECTED,
        ErrorCode.PLATFORM_AUTH_FAILED,
        account.platform,
        account_id=format_id(Prefix.ACCOUNT, account.id),
    )
    held = await work.posts.hold_waiting(account.id, error, work.now())
    await work.emit(*(post_event(work.clock, "post.held", post) for post in held))


async def _cancel_posts(work: Work, account_id: UUID) -> None:
    """Cancel the waiting posts of which nothing was sent, and return their quotas."""
    changes = {"status": TRANSITIONS[Cause.CANCELED].target, "ready_at": None, "updated_at": work.now()}
    canceled = [
        await work.post_editor.change(locked.post.id, changes)
        for locked in await work.post_editor.lock_waiting(account_id)
        if not (locked.is_leased or locked.is_sent)
    ]
    await quotas.move(work, old=[(post.account_id, post.due_at) for post in canceled])
    await work.emit(*(post_event(work.clock, "post.canceled", post) for post in canceled))

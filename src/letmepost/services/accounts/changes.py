"""Changes of an account's connection, with their events and audit entries."""

from datetime import datetime

from letmepost.domain.errors import PlatformFailure
from letmepost.domain.ids import Prefix, format_id
from letmepost.services.events import account_event
from letmepost.services.publishing.errors import failure_error
from letmepost.services.work import Work
from letmepost.storage.accounts.accounts import AccountRow
from letmepost.storage.tenants.audit import Action


async def record_change(work: Work, action: Action, account: AccountRow) -> None:
    """Append to the audit log that an account was connected or disconnected."""
    facts = {"mode": work.tenant.mode, "platform": account.platform, "handle": account.handle}
    await work.record(action, format_id(Prefix.ACCOUNT, account.id), **facts)


async def mark_revoked(work: Work, account: AccountRow, as_of: datetime, failure: PlatformFailure) -> None:
    """Require the owner to connect the account again, and announce it once.

    An account that was connected after `as_of` does not change.
    """
    error = failure_error(account.platform, failure)
    if await work.accounts.require_reconnect(account.id, as_of, work.now(), error):
        await work.emit(account_event(work.clock, "token.revoked", account))

"""Holds of a post: a pause of publishing, or an account that a person must reconnect."""

from letmepost.domain import refusals
from letmepost.domain.accounts import AccountStatus
from letmepost.domain.errors import FailureKind, PlatformFailure
from letmepost.domain.ids import Prefix, format_id
from letmepost.domain.posts import Cause
from letmepost.services.publishing.outcomes import Outcome
from letmepost.services.work import Work
from letmepost.storage.accounts.accounts import AccountRow
from letmepost.storage.posts.posts import PostRow
from letmepost.storage.tenants.pauses import find_pause


def must_reconnect(account: AccountRow) -> PlatformFailure:
    """Return the failure of an attempt whose account cannot be used."""
    is_disconnected = account.status == AccountStatus.DISCONNECTED
    explanation = refusals.accounts.DISCONNECTED if is_disconnected else refusals.accounts.REAUTH_REQUIRED
    return PlatformFailure(
        FailureKind.AUTH_FAILED,
        explanation.describe(account_id=format_id(Prefix.ACCOUNT, account.id)),
        rule=explanation.id,
        remediation=explanation.advise(),
    )


async def has_ended(work: Work, post: PostRow, outcome: Outcome, failure: PlatformFailure | None) -> bool:
    """Return True if the hold of this outcome has ended since the attempt began.

    Both checks take a lock. A concurrent request that ends the hold either finds the post held, or is detected here.
    """
    if outcome.is_pause:
        return await find_pause(work.connection, work.tenant, post.account_id, post.platform) is None
    if outcome.cause is not Cause.HELD or failure is None or failure.kind is not FailureKind.AUTH_FAILED:
        return False
    await work.credentials.find(post.account_id, lock=True)
    found = await work.accounts.find(post.account_id)
    return found is not None and found.is_usable

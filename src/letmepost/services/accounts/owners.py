"""Owners of connected accounts: profiles, and the customer's own users."""

from dataclasses import dataclass
from uuid import UUID

from letmepost.domain import refusals
from letmepost.domain.accounts import AccountStatus
from letmepost.services.work import Work
from letmepost.storage.accounts.accounts import AccountRow


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountOwner:
    """The owner of an account that is being connected.

    Args:
        profile_id: the profile; None is the default profile.
        external_user_id: the customer's own id of the user, if it is known.
    """

    profile_id: UUID | None
    external_user_id: str | None = None


async def check_owner(work: Work, known: AccountRow, owner: AccountOwner) -> None:
    """Check that an account that is connected again keeps its owner.

    The platform has confirmed that the person may use the account. Its posts still belong to those who wrote them:
    another person must not see them in the customer's app, and must not publish them by connecting the account.

    Raises:
        StateForbids: the account belongs to another profile, or to another of the customer's users.
    """
    if owner.profile_id not in {None, known.profile_id}:
        raise refusals.accounts.OTHER_PROFILE()
    if None in {owner.external_user_id, known.external_user_id}:
        return
    if owner.external_user_id == known.external_user_id:
        return
    if known.status != AccountStatus.DISCONNECTED:
        raise refusals.accounts.OTHER_USER()
    if await work.posts.has_unfinished(known.id):
        raise refusals.accounts.POSTS_WAITING(owner="user")

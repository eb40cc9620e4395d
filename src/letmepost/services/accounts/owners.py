"""Owners of connected accounts: profiles, and the customer's own users."""

from dataclasses import dataclass
from uuid import UUID

from letmepost.domain.accounts import AccountStatus
from letmepost.domain.errors import StateForbids
from letmepost.services.work import Work
from letmepost.storage.accounts.accounts import AccountRow


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountOwner:
    """The owner of an account that is being connected.

    Args:
        profile_id: None is the default profile.
        external_user_id: the customer's own name of the user, if it is known.
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
        raise StateForbids(
            "This account is connected under another profile.",
            rule="account.other_profile",
            remediation="Connect it under that profile, or move it with PATCH /v1/accounts/{id} first.",
        )
    if None in {owner.external_user_id, known.external_user_id}:
        return
    if owner.external_user_id == known.external_user_id:
        return
    if known.status != AccountStatus.DISCONNECTED:
        raise StateForbids(
            "This account is connected by another user.",
            rule="account.other_user",
            remediation="Disconnect it for that user first.",
        )
    if await work.posts.has_unfinished(known.id):
        raise StateForbids(
            "This account was connected by another user, whose posts have not gone out yet.",
            rule="account.posts_waiting",
            remediation="Cancel those posts first.",
        )

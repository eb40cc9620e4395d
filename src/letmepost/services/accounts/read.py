"""Reading connected accounts, and changing their display names and profiles."""

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from letmepost.domain import refusals
from letmepost.domain.ids import Prefix
from letmepost.services.tenants import profiles
from letmepost.services.work import Work
from letmepost.storage.accounts.accounts import AccountRow
from letmepost.storage.accounts.filters import AccountFilter


@dataclass(frozen=True, slots=True)
class AccountChange:
    """A change of an account. None leaves a field as it is."""

    display_name: str | None = None
    profile_id: UUID | None = None


async def list_page(work: Work, wanted: AccountFilter, *, before: UUID | None, limit: int) -> list[AccountRow]:
    """Return accounts that the caller can see, newest first, below `before`."""
    own = work.caller.profile_id
    if own is not None:
        if wanted.profile_ids and own not in wanted.profile_ids:
            return []
        wanted = replace(wanted, profile_ids=[own])
    return await work.accounts.list_page(wanted, before=before, limit=limit)


async def get(work: Work, account_id: UUID) -> AccountRow:
    """Return an account.

    Raises:
        NotFound: the caller sees no such account.
    """
    row = await work.accounts.find(account_id)
    if row is None or not work.caller.sees(row.profile_id):
        raise refusals.requests.not_found(Prefix.ACCOUNT, account_id)
    return row


async def change(work: Work, account_id: UUID, wanted: AccountChange) -> AccountRow:
    """Change an account's display name (until the account is connected again) or profile.

    Raises:
        NotFound: the caller sees no such account.
        InvalidRequest: the profile does not exist, or the API key belongs to another one.
        StateForbids: posts of the account are unfinished, and belong to its current profile.
    """
    work.caller.narrow(wanted.profile_id)
    account = await get(work, account_id)
    values: dict[str, Any] = {}
    if wanted.display_name is not None:
        values["display_name"] = wanted.display_name
    if wanted.profile_id not in {None, account.profile_id}:
        await _check_movable(work, account_id, wanted.profile_id)
        values["profile_id"] = wanted.profile_id
    if values:
        await work.accounts.change(account_id, values, work.now())
    return await get(work, account_id)


async def _check_movable(work: Work, account_id: UUID, profile_id: UUID | None) -> None:
    """Check that no waiting post uses the account: a post and its media items belong to one profile."""
    await profiles.find_named(work, profile_id)
    if await work.posts.has_unfinished(account_id):
        raise refusals.accounts.POSTS_WAITING(owner="profile")

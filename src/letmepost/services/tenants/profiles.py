"""Profiles: groups of accounts inside an organization. A key of one profile sees only its own."""

from uuid import UUID

from letmepost.domain import refusals
from letmepost.domain.ids import Prefix, format_id_if_given
from letmepost.services.callers import Caller
from letmepost.services.work import Work
from letmepost.storage.tenants.profiles import ProfileRow


async def list_page(work: Work, *, before: UUID | None, limit: int) -> list[ProfileRow]:
    """Return profiles that the caller can see, newest first, below `before`."""
    return await work.profiles.list_page(work.caller.profile_id, before=before, limit=limit)


async def get(work: Work, profile_id: UUID) -> ProfileRow:
    """Return a profile.

    Raises:
        NotFound: the caller sees no such profile.
    """
    row = await work.profiles.find(profile_id)
    if row is None or not work.caller.sees(row.id):
        raise refusals.requests.not_found(Prefix.PROFILE, profile_id)
    return row


async def find_named(work: Work, profile_id: UUID | None) -> ProfileRow:
    """Return the profile that a field of the request names, or the default profile.

    Raises:
        InvalidRequest: the profile does not exist.
    """
    profile = await work.profiles.find(profile_id)
    if profile is None:
        raise refusals.tenants.PROFILE_UNKNOWN(
            field="profileId", profile_id=format_id_if_given(Prefix.PROFILE, profile_id)
        )
    return profile


async def resolve(work: Work, profile_id: UUID | None) -> UUID:
    """Return the id of a profile, or of the default profile.

    Raises:
        InvalidRequest: the profile does not exist.
    """
    row = await work.profiles.find(profile_id)
    if row is None:
        raise refusals.tenants.PROFILE_UNKNOWN(
            field="profileId", profile_id=format_id_if_given(Prefix.PROFILE, profile_id)
        )
    return row.id


async def create(work: Work, name: str) -> ProfileRow:
    """Create a profile.

    Raises:
        Unauthorized: the key belongs to one profile.
    """
    _check_unscoped(work.caller)
    profile_id = work.new_id()
    await work.profiles.create(profile_id, name)
    return await get(work, profile_id)


async def rename(work: Work, profile_id: UUID, name: str) -> ProfileRow:
    """Rename a profile.

    Raises:
        NotFound: the caller sees no such profile.
    """
    await get(work, profile_id)
    await work.profiles.rename(profile_id, name)
    return await get(work, profile_id)


async def delete(work: Work, profile_id: UUID) -> UUID:
    """Delete an empty profile.

    Raises:
        Unauthorized: the key belongs to one profile.
        NotFound: the caller sees no such profile.
        StateForbids: it is the default profile, or it is not empty.
    """
    _check_unscoped(work.caller)
    row = await get(work, profile_id)
    if row.is_default or not await work.profiles.delete(profile_id):
        raise refusals.tenants.PROFILE_IN_USE()
    return profile_id


def _check_unscoped(caller: Caller) -> None:
    if caller.profile_id is not None:
        raise refusals.keys.PROFILE_KEY(action="create or delete profiles")

"""Profiles: groups of accounts inside an organization."""

from uuid import UUID

from letmepost.domain.errors import NotFound, StateForbids, Unauthorized
from letmepost.gateways.clock import Clock
from letmepost.services.callers import Caller, new_id
from letmepost.services.idempotency import Answer, Idempotency, Once
from letmepost.storage.database import Connection, Database
from letmepost.storage.tenants.profiles import ProfileRepository, ProfileRow


class Profiles:
    """Profiles of the caller's organization; a profile's key sees only its own."""

    def __init__(self, *, database: Database, clock: Clock, idempotency: Idempotency) -> None:
        self._database = database
        self._clock = clock
        self._idempotency = idempotency

    async def list_page(self, caller: Caller, *, before: UUID | None, limit: int) -> list[ProfileRow]:
        """Return profiles that the caller can see, newest first, below `before`."""
        async with self._database.tenant(caller.tenant) as connection:
            profiles = ProfileRepository(connection, caller.tenant)
            return await profiles.list_page(caller.profile_id, before=before, limit=limit)

    async def get(self, caller: Caller, profile_id: UUID) -> ProfileRow:
        """One profile.

        Raises:
            NotFound: there is none that the caller can see.
        """
        async with self._database.tenant(caller.tenant) as connection:
            return await self._get(connection, caller, profile_id)

    async def create(self, caller: Caller, name: str, once: Once[ProfileRow]) -> Answer:
        """Add a profile.

        Raises:
            Unauthorized: the key belongs to one profile.
        """
        _check_unscoped(caller)
        async with self._database.tenant(caller.tenant) as connection:
            await self._idempotency.take(connection, caller, once.claim)
            profile_id = new_id(self._clock)
            await ProfileRepository(connection, caller.tenant).create(profile_id, name)
            row = await self._get(connection, caller, profile_id)
            return await self._idempotency.answer(connection, caller, once, row)

    async def rename(self, caller: Caller, profile_id: UUID, name: str, once: Once[ProfileRow]) -> Answer:
        """Give a profile another name.

        Raises:
            NotFound: there is none that the caller can see.
        """
        async with self._database.tenant(caller.tenant) as connection:
            await self._idempotency.take(connection, caller, once.claim)
            await self._get(connection, caller, profile_id)
            await ProfileRepository(connection, caller.tenant).rename(profile_id, name)
            row = await self._get(connection, caller, profile_id)
            return await self._idempotency.answer(connection, caller, once, row)

    async def delete(self, caller: Caller, profile_id: UUID, once: Once[UUID]) -> Answer:
        """Remove a profile that nothing belongs to.

        Raises:
            NotFound: there is none that the caller can see.
            StateForbids: it is the default one, or something belongs to it.
        """
        _check_unscoped(caller)
        async with self._database.tenant(caller.tenant) as connection:
            await self._idempotency.take(connection, caller, once.claim)
            row = await self._get(connection, caller, profile_id)
            if row.is_default or not await ProfileRepository(connection, caller.tenant).delete(profile_id):
                raise StateForbids(
                    "The profile is in use, or it is the default one.",
                    rule="profile.in_use",
                    remediation="A profile can be removed while no account, medium, key or endpoint belongs to it.",
                )
            return await self._idempotency.answer(connection, caller, once, profile_id)

    async def _get(self, connection: Connection, caller: Caller, profile_id: UUID) -> ProfileRow:
        row = await ProfileRepository(connection, caller.tenant).find(profile_id)
        if row is None or caller.profile_id not in {None, row.id}:
            raise NotFound("profile")
        return row


def _check_unscoped(caller: Caller) -> None:
    if caller.profile_id is not None:
        raise Unauthorized(
            "A key of one profile cannot add or remove profiles.",
            rule="profile.scope_mismatch",
            remediation="Use a key of the whole organization.",
        )

"""Reading accounts, and changing what a caller may."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from letmepost.domain.errors import InvalidRequest, NotFound, StateForbids
from letmepost.gateways.clock import Clock
from letmepost.services.callers import Caller
from letmepost.services.idempotency import Answer
from letmepost.services.old_idempotency import OldIdempotency, Once
from letmepost.services.platform_access import Worlds
from letmepost.services.work import Work
from letmepost.storage.accounts.accounts import AccountRepository, AccountRow
from letmepost.storage.accounts.filters import AccountFilter
from letmepost.storage.database import Connection, Database
from letmepost.storage.posts.posts import PostRepository
from letmepost.storage.sealing import Keyring
from letmepost.storage.tenants.profiles import ProfileRepository


@dataclass(frozen=True, slots=True)
class AccountChange:
    """What a caller wants changed; None leaves it as it is."""

    display_name: str | None = None
    profile_id: UUID | None = None


class Accounts:
    """Connected accounts of the caller's world."""

    def __init__(
        self, *, database: Database, keyring: Keyring, clock: Clock, worlds: Worlds, idempotency: OldIdempotency
    ) -> None:
        self._database = database
        self._keyring = keyring
        self._clock = clock
        self._worlds = worlds
        self._idempotency = idempotency

    async def list_page(
        self, caller: Caller, wanted: AccountFilter, *, before: UUID | None, limit: int
    ) -> list[AccountRow]:
        """Return accounts that the caller can see, newest first, below `before`."""
        own = caller.profile_id
        if own is not None:
            if wanted.profile_ids and own not in wanted.profile_ids:
                return []
            wanted = replace(wanted, profile_ids=[own])
        async with self._database.tenant(caller.tenant) as connection:
            return await self._accounts(connection, caller).list_page(wanted, before=before, limit=limit)

    async def get(self, caller: Caller, account_id: UUID) -> AccountRow:
        """One account.

        Raises:
            NotFound: there is none that the caller can see.
        """
        async with self._database.tenant(caller.tenant) as connection:
            return await visible_account(connection, caller, self._keyring, account_id)

    def describe_connect(self, caller: Caller, platform_name: str) -> Mapping[str, Any]:
        """What has to be sent to `complete`, as a JSON Schema."""
        access = self._worlds.access(platform_name, caller.mode, caller.organization_id)
        connect_input = access.platform.connect_input
        return {} if connect_input is None else connect_input.model_json_schema(by_alias=True)

    async def change(self, caller: Caller, account_id: UUID, wanted: AccountChange, once: Once[AccountRow]) -> Answer:
        """Give an account another display name, which lasts until it is connected again, or another profile.

        Raises:
            NotFound: there is none that the caller can see.
            InvalidRequest: there is no such profile, or the key belongs to another one.
            StateForbids: it would take posts that wait into another profile.
        """
        caller.narrow(wanted.profile_id)
        async with self._database.tenant(caller.tenant) as connection:
            await self._idempotency.take(connection, caller, once.claim)
            account = await visible_account(connection, caller, self._keyring, account_id)
            values: dict[str, Any] = {}
            if wanted.display_name is not None:
                values["display_name"] = wanted.display_name
            if wanted.profile_id not in {None, account.profile_id}:
                await _check_movable(connection, caller, account_id, wanted.profile_id)
                values["profile_id"] = wanted.profile_id
            if values:
                await self._accounts(connection, caller).change(account_id, values, self._clock.now())
            changed = await visible_account(connection, caller, self._keyring, account_id)
            return await self._idempotency.answer(connection, caller, once, changed)

    def _accounts(self, connection: Connection, caller: Caller) -> AccountRepository:
        return AccountRepository(connection, caller.tenant, self._keyring)


async def visible_account(connection: Connection, caller: Caller, keyring: Keyring, account_id: UUID) -> AccountRow:
    """One account.

    Raises:
        NotFound: there is none that the caller can see.
    """
    row = await AccountRepository(connection, caller.tenant, keyring).find(account_id)
    if row is None or caller.profile_id not in {None, row.profile_id}:
        raise NotFound("account")
    return row


async def _check_movable(connection: Connection, caller: Caller, account_id: UUID, profile_id: UUID | None) -> None:
    """A post belongs to a profile, and so do its media: one that waits must not go out through another's account."""
    if await ProfileRepository(connection, caller.tenant).find(profile_id) is None:
        raise InvalidRequest("There is no such profile.", rule="profileId")
    if await PostRepository(connection, caller.tenant).has_unfinished(account_id):
        raise StateForbids(
            "Posts of this account have not gone out yet, and belong to its present profile.",
            rule="account.posts_waiting",
            remediation="Wait for them, or cancel them, then move the account.",
        )


async def get(work: Work, account_id: UUID) -> AccountRow:
    """Return an account.

    Raises:
        NotFound: the caller sees no such account.
    """
    row = await work.accounts.find(account_id)
    if row is None or work.caller.profile_id not in {None, row.profile_id}:
        raise NotFound("account")
    return row

"""Connecting accounts, reading them, and changing what a caller may."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from pydantic import ValidationError

from letmepost.domain.errors import InvalidRequest, NotFound, PlatformFailure, StateForbids
from letmepost.domain.flow import Flow
from letmepost.gateways.clock import Clock
from letmepost.gateways.drive import drive
from letmepost.gateways.sender import Sender
from letmepost.platforms.contract import ConnectedAccount
from letmepost.services.audit import Action, record_account
from letmepost.services.callers import Caller, new_id
from letmepost.services.events import account_event, post_event
from letmepost.services.idempotency import Answer, Idempotency, Once
from letmepost.services.world_time import world_clock
from letmepost.services.worlds import Access, Worlds
from letmepost.storage.accounts import AccountRepository, AccountRow
from letmepost.storage.database import Connection, Database
from letmepost.storage.events import EventRepository, NewEvent
from letmepost.storage.organizations import OrganizationRepository
from letmepost.storage.posts import PostRepository
from letmepost.storage.sealing import Keyring


@dataclass(frozen=True, slots=True)
class Connected:
    """What connecting led to: the account, and whether it is new."""

    account: AccountRow
    is_new: bool


@dataclass(frozen=True, slots=True)
class AccountChange:
    """What a caller wants changed; None leaves it as it is."""

    display_name: str | None = None
    profile_id: UUID | None = None


class Accounts:
    """Connected accounts of the caller's world."""

    def __init__(
        self, *, database: Database, keyring: Keyring, clock: Clock, worlds: Worlds, idempotency: Idempotency
    ) -> None:
        self._database = database
        self._keyring = keyring
        self._clock = clock
        self._worlds = worlds
        self._idempotency = idempotency

    async def list_page(
        self, caller: Caller, profile_id: UUID | None, *, before: UUID | None, limit: int
    ) -> list[AccountRow]:
        """Accounts that the caller can see, newest first, below `before`; only of a profile when given."""
        if caller.profile_id is not None and profile_id not in {None, caller.profile_id}:
            return []
        wanted = caller.profile_id or profile_id
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

    async def connect(
        self,
        caller: Caller,
        platform_name: str,
        body: Mapping[str, Any],
        profile_id: UUID | None,
        once: Once[Connected],
    ) -> Answer:
        """Connect an account, or give a connected one its new credential.

        Raises:
            InvalidRequest: the input is not what the platform takes.
            PlatformFailure: the platform refused it, or could not be reached.
            StateForbids: the account belongs to another profile.
        """
        access = self._worlds.access(platform_name, caller.mode, caller.organization_id)
        return await self.finish(caller, access, _flow(access, body), profile_id, once)

    async def finish(
        self,
        caller: Caller,
        access: Access,
        flow: Flow[ConnectedAccount],
        profile_id: UUID | None,
        once: Once[Connected],
    ) -> Answer:
        """Run a flow that connects, and store what it finds; raises as `connect`."""
        wanted, platform_name = caller.narrow(profile_id), access.platform.name
        async with self._database.tenant(caller.tenant) as connection:
            time = await world_clock(connection, caller.tenant, self._clock)
        sender = Sender(http=access.http, platform=access.platform, clock=time, metrics=access.metrics)
        try:
            found = time.connected(await drive(flow, sender))
        except PlatformFailure as failure:
            failure.platform = platform_name
            raise
        async with self._database.tenant(caller.tenant) as connection:
            await self._idempotency.take(connection, caller, once.claim)
            made = await self._store(connection, caller, platform_name, found, wanted)
            return await self._idempotency.answer(connection, caller, once, made)

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

    async def _store(
        self,
        connection: Connection,
        caller: Caller,
        platform: str,
        found: ConnectedAccount,
        profile_id: UUID | None,
    ) -> Connected:
        now = self._clock.now()
        accounts = self._accounts(connection, caller)
        profile = await OrganizationRepository(connection, caller.tenant).find_profile(profile_id)
        if profile is None:
            raise InvalidRequest("There is no such profile.", rule="profileId")
        account_id = new_id(self._clock)
        known = await accounts.find_connected(platform, found.platform_account_id)
        if known is None and not await accounts.create(account_id, profile.id, platform, found, now):
            known = await accounts.find_connected(platform, found.platform_account_id)
        if known is not None:
            if profile_id not in {None, known.profile_id}:
                raise StateForbids(
                    "This account is connected under another profile.",
                    rule="account.other_profile",
                    remediation="Disconnect it there first.",
                )
            account_id = known.id
            await accounts.reconnect(account_id, found, now)
        account = await visible_account(connection, caller, self._keyring, account_id)
        released = await PostRepository(connection, caller.tenant).release_held(account_id, now)
        events = [post_event(self._clock, "post.queued", post) for post in released]
        await self._write(connection, caller, [account_event(self._clock, "account.connected", account), *events])
        await record_account(connection, self._clock, caller, Action.ACCOUNT_CONNECTED, account)
        return Connected(account=account, is_new=known is None)

    async def _write(self, connection: Connection, caller: Caller, events: list[NewEvent]) -> None:
        await EventRepository(connection, caller.tenant).write(events, self._clock.now())

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
    if await OrganizationRepository(connection, caller.tenant).find_profile(profile_id) is None:
        raise InvalidRequest("There is no such profile.", rule="profileId")
    if await PostRepository(connection, caller.tenant).has_unfinished(account_id):
        raise StateForbids(
            "Posts of this account have not gone out yet, and belong to its present profile.",
            rule="account.posts_waiting",
            remediation="Wait for them, or cancel them, then move the account.",
        )


def _flow(access: Access, body: Mapping[str, Any]) -> Flow[ConnectedAccount]:
    platform = access.platform
    if platform.connect_input is None or platform.connect is None:
        raise InvalidRequest(f"{platform.title} accounts are connected by consent.", rule="connect.consent")
    try:
        return platform.connect(platform.connect_input.model_validate(body), access.settings)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        path = ".".join(str(part) for part in first["loc"])
        raise InvalidRequest(f"{path}: {first['msg']}", rule=path, platform=access.platform.name) from error

"""Connecting accounts, and what is known of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ValidationError

from letmepost.domain.errors import InvalidRequest, LetmepostError, NotFound, PlatformFailure, StateForbids
from letmepost.domain.ids import Prefix, spell
from letmepost.gateways.clock import Clock
from letmepost.gateways.drive import drive
from letmepost.gateways.sender import Sender
from letmepost.platforms.contract import ConnectedAccount
from letmepost.services.audit import Action, record
from letmepost.services.callers import Caller, new_id
from letmepost.services.events import account_event, post_event
from letmepost.services.idempotency import Answer, Idempotency, Once
from letmepost.services.tokens import AccountCredentials
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

    async def list_all(self, caller: Caller) -> list[AccountRow]:
        """Every account that the caller can see, newest first."""
        async with self._database.tenant(caller.tenant) as connection:
            return await self._accounts(connection, caller).list_all(caller.profile_id)

    async def get(self, caller: Caller, account_id: UUID) -> AccountRow:
        """One account.

        Raises:
            NotFound: there is none that the caller can see.
        """
        async with self._database.tenant(caller.tenant) as connection:
            return await self._get(connection, caller, account_id)

    def describe_connect(self, caller: Caller, platform_name: str) -> Mapping[str, Any]:
        """What has to be sent to `complete`, as a JSON Schema."""
        access = self._worlds.access(platform_name, caller.mode, caller.organization_id)
        return access.platform.connect_input.model_json_schema(by_alias=True)

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
        wanted = caller.narrow(profile_id)
        given = _validated(access, body)
        async with self._database.tenant(caller.tenant) as connection:
            time = await world_clock(connection, caller.tenant, self._clock)
        sender = Sender(http=access.http, platform=access.platform, clock=time)
        try:
            found = time.connected(await drive(access.platform.connect(given, access.settings), sender))
        except PlatformFailure as failure:
            failure.platform = platform_name
            raise
        async with self._database.tenant(caller.tenant) as connection:
            await self._idempotency.take(connection, caller, once.claim)
            made = await self._store(connection, caller, platform_name, found, wanted)
            return await self._idempotency.answer(connection, caller, once, made)

    async def disconnect(self, caller: Caller, account_id: UUID, once: Once[AccountRow]) -> Answer:
        """Revoke upstream where that can be done, erase the credential, hold what waits for the account.

        Raises:
            NotFound: there is none that the caller can see.
        """
        account = await self.get(caller, account_id)
        await self._revoke_upstream(caller, account)
        async with self._database.tenant(caller.tenant) as connection:
            await self._idempotency.take(connection, caller, once.claim)
            now = self._clock.now()
            await self._accounts(connection, caller).disconnect(account_id, now)
            error = {
                "code": "platform_auth_failed",
                "message": "The account was disconnected.",
                "rule": "account.disconnected",
                "remediation": "Connect the account again; the post is then queued by itself.",
            }
            held = await PostRepository(connection, caller.tenant).hold_waiting(account_id, error, now)
            events = [post_event(self._clock, "post.held", post) for post in held]
            await self._write(
                connection, caller, [account_event(self._clock, "account.disconnected", account), *events]
            )
            await self._record(connection, caller, Action.ACCOUNT_DISCONNECTED, account)
            return await self._idempotency.answer(connection, caller, once, account)

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
        account = await self._get(connection, caller, account_id)
        released = await PostRepository(connection, caller.tenant).release_held(account_id, now)
        events = [post_event(self._clock, "post.queued", post) for post in released]
        await self._write(connection, caller, [account_event(self._clock, "account.connected", account), *events])
        await self._record(connection, caller, Action.ACCOUNT_CONNECTED, account)
        return Connected(account=account, is_new=known is None)

    async def _revoke_upstream(self, caller: Caller, account: AccountRow) -> None:
        try:
            access = self._worlds.access(account.platform, caller.mode, caller.organization_id)
            credentials = AccountCredentials(
                database=self._database,
                keyring=self._keyring,
                clock=self._clock,
                access=access,
                tenant=caller.tenant,
                account=account,
            )
            sender = Sender(http=access.http, platform=access.platform, clock=self._clock, credentials=credentials)
            await drive(access.platform.disconnect(account.facts, access.settings), sender)
        except LetmepostError:
            # The platform may be away or have revoked it itself; the credential is erased either way.
            return

    async def _get(self, connection: Connection, caller: Caller, account_id: UUID) -> AccountRow:
        row = await self._accounts(connection, caller).find(account_id)
        if row is None or caller.profile_id not in {None, row.profile_id}:
            raise NotFound("account")
        return row

    async def _write(self, connection: Connection, caller: Caller, events: list[NewEvent]) -> None:
        await EventRepository(connection, caller.tenant).write(events, self._clock.now())

    async def _record(self, connection: Connection, caller: Caller, action: Action, account: AccountRow) -> None:
        facts = {"mode": caller.mode, "platform": account.platform, "handle": account.handle}
        await record(connection, self._clock, caller, action, spell(Prefix.ACCOUNT, account.id), **facts)

    def _accounts(self, connection: Connection, caller: Caller) -> AccountRepository:
        return AccountRepository(connection, caller.tenant, self._keyring)


def _validated(access: Access, body: Mapping[str, Any]) -> BaseModel:
    try:
        return access.platform.connect_input.model_validate(body)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        path = ".".join(str(part) for part in first["loc"])
        raise InvalidRequest(f"{path}: {first['msg']}", rule=path, platform=access.platform.name) from error

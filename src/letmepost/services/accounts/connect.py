"""Connecting accounts: a platform's flow finds them, and they are stored with what they need to be kept alive."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

from pydantic import ValidationError

from letmepost.domain.accounts import AccountStatus
from letmepost.domain.errors import InvalidRequest, PlatformFailure, StateForbids
from letmepost.domain.flow import Flow
from letmepost.gateways.clock import Clock
from letmepost.gateways.drive import drive
from letmepost.gateways.sender import Sender
from letmepost.platforms.contract import ConnectedAccount
from letmepost.services.accounts.read import visible_account
from letmepost.services.accounts.tokens import renewal_at
from letmepost.services.audit import record_account
from letmepost.services.callers import Caller, new_id
from letmepost.services.events import account_event, post_event
from letmepost.services.idempotency import Answer
from letmepost.services.old_idempotency import OldIdempotency, Once
from letmepost.services.platform_access import Access, Worlds
from letmepost.services.platform_clock import platform_clock
from letmepost.storage.accounts.accounts import AccountRepository, AccountRow
from letmepost.storage.database import Connection, Database
from letmepost.storage.posts.posts import PostRepository
from letmepost.storage.sealing import Keyring
from letmepost.storage.tenants.audit import Action
from letmepost.storage.tenants.profiles import ProfileRepository
from letmepost.storage.webhooks.events import EventRepository

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Connected:
    """What connecting led to: the account, and whether it is new."""

    account: AccountRow
    is_new: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Belonging:
    """Where a connected account belongs: its profile (None: the default one), and whom the customer knows it by."""

    profile_id: UUID | None
    external_user_id: str | None = None


class Connecting:
    """Connects accounts of a caller's world."""

    def __init__(
        self, *, database: Database, keyring: Keyring, clock: Clock, worlds: Worlds, idempotency: OldIdempotency
    ) -> None:
        self._database = database
        self._keyring = keyring
        self._clock = clock
        self._worlds = worlds
        self._idempotency = idempotency

    async def connect(
        self,
        caller: Caller,
        platform_name: str,
        body: Mapping[str, Any],
        profile_id: UUID | None,
        once: Once[Sequence[Connected]],
    ) -> Answer:
        """Connect an account by what a person typed in, or give a connected one its new credential.

        Raises:
            InvalidRequest: the input is not what the platform takes.
            PlatformNotEnabled: the deployment has no credentials for the platform.
            PlatformFailure: the platform refused it, or could not be reached.
            StateForbids: the account belongs to another profile.
        """
        access = self._worlds.access_to_connect(platform_name, caller.mode, caller.organization_id)
        return await self.finish(caller, access, typed(access, body), profile_id, once)

    async def finish(
        self,
        caller: Caller,
        access: Access,
        flow: Flow[ConnectedAccount],
        profile_id: UUID | None,
        once: Once[Sequence[Connected]],
    ) -> Answer:
        """Run a flow that connects, and store what it finds; raises as `connect`."""
        belonging = Belonging(profile_id=caller.narrow(profile_id))
        found = await self.run(caller, access, flow)
        async with self._database.tenant(caller.tenant) as connection:
            await self._idempotency.take(connection, caller, once.claim)
            made = await self.store(connection, caller, access.platform.name, found, belonging)
            return await self._idempotency.answer(connection, caller, once, [made])

    async def run(self, caller: Caller, access: Access, flow: Flow[T]) -> T:
        """What a flow finds that needs no account, at the time of the caller's world.

        Raises:
            PlatformFailure: the platform refused, or could not be reached.
        """
        async with self._database.tenant(caller.tenant) as connection:
            time = await platform_clock(connection, caller.tenant, self._clock)
        sender = Sender(http=access.http, platform=access.platform, clock=time, metrics=access.metrics)
        try:
            return await drive(flow, sender)
        except PlatformFailure as failure:
            failure.platform = access.platform.name
            raise

    async def store(
        self, connection: Connection, caller: Caller, platform: str, found: ConnectedAccount, belonging: Belonging
    ) -> Connected:
        """Store a connected account in the transaction under way, and queue what was held for it again.

        Raises:
            InvalidRequest: there is no such profile.
            StateForbids: the account belongs to another profile or to another of the customer's users.
        """
        now = self._clock.now()
        time = await platform_clock(connection, caller.tenant, self._clock)
        found = time.connected(found)
        accounts = AccountRepository(connection, caller.tenant, self._keyring)
        profile = await ProfileRepository(connection, caller.tenant).find(belonging.profile_id)
        if profile is None:
            raise InvalidRequest("There is no such profile.", rule="profileId")
        account_id = new_id(self._clock)
        known = await accounts.find_connected(platform, found.platform_account_id)
        more: dict[str, Any] = {
            "refresh_at": renewal_at(found.credential, found.token_expires_at, time, known.id if known else account_id)
        }
        if belonging.external_user_id is not None:
            more["external_user_id"] = belonging.external_user_id
        if known is None and not await accounts.create(account_id, profile.id, platform, found, now, **more):
            known = await accounts.find_connected(platform, found.platform_account_id)
        if known is not None:
            await _check_owner(connection, caller, known, belonging)
            account_id = known.id
            await accounts.reconnect(account_id, found, now, **more)
        account = await visible_account(connection, caller, self._keyring, account_id)
        await self._announce(connection, caller, account)
        return Connected(account=account, is_new=known is None)

    async def _announce(self, connection: Connection, caller: Caller, account: AccountRow) -> None:
        """Tell of it, put it on record, and queue what was held for it."""
        now = self._clock.now()
        released = await PostRepository(connection, caller.tenant).release_held(account.id, now)
        events = [post_event(self._clock, "post.queued", post) for post in released]
        connected = account_event(self._clock, "account.connected", account)
        await EventRepository(connection, caller.tenant).write([connected, *events], now)
        await record_account(connection, self._clock, caller, Action.ACCOUNT_CONNECTED, account)


async def _check_owner(connection: Connection, caller: Caller, known: AccountRow, belonging: Belonging) -> None:
    """Raise if an account that is known already belongs to another profile, or to another of the customer's users.

    The platform has confirmed that the person may use the account. Its posts still belong to those who wrote them:
    another person must not see them in the customer's app, and must not publish them by connecting the account.
    """
    if belonging.profile_id not in {None, known.profile_id}:
        raise StateForbids(
            "This account is connected under another profile.",
            rule="account.other_profile",
            remediation="Connect it under that profile, or move it with PATCH /v1/accounts/{id} first.",
        )
    if None in {belonging.external_user_id, known.external_user_id}:
        return
    if belonging.external_user_id == known.external_user_id:
        return
    if known.status != AccountStatus.DISCONNECTED:
        raise StateForbids(
            "This account is connected by another user.",
            rule="account.other_user",
            remediation="Disconnect it for that user first.",
        )
    if await PostRepository(connection, caller.tenant).has_unfinished(known.id):
        raise StateForbids(
            "This account was connected by another user, whose posts have not gone out yet.",
            rule="account.posts_waiting",
            remediation="Cancel those posts first.",
        )


def typed(access: Access, body: Mapping[str, Any]) -> Flow[ConnectedAccount]:
    """The flow that connects by what a person typed in.

    Raises:
        InvalidRequest: the input is not what the platform takes.
    """
    platform = access.platform
    if platform.connect_input is None or platform.connect is None:
        raise InvalidRequest(f"{platform.title} accounts are connected by consent.", rule="connect.consent")
    try:
        return platform.connect(platform.connect_input.model_validate(body), access.settings)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        path = ".".join(str(part) for part in first["loc"])
        raise InvalidRequest(f"{path}: {first['msg']}", rule=path, platform=access.platform.name) from error

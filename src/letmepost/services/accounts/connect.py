"""Connecting accounts: a platform's flow finds them, and they are stored with their credentials."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from uuid import UUID

from pydantic import ValidationError

from letmepost.domain import refusals
from letmepost.domain.errors import InvalidShape, PlatformFailure
from letmepost.domain.flow import Flow
from letmepost.gateways.drive import drive
from letmepost.gateways.sender import CredentialSource, Sender
from letmepost.platforms.connecting import ConnectedAccount, Credential
from letmepost.services.accounts import read
from letmepost.services.accounts.changes import record_change
from letmepost.services.accounts.owners import AccountOwner, check_owner
from letmepost.services.accounts.tokens import renewal_at
from letmepost.services.callers import Caller
from letmepost.services.events import account_event, post_event
from letmepost.services.platform_access import Access, Worlds
from letmepost.services.platform_clock import PlatformClock, platform_clock
from letmepost.services.shapes import problems_of
from letmepost.services.tenants import profiles
from letmepost.services.work import Work
from letmepost.storage.accounts.accounts import AccountRow
from letmepost.storage.tenants.audit import Action

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Connected:
    """A connected account. `is_new`: it was not connected before."""

    account: AccountRow
    is_new: bool


@dataclass(frozen=True, slots=True)
class PreparedFlow(Generic[T]):
    """A flow that needs no connected account, and what runs it. It can run once."""

    access: Access
    flow: Flow[T]
    time: PlatformClock


class Connecting:
    """Connects accounts by the credentials that a caller sends."""

    def __init__(self, worlds: Worlds) -> None:
        self._worlds = worlds

    def describe(self, caller: Caller, platform_name: str) -> Mapping[str, Any]:
        """Return the JSON Schema of the credentials.

        Raises:
            NotFound: the platform does not exist.
            PlatformNotEnabled: the mode is test, and the deployment runs no sandbox.
        """
        connect_input = self._worlds.access(platform_name, caller.mode, caller.organization_id).platform.connect_input
        return {} if connect_input is None else connect_input.model_json_schema(by_alias=True)

    async def prepare(
        self, work: Work, platform_name: str, given: Mapping[str, Any], profile_id: UUID | None
    ) -> PreparedFlow[ConnectedAccount]:
        """Check the credentials, before the platform is called.

        Raises:
            NotFound: the platform does not exist.
            PlatformNotEnabled: the deployment has no credentials for the platform.
            InvalidRequest: the credentials are malformed, or the API key belongs to another profile.
        """
        access = self._worlds.access_to_connect(platform_name, work.tenant.mode, work.tenant.organization_id)
        flow = credential_flow(access, given)
        work.caller.narrow(profile_id)
        return PreparedFlow(access, flow, await platform_clock(work))


async def run(prepared: PreparedFlow[T], credentials: CredentialSource | None = None) -> T:
    """Call the platform.

    Args:
        credentials: signs the calls of an account that is not connected yet.

    Raises:
        PlatformFailure: the platform refused, or could not be reached.
    """
    access = prepared.access
    sender = Sender(
        http=access.http,
        platform=access.platform,
        clock=prepared.time,
        credentials=credentials,
        charge=access.charge,
        metrics=access.metrics,
    )
    try:
        return await drive(prepared.flow, sender)
    except PlatformFailure as failure:
        failure.platform = access.platform.name
        raise


async def record(
    work: Work, platform_name: str, found: ConnectedAccount, profile_id: UUID | None = None
) -> list[Connected]:
    """Store the account that the caller connects; raises as `store`."""
    return await store(work, platform_name, [found], AccountOwner(profile_id=work.caller.narrow(profile_id)))


async def store(
    work: Work, platform_name: str, found: Sequence[ConnectedAccount], owner: AccountOwner
) -> list[Connected]:
    """Store the accounts of one consent, or the new credentials of known ones, and queue their held posts.

    A credential that several of them have is stored once.

    Raises:
        InvalidRequest: the profile does not exist.
        StateForbids: the account belongs to another profile, or to another of the customer's users.
    """
    time = await platform_clock(work)
    profile = await profiles.find_named(work, owner.profile_id)
    stored: list[tuple[Credential, UUID]] = []
    connected = []
    for one in map(time.connected, found):
        credential_id = next((stored_id for credential, stored_id in stored if credential == one.credential), None)
        if credential_id is None:
            credential_id = work.new_id()
            renewal = renewal_at(one.credential, one.token_expires_at, time, credential_id)
            await work.credentials.create(credential_id, one.credential, renewal)
            stored.append((one.credential, credential_id))
        connected.append(await _store(work, platform_name, one, owner, profile.id, credential_id))
    return connected


async def _store(
    work: Work,
    platform_name: str,
    found: ConnectedAccount,
    owner: AccountOwner,
    profile_id: UUID,
    credential_id: UUID,
) -> Connected:
    now, account_id = work.now(), work.new_id()
    known = await work.accounts.find_connected(platform_name, found.platform_account_id)
    more: dict[str, Any] = {"credential_id": credential_id}
    if owner.external_user_id is not None:
        more["external_user_id"] = owner.external_user_id
    if known is None and not await work.accounts.create(account_id, profile_id, platform_name, found, now, **more):
        known = await work.accounts.find_connected(platform_name, found.platform_account_id)
    if known is not None:
        await check_owner(work, known, owner)
        account_id = known.id
        await work.accounts.reconnect(account_id, found, now, **more)
    account = await read.get(work, account_id)
    await _announce(work, account)
    return Connected(account=account, is_new=known is None)


async def _announce(work: Work, account: AccountRow) -> None:
    """Announce and audit that an account was connected, and queue its held posts."""
    released = await work.posts.release_held(account.id, work.now())
    await work.emit(account_event(work.clock, "account.connected", account))
    await work.emit(*(post_event(work.clock, "post.queued", post) for post in released))
    if released:
        work.wake_workers()
    await record_change(work, Action.ACCOUNT_CONNECTED, account)


def credential_flow(access: Access, given: Mapping[str, Any]) -> Flow[ConnectedAccount]:
    """Return the flow that connects an account by credentials.

    Raises:
        InvalidRequest: the credentials are malformed, or the platform connects accounts by consent only.
    """
    platform = access.platform
    if platform.connect_input is None or platform.connect is None:
        raise refusals.connect.CONSENT(title=platform.title, platform=platform.name)
    try:
        return platform.connect(platform.connect_input.model_validate(given), access.settings)
    except ValidationError as error:
        found = error.errors(include_input=False, include_url=False)
        raise InvalidShape(problems_of(found, platform.connect_input, platform=platform.name)) from error

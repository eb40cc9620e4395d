"""Reads and changes what a platform has for an account besides posts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar
from uuid import UUID

from letmepost.domain import refusals
from letmepost.domain.accounts import AccountStatus
from letmepost.domain.errors import PlatformFailure
from letmepost.domain.flow import Flow
from letmepost.domain.ids import Prefix, format_id
from letmepost.gateways.drive import drive
from letmepost.platforms.contract import Platform
from letmepost.platforms.resources import ChangedResource, ResourceBody, ResourceChange, ResourceView
from letmepost.services.accounts import read
from letmepost.services.accounts.tokens import account_sender
from letmepost.services.callers import Caller
from letmepost.services.platform_access import Access, Worlds
from letmepost.services.work import UnitsOfWork, Work
from letmepost.storage.accounts.accounts import AccountRow
from letmepost.storage.database import Tenant

T = TypeVar("T")


class _Named(Protocol):
    @property
    def name(self) -> str: ...


N = TypeVar("N", bound=_Named)


@dataclass(frozen=True, slots=True)
class PreparedChange:
    """A change that is ready to be made."""

    tenant: Tenant
    account: AccountRow
    access: Access
    change: ResourceChange


@dataclass(frozen=True, slots=True)
class MadeChange:
    """A change that the platform has made."""

    account: AccountRow
    result: ChangedResource


class AccountResources:
    """Reads and changes resources on the platforms of accounts. Only preferences are stored."""

    def __init__(self, units: UnitsOfWork, worlds: Worlds) -> None:
        self._units = units
        self._worlds = worlds

    async def read(self, caller: Caller, account_id: UUID, name: str) -> ResourceView:
        """Return a resource of an account, as it is now on the platform.

        Raises:
            NotFound: the caller sees no such account, or its platform has no such resource.
            StateForbids: the account is disconnected.
            PlatformNotEnabled: the deployment runs no sandbox.
            PlatformFailure: the platform refused, or could not be reached.
        """
        async with self._units.begin(caller) as work:
            account = await read.get(work, account_id)
        access = self._worlds.access(account.platform, caller.mode, caller.organization_id)
        resource = _declared(access.platform, access.platform.resources, name)
        _check_connected(account)
        return await self._drive(caller.tenant, account, access, resource.read(account.facts, access.settings))

    async def prepare_change(self, work: Work, account_id: UUID, method: str, name: str) -> PreparedChange:
        """Return a change of an account, ready to be made.

        Raises:
            NotFound, StateForbids, PlatformNotEnabled: as in `read`.
        """
        account = await read.get(work, account_id)
        access = self._worlds.access(account.platform, work.tenant.mode, work.tenant.organization_id)
        changes = [change for change in access.platform.changes if change.method == method]
        change = _declared(access.platform, changes, name)
        _check_connected(account)
        return PreparedChange(work.tenant, account, access, change)

    async def change(self, prepared: PreparedChange, body: ResourceBody) -> MadeChange:
        """Make a change on the platform.

        Raises:
            PlatformFailure: the platform refused, or could not be reached.
        """
        account, access = prepared.account, prepared.access
        flow = prepared.change.run(account.facts, body, access.settings)
        return MadeChange(account, await self._drive(prepared.tenant, account, access, flow))

    async def _drive(self, tenant: Tenant, account: AccountRow, access: Access, flow: Flow[T]) -> T:
        sender = await account_sender(self._units, access, tenant, account)
        try:
            return await drive(flow, sender)
        except PlatformFailure as failure:
            failure.platform = account.platform
            raise


async def record_change(work: Work, made: MadeChange) -> MadeChange:
    """Store the preferences that a change has set, and return the change.

    Raises:
        NotFound: the account was deleted, or moved out of the caller's profile.
    """
    await read.get(work, made.account.id)
    if made.result.preferences:
        await work.accounts.change_preferences(made.account.id, made.result.preferences, work.now())
    return made


def _check_connected(account: AccountRow) -> None:
    if account.status == AccountStatus.DISCONNECTED:
        raise refusals.accounts.DISCONNECTED(account_id=format_id(Prefix.ACCOUNT, account.id))


def _declared(platform: Platform, declared: Sequence[N], name: str) -> N:
    for one in declared:
        if one.name == name:
            return one
    raise refusals.accounts.NO_RESOURCE(title=platform.title, resource=name, platform=platform.name)

"""Reads what a platform has for an account besides posts."""

from uuid import UUID

from letmepost.domain import refusals
from letmepost.domain.accounts import AccountStatus
from letmepost.domain.errors import PlatformFailure
from letmepost.domain.ids import Prefix, format_id
from letmepost.gateways.drive import drive
from letmepost.platforms.contract import Platform, Resource, ResourceView
from letmepost.services.accounts import read
from letmepost.services.accounts.tokens import account_sender
from letmepost.services.callers import Caller
from letmepost.services.platform_access import Worlds
from letmepost.services.work import UnitsOfWork


class AccountResources:
    """Reads resources from the platforms of accounts. Nothing is stored."""

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
        resource = _resource_of(access.platform, name)
        if account.status == AccountStatus.DISCONNECTED:
            raise refusals.accounts.DISCONNECTED(account_id=format_id(Prefix.ACCOUNT, account_id))
        sender = await account_sender(self._units, access, caller.tenant, account)
        try:
            return await drive(resource.read(account.facts, access.settings), sender)
        except PlatformFailure as failure:
            failure.platform = account.platform
            raise


def _resource_of(platform: Platform, name: str) -> Resource:
    for resource in platform.resources:
        if resource.name == name:
            return resource
    raise refusals.accounts.NO_RESOURCE(title=platform.title, resource=name, platform=platform.name)

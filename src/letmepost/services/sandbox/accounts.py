"""Simulated accounts of a test world, and their visible posts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from letmepost.domain import refusals
from letmepost.domain.api_keys import Mode
from letmepost.domain.flow import Flow
from letmepost.domain.ids import Prefix, format_id
from letmepost.gateways.sandbox import SandboxControl
from letmepost.platforms.connecting import ConnectedAccount, Grant, OAuth
from letmepost.platforms.contract import Platform
from letmepost.services.accounts import connect
from letmepost.services.accounts.connect import PreparedFlow, credential_flow
from letmepost.services.callers import Caller
from letmepost.services.platform_access import Access, Worlds, world_name
from letmepost.services.platform_clock import PlatformClock, platform_clock
from letmepost.services.work import UnitsOfWork, Work
from letmepost.storage.accounts.accounts import AccountRow

_ANY_REDIRECT_URI = "https://sandbox.invalid/callback"
_ANY_SERVER = "social.example"


@dataclass(frozen=True, slots=True)
class PreparedAccount:
    """A checked request for a simulated account."""

    control: SandboxControl
    world: str
    access: Access
    scenario: str
    time: PlatformClock


class Sandbox:
    """The use cases that only test keys can run."""

    def __init__(
        self,
        *,
        units: UnitsOfWork,
        control: SandboxControl | None,
        worlds: Worlds,
        max_accounts: int,
    ) -> None:
        """`max_accounts`: the most accounts of an organization that can be connected in test mode."""
        self._units = units
        self._control = control
        self._worlds = worlds
        self._max_accounts = max_accounts

    async def prepare_account(self, work: Work, platform_name: str, scenario: str) -> PreparedAccount:
        """Check a request for a simulated account.

        Raises:
            Unauthorized: the key is a live one.
            NotFound: the platform does not exist.
            InvalidRequest: the scenario does not exist.
            StateForbids: the organization has reached its limit of simulated accounts.
        """
        control, platform = self.control(work.caller), self._worlds.platform(platform_name)
        if scenario not in platform.simulator.scenarios:
            raise refusals.sandbox.SCENARIO_UNKNOWN(
                field="scenario", given=scenario, known=", ".join(platform.simulator.scenarios)
            )
        # Workers check every connected account each day, so simulated accounts delay the checks of live ones.
        count = await work.accounts.count_connected()
        if count >= self._max_accounts:
            raise refusals.sandbox.ACCOUNTS_MAX(count=count, limit=self._max_accounts)
        access = self._worlds.access(platform_name, work.tenant.mode, work.tenant.organization_id)
        return PreparedAccount(control, world_of(work.caller), access, scenario, await platform_clock(work))

    async def create_account(self, prepared: PreparedAccount) -> ConnectedAccount:
        """Create a simulated account, and sign in to it with the platform's ordinary flow.

        Raises:
            SendFailure: the sandbox does not respond.
            PlatformFailure: the simulator refused the sign-in, as its scenario demands.
        """
        access, platform = prepared.access, prepared.access.platform
        given = await prepared.control.create_account(prepared.world, platform.name, prepared.scenario)
        if platform.oauth is None:
            flow = credential_flow(access, given)
        else:
            flow = _only(platform.oauth, given["code"], access.settings)
        return await connect.run(PreparedFlow(access, flow, prepared.time))

    async def list_posts(self, caller: Caller, platform_name: str) -> list[Mapping[str, Any]]:
        """Return the visible posts of the accounts that the caller can see, oldest first.

        Raises:
            NotFound: the platform does not exist.
            Unauthorized: the key is a live one.
            SendFailure: the sandbox does not respond.
        """
        platform = self._worlds.platform(platform_name)
        seen = await self.control(caller).list_posts(world_of(caller), platform_name)
        async with self._units.begin(caller) as work:
            owners = _owners(platform, await work.accounts.list_candidates((), (platform_name,), None))
        visible = {
            author: format_id(Prefix.ACCOUNT, account.id)
            for author, account in owners.items()
            if caller.sees(account.profile_id)
        }
        return [{**post, "accountId": visible[post["accountId"]]} for post in seen if post["accountId"] in visible]

    def control_for_all(self, caller: Caller) -> SandboxControl:
        """Return the control side of the sandbox, for changes of the whole test world.

        Raises:
            Unauthorized: the key is a live one, or belongs to one profile.
        """
        if caller.profile_id is not None:
            raise refusals.keys.PROFILE_KEY(action="change the sandbox of the organization")
        return self.control(caller)

    def control(self, caller: Caller) -> SandboxControl:
        """Return the control side of the sandbox.

        Raises:
            Unauthorized: the key is a live one.
            PlatformNotEnabled: this deployment runs no sandbox.
        """
        if caller.mode is not Mode.TEST:
            raise refusals.keys.SANDBOX_TEST_KEY()
        if self._control is None:
            raise refusals.keys.SANDBOX_MISSING()
        return self._control


def world_of(caller: Caller) -> str:
    """Return the name of the caller's test world in the sandbox."""
    return world_name(caller.organization_id)


def _owners(platform: Platform, accounts: Sequence[AccountRow]) -> Mapping[str, AccountRow]:
    """Return the account of each author. An author's own account precedes accounts that may publish for it."""
    found = {author: account for account in accounts for author in platform.authors(account.facts)}
    return found | {account.platform_account_id: account for account in accounts}


def _only(oauth: OAuth, code: str, settings: Any) -> Flow[ConnectedAccount]:
    """Return the account of a simulated consent, which grants exactly one."""
    app = None
    if oauth.servers is not None:
        app = yield from oauth.servers.register(oauth.servers.parse(_ANY_SERVER), _ANY_REDIRECT_URI, settings)
    grant = Grant(code=code, redirect_uri=_ANY_REDIRECT_URI, code_verifier="", app=app)
    (account,) = yield from oauth.accounts(grant, settings)
    return account

"""Hosted pages, on which end users connect accounts in a browser."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from letmepost.domain import refusals
from letmepost.domain.api_keys import Mode
from letmepost.domain.errors import SendFailure
from letmepost.domain.ids import Prefix, format_id
from letmepost.gateways.sandbox import SandboxControl
from letmepost.platforms.connecting import ConnectedAccount
from letmepost.platforms.contract import Platform
from letmepost.services.accounts import connect, granted_accounts, hosted_sessions
from letmepost.services.accounts.browsers import Browser, Browsers
from letmepost.services.accounts.connect import PreparedFlow, credential_flow
from letmepost.services.accounts.consent_requests import ConsentOptions
from letmepost.services.accounts.consents import Consents, register_app
from letmepost.services.accounts.hosted_sessions import HostedSessions
from letmepost.services.accounts.owners import AccountOwner
from letmepost.services.callers import Caller, caller_for_key
from letmepost.services.platform_access import Access, Worlds, world_name
from letmepost.services.platform_clock import platform_clock
from letmepost.services.work import UnitsOfWork, Work
from letmepost.storage.accounts.connect_sessions import ConnectSessionRow
from letmepost.storage.database import Tenant
from letmepost.storage.tenants.organizations import OrganizationRow

_SAMPLE_SCENARIO = "ok"


@dataclass(frozen=True, slots=True, kw_only=True)
class HostedPage:
    """A session as its page shows it.

    Args:
        address: the token or the id by which the browser opened it.
        platforms: the platforms that are offered.
        choices: the accounts among which a person has to choose.
    """

    address: str
    tenant: Tenant
    session: ConnectSessionRow
    organization: OrganizationRow
    platforms: Sequence[Platform]
    choices: Sequence[ConnectedAccount]
    is_open: bool

    @property
    def caller(self) -> Caller:
        """The caller in whose name the page acts: the API key that created the session."""
        return caller_for_key(self.tenant, self.session.key_id)


class HostedPages:
    """Opens pages, and carries out what their forms ask for. Each action takes a page that was just opened."""

    def __init__(
        self,
        *,
        units: UnitsOfWork,
        sessions: HostedSessions,
        browsers: Browsers,
        worlds: Worlds,
        consents: Consents,
        sandbox: SandboxControl | None = None,
    ) -> None:
        """`sandbox` creates simulated accounts for pages in test mode; None if the deployment runs no sandbox."""
        self._units = units
        self._sessions = sessions
        self._browsers = browsers
        self._worlds = worlds
        self._consents = consents
        self._sandbox = sandbox

    async def open(self, address: str, browser: Browser | None) -> HostedPage:
        """Return the page of a session.

        Args:
            address: the token, or the id if the browser has taken the session up.

        Raises:
            NotFound: the session does not exist.
            InvalidRequest: another browser has taken it up.
        """
        tenant, session_id = await self._sessions.find_tenant(address)
        async with self._units.begin(tenant) as work:
            session = await self._sessions.read(work, session_id, address, browser)
            organization = await work.organization.find()
            if organization is None:
                raise refusals.requests.PAGE_UNKNOWN()
            is_open = session.is_open(work.now())
            choices = await granted_accounts.choices(work, session_id) if is_open else ()
        return HostedPage(
            address=address,
            tenant=tenant,
            session=session,
            organization=organization,
            platforms=self._offered(tenant, session),
            choices=choices,
            is_open=is_open,
        )

    async def sample_credentials(self, page: HostedPage, platform: Platform) -> Mapping[str, str]:
        """Return what a person can enter to connect a simulated account of this page, by field.

        It is empty in live mode, for a platform without a form, and while the sandbox does not respond.
        """
        if page.tenant.mode is not Mode.TEST or platform.connect_input is None or self._sandbox is None:
            return {}
        world, key = world_name(page.tenant.organization_id), format_id(Prefix.CONNECT_SESSION, page.session.id)
        try:
            return await self._sandbox.create_account(world, platform.name, _SAMPLE_SCENARIO, key=key)
        except SendFailure:
            return {}

    async def start_consent(
        self, page: HostedPage, browser: Browser, platform_name: str, server: str | None = None
    ) -> str:
        """Start a consent, and return the URL at which the person gives it.

        Args:
            server: the name of the server that the person's account is on; None: not entered.

        Raises:
            NotFound: the session does not exist, or the platform is not offered.
            InvalidRequest: the session is over, another browser has taken it up, or the server is missing or malformed.
            PlatformNotEnabled: the deployment cannot connect the platform now.
            PlatformFailure: the server refused to register an app, could not be reached, or must not be called.
            RateLimited: there were too many attempts on this page.
        """
        async with self._units.begin(page.caller) as work:
            session = await self._begin_sign_in(work, page, browser, platform_name)
            options = ConsentOptions(
                profile_id=session.profile_id,
                server=server,
                session_id=session.id,
                browser_hash=self._browsers.hashes(browser)[0],
            )
            prepared = await self._consents.prepare_checked(work, self._access(page, platform_name), options)
        registered = await register_app(prepared)
        async with self._units.begin(page.caller) as work:
            await self._take_up(work, page, browser)
            started = await self._consents.start(work, registered)
        return started.authorization_url

    async def sign_in(
        self, page: HostedPage, browser: Browser, platform_name: str, given: Mapping[str, str]
    ) -> ConnectSessionRow:
        """Connect an account by the credentials that a person entered, and return the session as it is now.

        The attempt is counted before the platform is called, so that concurrent attempts are all counted.

        Raises:
            NotFound, PlatformNotEnabled, RateLimited: as `start_consent`.
            InvalidRequest: as `start_consent`; or the credentials are malformed.
            PlatformFailure: the platform refused them, or could not be reached.
            StateForbids: the account belongs to another profile or user.
        """
        access = self._access(page, platform_name)
        flow = credential_flow(access, given)
        async with self._units.begin(page.caller) as work:
            await self._begin_sign_in(work, page, browser, platform_name)
            time = await platform_clock(work)
        found = await connect.run(PreparedFlow(access, flow, time))
        async with self._units.begin(page.caller) as work:
            session = await self._take_up(work, page, browser)
            owner = AccountOwner(profile_id=session.profile_id, external_user_id=session.external_user_id)
            [made] = await connect.store(work, platform_name, [found], owner)
            return await hosted_sessions.finish(work, session, "connected", [made.account.id])

    async def choose(self, page: HostedPage, browser: Browser, account_ids: Collection[str]) -> ConnectSessionRow:
        """Connect the chosen accounts, and return the session as it is now.

        Raises:
            NotFound: the session does not exist.
            InvalidRequest: the session is over or another browser's, or an account is not among the choices.
            PlatformFailure: the platform no longer accepts one of the accounts, or could not be reached.
            StateForbids: an account belongs to another profile or user.
        """
        async with self._units.begin(page.caller) as work:
            session = await self._take_up(work, page, browser)
            choice = await granted_accounts.prepare_session_choice(work, self._worlds, session.id, account_ids)
        await granted_accounts.check_choice(choice)
        async with self._units.begin(page.caller) as work:
            session = await self._take_up(work, page, browser)
            await granted_accounts.choose(work, session.id, account_ids)
            return await work.connect_sessions.find(session.id) or session

    async def cancel(self, page: HostedPage, browser: Browser) -> ConnectSessionRow:
        """End the session without an account, and return it as it is now.

        Raises:
            NotFound: the session does not exist.
            InvalidRequest: the session is over, or another browser has taken it up.
        """
        async with self._units.begin(page.caller) as work:
            return await hosted_sessions.finish(work, await self._take_up(work, page, browser), "cancelled")

    async def _begin_sign_in(
        self, work: Work, page: HostedPage, browser: Browser, platform_name: str
    ) -> ConnectSessionRow:
        """Take the session up, and count an attempt to connect an account of an offered platform."""
        session = await self._take_up(work, page, browser)
        if platform_name not in {platform.name for platform in page.platforms}:
            raise refusals.requests.PLATFORM_UNKNOWN(
                given=platform_name, known=", ".join(platform.name for platform in page.platforms)
            )
        await hosted_sessions.count_sign_in(work, session)
        return session

    async def _take_up(self, work: Work, page: HostedPage, browser: Browser) -> ConnectSessionRow:
        return await self._sessions.take_up(work, page.session.id, page.address, browser)

    def _access(self, page: HostedPage, platform_name: str) -> Access:
        return self._worlds.access_to_connect(platform_name, page.tenant.mode, page.tenant.organization_id)

    def _offered(self, tenant: Tenant, session: ConnectSessionRow) -> list[Platform]:
        return [
            platform
            for name, platform in self._worlds.platforms.items()
            if session.platform in {None, name} and self._worlds.is_enabled(name, tenant.mode)
        ]

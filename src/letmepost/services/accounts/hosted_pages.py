"""A hosted page on which an end user connects an account. Who has its address and the browser that took it up, may."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from uuid import UUID

from letmepost.domain.errors import InvalidRequest, NotFound, RateLimited
from letmepost.domain.ids import MalformedIdError, Prefix, parse
from letmepost.gateways.clock import Clock
from letmepost.platforms.contract import ConnectedAccount, Platform
from letmepost.services.accounts.connect import Belonging, Connecting, typed
from letmepost.services.accounts.connect_sessions import TOKENS_HASHED_AS
from letmepost.services.accounts.consent_requests import Wanted, other_browser
from letmepost.services.accounts.consents import Consents
from letmepost.services.accounts.granted_accounts import GrantedAccounts
from letmepost.services.callers import beginner
from letmepost.services.platform_access import Worlds
from letmepost.storage.accounts.connect_sessions import (
    ConnectSessionRepository,
    ConnectSessionRow,
    EveryTenantConnectSessions,
)
from letmepost.storage.database import Connection, Database, Tenant
from letmepost.storage.sealing import Keyring
from letmepost.storage.tenants.organizations import OrganizationRepository, OrganizationRow

SIGN_INS_MAX = 10
"""Attempts to connect an account on one page: typed sign-ins, and consents that were started."""
COOKIE_GOOD_FOR = timedelta(hours=2)
"""Longer than a session: whoever takes one up can bring it to its end."""


@dataclass(frozen=True, slots=True)
class Browser:
    """What a browser is known by: a cookie that it alone has."""

    cookie: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A session as its page shows it.

    Args:
        platforms: which are offered.
        choices: the accounts among which somebody has to choose.
    """

    tenant: Tenant
    session: ConnectSessionRow
    organization: OrganizationRow
    platforms: Sequence[Platform]
    choices: Sequence[ConnectedAccount]
    is_open: bool


class HostedPages:
    """What the pages show and do.

    The address opens a session for the first browser that does something with it, and for no other one from then on;
    that browser is also let in by the session's id, which is no secret.
    """

    def __init__(
        self,
        *,
        database: Database,
        keyring: Keyring,
        clock: Clock,
        worlds: Worlds,
        connecting: Connecting,
        consents: Consents,
        granted: GrantedAccounts,
    ) -> None:
        self._database = database
        self._keyring = keyring
        self._clock = clock
        self._worlds = worlds
        self._connecting = connecting
        self._consents = consents
        self._granted = granted
        self._found = EveryTenantConnectSessions(database)

    async def open(self, address: str, browser: Browser | None) -> Sheet:
        """The session as it stands. Looking changes nothing: programs that preview links look, too.

        Args:
            address: the token, or the id for the browser that took the session up.

        Raises:
            NotFound: there is none.
            InvalidRequest: another browser has taken it up.
        """
        tenant, session_id = await self._find(address)
        async with self._database.tenant(tenant) as connection:
            session = await ConnectSessionRepository(connection, tenant).find(session_id)
            session = self._admitted(session, address, browser)
            organization = await OrganizationRepository(connection, tenant).find()
            if organization is None:
                raise NotFound("page")
            choices = await self._granted.choices(connection, tenant, session_id)
        is_open = session.is_open(self._clock.now())
        return Sheet(
            tenant=tenant,
            session=session,
            organization=organization,
            platforms=self._offered(tenant, session),
            choices=choices if is_open else (),
            is_open=is_open,
        )

    async def ask_consent(self, address: str, browser: Browser, platform_name: str) -> str:
        """Take the session up and begin a consent; returns where the browser goes for it.

        Raises:
            NotFound, InvalidRequest: see `open`; or it is over, or the platform is not offered.
            PlatformNotEnabled: the deployment cannot connect the platform now.
            RateLimited: there were too many attempts on this page.
        """
        tenant, session_id = await self._find(address)
        async with self._database.tenant(tenant) as connection:
            session = await self._take_up(connection, tenant, address, browser)
            self._check_offered(tenant, session, platform_name)
            await self._count_sign_in(connection, tenant, session)
            caller = beginner(tenant, session.key_id)
            access = self._worlds.access_to_connect(platform_name, tenant.mode, tenant.organization_id)
            wanted = Wanted(profile_id=session.profile_id, session_id=session_id, browser_hash=self._hashes(browser)[0])
            return (await self._consents.begin(connection, caller, access, wanted)).authorization_url

    async def type_in(
        self, address: str, browser: Browser, platform_name: str, given: Mapping[str, str]
    ) -> ConnectSessionRow:
        """Connect by what a person entered, and return the session as it is then.

        The attempt is counted before the platform is contacted, so that attempts at the same time are all counted.

        Raises:
            NotFound, InvalidRequest, RateLimited: see `ask_consent`; or the input is not what the platform takes.
            PlatformFailure: the platform refused it, or could not be reached.
            StateForbids: the account belongs to another profile.
        """
        tenant, _ = await self._find(address)
        access = self._worlds.access_to_connect(platform_name, tenant.mode, tenant.organization_id)
        flow = typed(access, given)
        async with self._database.tenant(tenant) as connection:
            session = await self._take_up(connection, tenant, address, browser)
            self._check_offered(tenant, session, platform_name)
            await self._count_sign_in(connection, tenant, session)
        caller = beginner(tenant, session.key_id)
        found = await self._connecting.run(caller, access, flow)
        async with self._database.tenant(tenant) as connection:
            session = await self._take_up(connection, tenant, address, browser)
            belonging = Belonging(profile_id=session.profile_id, external_user_id=session.external_user_id)
            made = await self._connecting.store(connection, caller, platform_name, found, belonging)
            return await self._finish(connection, tenant, session, "connected", [made.account.id])

    async def choose(self, address: str, browser: Browser, account_ids: Collection[str]) -> ConnectSessionRow:
        """Connect the chosen accounts; the session as it is then.

        Raises:
            NotFound, InvalidRequest: see `open`; or nothing waits for a choice, or it is none of those offered.
            StateForbids: an account belongs to another profile.
        """
        tenant, session_id = await self._find(address)
        async with self._database.tenant(tenant) as connection:
            session = await self._take_up(connection, tenant, address, browser)
            await self._granted.choose(connection, tenant, session_id, account_ids)
            return await ConnectSessionRepository(connection, tenant).find(session_id) or session

    async def cancel(self, address: str, browser: Browser) -> ConnectSessionRow:
        """Connect nothing; the session as it is then. Raises as `open`."""
        tenant, _ = await self._find(address)
        async with self._database.tenant(tenant) as connection:
            session = await self._take_up(connection, tenant, address, browser)
            return await self._finish(connection, tenant, session, "cancelled")

    def form_token(self, browser: Browser, session: ConnectSessionRow) -> str:
        """What a form of ours carries, and nobody else's can: it belongs to the browser and to the session."""
        return self._form_tokens(browser, session)[0]

    def is_ours(self, browser: Browser, session: ConnectSessionRow, given: str) -> bool:
        """Whether a form came from a page of ours in this browser."""
        return given in self._form_tokens(browser, session)

    def browser_hashes(self, browser: Browser | None) -> list[bytes]:
        """By what consents know the browser."""
        return [] if browser is None else self._hashes(browser)

    async def _find(self, address: str) -> tuple[Tenant, UUID]:
        session_id = None
        if address.startswith(f"{Prefix.CONNECT_SESSION}_"):
            try:
                session_id = parse(Prefix.CONNECT_SESSION, address)
            except MalformedIdError:
                raise NotFound("page") from None
        found = await self._found.find_tenant(session_id, self._keyring.hashes(TOKENS_HASHED_AS, address.encode()))
        if found is None:
            raise NotFound("page")
        return found

    async def _take_up(
        self, connection: Connection, tenant: Tenant, address: str, browser: Browser
    ) -> ConnectSessionRow:
        """The session, open, locked, and from now on this browser's."""
        _, session_id = await self._find(address)
        sessions = ConnectSessionRepository(connection, tenant)
        session = self._admitted(await sessions.find(session_id, lock=True), address, browser)
        if not session.is_open(self._clock.now()):
            raise over()
        if session.browser_hash is None:
            await sessions.bind(session_id, self._hashes(browser)[0])
        return session

    def _admitted(self, session: ConnectSessionRow | None, address: str, browser: Browser | None) -> ConnectSessionRow:
        if session is None:
            raise NotFound("page")
        is_known = session.browser_hash is not None and session.browser_hash in self.browser_hashes(browser)
        if session.browser_hash is None and address.startswith(f"{Prefix.CONNECT_SESSION}_"):
            raise NotFound("page")
        if session.browser_hash is not None and not is_known:
            raise other_browser()
        return session

    async def _count_sign_in(self, connection: Connection, tenant: Tenant, session: ConnectSessionRow) -> None:
        """Count an attempt in a session that is locked by this transaction."""
        if session.sign_in_count >= SIGN_INS_MAX:
            raise RateLimited(
                None,
                f"This page accepts {SIGN_INS_MAX} sign-ins, and all of them have been used.",
                rule="connect.sign_ins_max",
                remediation="Go back to where you came from and start again.",
            )
        await ConnectSessionRepository(connection, tenant).count_sign_in(session.id)

    async def _finish(
        self,
        connection: Connection,
        tenant: Tenant,
        session: ConnectSessionRow,
        status: str,
        account_ids: Sequence[UUID] = (),
    ) -> ConnectSessionRow:
        now = self._clock.now()
        sessions = ConnectSessionRepository(connection, tenant)
        await sessions.finish(session.id, status, now, account_ids=account_ids)
        return replace(session, status=status, account_ids=account_ids)

    def _offered(self, tenant: Tenant, session: ConnectSessionRow) -> list[Platform]:
        return [
            platform
            for name, platform in self._worlds.platforms.items()
            if session.platform in {None, name} and self._worlds.is_enabled(name, tenant.mode)
        ]

    def _check_offered(self, tenant: Tenant, session: ConnectSessionRow, platform_name: str) -> None:
        if platform_name not in {platform.name for platform in self._offered(tenant, session)}:
            raise NotFound("platform")

    def _hashes(self, browser: Browser) -> list[bytes]:
        return self._keyring.hashes("connect-browser", browser.cookie.encode())

    def _form_tokens(self, browser: Browser, session: ConnectSessionRow) -> list[str]:
        text = f"{session.id}/{browser.cookie}".encode()
        return [found.hex() for found in self._keyring.hashes("connect-form", text)]


def over() -> InvalidRequest:
    """A session is good for one connection, and for an hour."""
    return InvalidRequest(
        "This page has been used, or its time is over.",
        rule="connect.session_over",
        remediation="Go back to where you came from and begin again.",
    )

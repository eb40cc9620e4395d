"""Connecting accounts by consent: a person's browser goes to the platform's page and comes back with a grant."""

from collections.abc import Sequence

from authlib.common.security import generate_token
from authlib.oauth2.rfc7636 import create_s256_code_challenge

from letmepost.domain.api_keys import Mode
from letmepost.domain.errors import InvalidRequest, PlatformFailure, RequestError
from letmepost.gateways.clock import Clock
from letmepost.platforms.contract import ConnectedAccount, ConsentRequest, Grant
from letmepost.services.accounts.browser_urls import PublicAddress, ReturnUrls
from letmepost.services.accounts.connect import Connected
from letmepost.services.accounts.consent_requests import (
    CallbackResult,
    Completion,
    Returned,
    Started,
    Wanted,
    code_of,
    late_state,
    other_browser,
    unknown_state,
    used_state,
)
from letmepost.services.accounts.granted_accounts import GOOD_FOR, GrantedAccounts, oauth_of, pick
from letmepost.services.callers import Caller, beginner, new_id
from letmepost.services.idempotency import Answer
from letmepost.services.old_idempotency import OldIdempotency, Once
from letmepost.services.platform_access import Access, Worlds
from letmepost.storage.accounts.consents import ConsentRepository, ConsentRow, EveryTenantConsents
from letmepost.storage.database import Connection, Database, Tenant
from letmepost.storage.sealing import Keyring
from letmepost.storage.tenants.organizations import OrganizationRepository
from letmepost.storage.tenants.profiles import ProfileRepository

_STATE_CHARS = 43
_VERIFIER_CHARS = 64
_HASHED_AS = "connect-state"


class Consents:
    """Begins consents and takes them up again. What is bound to a consent is asked for when it comes back."""

    def __init__(
        self,
        *,
        database: Database,
        keyring: Keyring,
        clock: Clock,
        worlds: Worlds,
        idempotency: OldIdempotency,
        granted: GrantedAccounts,
        return_urls: ReturnUrls,
        address: PublicAddress,
    ) -> None:
        self._database = database
        self._keyring = keyring
        self._clock = clock
        self._worlds = worlds
        self._idempotency = idempotency
        self._granted = granted
        self._return_urls = return_urls
        self._address = address
        self._found = EveryTenantConsents(database)

    def is_asked_by(self, platform_name: str) -> bool:
        """Whether a platform's accounts are connected by consent.

        Raises:
            NotFound: there is no such platform.
        """
        return self._worlds.platform(platform_name).oauth is not None

    async def start(self, caller: Caller, platform_name: str, wanted: Wanted, once: Once[Started]) -> Answer:
        """Begin a consent.

        Raises:
            NotFound: there is no such platform.
            InvalidRequest: there is no such profile, or a browser may not be sent to where it is to be.
            PlatformNotEnabled: the deployment has no credentials for the platform, or no public address.
        """
        access = self._worlds.access_to_connect(platform_name, caller.mode, caller.organization_id)
        async with self._database.tenant(caller.tenant) as connection:
            await self._idempotency.take(connection, caller, once.claim)
            started = await self.begin(connection, caller, access, await self._checked(connection, caller, wanted))
            return await self._idempotency.answer(connection, caller, once, started)

    async def begin(self, connection: Connection, caller: Caller, access: Access, wanted: Wanted) -> Started:
        """Begin a consent in the transaction under way. Who calls has looked at where browsers are sent.

        Raises:
            PlatformNotEnabled: the deployment has no public address.
        """
        state, verifier, now = generate_token(_STATE_CHARS), generate_token(_VERIFIER_CHARS), self._clock.now()
        row = ConsentRow(
            id=new_id(self._clock),
            profile_id=caller.narrow(wanted.profile_id),
            platform=access.platform.name,
            key_id=caller.key_id,
            session_id=wanted.session_id,
            browser_hash=wanted.browser_hash,
            redirect_uri=wanted.redirect_uri or self._callback(access.platform.name, caller.mode),
            return_url=wanted.return_url,
            stage="started",
            created_at=now,
            expires_at=now + GOOD_FOR,
        )
        await self._consents(connection, caller.tenant).create(row, self._hashes(state)[0], verifier)
        challenge = str(create_s256_code_challenge(verifier))  # type: ignore[no-untyped-call]  # its stub has no types
        request = ConsentRequest(redirect_uri=row.redirect_uri, state=state, code_challenge=challenge)
        url = oauth_of(access).consent_url(request, access.settings)
        return Started(platform=row.platform, authorization_url=url, state=state, expires_at=row.expires_at)

    async def complete(
        self, caller: Caller, platform_name: str, form: Completion, once: Once[Sequence[Connected]]
    ) -> Answer:
        """Connect what a consent opened, for a caller who brings the browser's return, or who has chosen.

        Raises:
            InvalidRequest: the state is not one of the caller's, or is over; an account is none of those opened.
            StateForbids: several accounts wait for a choice, or one belongs to another profile.
            PlatformFailure: the platform refused the grant, or could not be reached.
        """
        access = self._worlds.access_to_connect(platform_name, caller.mode, caller.organization_id)
        async with self._database.tenant(caller.tenant) as connection:
            consents = self._consents(connection, caller.tenant)
            row = self._usable(await consents.find(self._hashes(form.state)), platform_name, form, caller)
            if row.stage == "choosing":
                chosen = pick(await consents.offered(row.id), form.account_ids)
                await consents.end(row.id)
                return await self._store(connection, caller, row, chosen, once)
            if not form.code:
                raise InvalidRequest("code: is missing", rule="code", remediation="Send the `code` that came back.")
            verifier = await consents.use(row.id)
        grant = Grant(code=form.code, redirect_uri=row.redirect_uri, code_verifier=verifier)
        found = await self._granted.exchange(caller, access, grant)
        try:
            chosen = pick(found, form.account_ids)
        except RequestError:
            await self._granted.offer(caller.tenant, row, found)
            raise
        async with self._database.tenant(caller.tenant) as connection:
            return await self._store(connection, caller, row, chosen, once)

    async def land(self, platform_name: str, returned: Returned, browser_hashes: Sequence[bytes]) -> CallbackResult:
        """Take a browser's return from the platform.

        Args:
            browser_hashes: of what the browser is known by, if it is.

        Raises:
            InvalidRequest: the state is unknown, used, over, or another browser's. Nothing has changed.
        """
        hashes = self._hashes(returned.state or "")
        tenant = await self._found.find_tenant(hashes)
        if tenant is None:
            raise unknown_state()
        async with self._database.tenant(tenant) as connection:
            consents = self._consents(connection, tenant)
            row = self._started(await consents.find(hashes), platform_name)
            if row.browser_hash not in {None, *browser_hashes}:
                raise other_browser()
            verifier = await consents.use(row.id)
        try:
            code = code_of(returned)
            grant = Grant(code=code, redirect_uri=row.redirect_uri, code_verifier=verifier)
            return await self._take_up(tenant, row, grant)
        except (PlatformFailure, RequestError) as error:
            if row.session_id is not None:
                await self._granted.end_session(tenant, row.session_id, returned, error)
            return CallbackResult(tenant=tenant, consent=row, is_denied=returned.is_denied, error=error)

    async def _take_up(self, tenant: Tenant, row: ConsentRow, grant: Grant) -> CallbackResult:
        caller = beginner(tenant, row.key_id)
        access = self._worlds.access_to_connect(row.platform, tenant.mode, tenant.organization_id)
        found = await self._granted.exchange(caller, access, grant)
        if len(found) > 1:
            await self._granted.offer(tenant, row, found)
            return CallbackResult(tenant=tenant, consent=row, is_choosing=True)
        async with self._database.tenant(tenant) as connection:
            made = await self._granted.store(connection, caller, row, found)
        return CallbackResult(tenant=tenant, consent=row, accounts=[one.account for one in made])

    async def _store(
        self,
        connection: Connection,
        caller: Caller,
        row: ConsentRow,
        chosen: Sequence[ConnectedAccount],
        once: Once[Sequence[Connected]],
    ) -> Answer:
        await self._idempotency.take(connection, caller, once.claim)
        made = await self._granted.store(connection, caller, row, chosen)
        return await self._idempotency.answer(connection, caller, once, made)

    async def _checked(self, connection: Connection, caller: Caller, wanted: Wanted) -> Wanted:
        organization = await OrganizationRepository(connection, caller.tenant).find()
        origins = () if organization is None else organization.return_origins
        if await ProfileRepository(connection, caller.tenant).find(caller.narrow(wanted.profile_id)) is None:
            raise InvalidRequest("There is no such profile.", rule="profileId")

        def check(url: str | None, name: str) -> str | None:
            return None if url is None else self._return_urls.check(url, name, caller.mode, origins)

        return Wanted(
            profile_id=wanted.profile_id,
            redirect_uri=check(wanted.redirect_uri, "redirectUri"),
            return_url=check(wanted.return_url, "returnUrl"),
        )

    def _usable(self, row: ConsentRow | None, platform: str, form: Completion, caller: Caller) -> ConsentRow:
        """The consent, if this caller may go on with it."""
        if row is None or row.session_id is not None or caller.profile_id not in {None, row.profile_id}:
            raise unknown_state()
        if form.profile_id not in {None, row.profile_id}:
            raise InvalidRequest("The consent was begun for another profile.", rule="profileId")
        if row.stage == "choosing" and row.platform == platform and self._clock.now() < row.expires_at:
            return row
        return self._started(row, platform)

    def _started(self, row: ConsentRow | None, platform: str) -> ConsentRow:
        """The consent, if nobody has gone on with it yet and it is not too late."""
        if row is None or row.platform != platform:
            raise unknown_state()
        if row.stage != "started":
            raise used_state()
        if self._clock.now() >= row.expires_at:
            raise late_state()
        return row

    def _callback(self, platform: str, mode: Mode) -> str:
        return f"{self._address.for_browsers(mode)}/v1/accounts/oauth/{platform}/callback"

    def _hashes(self, state: str) -> list[bytes]:
        return self._keyring.hashes(_HASHED_AS, state.encode())

    def _consents(self, connection: Connection, tenant: Tenant) -> ConsentRepository:
        return ConsentRepository(connection, tenant, self._keyring)

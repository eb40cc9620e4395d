"""Completes consents: for a caller that sends the returned code, or for the browser that returns."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from letmepost.domain import refusals
from letmepost.domain.errors import PlatformFailure, RequestError
from letmepost.platforms.connecting import App, ConnectedAccount, Grant
from letmepost.services.accounts import granted_accounts, server_apps
from letmepost.services.accounts.connect import Connected, PreparedFlow
from letmepost.services.accounts.consent_requests import (
    CallbackResult,
    Completion,
    Returned,
    code_of,
    late_state,
    other_browser,
    state_hashes,
    unknown_state,
    used_state,
)
from letmepost.services.accounts.granted_accounts import Choice, oauth_of, pick
from letmepost.services.callers import Caller, caller_for_key
from letmepost.services.platform_access import Access, Worlds
from letmepost.services.platform_clock import PlatformClock, platform_clock
from letmepost.services.work import UnitsOfWork, Work
from letmepost.storage.accounts.consents import ConsentRow, ConsentSecrets, EveryTenantConsents
from letmepost.storage.database import Tenant
from letmepost.storage.sealing import Keyring


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedCompletion:
    """A consent that a caller completes.

    Args:
        exchange: exchanges the grant for accounts; None if accounts were offered before and the caller has chosen.
        choice: the accounts that the caller has chosen of those that were offered before.
        app: the app at the server that the person chose; None on platforms of one server.
    """

    tenant: Tenant
    form: Completion
    row: ConsentRow
    exchange: PreparedFlow[Sequence[ConnectedAccount]] | None
    choice: Choice | None = None
    app: App | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantedCompletion:
    """A consent with the accounts to connect. `chosen`: None if they are among those that were offered before."""

    form: Completion
    row: ConsentRow
    chosen: Sequence[ConnectedAccount] | None


class Completions:
    """Completes consents. A consent is completed only by the caller or browser that it is bound to."""

    def __init__(self, *, units: UnitsOfWork, consents: EveryTenantConsents, keyring: Keyring, worlds: Worlds) -> None:
        self._units = units
        self._consents = consents
        self._keyring = keyring
        self._worlds = worlds

    async def prepare(self, work: Work, platform_name: str, form: Completion) -> PreparedCompletion:
        """Find the consent that a caller completes. Its code is used up by this.

        Raises:
            NotFound: the platform does not exist.
            PlatformNotEnabled: the deployment has no credentials for the platform.
            InvalidRequest: the state is unknown, used, expired or another caller's, the code is missing, or an account
                was not offered.
            StateForbids: several accounts are offered, and none is chosen.
        """
        access = self._access(work.tenant, platform_name)
        found = await work.consents.find(state_hashes(self._keyring, form.state))
        row = _usable(found, platform_name, form, work.caller, work.now())
        if row.stage == "choosing":
            choice = await granted_accounts.prepare_choice(work, access, row, form.account_ids)
            return PreparedCompletion(tenant=work.tenant, form=form, row=row, exchange=None, choice=choice)
        if not form.code:
            raise refusals.connect.CODE_MISSING(field="code")
        secrets, time = await work.consents.use(row.id), await platform_clock(work)
        exchange = _exchange(access, row, code=form.code, secrets=secrets, time=time)
        return PreparedCompletion(tenant=work.tenant, form=form, row=row, exchange=exchange, app=secrets.app)

    async def exchange(self, prepared: PreparedCompletion) -> GrantedCompletion:
        """Exchange the grant for accounts. If the caller has to choose among them, they are offered.

        Raises:
            PlatformFailure: the platform refused the grant, no longer accepts a chosen account, or could not be
                reached.
            StateForbids: the consent granted several accounts, and the caller has not chosen.
            InvalidRequest: the caller has chosen an account that the consent did not grant.
        """
        form, row, chosen = prepared.form, prepared.row, None
        if prepared.choice is not None:
            await granted_accounts.check_choice(prepared.choice)
        if prepared.exchange is not None:
            found = await self._run(prepared.tenant, row, prepared.exchange, prepared.app)
            try:
                chosen = pick(found, form.account_ids)
            except RequestError:
                async with self._units.begin(prepared.tenant) as work:
                    await granted_accounts.offer(work, row, found)
                raise
        return GrantedCompletion(form=form, row=row, chosen=chosen)

    async def complete(self, work: Work, granted: GrantedCompletion) -> list[Connected]:
        """Connect the accounts.

        Raises:
            InvalidRequest: an account was not offered, or another request has completed the consent.
            StateForbids: several accounts are offered and none is chosen, or one belongs to another profile.
        """
        form, row, chosen = granted.form, granted.row, granted.chosen
        if chosen is None:
            found = await work.consents.find(state_hashes(self._keyring, form.state))
            row = _usable(found, row.platform, form, work.caller, work.now())
            chosen = await granted_accounts.take_chosen(work, row, form.account_ids)
        return await granted_accounts.store(work, row, chosen)

    async def finish(self, platform_name: str, returned: Returned, browser_hashes: Collection[bytes]) -> CallbackResult:
        """Complete a consent for a browser that the platform sends back to this deployment.

        Args:
            browser_hashes: identify the browser, if it is known.

        Raises:
            InvalidRequest: the state is unknown, used, expired or another browser's. Nothing has changed.
        """
        hashes = state_hashes(self._keyring, returned.state or "")
        tenant = await self._consents.find_tenant(hashes)
        if tenant is None:
            raise unknown_state()
        async with self._units.begin(tenant) as work:
            row = _started(await work.consents.find(hashes), platform_name, work.now())
            if row.browser_hash not in {None, *browser_hashes}:
                raise other_browser()
            secrets, time = await work.consents.use(row.id), await platform_clock(work)
        try:
            code = code_of(returned)
            access = self._access(tenant, row.platform)
            exchange = _exchange(access, row, code=code, secrets=secrets, time=time)
            return await self._connect(tenant, row, await self._run(tenant, row, exchange, secrets.app))
        except (PlatformFailure, RequestError) as error:
            if row.session_id is not None:
                async with self._units.begin(tenant) as work:
                    await granted_accounts.end_session(work, row.session_id, returned, error)
            return CallbackResult(tenant=tenant, consent=row, is_denied=returned.is_denied, error=error)

    async def _connect(self, tenant: Tenant, row: ConsentRow, found: Sequence[ConnectedAccount]) -> CallbackResult:
        async with self._units.begin(caller_for_key(tenant, row.key_id)) as work:
            if len(found) > 1:
                await granted_accounts.offer(work, row, found)
                return CallbackResult(tenant=tenant, consent=row, is_choosing=True)
            made = await granted_accounts.store(work, row, found)
        return CallbackResult(tenant=tenant, consent=row, accounts=[one.account for one in made])

    async def _run(
        self, tenant: Tenant, row: ConsentRow, exchange: PreparedFlow[Sequence[ConnectedAccount]], app: App | None
    ) -> list[ConnectedAccount]:
        """Exchange a grant. An app that its server no longer knows is deleted, so that the next start registers one."""
        try:
            return await granted_accounts.exchange(exchange)
        except PlatformFailure as failure:
            if app is None or not server_apps.is_unknown(failure):
                raise
            async with self._units.begin(tenant) as work:
                await server_apps.forget(work, row, app)
            raise server_apps.unknown_app(row, app, failure) from failure

    def _access(self, tenant: Tenant, platform_name: str) -> Access:
        return self._worlds.access_to_connect(platform_name, tenant.mode, tenant.organization_id)


def _exchange(
    access: Access, row: ConsentRow, *, code: str, secrets: ConsentSecrets, time: PlatformClock
) -> PreparedFlow[Sequence[ConnectedAccount]]:
    verifier, app = secrets.code_verifier, secrets.app
    grant = Grant(code=code, redirect_uri=row.redirect_uri, code_verifier=verifier, app=app)
    return PreparedFlow(access, oauth_of(access).accounts(grant, access.settings), time)


def _usable(row: ConsentRow | None, platform: str, form: Completion, caller: Caller, now: datetime) -> ConsentRow:
    """Return the consent if the caller may complete it, or choose among its accounts."""
    if row is None or row.session_id is not None or not caller.sees(row.profile_id):
        raise unknown_state()
    if form.profile_id not in {None, row.profile_id}:
        raise refusals.connect.OTHER_CONSENT_PROFILE(field="profileId")
    if form.redirect_uri not in {None, row.redirect_uri}:
        raise refusals.connect.OTHER_REDIRECT_URI(field="redirectUri")
    if row.stage == "choosing" and row.platform == platform and now < row.expires_at:
        return row
    return _started(row, platform, now)


def _started(row: ConsentRow | None, platform: str, now: datetime) -> ConsentRow:
    """Return the consent if it has not been used and has not expired."""
    if row is None or row.platform != platform:
        raise unknown_state()
    if row.stage != "started":
        raise used_state()
    if now >= row.expires_at:
        raise late_state()
    return row

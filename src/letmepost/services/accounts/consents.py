"""Starting consents: a person's browser is sent to the platform's page."""

from dataclasses import dataclass, replace

from authlib.common.security import generate_token
from authlib.oauth2.rfc7636 import create_s256_code_challenge

from letmepost.domain.api_keys import Mode
from letmepost.platforms.connecting import App, ConsentRequest
from letmepost.services.accounts import server_apps
from letmepost.services.accounts.browser_urls import PublicAddress, ReturnUrls
from letmepost.services.accounts.consent_requests import ConsentOptions, Started, state_hashes
from letmepost.services.accounts.granted_accounts import GOOD_FOR, oauth_of
from letmepost.services.accounts.server_apps import ChosenApp
from letmepost.services.platform_access import Access, Worlds
from letmepost.services.tenants import profiles
from letmepost.services.work import Work
from letmepost.storage.accounts.consents import ConsentRow, ConsentSecrets
from letmepost.storage.sealing import Keyring

_STATE_CHARS = 43
_VERIFIER_CHARS = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedConsent:
    """A checked consent, before it is started. `chosen`: the app for it, if a person chooses the server."""

    access: Access
    options: ConsentOptions
    redirect_uri: str
    chosen: ChosenApp | None

    @property
    def app(self) -> App | None:
        """The registered app at the chosen server."""
        return None if self.chosen is None else self.chosen.app


async def register_app(prepared: PreparedConsent) -> PreparedConsent:
    """Register the app for a consent at the chosen server, if that is needed.

    Raises:
        PlatformFailure: the server refused, could not be reached, or must not be called.
    """
    chosen = None if prepared.chosen is None else await server_apps.register(prepared.chosen)
    return replace(prepared, chosen=chosen)


class Consents:
    """Starts consents: `prepare` in one unit of work, `register_app` without any, and `start` in another one."""

    def __init__(self, *, keyring: Keyring, worlds: Worlds, return_urls: ReturnUrls, address: PublicAddress) -> None:
        self._keyring = keyring
        self._worlds = worlds
        self._return_urls = return_urls
        self._address = address

    def is_used_by(self, platform_name: str) -> bool:
        """Return True if the platform's accounts are connected by consent.

        Raises:
            NotFound: the platform does not exist.
        """
        return self._worlds.platform(platform_name).oauth is not None

    async def prepare(self, work: Work, platform_name: str, options: ConsentOptions) -> PreparedConsent:
        """Check a caller's request to start a consent.

        Raises:
            NotFound: the platform does not exist.
            InvalidRequest: the profile does not exist, a URL is not allowed, or the server is missing or malformed.
            PlatformNotEnabled: the deployment has no credentials for the platform, or no public address.
        """
        access = self._worlds.access_to_connect(platform_name, work.tenant.mode, work.tenant.organization_id)
        organization = await work.organization.find()
        origins = () if organization is None else organization.return_origins

        def check(url: str | None, name: str) -> str | None:
            return None if url is None else self._return_urls.check(url, name, work.tenant.mode, origins)

        checked = replace(
            options,
            redirect_uri=check(options.redirect_uri, "redirectUri"),
            return_url=check(options.return_url, "returnUrl"),
        )
        return await self.prepare_checked(work, access, checked)

    async def prepare_checked(self, work: Work, access: Access, options: ConsentOptions) -> PreparedConsent:
        """Prepare a consent in the name of the caller. The URLs have been checked.

        Raises:
            InvalidRequest: the profile does not exist, or the server is missing or malformed.
            PlatformNotEnabled: the deployment has no public address.
        """
        await profiles.find_named(work, work.caller.narrow(options.profile_id))
        redirect_uri = options.redirect_uri or self._callback(access.platform.name, work.tenant.mode)
        app = await server_apps.prepare(work, access, options.server, redirect_uri)
        return PreparedConsent(access=access, options=options, redirect_uri=redirect_uri, chosen=app)

    async def start(self, work: Work, prepared: PreparedConsent) -> Started:
        """Start a consent in the name of the caller. Its app is registered.

        Raises:
            InvalidRequest: the profile was deleted in the meantime.
        """
        access, options = prepared.access, prepared.options
        state, verifier, now = generate_token(_STATE_CHARS), generate_token(_VERIFIER_CHARS), work.now()
        profile_id = work.caller.narrow(options.profile_id)
        await profiles.find_named(work, profile_id)
        row = ConsentRow(
            id=work.new_id(),
            profile_id=profile_id,
            platform=access.platform.name,
            key_id=work.caller.key_id,
            session_id=options.session_id,
            browser_hash=options.browser_hash,
            redirect_uri=prepared.redirect_uri,
            return_url=options.return_url,
            stage="started",
            created_at=now,
            expires_at=now + GOOD_FOR,
        )
        if prepared.chosen is not None:
            await server_apps.keep(work, prepared.chosen)
        secrets = ConsentSecrets(code_verifier=verifier, app=prepared.app)
        await work.consents.create(row, state_hashes(self._keyring, state)[0], secrets)
        challenge = str(create_s256_code_challenge(verifier))  # type: ignore[no-untyped-call]  # its stub has no types
        request = ConsentRequest(redirect_uri=row.redirect_uri, state=state, code_challenge=challenge, app=prepared.app)
        settings = self._worlds.browser_settings(access, work.tenant.mode, work.tenant.organization_id)
        url = oauth_of(access).consent_url(request, settings)
        return Started(platform=row.platform, authorization_url=url, state=state, expires_at=row.expires_at)

    def _callback(self, platform: str, mode: Mode) -> str:
        return f"{self._address.for_browsers(mode)}/v1/accounts/oauth/{platform}/callback"

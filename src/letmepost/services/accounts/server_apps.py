"""The deployment's apps at servers that people choose: each is registered once, and again after a day."""

from dataclasses import dataclass, replace
from datetime import timedelta

from letmepost.domain import refusals
from letmepost.domain.errors import PlatformFailure, Unaddressable
from letmepost.domain.sizes import SERVER_MAX_CHARS
from letmepost.platforms.connecting import App
from letmepost.platforms.contract import Platform
from letmepost.services.accounts import connect
from letmepost.services.accounts.connect import PreparedFlow
from letmepost.services.platform_access import Access
from letmepost.services.platform_clock import platform_clock
from letmepost.services.work import Work
from letmepost.storage.accounts.consents import ConsentRow
from letmepost.storage.accounts.server_apps import AppKey

REUSED_FOR = timedelta(hours=23)
"""How long an app is used for new consents.

Mastodon deletes apps without tokens a day after their registration. A person whose consent page names a deleted app
sees an error there and never returns, so the error cannot be detected here.
https://github.com/mastodon/mastodon/blob/main/app/lib/vacuum/applications_vacuum.rb (checked 2026-11-29)
"""
APPS_MAX = 500
"""How many apps an organization stores in each mode. Beyond that, each consent registers its own."""
CREDENTIAL_MAX_CHARS = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class ChosenApp:
    """The app for a consent at a server.

    Args:
        key: what it is registered for.
        app: the app; None until it is registered.
        registration: the flow that registers it; None if it was registered before.
    """

    key: AppKey
    app: App | None
    registration: PreparedFlow[App] | None


def choose_server(platform: Platform, given: str | None) -> str | None:
    """Return the normalized name of the chosen server; None if all accounts of the platform are on one server.

    Raises:
        InvalidRequest: no server is given, or its name is malformed or too long, or the platform has only one server.
    """
    servers = platform.servers
    if servers is None and given is None:
        return None
    if servers is None:
        raise refusals.connect.SERVER_UNUSED(field="server", title=platform.title, platform=platform.name)
    if given is None:
        raise refusals.connect.SERVER_MISSING(field="server", title=platform.title, platform=platform.name)
    if len(given) > SERVER_MAX_CHARS:
        raise refusals.fields.TOO_LONG(field="server", limit=SERVER_MAX_CHARS, unit="characters")
    return servers.parse(given)


async def prepare(work: Work, access: Access, given: str | None, redirect_uri: str) -> ChosenApp | None:
    """Return the app for a consent; None if all accounts of the platform are on one server. Raises as `choose_server`.

    Args:
        given: the name of the server, as a person entered it.
    """
    server, servers = choose_server(access.platform, given), access.platform.servers
    if server is None or servers is None:
        return None
    key = AppKey(platform=access.platform.name, server=server, redirect_uri=redirect_uri)
    app = await work.server_apps.find(key, work.now() - REUSED_FOR)
    if app is not None:
        return ChosenApp(key=key, app=app, registration=None)
    flow = servers.register(server, redirect_uri, access.settings)
    return ChosenApp(key=key, app=None, registration=PreparedFlow(access, flow, await platform_clock(work)))


async def register(chosen: ChosenApp) -> ChosenApp:
    """Register the app, if it was not registered before.

    Raises:
        PlatformFailure: the server refused, could not be reached, or must not be called.
    """
    if chosen.registration is None:
        return chosen
    try:
        app = await _run(chosen.registration, chosen.key.server)
    except PlatformFailure as failure:
        failure.platform = chosen.key.platform
        raise
    return replace(chosen, app=replace(app, server=chosen.key.server))


async def keep(work: Work, chosen: ChosenApp) -> None:
    """Store the app if it was just registered. The app of a concurrent registration is replaced; both are valid."""
    if chosen.registration is not None and chosen.app is not None:
        await work.server_apps.delete_older(work.now() - REUSED_FOR)
        if await work.server_apps.count() < APPS_MAX:
            await work.server_apps.keep(chosen.key, chosen.app, work.now())


async def forget(work: Work, consent: ConsentRow, app: App) -> None:
    """Delete the app of a consent, unless another one has replaced it."""
    key = AppKey(platform=consent.platform, server=app.server, redirect_uri=consent.redirect_uri)
    await work.server_apps.forget(key, app.client_id)


def is_unknown(failure: PlatformFailure) -> bool:
    """Return True if an exchange failed because the server does not know the app (RFC 6749 section 5.2)."""
    return failure.response is not None and failure.response.get("code") == "invalid_client"


def unknown_app(consent: ConsentRow, app: App, failure: PlatformFailure) -> PlatformFailure:
    """Return the failure to report if the server does not know the app."""
    unknown = refusals.connect.SERVER_APP_UNKNOWN(server=app.server, response=failure.response)
    unknown.platform = consent.platform
    return unknown


async def _run(registration: PreparedFlow[App], server: str) -> App:
    try:
        app = await connect.run(registration)
    except Unaddressable as failure:
        raise refusals.connect.SERVER_UNADDRESSABLE(server=server, problem=failure.message) from failure
    if not all(0 < len(value) <= CREDENTIAL_MAX_CHARS for value in (app.client_id, app.client_secret)):
        raise refusals.connect.SERVER_APP_INVALID(server=server, limit=CREDENTIAL_MAX_CHARS)
    return app

"""Wires the use cases that connect accounts: by credentials, by consent, and on hosted pages."""

from dataclasses import dataclass

from letmepost.bootstrap.core import Core
from letmepost.gateways.sandbox import SandboxControl
from letmepost.services.accounts.browser_urls import PublicAddress, ReturnUrls
from letmepost.services.accounts.browsers import Browsers
from letmepost.services.accounts.callbacks import PlatformCallbacks
from letmepost.services.accounts.completions import Completions
from letmepost.services.accounts.connect import Connecting
from letmepost.services.accounts.connect_sessions import ConnectSessions
from letmepost.services.accounts.consents import Consents
from letmepost.services.accounts.hosted_pages import HostedPages
from letmepost.services.accounts.hosted_sessions import HostedSessions
from letmepost.storage.accounts.connect_sessions import EveryTenantConnectSessions
from letmepost.storage.accounts.consents import EveryTenantConsents
from letmepost.storage.accounts.maintenance import EveryTenantAccounts


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectingParts:
    """The use cases that connect accounts."""

    connecting: Connecting
    consents: Consents
    completions: Completions
    sessions: ConnectSessions
    hosted: HostedPages
    browsers: Browsers
    callbacks: PlatformCallbacks
    address: PublicAddress


def connecting_parts(core: Core, sandbox: SandboxControl | None) -> ConnectingParts:
    """Return the use cases that connect accounts in a deployment."""
    database, keyring, units, worlds, settings = core.database, core.keyring, core.units, core.worlds, core.settings
    address = PublicAddress(str(settings.public_url), is_set="public_url" in settings.model_fields_set)
    return_urls, browsers = ReturnUrls(settings.return_origins), Browsers(keyring)
    consents = Consents(keyring=keyring, worlds=worlds, return_urls=return_urls, address=address)
    hosted_sessions = HostedSessions(sessions=EveryTenantConnectSessions(database), keyring=keyring, browsers=browsers)
    return ConnectingParts(
        connecting=Connecting(worlds),
        consents=consents,
        completions=Completions(units=units, consents=EveryTenantConsents(database), keyring=keyring, worlds=worlds),
        sessions=ConnectSessions(keyring=keyring, worlds=worlds, return_urls=return_urls, address=address),
        hosted=HostedPages(
            units=units,
            sessions=hosted_sessions,
            browsers=browsers,
            worlds=worlds,
            consents=consents,
            sandbox=sandbox,
        ),
        browsers=browsers,
        callbacks=PlatformCallbacks(units, worlds, EveryTenantAccounts(database)),
        address=address,
    )

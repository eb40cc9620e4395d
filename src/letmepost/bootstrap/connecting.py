"""What connects accounts: by what is typed in, by consent, and on hosted pages."""

from dataclasses import dataclass

from letmepost.bootstrap.core import Core
from letmepost.services.accounts.browser_urls import PublicAddress, ReturnUrls
from letmepost.services.accounts.connect import Connecting
from letmepost.services.accounts.connect_sessions import ConnectSessions
from letmepost.services.accounts.consents import Consents
from letmepost.services.accounts.granted_accounts import GrantedAccounts
from letmepost.services.accounts.hosted_pages import HostedPages
from letmepost.services.accounts.withdrawals import Withdrawals


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectingParts:
    """The use cases."""

    connecting: Connecting
    consents: Consents
    sessions: ConnectSessions
    hosted: HostedPages
    withdrawals: Withdrawals
    address: PublicAddress


def connecting_parts(core: Core) -> ConnectingParts:
    """Those of a deployment."""
    database, keyring, clock, worlds = core.database, core.keyring, core.clock, core.worlds
    settings = core.settings
    address = PublicAddress(str(settings.public_url), is_set="public_url" in settings.model_fields_set)
    return_urls = ReturnUrls(settings.return_origins)
    connecting = Connecting(
        database=database, keyring=keyring, clock=clock, worlds=worlds, idempotency=core.old_idempotency
    )
    granted = GrantedAccounts(database=database, keyring=keyring, clock=clock, connecting=connecting)
    consents = Consents(
        database=database,
        keyring=keyring,
        clock=clock,
        worlds=worlds,
        idempotency=core.old_idempotency,
        granted=granted,
        return_urls=return_urls,
        address=address,
    )
    sessions = ConnectSessions(
        database=database,
        keyring=keyring,
        clock=clock,
        worlds=worlds,
        idempotency=core.old_idempotency,
        return_urls=return_urls,
        address=address,
    )
    hosted = HostedPages(
        database=database,
        keyring=keyring,
        clock=clock,
        worlds=worlds,
        connecting=connecting,
        consents=consents,
        granted=granted,
    )
    withdrawals = Withdrawals(database=database, keyring=keyring, clock=clock, worlds=worlds)
    return ConnectingParts(
        connecting=connecting,
        consents=consents,
        sessions=sessions,
        hosted=hosted,
        withdrawals=withdrawals,
        address=address,
    )

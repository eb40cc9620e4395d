"""Hosted connect sessions as browsers reach them.

The URL of a session opens it for the first browser that submits a form, and for no other browser from then on. That
browser can also open it by the session's id, which is not a secret.
"""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from letmepost.domain import refusals
from letmepost.domain.ids import MalformedIdError, Prefix, parse_id
from letmepost.services.accounts.browsers import Browser, Browsers
from letmepost.services.accounts.connect_sessions import TOKENS_HASHED_AS
from letmepost.services.accounts.consent_requests import other_browser
from letmepost.services.work import Work
from letmepost.storage.accounts.connect_sessions import ConnectSessionRow, EveryTenantConnectSessions
from letmepost.storage.database import Tenant
from letmepost.storage.sealing import Keyring

SIGN_INS_MAX = 10
"""Attempts to connect an account on one page: sign-ins with credentials, and consents that were started."""


class HostedSessions:
    """Finds sessions, and binds them to browsers."""

    def __init__(self, *, sessions: EveryTenantConnectSessions, keyring: Keyring, browsers: Browsers) -> None:
        self._sessions = sessions
        self._keyring = keyring
        self._browsers = browsers

    async def find_tenant(self, address: str) -> tuple[Tenant, UUID]:
        """Return the tenant and the id of a session. `address`: its token or its id.

        Raises:
            NotFound: the session does not exist.
        """
        session_id = None
        if _is_id(address):
            try:
                session_id = parse_id(Prefix.CONNECT_SESSION, address)
            except MalformedIdError:
                raise refusals.requests.PAGE_UNKNOWN() from None
        found = await self._sessions.find_tenant(session_id, self._keyring.hashes(TOKENS_HASHED_AS, address.encode()))
        if found is None:
            raise refusals.requests.PAGE_UNKNOWN()
        return found

    async def read(self, work: Work, session_id: UUID, address: str, browser: Browser | None) -> ConnectSessionRow:
        """Return a session for a browser. This changes nothing, because programs that preview links open them too.

        Raises:
            NotFound: the session does not exist, or no browser has taken it up and the address is only its id.
            InvalidRequest: another browser has taken it up.
        """
        return self._admitted(await work.connect_sessions.find(session_id), address, browser)

    async def take_up(self, work: Work, session_id: UUID, address: str, browser: Browser) -> ConnectSessionRow:
        """Lock an open session, and bind it to the browser.

        Raises:
            NotFound, InvalidRequest: as `read`; or the session is over.
        """
        session = self._admitted(await work.connect_sessions.find(session_id, lock=True), address, browser)
        if not session.is_open(work.now()):
            raise refusals.connect.SESSION_OVER()
        if session.browser_hash is None:
            await work.connect_sessions.bind(session_id, self._browsers.hashes(browser)[0])
        return session

    def _admitted(self, session: ConnectSessionRow | None, address: str, browser: Browser | None) -> ConnectSessionRow:
        if session is None or (session.browser_hash is None and _is_id(address)):
            raise refusals.requests.PAGE_UNKNOWN()
        if session.browser_hash is not None and session.browser_hash not in self._browsers.hashes(browser):
            raise other_browser()
        return session


async def count_sign_in(work: Work, session: ConnectSessionRow) -> None:
    """Count an attempt in a session that this unit of work has locked.

    Raises:
        RateLimited: all attempts have been used.
    """
    if session.sign_in_count >= SIGN_INS_MAX:
        raise refusals.connect.SIGN_INS_MAX(
            where=f"on this page: at most {SIGN_INS_MAX} are accepted",
            advice="Return to the page that you came from and start again.",
        )
    await work.connect_sessions.count_sign_in(session.id)


async def finish(
    work: Work, session: ConnectSessionRow, status: str, account_ids: Sequence[UUID] = ()
) -> ConnectSessionRow:
    """Record how a session ended, and return it as it is now."""
    await work.connect_sessions.finish(session.id, status, work.now(), account_ids=account_ids)
    return replace(session, status=status, account_ids=account_ids)


def _is_id(address: str) -> bool:
    return address.startswith(f"{Prefix.CONNECT_SESSION}_")

"""Browsers of end users: how they are identified, and how the forms of hosted pages are bound to them."""

from dataclasses import dataclass, field
from datetime import timedelta

from letmepost.storage.accounts.connect_sessions import ConnectSessionRow
from letmepost.storage.sealing import Keyring

COOKIE_GOOD_FOR = timedelta(hours=2)
"""Longer than a session, so that a browser that has taken one up can finish it."""


@dataclass(frozen=True, slots=True)
class Browser:
    """A browser, identified by a cookie that no other browser has."""

    cookie: str = field(repr=False)


class Browsers:
    """Derives what is stored of browsers, and the tokens of their forms."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    def hashes(self, browser: Browser | None) -> list[bytes]:
        """Return the hashes under which a browser may be stored; the first is that of new rows. None has none."""
        return [] if browser is None else self._keyring.hashes("connect-browser", browser.cookie.encode())

    def form_token(self, browser: Browser, session: ConnectSessionRow) -> str:
        """Return the token that a form of a session's page contains. Other sites cannot forge it."""
        return self._form_tokens(browser, session)[0]

    def is_form_token(self, browser: Browser, session: ConnectSessionRow, given: str) -> bool:
        """Return True if a form came from the session's page in this browser."""
        return given in self._form_tokens(browser, session)

    def _form_tokens(self, browser: Browser, session: ConnectSessionRow) -> list[str]:
        text = f"{session.id}/{browser.cookie}".encode()
        return [token.hex() for token in self._keyring.hashes("connect-form", text)]

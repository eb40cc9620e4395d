"""Requests and results of an OAuth consent, and the errors of its state."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from letmepost.domain import refusals
from letmepost.domain.errors import LetmepostError, RequestError
from letmepost.storage.accounts.accounts import AccountRow
from letmepost.storage.accounts.consents import ConsentRow
from letmepost.storage.database import Tenant
from letmepost.storage.sealing import Keyring

_DENIED = frozenset({"access_denied", "user_cancelled_login", "user_cancelled_authorize", "user_denied"})
"""The errors that mean that a person declined: RFC 6749 section 4.1.2.1, and those of LinkedIn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentOptions:
    """The options of a consent that is started.

    Args:
        profile_id: the profile that the accounts are connected to.
        server: the name of the server that the accounts are on, as a person entered it; None: not given.
        redirect_uri: where the platform sends the browser; None: to this deployment.
        return_url: where this deployment sends the browser at the end; None: it shows its own page.
        session_id: the hosted session in which the consent starts.
        browser_hash: the browser of that session; no other browser can continue the consent.
    """

    profile_id: UUID | None
    server: str | None = None
    redirect_uri: str | None = None
    return_url: str | None = None
    session_id: UUID | None = None
    browser_hash: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """A started consent, and the URL at which a person gives it."""

    platform: str
    authorization_url: str = field(repr=False)
    state: str = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """A caller's request to complete a consent.

    Args:
        account_ids: the platform ids of the accounts to connect.
        redirect_uri: the URL to which the platform sent the browser; None: the caller does not repeat it.
    """

    state: str = field(repr=False)
    code: str | None = field(repr=False)
    account_ids: Collection[str] | None
    profile_id: UUID | None
    redirect_uri: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """The parameters with which the platform sends the browser back."""

    state: str | None = field(repr=False)
    code: str | None = field(repr=False)
    error: str | None

    @property
    def is_denied(self) -> bool:
        """True if a person declined."""
        return self.error in _DENIED


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackResult:
    """The result of a browser's return from the platform.

    Args:
        tenant: the tenant that started the consent.
        consent: the consent.
        accounts: the accounts that were connected.
        is_choosing: True if a person has to choose among several accounts.
        is_denied: True if a person declined.
        error: why nothing was connected.
    """

    tenant: Tenant
    consent: ConsentRow
    accounts: Sequence[AccountRow] = ()
    is_choosing: bool = False
    is_denied: bool = False
    error: LetmepostError | None = None


def state_hashes(keyring: Keyring, state: str) -> list[bytes]:
    """Return the hashes under which a consent with this state may be stored; the first is that of new ones."""
    return keyring.hashes("connect-state", state.encode())


def unknown_state() -> RequestError:
    """Return the error of a state that is unknown, or that belongs to another caller or platform."""
    return refusals.connect.STATE_UNKNOWN()


def used_state() -> RequestError:
    """Return the error of a state that was used before."""
    return refusals.connect.STATE_USED()


def late_state() -> RequestError:
    """Return the error of an expired state."""
    return refusals.connect.STATE_EXPIRED()


def other_browser() -> RequestError:
    """Return the error of a browser that did not start the consent: one person would get the account of another."""
    return refusals.connect.OTHER_BROWSER()


def code_of(returned: Returned) -> str:
    """Return the authorization code that the platform sent.

    Raises:
        InvalidRequest: the platform sent no code. The message does not repeat the platform's own reason.
    """
    if returned.is_denied:
        raise refusals.connect.DENIED()
    if returned.error is not None:
        raise refusals.connect.REFUSED()
    if not returned.code:
        raise refusals.connect.NO_CODE()
    return returned.code

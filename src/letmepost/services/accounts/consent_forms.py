"""What begins a consent, what comes back from one, and why it may come to nothing."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from letmepost.domain.errors import (
    InputRefused,
    InvalidRequest,
    LetmepostError,
    PlatformFailure,
    RequestError,
    StateForbids,
)
from letmepost.domain.retry import POLICIES
from letmepost.platforms.contract import ConnectedAccount
from letmepost.storage.accounts.accounts import AccountRow
from letmepost.storage.accounts.consents import ConsentRow
from letmepost.storage.database import Tenant

_DENIED = frozenset({"access_denied", "user_cancelled_login", "user_cancelled_authorize", "user_denied"})
"""What platforms say when a person does not consent: RFC 6749 section 4.1.2.1, and LinkedIn's own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """How a consent is to go.

    Args:
        redirect_uri: where the platform sends the browser; None: to us.
        return_url: where we send it in the end; None: it stays with us.
        session_id, browser_hash: of the hosted page on which it begins; no other browser can go on with it.
    """

    profile_id: UUID | None
    redirect_uri: str | None = None
    return_url: str | None = None
    session_id: UUID | None = None
    browser_hash: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """A consent that waits for a person."""

    platform: str
    authorization_url: str = field(repr=False)
    state: str = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """What a caller brings back. `account_ids`: the platform's own ids of those that are to be connected."""

    state: str = field(repr=False)
    code: str | None = field(repr=False)
    account_ids: Collection[str] | None
    profile_id: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """What a browser brings back from the platform."""

    state: str | None = field(repr=False)
    code: str | None = field(repr=False)
    error: str | None

    @property
    def is_denied(self) -> bool:
        """Whether a person wanted it so."""
        return self.error in _DENIED


@dataclass(frozen=True, slots=True, kw_only=True)
class Landing:
    """How a browser's return ended.

    Args:
        is_choosing: several accounts wait for a choice.
        error: why nothing was connected; `is_denied`: because a person did not want it.
    """

    tenant: Tenant
    consent: ConsentRow
    accounts: Sequence[AccountRow] = ()
    is_choosing: bool = False
    is_denied: bool = False
    error: LetmepostError | None = None


def pick(found: Sequence[ConnectedAccount], account_ids: Collection[str] | None) -> list[ConnectedAccount]:
    """The chosen ones of the accounts that a consent opened; the only one need not be chosen.

    Raises:
        StateForbids: there are several, and nobody has chosen.
        InvalidRequest: none, or another one, is chosen.
    """
    if account_ids is None and len(found) == 1:
        return list(found)
    if account_ids is None:
        shown = [
            {"id": one.platform_account_id, "handle": one.handle, "displayName": one.display_name} for one in found
        ]
        raise StateForbids(
            "The consent opened several accounts.",
            rule="connect.choose",
            remediation="Send the state again with `accountIds`: ids of `platformResponse.candidates`.",
            detail={"candidates": shown},
        )
    chosen = [one for one in found if one.platform_account_id in account_ids]
    if not chosen or len(chosen) != len(set(account_ids)):
        raise InvalidRequest(
            "accountIds names none, or others than the consent opened.",
            rule="accountIds",
            remediation="Choose among the accounts that were offered.",
        )
    return chosen


def unknown_state() -> InvalidRequest:
    """Nobody began such a consent, or not here, or not this caller."""
    return InvalidRequest(
        "No such consent has been begun.",
        rule="connect.state_unknown",
        remediation="Begin with POST /v1/accounts/connect/{platform}, and bring its state back unchanged.",
    )


def used_state() -> InvalidRequest:
    """A state is good for one return."""
    return InvalidRequest(
        "This consent has been used already.",
        rule="connect.state_used",
        remediation="Look whether the account is connected; if it is not, begin again.",
    )


def late_state() -> InvalidRequest:
    """A state is good for minutes."""
    return InvalidRequest(
        "The consent came too late.", rule="connect.state_expired", remediation="Begin again, and take less time."
    )


def other_browser() -> InvalidRequest:
    """Whoever began is not who came back: one of them would get the other's account."""
    return InvalidRequest(
        "This was begun in another browser.",
        rule="connect.other_browser",
        remediation="Go on in the browser in which you began, or begin again in this one.",
    )


def code_of(returned: Returned) -> str:
    """What a browser's return can be exchanged by.

    Raises:
        InvalidRequest: it brings none. What the platform calls the reason is not ours to repeat.
    """
    if returned.is_denied:
        raise InvalidRequest(
            "Access was not allowed, so nothing was connected.",
            rule="connect.denied",
            remediation="Begin again, and allow the access.",
        )
    if returned.error is not None:
        raise InvalidRequest(
            "The platform did not ask for consent, or could not.",
            rule="connect.refused",
            remediation="Begin again. If it happens again, the platform's app is not set up as it has to be.",
        )
    if not returned.code:
        raise InvalidRequest(
            "The platform sent nothing that could be exchanged for access.",
            rule="connect.no_code",
            remediation="Begin again.",
        )
    return returned.code


def why(error: PlatformFailure | RequestError) -> dict[str, Any]:
    """An error, as a session keeps it: nothing of what the platform said itself."""
    code = POLICIES[error.kind].code if isinstance(error, PlatformFailure) else error.code
    told = {"code": code, "message": error.message, "rule": error.rule, "remediation": error.remediation}
    return {name: value for name, value in told.items() if value is not None}


def no_account(platform: str) -> PlatformFailure:
    """A consent that opens nothing."""
    failure = InputRefused(
        "The consent opened no account that can be published to.",
        rule="connect.no_account",
        remediation="Consent as somebody who has such an account, and leave it ticked.",
    )
    failure.platform = platform
    return failure

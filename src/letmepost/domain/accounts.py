"""A connected account: its states, and the facts about it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal, TypeAlias


class AccountStatus(StrEnum):
    """The status of an account, which decides if it can publish."""

    ACTIVE = "active"
    EXPIRING = "expiring"
    REAUTH_REQUIRED = "reauth_required"
    DISCONNECTED = "disconnected"


USABLE = frozenset({AccountStatus.ACTIVE, AccountStatus.EXPIRING})
"""The statuses of accounts for which calls can be sent."""

Health: TypeAlias = Literal["healthy", "failing", "refused"]
"""The result of the last check of an account."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountFacts:
    """What flows and rules can read about an account: everything except the credential.

    Args:
        data: what the platform's connect flow or its last check returned, such as the pages of a member.
        confirmed_at: when the platform last confirmed `data`; None if that is unknown.
        preferences: what a caller has chosen for the account, such as a default board. The platform does not know it.
    """

    platform_account_id: str
    handle: str | None
    data: Mapping[str, Any]
    confirmed_at: datetime | None = None
    preferences: Mapping[str, Any] = field(default_factory=dict)

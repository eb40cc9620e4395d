"""The states of a connected account."""

from enum import StrEnum
from typing import Literal, TypeAlias


class AccountStatus(StrEnum):
    """Whether an account can publish."""

    ACTIVE = "active"
    EXPIRING = "expiring"
    REAUTH_REQUIRED = "reauth_required"
    DISCONNECTED = "disconnected"


USABLE = frozenset({AccountStatus.ACTIVE, AccountStatus.EXPIRING})
"""The statuses of accounts that calls can be sent for."""

Health: TypeAlias = Literal["healthy", "failing", "refused"]
"""What the last check of an account found."""

"""The states of a connected account."""

from enum import StrEnum
from typing import Literal, TypeAlias


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

"""The states of a connected account."""

from enum import StrEnum


class AccountStatus(StrEnum):
    """Whether an account can publish."""

    ACTIVE = "active"
    EXPIRING = "expiring"
    REAUTH_REQUIRED = "reauth_required"
    DISCONNECTED = "disconnected"


USABLE = frozenset({AccountStatus.ACTIVE, AccountStatus.EXPIRING})
"""The statuses of accounts that calls can be sent for."""

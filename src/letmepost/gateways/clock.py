"""The only source of time and randomness. Code that needs either gets a `Clock`."""

import secrets
import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """The time and the randomness of a process."""

    def now(self) -> datetime:
        """Return the current time in UTC. It can jump when the machine's clock is set."""

    def monotonic_s(self) -> float:
        """Return seconds since a fixed time, which never decrease. For durations, not for dates."""

    def entropy(self, length_bytes: int) -> bytes:
        """Return unpredictable bytes that are suitable for secrets."""


class SystemClock:
    """The clock of the machine, and the randomness of its kernel."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic_s(self) -> float:
        return time.monotonic()

    def entropy(self, length_bytes: int) -> bytes:
        return secrets.token_bytes(length_bytes)

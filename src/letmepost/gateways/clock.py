"""The only place that reads the clock and makes randomness. Whoever needs either is given a `Clock`."""

import secrets
import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """The moment and the chance of one process."""

    def now(self) -> datetime:
        """The present moment, aware and in UTC; it may jump when the machine's clock is set."""

    def monotonic_s(self) -> float:
        """Seconds since some fixed moment, which never run backwards: for measuring, not for dates."""

    def entropy(self, length_bytes: int) -> bytes:
        """Unpredictable bytes, fit for secrets."""


class SystemClock:
    """The machine's own clock and its kernel's randomness."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic_s(self) -> float:
        return time.monotonic()

    def entropy(self, length_bytes: int) -> bytes:
        return secrets.token_bytes(length_bytes)

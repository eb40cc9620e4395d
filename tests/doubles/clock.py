"""A clock that moves only when a test advances it."""

import hashlib
from datetime import UTC, datetime, timedelta


class SteppedClock:
    """A `gateways.clock.Clock` with the same times and the same entropy in every run.

    Only `advance` moves `now` and `monotonic_s`, both by the same amount. Every call of `entropy` returns other bytes.
    """

    def __init__(self, at: datetime = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)) -> None:
        self._started_at = at
        self._elapsed_s = 0.0
        self._draws = 0

    def now(self) -> datetime:
        return self._started_at + timedelta(seconds=self._elapsed_s)

    def monotonic_s(self) -> float:
        return self._elapsed_s

    def entropy(self, length_bytes: int) -> bytes:
        self._draws += 1
        return hashlib.shake_256(f"draw {self._draws}".encode()).digest(length_bytes)

    def advance(self, seconds: float) -> None:
        self._elapsed_s += seconds

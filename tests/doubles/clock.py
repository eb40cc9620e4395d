"""A clock that stands still until it is told to go on."""

import hashlib
from datetime import UTC, datetime, timedelta


class SteppedClock:
    """`gateways.clock.Clock` for tests: the same moments and the same entropy in every run.

    `now` and `monotonic_s` move together, by `advance` only. Every call of `entropy` gives other bytes.
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

from datetime import UTC, datetime, timedelta

from letmepost.gateways.clock import Clock, SystemClock
from tests.doubles.clock import SteppedClock


def test_system_clock_returns_increasing_utc_times_and_different_entropy() -> None:
    clock: Clock = SystemClock()
    assert clock.now().tzinfo is UTC
    first = clock.monotonic_s()
    assert clock.monotonic_s() >= first
    assert len(clock.entropy(32)) == 32
    assert clock.entropy(32) != clock.entropy(32)


def test_stepped_clock_stands_still_until_it_is_advanced() -> None:
    clock = SteppedClock(datetime(2026, 1, 1, tzinfo=UTC))
    as_protocol: Clock = clock
    before = (as_protocol.now(), as_protocol.monotonic_s())
    assert (clock.now(), clock.monotonic_s()) == before
    clock.advance(1.5)
    assert clock.now() - before[0] == timedelta(seconds=1.5)
    assert clock.monotonic_s() - before[1] == 1.5


def test_stepped_clock_returns_the_same_sequence_of_entropy_in_every_run() -> None:
    one, two = SteppedClock(), SteppedClock()
    assert one.entropy(16) == two.entropy(16) != one.entropy(16)

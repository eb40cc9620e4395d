"""Budgets of platforms' rate limits, and their resets."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from letmepost.domain.budgets import (
    Budget,
    midnight_pacific,
    midnight_utc,
    rolling,
)
from letmepost.domain.errors import LimitScope

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def budget(remaining: int, limit: int) -> Budget:
    return Budget(name="posts", scope=LimitScope.ACCOUNT, limit=limit, remaining=remaining, resets_at=NOW)


@pytest.mark.parametrize(
    ("remaining", "limit", "is_used_up", "is_low"),
    [
        (100, 100, False, False),
        (26, 100, False, False),
        (25, 100, False, True),
        (6, 100, False, True),
        (5, 100, True, True),
        (6, 10_000, False, True),
        (5, 10_000, True, True),
        (1, 15, False, True),
        (0, 15, True, True),
    ],
)
def test_health_checks_leave_the_rest_of_a_budget_to_posts(
    remaining: int, limit: int, *, is_used_up: bool, is_low: bool
) -> None:
    found = budget(remaining, limit)
    assert (found.is_used_up, found.is_low) == (is_used_up, is_low)


@given(st.integers(0, 100_000), st.integers(1, 100_000))
def test_publishing_stops_later_than_health_checks_and_never_at_the_start(remaining: int, limit: int) -> None:
    found = budget(min(remaining, limit), limit)
    assert found.is_low or not found.is_used_up
    assert not budget(limit, limit).is_used_up


@pytest.mark.parametrize(
    ("used_up_at", "comes_back_at"),
    [
        ("2026-07-01T06:59:59Z", "2026-07-01T07:00:00Z"),
        ("2026-07-01T07:00:00Z", "2026-07-02T07:00:00Z"),
        ("2026-12-01T00:00:00Z", "2026-12-01T08:00:00Z"),
        # Clocks are set forward on March 8 and back on November 1, each at 2 o'clock.
        ("2026-03-08T07:59:00Z", "2026-03-08T08:00:00Z"),
        ("2026-03-08T08:00:00Z", "2026-03-09T07:00:00Z"),
        ("2026-11-01T07:00:00Z", "2026-11-02T08:00:00Z"),
    ],
)
def test_pacific_day_ends_at_midnight_in_california(used_up_at: str, comes_back_at: str) -> None:
    assert midnight_pacific(datetime.fromisoformat(used_up_at)) == datetime.fromisoformat(comes_back_at)


moments = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@given(moments)
def test_daily_limit_resets_within_one_day(moment: datetime) -> None:
    assert timedelta() < midnight_utc(moment) - moment <= timedelta(days=1)
    assert midnight_utc(moment).time() == datetime.min.time()
    back = midnight_pacific(moment)
    assert timedelta() < back - moment <= timedelta(hours=25)
    assert back.astimezone(ZoneInfo("America/Los_Angeles")).time() == datetime.min.time()


def test_rolling_window_resets_after_its_length() -> None:
    assert rolling(timedelta(hours=24))(NOW) == NOW + timedelta(hours=24)

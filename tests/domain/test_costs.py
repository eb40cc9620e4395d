"""The days in which the costs of calls are counted."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from letmepost.domain.costs import day_of, end_of

PACIFIC = ZoneInfo("America/Los_Angeles")


@pytest.mark.parametrize(
    ("at", "zone", "day", "ends_at"),
    [
        ("2026-11-29T00:00:00", UTC, "2026-11-29", "2026-11-30T00:00:00"),
        ("2026-11-29T07:59:59", PACIFIC, "2026-11-28", "2026-11-29T08:00:00"),
        ("2026-11-29T08:00:00", PACIFIC, "2026-11-29", "2026-11-30T08:00:00"),
        # The day on which the clocks go forward has 23 hours.
        ("2026-03-08T12:00:00", PACIFIC, "2026-03-08", "2026-03-09T07:00:00"),
    ],
)
def test_day_of_costs_ends_at_midnight_in_the_platforms_time_zone(
    at: str, zone: ZoneInfo, day: str, ends_at: str
) -> None:
    found = day_of(datetime.fromisoformat(at).replace(tzinfo=UTC), zone)
    assert found == date.fromisoformat(day)
    assert end_of(found, zone) == datetime.fromisoformat(ends_at).replace(tzinfo=UTC)

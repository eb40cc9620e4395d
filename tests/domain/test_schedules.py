from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from letmepost.domain import schedules
from letmepost.domain.schedules import ZONE_NAMES, Schedule, WallTime, suggest_zone

SECOND = timedelta(seconds=1)
ANY_TIME = st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1))  # noqa: DTZ001 - without an offset


def wall(text: str, zone: str) -> WallTime:
    return WallTime(datetime.fromisoformat(text), zone)


def clock(instant: datetime, zone: str) -> datetime:
    """Return what the clocks of the zone show."""
    return instant.astimezone(schedules._zone(zone)).replace(tzinfo=None)


@pytest.mark.parametrize(
    ("at", "zone", "instant"),
    [
        ("2026-12-24T09:00", "Europe/Berlin", "2026-12-24T08:00:00Z"),
        ("2026-07-24T09:00:30.5", "Europe/Berlin", "2026-07-24T07:00:30.500Z"),
        ("2026-06-01T12:00", "America/Argentina/Buenos_Aires", "2026-06-01T15:00:00Z"),
        ("2026-06-01T12:00", "America/North_Dakota/New_Salem", "2026-06-01T17:00:00Z"),
        ("2026-06-01T12:00", "Etc/GMT+5", "2026-06-01T17:00:00Z"),
        ("2026-06-01T12:00", "UTC", "2026-06-01T12:00:00Z"),
        ("2027-01-01T00:00", "Pacific/Kiritimati", "2026-12-31T10:00:00Z"),
        ("2026-06-01T12:00", "Asia/Kathmandu", "2026-06-01T06:15:00Z"),
    ],
)
def test_wall_time_is_converted_by_the_offset_of_that_day(at: str, zone: str, instant: str) -> None:
    assert wall(at, zone).to_instant() == datetime.fromisoformat(instant)


@pytest.mark.parametrize(
    ("at", "zone", "instant"),
    [
        ("2026-03-29T02:00", "Europe/Berlin", "2026-03-29T01:00:00Z"),
        ("2026-03-29T02:59:59.9", "Europe/Berlin", "2026-03-29T01:00:00Z"),
        ("2026-03-08T02:30", "America/New_York", "2026-03-08T07:00:00Z"),
        # Half an hour, https://www.timeanddate.com/time/change/australia/lord-howe-island, checked 2026-11-29.
        ("2026-10-04T02:15", "Australia/Lord_Howe", "2026-10-03T15:30:00Z"),
        # A whole day: these islands moved to the other side of the date line.
        ("2011-12-30T00:00", "Pacific/Apia", "2011-12-30T10:00:00Z"),
        ("2011-12-30T23:59", "Pacific/Apia", "2011-12-30T10:00:00Z"),
        ("1994-12-31T12:00", "Pacific/Kiritimati", "1994-12-31T10:00:00Z"),
    ],
)
def test_skipped_wall_time_moves_to_the_end_of_the_gap(at: str, zone: str, instant: str) -> None:
    assert wall(at, zone).to_instant() == datetime.fromisoformat(instant)


@pytest.mark.parametrize(
    ("at", "zone", "instant"),
    [
        ("2026-10-25T02:30", "Europe/Berlin", "2026-10-25T00:30:00Z"),
        ("2026-11-01T01:00", "America/New_York", "2026-11-01T05:00:00Z"),
        ("2026-04-05T01:45", "Australia/Lord_Howe", "2026-04-04T14:45:00Z"),
    ],
)
def test_repeated_wall_time_means_the_first_one(at: str, zone: str, instant: str) -> None:
    assert wall(at, zone).to_instant() == datetime.fromisoformat(instant)


@cache
def changes(zone: str) -> list[datetime]:
    """Return what the clocks of the zone show shortly before they change, from 2020 to 2028."""
    weeks = [datetime(2020, 1, 1, tzinfo=UTC) + timedelta(weeks=number) for number in range(8 * 52)]
    found = schedules._zone(zone)
    offsets = [week.astimezone(found).utcoffset() for week in weeks]
    return [
        _last_before_change(first, second, found)
        for (first, second), (before, after) in zip(pairwise(weeks), pairwise(offsets), strict=True)
        if before != after
    ]


def _last_before_change(first: datetime, second: datetime, zone: ZoneInfo) -> datetime:
    before = first.astimezone(zone).utcoffset()
    while second - first > SECOND:
        middle = first + (second - first) // 2
        first, second = (middle, second) if middle.astimezone(zone).utcoffset() == before else (first, middle)
    return first.astimezone(zone).replace(tzinfo=None, microsecond=0)


@st.composite
def wall_times(draw: st.DrawFn) -> WallTime:
    """Return a time around a change of the clocks, where times are skipped or repeated, if there is one."""
    zone = draw(st.sampled_from(ZONE_NAMES))
    if near := changes(zone):
        distances = st.timedeltas(timedelta(hours=-3), timedelta(hours=3))
        return WallTime(draw(st.sampled_from(near)) + draw(distances), zone)
    return WallTime(draw(ANY_TIME), zone)


@given(wall_times())
@settings(max_examples=200)
def test_instant_is_the_first_at_which_the_clocks_show_the_wall_time_or_a_later_one(wanted: WallTime) -> None:
    instant = wanted.to_instant()
    shown = clock(instant, wanted.zone)
    if shown == wanted.at:
        zone = schedules._zone(wanted.zone)
        assert instant == min(wanted.at.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    else:
        assert clock(instant - SECOND, wanted.zone) < wanted.at < shown


@given(st.sampled_from(ZONE_NAMES), ANY_TIME)
def test_wall_time_of_an_instant_leads_back_to_the_instant_or_an_hour_that_is_repeated(
    zone: str, moment: datetime
) -> None:
    instant = moment.replace(tzinfo=UTC)
    back = WallTime(clock(instant, zone), zone).to_instant()
    assert back == instant or (back < instant and clock(back, zone) == clock(instant, zone))


def test_zones_are_known_on_every_machine() -> None:
    assert {"Europe/Berlin", "America/Argentina/Buenos_Aires", "US/Pacific", "UTC"} <= set(ZONE_NAMES)
    for zone in ZONE_NAMES:
        assert wall("2026-12-24T09:00", zone).to_instant().tzinfo is UTC


@pytest.mark.parametrize(
    ("given", "zone"),
    [
        ("europe/berlin", "Europe/Berlin"),
        ("Europe/Berln", "Europe/Berlin"),
        (" Europe/Berlin ", "Europe/Berlin"),
        ("Berlin", "Europe/Berlin"),
        ("new york", "America/New_York"),
        ("America/Argentina/Buenos Aires", "America/Argentina/Buenos_Aires"),
        ("utc", "UTC"),
        # A wrong zone would be worse than none.
        ("PST", None),
        ("CEST", None),
        ("GMT+2", None),  # Etc/GMT+2 is west of Greenwich
        ("UTC+2", None),
        ("+02:00", None),
        ("", None),
        ("x" * 100_000, None),
    ],
)
def test_zone_that_was_probably_meant_is_suggested(given: str, zone: str | None) -> None:
    assert suggest_zone(given) == zone


@pytest.mark.parametrize("at", ["0001-01-01T00:00", "9999-12-31T23:59"])
def test_instant_outside_the_calendar_is_an_overflow(at: str) -> None:
    zone = "Asia/Tokyo" if at < "2" else "Pacific/Pago_Pago"
    with pytest.raises(OverflowError):
        wall(at, zone).to_instant()


@pytest.mark.parametrize(
    ("at", "text"),
    [
        ("2026-12-24T09:00:00", "2026-12-24T09:00"),
        ("2026-12-24T09:00:05", "2026-12-24T09:00:05"),
        ("2026-12-24T09:00:00.25", "2026-12-24T09:00:00.250000"),
    ],
)
def test_wall_time_is_shown_with_seconds_only_if_it_has_some(at: str, text: str) -> None:
    assert wall(at, "Europe/Berlin").encode() == {"at": text, "zone": "Europe/Berlin"}


def test_error_about_a_schedule_names_the_field_that_was_sent() -> None:
    wanted = wall("2026-12-24T09:00", "Europe/Berlin")
    assert Schedule(wanted.to_instant()).field == "scheduledAt"
    assert Schedule(wanted.to_instant(), wanted).field == "schedule"

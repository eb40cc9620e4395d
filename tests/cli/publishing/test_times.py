from datetime import UTC, datetime

import pytest

from letmepost.cli.publishing.times import InvalidTime, PublicationTime, UnknownZone, parse_time

NOW = datetime(2026, 11, 30, 8, 35, tzinfo=UTC)  # a Monday


def parse(text: str, zone: str | None = "Europe/Berlin", local_zone: str = "UTC") -> PublicationTime:
    return parse_time(text, now=NOW, zone=zone, local_zone=local_zone)


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("tomorrow 9:00", "2026-12-01T09:00"),
        ("tomorrow at 9am", "2026-12-01T09:00"),
        ("9pm on friday", "2026-12-04T21:00"),
        ("Friday 2 PM", "2026-12-04T14:00"),
        ("monday 18:00", "2026-12-07T18:00"),
        ("noon", "2026-11-30T12:00"),
        ("12 am tomorrow", "2026-12-01T00:00"),
        ("12pm tomorrow", "2026-12-01T12:00"),
        ("18:00", "2026-11-30T18:00"),
        ("the day after tomorrow 9:00", "2026-12-02T09:00"),
        ("in 3 days at 9:00", "2026-12-03T09:00"),
        ("24 december 9:00", "2026-12-24T09:00"),
        ("24th of december at 9:00", "2026-12-24T09:00"),
        ("Dec 24 2027, 9 pm", "2027-12-24T21:00"),
        ("may 5 9:00", "2027-05-05T09:00"),
        ("2026-12-24 09:00", "2026-12-24T09:00"),
        ("2026-12-24 9:00", "2026-12-24T09:00"),
        ("2026-12-24T09:00:30", "2026-12-24T09:00:30"),
    ],
)
def test_time_with_a_zone_is_sent_as_wall_time(text: str, at: str) -> None:
    assert parse(text).arguments() == {"schedule": {"at": at, "zone": "Europe/Berlin"}}


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("in 2 hours", datetime(2026, 11, 30, 10, 35, tzinfo=UTC)),
        ("in 1 hour and 30 minutes", datetime(2026, 11, 30, 10, 5, tzinfo=UTC)),
        ("in 90 min", datetime(2026, 11, 30, 10, 5, tzinfo=UTC)),
    ],
)
def test_duration_is_sent_as_an_instant_in_any_zone(text: str, at: datetime) -> None:
    """The hour that the clocks show twice would be ambiguous."""
    assert parse(text).arguments() == {"scheduled_at": at}


def test_time_without_a_zone_is_one_of_this_machine() -> None:
    found = parse("tomorrow 9:00", zone=None, local_zone="America/New_York")
    assert found.arguments() == {"scheduled_at": datetime(2026, 12, 1, 14, tzinfo=UTC)}
    assert str(found) == "Tuesday, 2026-12-01 09:00:00 America/New_York (2026-12-01 14:00:00 UTC)"


def test_day_is_the_one_in_the_zone() -> None:
    late = datetime(2026, 11, 30, 23, 30, tzinfo=UTC)
    found = parse_time("tomorrow 9:00", now=late, zone="Europe/Berlin", local_zone="UTC")
    assert found.arguments()["schedule"]["at"] == "2026-12-02T09:00"


def test_offset_gives_the_instant() -> None:
    found = parse("2026-12-24T09:00+02:00", zone=None)
    assert found.instant == datetime(2026, 12, 24, 7, tzinfo=UTC)
    assert parse("2026-12-24 9:00Z", zone=None).instant == datetime(2026, 12, 24, 9, tzinfo=UTC)
    with pytest.raises(InvalidTime, match="Remove one of them"):
        parse("2026-12-24T09:00+02:00")


def test_skipped_time_is_shown_as_the_server_chooses_it() -> None:
    assert "2027-03-28 03:00:00 Europe/Berlin" in str(parse("28 march 2027 2:30"))


@pytest.mark.parametrize("text", ["tomorrow 9:00", "in 2 hours", "2026-12-24 09:00:30"])
@pytest.mark.parametrize("zone", [None, "Europe/Berlin"])
def test_printed_options_give_the_same_time_again(text: str, zone: str | None) -> None:
    first = parse(text, zone)
    words = first.options().split()
    options = dict(zip(words[::2], words[1::2], strict=True))
    again = parse_time(options["--at"], now=NOW, zone=options.get("--zone"), local_zone="UTC")
    assert again.instant == first.instant
    assert again.wall_time == first.wall_time


@pytest.mark.parametrize(
    "text",
    [
        "",
        "now",
        "soon",
        "9",
        "at 9",
        "9 tomorrow",
        "tomorow 9:00",
        "tomorrow 25:00",
        "tomorrow 9:75",
        "13 pm tomorrow",
        "tomorrow 9:00 EST",
        "tomorrow 9:00 foo",
        "tomorrow 9:00 or friday",
        "next friday 9:00",
        "monday december 4 9:00",
        "in 2 hours tomorrow",
        "may 9:00",
        "31 november 9:00",
        "1/2/2027 9:00",
        "24.12.2026 09:00",
        "2026-13-01 09:00",
        "2026-02-30 09:00",
        "2026-12-24 29:00Z",
        "20261224",
        "2 hours ago",
        "in -2 hours",
        "morgen 9:00",
    ],
)
def test_text_with_no_or_several_meanings_is_rejected(text: str) -> None:
    """dateparser returns a time for many of these."""
    with pytest.raises(InvalidTime, match="Cannot read the time"):
        parse(text, zone=None)


@pytest.mark.parametrize("text", ["tomorrow", "friday", "24 december", "2026-12-24"])
def test_day_without_a_time_is_rejected(text: str) -> None:
    with pytest.raises(InvalidTime, match="has no time of day"):
        parse(text)


@pytest.mark.parametrize("text", ["9:00", "today 9:35", "2026-11-30 09:34", "2025-12-24 09:00", "in 0 minutes"])
def test_past_time_is_rejected(text: str) -> None:
    with pytest.raises(InvalidTime, match="in the past"):
        parse(text)


def test_unknown_zone_is_rejected_with_a_suggestion() -> None:
    with pytest.raises(UnknownZone, match="Did you mean Europe/Berlin"):
        parse("tomorrow 9:00", zone="Berlin")
    with pytest.raises(UnknownZone, match="such as Europe/Berlin"):
        parse("tomorrow 9:00", zone="Nowhere/Nothing")

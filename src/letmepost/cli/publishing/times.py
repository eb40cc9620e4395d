"""Times of publication, as people write them."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from letmepost.domain.schedules import ZONE_NAMES, WallTime, suggest_zone

_DAYS = "monday|tuesday|wednesday|thursday|friday|saturday|sunday"
_MONTHS = (
    "january|february|march|april|may|june|july|august|september|october|november|december"
    "|jan|feb|mar|apr|jun|jul|aug|sept|sep|oct|nov|dec"
)
# dateparser guesses: it reads "9" as September, ignores the hour of "tomorrow 25:00" and the zone of "tomorrow 9:00
# EST", and moves "monday december 4" to a Friday. So it gets only phrases with one meaning, and no times of day.
_DAY = re.compile(
    rf"today|tomorrow|the day after tomorrow|(?:this )?(?:{_DAYS})|in \d{{1,3}} (?:days?|weeks?)"
    rf"|\d{{1,2}}(?:st|nd|rd|th)?\.? (?:of )?(?:{_MONTHS})(?:,? \d{{4}})?"
    rf"|(?:{_MONTHS}) \d{{1,2}}(?:st|nd|rd|th)?(?:,? \d{{4}})?"
)
_DURATION = re.compile(r"in (?:\d{1,4} ?(?:minutes?|mins?|hours?|h)(?: (?:and )?|$))+")
_TIME = r"(?P<hour>\d{1,2})(?::(?P<minute>\d\d)(?::(?P<second>\d\d))?)? ?(?P<half>am|pm)?|(?P<noon>noon)"
_DAY_THEN_TIME = re.compile(rf"(?P<day>.*?),? ?\b(?:at )?(?:{_TIME})")
_TIME_THEN_DAY = re.compile(rf"(?:at )?(?:{_TIME}),? (?:on )?(?P<day>\D.*)")
_ISO_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_WITH_OFFSET = re.compile(r"(\d{4}-\d\d-\d\d) (\d{1,2}:\d\d(?::\d\d)?) ?([Zz]|[+-]\d\d:\d\d)")

EXAMPLES = '"tomorrow 9:00", "friday 2 pm", "24 december 9:00", "in 2 hours" or "2026-12-24 09:00"'


class InvalidTime(ValueError):
    """A text that is not a time of publication. The message says why."""


class UnknownZone(InvalidTime):
    """A name that is not that of a time zone."""


@dataclass(frozen=True, slots=True)
class PublicationTime:
    """A time of publication.

    Attributes:
        zone: the name of the zone in which it is shown.
        wall_time: is sent instead of the instant, if it was given with a zone.
    """

    instant: datetime
    zone: str
    wall_time: WallTime | None = None

    def arguments(self) -> dict[str, Any]:
        """Return the arguments of the client's methods."""
        return {"scheduled_at": self.instant} if self.wall_time is None else {"schedule": self.wall_time.encode()}

    def options(self) -> str:
        """Return the options of a command line that give the same time again."""
        if self.wall_time is None:
            return f"--at {self.instant.isoformat(timespec='seconds')}"
        return f"--at {self.wall_time.encode()['at']} --zone {self.zone}"

    def __str__(self) -> str:
        local = self.instant.astimezone(ZoneInfo(self.zone))
        return f"{local:%A, %Y-%m-%d %H:%M:%S} {self.zone} ({self.instant.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC)"


def parse_time(text: str, *, now: datetime, zone: str | None, local_zone: str) -> PublicationTime:
    """Return the time that a text stands for.

    Args:
        now: the current time, which the result must be after.
        zone: the name of the zone of the text, if one was given.
        local_zone: the name of the zone otherwise.

    Raises:
        InvalidTime: the text is not a time, has several meanings, or the time is past.
    """
    words = re.sub(r"(?<=\d)[Tt](?=\d)", " ", " ".join(text.split()))
    name = check_zone(zone or local_zone)
    wall_time = None
    if found := _WITH_OFFSET.fullmatch(words):
        if zone is not None:
            raise InvalidTime(f'"{text}" has an offset, and --zone gives a zone. Remove one of them.')
        instant = _with_offset(text, found)
    elif _DURATION.fullmatch(words.lower()):
        instant = now.astimezone(UTC) + _duration(words)
    else:
        today = now.astimezone(ZoneInfo(name)).date()
        wall_time = WallTime(datetime.combine(*_day_and_time(text, words.lower(), today)), name)
        instant = wall_time.to_instant()
    result = PublicationTime(instant, name, wall_time if zone else None)
    if instant <= now:
        raise InvalidTime(f'"{text}" is {result}, which is in the past.')
    return result


def check_zone(name: str) -> str:
    """Return the name of a zone.

    Raises:
        UnknownZone: there is no such zone.
    """
    if name in ZONE_NAMES:
        return name
    meant = suggest_zone(name)
    raise UnknownZone(
        f'Unknown time zone: "{name}". ' + (f"Did you mean {meant}?" if meant else "Use a name such as Europe/Berlin.")
    )


def _with_offset(text: str, found: re.Match[str]) -> datetime:
    day, clock, offset = found.groups()
    try:
        return datetime.fromisoformat(f"{day}T{clock.zfill(8 if clock.count(':') == 2 else 5)}{offset.upper()}")
    except ValueError:
        raise _unreadable(text) from None


def _duration(words: str) -> timedelta:
    start = datetime(2026, 1, 1)  # noqa: DTZ001 - any time: only the difference is used
    end = _parse(words, start)
    return timedelta() if end is None else end - start


def _day_and_time(text: str, words: str, today: date) -> tuple[date, time]:
    found = _DAY_THEN_TIME.fullmatch(words) or _TIME_THEN_DAY.fullmatch(words)
    clock = None if found is None else _time_of_day(found)
    if found is None or clock is None:
        if _DAY.fullmatch(words) or _ISO_DAY.fullmatch(words):
            raise InvalidTime(f'"{text}" has no time of day. Add one, such as "{text} 9:00".')
        raise _unreadable(text)
    day = _date(found["day"], today)
    if day is None:
        raise _unreadable(text)
    return day, clock


def _time_of_day(found: re.Match[str]) -> time | None:
    if found["noon"]:
        return time(12)
    hour, minute, second = (int(found[name] or 0) for name in ("hour", "minute", "second"))
    half = found["half"]
    if half is not None:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half == "pm" else 0)
    elif found["minute"] is None:
        return None
    return time(hour, minute, second) if hour < 24 and minute < 60 and second < 60 else None


def _date(words: str, today: date) -> date | None:
    if not words:
        return today
    if _ISO_DAY.fullmatch(words):
        try:
            return date.fromisoformat(words)
        except ValueError:
            return None
    if not _DAY.fullmatch(words):
        return None
    found = _parse(words, datetime.combine(today, time()))
    return None if found is None else found.date()


def _parse(words: str, base: datetime) -> datetime | None:
    from dateparser import parse

    return parse(words, languages=["en"], settings={"RELATIVE_BASE": base, "PREFER_DATES_FROM": "future"})


def _unreadable(text: str) -> InvalidTime:
    return InvalidTime(f'Cannot read the time "{text}". Write it like {EXAMPLES}.')


def find_local_zone() -> str:
    """Return the name of this machine's time zone.

    Raises:
        InvalidTime: the name is not known.
    """
    from tzlocal import get_localzone_name

    name = get_localzone_name()
    if name not in ZONE_NAMES:
        raise InvalidTime("The time zone of this machine has no name. Pass --zone, such as --zone Europe/Berlin.")
    return name

"""Times of publication: instants, and wall times in the zones of the IANA time zone database.

The rules of the zones are those of the `tzdata` package, so that all machines of a deployment choose the same instant.
The instant is computed once, when a request is accepted. A later version of the database does not move a post.
"""

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo

ZONE_NAMES = tuple(sorted(files("tzdata").joinpath("zones").read_text(encoding="utf-8").split()))
"""The name of every zone, such as `Europe/Berlin`."""

_CITIES = {name.rpartition("/")[2].lower(): name for name in ZONE_NAMES if not name.startswith("Etc/")}
_SUGGESTIONS = _CITIES | {name.lower(): name for name in ZONE_NAMES}
_COMPARED_CHARS = 60
_ABBREVIATION_MAX_CHARS = 4
_SIMILARITY = 0.8
"""How similar a suggestion must be to the name that was sent, from 0 to 1."""


def suggest_zone(given: str) -> str | None:
    """Return the zone that was probably meant: the name can be misspelled, or that of the city alone.

    Abbreviations and offsets must match exactly, because those of other zones look like them: `CEST` and `EST`.
    """
    meant = given[:_COMPARED_CHARS].strip().lower().replace(" ", "_")
    is_name = len(meant) > _ABBREVIATION_MAX_CHARS and not any(character.isdigit() for character in meant)
    found = get_close_matches(meant, _SUGGESTIONS, n=1, cutoff=_SIMILARITY) if is_name else [meant]
    return _SUGGESTIONS.get(found[0]) if found else None


@cache
def _zone(name: str) -> ZoneInfo:
    with files("tzdata").joinpath("zoneinfo", *name.split("/")).open("rb") as rules:
        return ZoneInfo.from_file(rules, key=name)


@dataclass(frozen=True, slots=True)
class WallTime:
    """A time as the clocks of a zone show it.

    Args:
        at: without an offset.
        zone: one of `ZONE_NAMES`.
    """

    at: datetime
    zone: str

    def to_instant(self) -> datetime:
        """Return the instant in UTC.

        For a time that the clocks show twice, it is the first one. For a time that they skip, it is the end of the gap.

        Raises:
            OverflowError: the instant is outside the years 1 to 9999.
        """
        zone = _zone(self.zone)
        instant = self.at.replace(tzinfo=zone).astimezone(UTC)
        if instant.astimezone(zone).replace(tzinfo=None) == self.at:
            return instant
        return _end_of_gap(self.at.replace(microsecond=0, tzinfo=zone))

    def encode(self) -> dict[str, str]:
        """Return the value as JSON, with seconds only if there are some."""
        precision = "auto" if self.at.second or self.at.microsecond else "minutes"
        return {"at": self.at.isoformat(timespec=precision), "zone": self.zone}


def _end_of_gap(skipped: datetime) -> datetime:
    """Return the instant at which the clocks skip this time.

    It lies between the instants that result from the offsets after and before the gap (PEP 495,
    https://peps.python.org/pep-0495/#the-tzinfo-fold-attribute, checked 2026-11-29).
    """
    before = skipped.utcoffset()
    first, last = (skipped.replace(fold=fold).astimezone(UTC) for fold in (1, 0))
    seconds = range(int((last - first).total_seconds()))

    def is_after(second: int) -> bool:
        return (first + timedelta(seconds=second)).astimezone(skipped.tzinfo).utcoffset() != before

    return first + timedelta(seconds=bisect_left(seconds, x=True, key=is_after))


@dataclass(frozen=True, slots=True)
class Schedule:
    """When to publish a post, and the wall time that the instant was computed from, if the caller sent one."""

    instant: datetime
    wall_time: WallTime | None = None

    @property
    def field(self) -> str:
        """Return the name of the field that the caller sent."""
        return "scheduledAt" if self.wall_time is None else "schedule"

    @property
    def stored_wall_time(self) -> Mapping[str, str] | None:
        """Return the wall time as stored and shown; None without one."""
        return None if self.wall_time is None else self.wall_time.encode()

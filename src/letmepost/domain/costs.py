"""What platforms charge for calls, counted per day."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo


@dataclass(frozen=True, slots=True)
class Cost:
    """What a platform charges, in a unit that has a name (`micro_usd`: millionths of a US dollar)."""

    unit: str
    amount: int


@dataclass(frozen=True, slots=True)
class DayCost:
    """What an organization's calls to a platform have cost since the day began in the platform's time zone."""

    platform: str
    cost: Cost
    resets_at: datetime


def day_of(at: datetime, zone: tzinfo) -> date:
    """Return the day of a time in a time zone."""
    return at.astimezone(zone).date()


def end_of(day: date, zone: tzinfo) -> datetime:
    """Return when a day ends in a time zone, in UTC."""
    return datetime.combine(day + timedelta(days=1), time(), zone).astimezone(UTC)

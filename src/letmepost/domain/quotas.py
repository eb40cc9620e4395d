"""The quotas that the operator sets for a tenant: what is counted, and when the count is reset."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from uuid import UUID

WARNING_SHARE = 0.8
"""The tenant is warned when this share of a quota is used."""

NO_PERIOD = date(1970, 1, 1)
"""The period of a quota on what is stored, rather than done. It never ends."""


class QuotaName(StrEnum):
    """The name of a quota."""

    POSTS_PER_MONTH = "postsPerMonth"
    POSTS_PER_ACCOUNT_DAY = "postsPerAccountDay"
    MEDIA_BYTES = "mediaBytes"


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaLimits:
    """The quotas of a tenant, for live and for test data; None is no limit. Months and days are in UTC."""

    posts_per_month: int | None = None
    posts_per_account_day: int | None = None
    media_bytes: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """One limit in one of its periods. `account_id` is set if each account has its own."""

    name: QuotaName
    limit: int
    period_start: date
    account_id: UUID | None = None

    @property
    def subject(self) -> str:
        """Return the name of the counter in the database. Counters are locked in the order of these names."""
        if self.account_id is not None:
            return f"account:{self.account_id}"
        return "media" if self.name is QuotaName.MEDIA_BYTES else "posts"

    @property
    def starts_at(self) -> datetime:
        """Return the start of the period."""
        return datetime.combine(self.period_start, time(), UTC)

    @property
    def resets_at(self) -> datetime | None:
        """Return the end of the period; None if it never ends."""
        match self.name:
            case QuotaName.POSTS_PER_MONTH:
                year, month = divmod(self.period_start.year * 12 + self.period_start.month, 12)
                return datetime(year, month + 1, 1, tzinfo=UTC)
            case QuotaName.POSTS_PER_ACCOUNT_DAY:
                return self.starts_at + timedelta(days=1)
            case QuotaName.MEDIA_BYTES:
                return None

    def is_nearly_used_up(self, used: int) -> bool:
        """Return True if the tenant should be warned."""
        return used >= WARNING_SHARE * self.limit


@dataclass(frozen=True, slots=True)
class Reading:
    """The usage of a quota."""

    quota: Quota
    used: int

    @property
    def left(self) -> int:
        """Return how much is left."""
        return max(0, self.quota.limit - self.used)


def posts_per_month(limit: int, due_at: datetime) -> Quota:
    """Return the monthly quota of a post that is due then."""
    return Quota(name=QuotaName.POSTS_PER_MONTH, limit=limit, period_start=due_at.astimezone(UTC).date().replace(day=1))


def posts_per_account_day(limit: int, account_id: UUID, due_at: datetime) -> Quota:
    """Return the daily quota of the account for a post that is due then."""
    return Quota(
        name=QuotaName.POSTS_PER_ACCOUNT_DAY,
        limit=limit,
        period_start=due_at.astimezone(UTC).date(),
        account_id=account_id,
    )


def media_bytes(limit: int) -> Quota:
    """Return the quota of stored media files."""
    return Quota(name=QuotaName.MEDIA_BYTES, limit=limit, period_start=NO_PERIOD)


def quotas_of_post(limits: QuotaLimits, account_id: UUID, due_at: datetime) -> list[Quota]:
    """Return every quota of a post: of the month and the day of its due time, even if these are in the future."""
    found = []
    if limits.posts_per_month is not None:
        found.append(posts_per_month(limits.posts_per_month, due_at))
    if limits.posts_per_account_day is not None:
        found.append(posts_per_account_day(limits.posts_per_account_day, account_id, due_at))
    return found

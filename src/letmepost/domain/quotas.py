"""What the operator allows a tenant: how much is counted, and when counting begins anew."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from uuid import UUID

WARNING_SHARE = 0.8
"""How full a quota is when its tenant is warned."""

NO_PERIOD = date(1970, 1, 1)
"""The period of what is there, rather than done: it never ends."""


class QuotaName(StrEnum):
    """What can be limited."""

    POSTS_PER_MONTH = "postsPerMonth"
    POSTS_PER_ACCOUNT_DAY = "postsPerAccountDay"
    MEDIA_BYTES = "mediaBytes"


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaLimits:
    """The quotas of a tenant, in each of its worlds; None is no limit. Months and days are of UTC."""

    posts_per_month: int | None = None
    posts_per_account_day: int | None = None
    media_bytes: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """One limit in one of its periods. `account_id`: whose, where each account has its own."""

    name: QuotaName
    limit: int
    period_start: date
    account_id: UUID | None = None

    @property
    def subject(self) -> str:
        """What is counted, as it is stored. In their order, counters are locked."""
        if self.account_id is not None:
            return f"account:{self.account_id}"
        return "media" if self.name is QuotaName.MEDIA_BYTES else "posts"

    @property
    def starts_at(self) -> datetime:
        """When its period begins."""
        return datetime.combine(self.period_start, time(), UTC)

    @property
    def resets_at(self) -> datetime | None:
        """When its period ends; None when it never does."""
        match self.name:
            case QuotaName.POSTS_PER_MONTH:
                year, month = divmod(self.period_start.year * 12 + self.period_start.month, 12)
                return datetime(year, month + 1, 1, tzinfo=UTC)
            case QuotaName.POSTS_PER_ACCOUNT_DAY:
                return self.starts_at + timedelta(days=1)
            case QuotaName.MEDIA_BYTES:
                return None

    def is_nearly_used_up(self, used: int) -> bool:
        """Whether its tenant should be warned."""
        return used >= WARNING_SHARE * self.limit


@dataclass(frozen=True, slots=True)
class Reading:
    """How much of a quota is used."""

    quota: Quota
    used: int

    @property
    def left(self) -> int:
        """How much may still be used."""
        return max(0, self.quota.limit - self.used)


def posts_per_month(limit: int, due_at: datetime) -> Quota:
    """The quota that a post counts towards which is due then."""
    return Quota(name=QuotaName.POSTS_PER_MONTH, limit=limit, period_start=due_at.astimezone(UTC).date().replace(day=1))


def posts_per_account_day(limit: int, account_id: UUID, due_at: datetime) -> Quota:
    """The account's own quota that a post counts towards which is due then."""
    return Quota(
        name=QuotaName.POSTS_PER_ACCOUNT_DAY,
        limit=limit,
        period_start=due_at.astimezone(UTC).date(),
        account_id=account_id,
    )


def media_bytes(limit: int) -> Quota:
    """The quota of what is stored."""
    return Quota(name=QuotaName.MEDIA_BYTES, limit=limit, period_start=NO_PERIOD)


def quotas_of_post(limits: QuotaLimits, account_id: UUID, due_at: datetime) -> list[Quota]:
    """Every quota that a post counts towards: of the month and the day on which it is due, be they ahead."""
    found = []
    if limits.posts_per_month is not None:
        found.append(posts_per_month(limits.posts_per_month, due_at))
    if limits.posts_per_account_day is not None:
        found.append(posts_per_account_day(limits.posts_per_account_day, account_id, due_at))
    return found

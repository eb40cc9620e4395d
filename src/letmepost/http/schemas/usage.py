"""What limits a key, and how much of it is left."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, Literal

from pydantic import Field

from letmepost.domain.costs import DayCost
from letmepost.domain.ids import Prefix, format_id_if_given
from letmepost.domain.quotas import Reading
from letmepost.gateways.rate_limits import Allowance
from letmepost.http.schemas.base import DescribedAs, Left, Moment, View
from letmepost.services.publishing.throttling import Held, KnownBudget


class UsageCapView(View):
    """A limit, and how much of it is used."""

    name: str = Field(description="`postsPerMonth`, `postsPerAccountDay`, `mediaBytes`, `requestsPerMinute`, or more.")
    account_id: Left[str] = Field(default=None, description="The account, if each account has its own limit.")
    used: int
    limit: int
    left: int
    resets_at: Left[Moment] = Field(default=None, description="When the count starts again. Omitted if it never does.")

    @classmethod
    def of(cls, reading: Reading) -> "UsageCapView":
        """Show a quota."""
        quota = reading.quota
        return cls(
            name=quota.name,
            account_id=format_id_if_given(Prefix.ACCOUNT, quota.account_id),
            used=reading.used,
            limit=quota.limit,
            left=reading.left,
            resets_at=quota.resets_at,
        )

    @classmethod
    def of_requests(cls, allowance: Allowance, now: datetime) -> "UsageCapView":
        """Show the key's rate limit."""
        return cls(
            name="requestsPerMinute",
            used=allowance.limit - allowance.remaining,
            limit=allowance.limit,
            left=allowance.remaining,
            resets_at=now + timedelta(seconds=allowance.reset_s),
        )


class PlatformThrottleView(View):
    """A platform that accepts no posts at the moment, according to its responses. Posts wait until it does."""

    platform: str
    account_id: Left[str] = Field(
        default=None, description="The account. Omitted if every account on the platform is affected."
    )
    reason: Annotated[str, DescribedAs(Literal["limit", "away"])] = Field(
        description="`limit`: a rate limit of the platform is used up. `away`: the platform does not respond."
    )
    until: Moment

    @classmethod
    def of(cls, held: Held) -> "PlatformThrottleView":
        """Show what is held back."""
        return cls(
            platform=held.platform,
            account_id=format_id_if_given(Prefix.ACCOUNT, held.account_id),
            reason=held.throttle.reason,
            until=held.throttle.until,
        )


class PlatformBudgetView(View):
    """A limit of a platform, according to its last response. Posts have priority over health checks."""

    platform: str
    account_id: Left[str] = Field(
        default=None, description="The account. Omitted if all accounts on the platform share the limit."
    )
    name: str = Field(description="The platform's own name of the limit.")
    limit: int
    remaining: int
    resets_at: Moment

    @classmethod
    def of(cls, known: KnownBudget) -> "PlatformBudgetView":
        """Show what is left."""
        return cls(
            platform=known.platform,
            account_id=format_id_if_given(Prefix.ACCOUNT, known.account_id),
            name=known.budget.name,
            limit=known.budget.limit,
            remaining=known.budget.remaining,
            resets_at=known.budget.resets_at,
        )


class PlatformCostView(View):
    """What a platform has charged today for the organization's calls, by the number of calls and its list of prices."""

    platform: str
    unit: str = Field(description="`micro_usd` is a millionth of a US dollar.")
    amount: int
    resets_at: Moment = Field(description="The next midnight in the platform's time zone.")

    @classmethod
    def of(cls, counted: DayCost) -> "PlatformCostView":
        """Show a cost."""
        return cls(
            platform=counted.platform,
            unit=counted.cost.unit,
            amount=counted.cost.amount,
            resets_at=counted.resets_at,
        )


class UsageView(View):
    """Every limit that applies to the API key, and the platforms that hold posts back."""

    data: Sequence[UsageCapView]
    throttles: Sequence[PlatformThrottleView]
    budgets: Sequence[PlatformBudgetView] = Field(
        description="Only of platforms that report them, as of their last response."
    )
    costs: Sequence[PlatformCostView] = Field(
        description="Only of platforms that charge for calls. Test mode costs nothing."
    )

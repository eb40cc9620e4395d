"""What limits a key, and how much of it is left."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from pydantic import Field

from letmepost.domain.ids import Prefix, spell_if_given
from letmepost.domain.quotas import Reading
from letmepost.gateways.rate_limits import Allowance
from letmepost.gateways.throttles import Reason
from letmepost.http.schemas.base import Left, Moment, View
from letmepost.services.publishing.throttling import Held, KnownBudget


class CapView(View):
    """One cap."""

    name: str = Field(description="`postsPerMonth`, `postsPerAccountDay`, `mediaBytes`, `requestsPerMinute`, or more.")
    account_id: Left[str] = Field(default=None, description="Whose, where each account has a cap of its own.")
    used: int
    limit: int
    left: int
    resets_at: Left[Moment] = Field(default=None, description="When counting begins anew; left out, it never does.")

    @classmethod
    def of(cls, reading: Reading) -> "CapView":
        """Show a quota."""
        quota = reading.quota
        return cls(
            name=quota.name,
            account_id=spell_if_given(Prefix.ACCOUNT, quota.account_id),
            used=reading.used,
            limit=quota.limit,
            left=reading.left,
            resets_at=quota.resets_at,
        )

    @classmethod
    def of_requests(cls, allowance: Allowance, now: datetime) -> "CapView":
        """Show the key's rate limit."""
        return cls(
            name="requestsPerMinute",
            used=allowance.limit - allowance.remaining,
            limit=allowance.limit,
            left=allowance.remaining,
            resets_at=now + timedelta(seconds=allowance.reset_s),
        )


class ThrottleView(View):
    """What a platform does not take at the moment, learnt from its answers. Posts wait for it by themselves."""

    platform: str
    account_id: Left[str] = Field(default=None, description="Whose; left out, it concerns every account there.")
    reason: Reason = Field(description="`limit`: the platform named one. `away`: it has not answered for a while.")
    until: Moment

    @classmethod
    def of(cls, held: Held) -> "ThrottleView":
        """Show what is held back."""
        return cls(
            platform=held.platform,
            account_id=spell_if_given(Prefix.ACCOUNT, held.account_id),
            reason=held.throttle.reason,
            until=held.throttle.until,
        )


class BudgetView(View):
    """What is left of one of a platform's own limits, as it told last. Posts use it before health checks do."""

    platform: str
    account_id: Left[str] = Field(default=None, description="Whose; left out, every account there shares it.")
    name: str = Field(description="The platform's own word for it.")
    limit: int
    remaining: int
    resets_at: Moment

    @classmethod
    def of(cls, known: KnownBudget) -> "BudgetView":
        """Show what is left."""
        return cls(
            platform=known.platform,
            account_id=spell_if_given(Prefix.ACCOUNT, known.account_id),
            name=known.budget.name,
            limit=known.budget.limit,
            remaining=known.budget.remaining,
            resets_at=known.budget.resets_at,
        )


class UsageView(View):
    """Every cap that holds for the key, and what platforms hold back. What has no limit is not in the list."""

    data: Sequence[CapView]
    throttles: Sequence[ThrottleView]
    budgets: Sequence[BudgetView] = Field(description="Of platforms that tell of them, as of their last answer.")

"""Throttles of platforms and accounts: records the feedback of attempts, and shows callers what platforms count."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

from letmepost.domain.api_keys import Mode
from letmepost.domain.budgets import Budget
from letmepost.domain.costs import DayCost
from letmepost.domain.errors import FailureKind, LimitScope, PlatformFailure
from letmepost.gateways.throttles import Throttle, Throttles
from letmepost.platforms.contract import Platform
from letmepost.services.callers import Caller
from letmepost.services.platform_clock import platform_clock
from letmepost.services.platform_costs import list_today
from letmepost.services.work import UnitsOfWork
from letmepost.storage.accounts.accounts import AccountRow
from letmepost.storage.accounts.filters import AccountFilter
from letmepost.storage.database import Tenant

_ACCOUNTS_MAX = 1000
"""The accounts whose throttles a caller sees: the newest."""


def names(tenant: Tenant, account: AccountRow, ahead: timedelta, server: str | None) -> tuple[str, str]:
    """Return the names of two throttles: that of the platform (the real one or one simulator) and of the account.

    Args:
        ahead: how far the platform's time is ahead of real time. After a jump, throttles start empty.
        server: the server of the account, if the platform has many (`Platform.server`).
    """
    everyone = f"{account.platform}/{tenant.mode}" if server is None else f"{account.platform}/{tenant.mode}/{server}"
    if tenant.mode is Mode.LIVE:
        return everyone, f"{account.platform}/{account.id}"
    since = f"+{ahead.total_seconds():g}"
    return (
        f"{everyone}/{tenant.organization_id}{since}",
        f"{account.platform}/{account.id}{since}",
    )


async def record_feedback(
    throttles: Throttles,
    throttle_names: tuple[str, str],
    ahead: timedelta,
    failure: PlatformFailure | None,
    budgets: Collection[Budget],
) -> None:
    """Record rate-limit feedback from an attempt that called the platform, so that later attempts can use it.

    Args:
        throttle_names: the throttles of its platform and account, from `names`.
        failure: why the attempt failed; None if it succeeded.
        budgets: the limits that the platform reported, in platform time.
    """
    of_platform, of_account = throttle_names
    for scope, name in ((LimitScope.APP, of_platform), (LimitScope.ACCOUNT, of_account)):
        in_scope = [replace(budget, resets_at=budget.resets_at - ahead) for budget in budgets if budget.scope is scope]
        await throttles.spend(name, in_scope)
    if failure is None:
        await throttles.succeeded(of_platform)
    elif failure.kind in {FailureKind.RATE_LIMITED, FailureKind.QUOTA_EXHAUSTED} and failure.retry_at is not None:
        is_shared = failure.scope is LimitScope.APP
        await throttles.limit(of_platform if is_shared else of_account, failure.retry_at)
    elif failure.kind in {FailureKind.UNAVAILABLE, FailureKind.IN_DOUBT}:
        await throttles.failed(of_platform, of_account)


@dataclass(frozen=True, slots=True)
class Held:
    """An active throttle: of one account, or of all accounts of the platform (`account_id` is None)."""

    platform: str
    account_id: UUID | None
    throttle: Throttle


@dataclass(frozen=True, slots=True)
class KnownBudget:
    """The rest of a rate limit: of one account, or of all accounts of the platform (`account_id` is None)."""

    platform: str
    account_id: UUID | None
    budget: Budget


@dataclass(frozen=True, slots=True)
class PlatformUsage:
    """The limits that platforms have reported, and what they have charged today."""

    held: Sequence[Held]
    budgets: Sequence[KnownBudget]
    costs: Sequence[DayCost]


class ThrottleReadings:
    """Reads the throttles and rate limits that delay a caller's posts, or will."""

    def __init__(self, units: UnitsOfWork, platforms: Mapping[str, Platform], throttles: Throttles) -> None:
        self._units = units
        self._platforms = platforms
        self._throttles = throttles

    async def read(self, caller: Caller) -> PlatformUsage:
        """Return the throttles and budgets of the accounts that the caller can see, and the costs of all."""
        await self._throttles.refresh()
        visible = AccountFilter(profile_ids=[] if caller.profile_id is None else [caller.profile_id])
        async with self._units.begin(caller) as work:
            accounts = await work.accounts.list_page(visible, before=None, limit=_ACCOUNTS_MAX)
            time = await platform_clock(work)
            costs = await list_today(work, self._platforms)
        concerned: dict[str, tuple[str, UUID | None]] = {}
        for account in accounts:
            platform = self._platforms.get(account.platform)
            server = None if platform is None else platform.server(account.facts)
            of_platform, of_account = names(caller.tenant, account, time.ahead, server)
            concerned |= {of_platform: (account.platform, None), of_account: (account.platform, account.id)}
        held = self._throttles.list_all()
        reported = await self._throttles.budgets.read(sorted(concerned))
        return PlatformUsage(
            held=[Held(*concerned[name], held[name]) for name in sorted(concerned.keys() & held.keys())],
            budgets=[KnownBudget(*concerned[name], budget) for name, budgets in reported.items() for budget in budgets],
            costs=costs,
        )

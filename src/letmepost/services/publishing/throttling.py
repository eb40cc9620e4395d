"""What a try teaches of its platform, and what is held back by it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

from letmepost.domain.api_keys import Mode
from letmepost.domain.budgets import Budget
from letmepost.domain.errors import FailureKind, LimitScope, PlatformFailure
from letmepost.gateways.clock import Clock
from letmepost.gateways.throttles import Throttle, Throttles
from letmepost.platforms.contract import Platform
from letmepost.services.callers import Caller
from letmepost.services.platform_clock import platform_clock
from letmepost.storage.accounts.accounts import AccountRepository, AccountRow
from letmepost.storage.accounts.filters import AccountFilter
from letmepost.storage.database import Database, Tenant
from letmepost.storage.sealing import Keyring

_LOOKED_AT_MAX = 1000


def names(tenant: Tenant, account: AccountRow, ahead: timedelta, server: str | None) -> tuple[str, str]:
    """Names of throttles: of the platform, as far as one simulator or the real one reaches, and of the account.

    Args:
        ahead: how far the platform's time is ahead of ours. When it jumps, what was learnt before is asked about anew.
        server: the account's own, where the platform has many (`Platform.server`).
    """
    everyone = f"{account.platform}/{tenant.mode}" if server is None else f"{account.platform}/{tenant.mode}/{server}"
    if tenant.mode is Mode.LIVE:
        return everyone, f"{account.platform}/{account.id}"
    since = f"+{ahead.total_seconds():g}"
    return (
        f"{everyone}/{tenant.organization_id}{since}",
        f"{account.platform}/{account.id}{since}",
    )


async def teach(
    throttles: Throttles,
    named: tuple[str, str],
    ahead: timedelta,
    failure: PlatformFailure | None,
    budgets: Collection[Budget],
) -> None:
    """Let later tries know what one that has sent something has learnt; `failure` is None when it went well.

    Args:
        named: the throttles of its platform and account, as of `names`.
        budgets: what the platform told of its limits, in its own time.
    """
    of_platform, of_account = named
    for scope, name in ((LimitScope.APP, of_platform), (LimitScope.ACCOUNT, of_account)):
        ours = [replace(one, resets_at=one.resets_at - ahead) for one in budgets if one.scope is scope]
        await throttles.spend(name, ours)
    if failure is None:
        await throttles.succeeded(of_platform)
    elif failure.kind in {FailureKind.RATE_LIMITED, FailureKind.QUOTA_EXHAUSTED} and failure.retry_at is not None:
        is_everyones = failure.scope is LimitScope.APP
        await throttles.limit(of_platform if is_everyones else of_account, failure.retry_at)
    elif failure.kind in {FailureKind.UNAVAILABLE, FailureKind.IN_DOUBT}:
        await throttles.failed(of_platform, of_account)


@dataclass(frozen=True, slots=True)
class Held:
    """What the platform does not take at the moment: of one account, or of everything of ours there."""

    platform: str
    account_id: UUID | None
    throttle: Throttle


@dataclass(frozen=True, slots=True)
class KnownBudget:
    """What is left of a limit: of one account's, or of everything of ours there."""

    platform: str
    account_id: UUID | None
    budget: Budget


@dataclass(frozen=True, slots=True)
class PlatformUsage:
    """What platforms have told of their limits."""

    held: Sequence[Held]
    budgets: Sequence[KnownBudget]


class ThrottleReadings:
    """What holds a caller's posts back, or will."""

    def __init__(
        self,
        *,
        database: Database,
        keyring: Keyring,
        clock: Clock,
        platforms: Mapping[str, Platform],
        throttles: Throttles,
    ) -> None:
        self._database = database
        self._keyring = keyring
        self._clock = clock
        self._platforms = platforms
        self._throttles = throttles

    async def read(self, caller: Caller) -> PlatformUsage:
        """What concerns the accounts that the caller can see; of many accounts, the newest."""
        await self._throttles.refresh()
        async with self._database.tenant(caller.tenant) as connection:
            accounts = AccountRepository(connection, caller.tenant, self._keyring)
            visible = AccountFilter(profile_ids=[] if caller.profile_id is None else [caller.profile_id])
            rows = await accounts.list_page(visible, before=None, limit=_LOOKED_AT_MAX)
            time = await platform_clock(connection, caller.tenant, self._clock)
        concerned: dict[str, tuple[str, UUID | None]] = {}
        for row in rows:
            platform = self._platforms.get(row.platform)
            server = None if platform is None else platform.server(row.facts)
            of_platform, of_account = names(caller.tenant, row, time.ahead, server)
            concerned |= {of_platform: (row.platform, None), of_account: (row.platform, row.id)}
        known = self._throttles.list_all()
        told = await self._throttles.budgets.read(sorted(concerned))
        return PlatformUsage(
            held=[Held(*concerned[name], known[name]) for name in sorted(concerned.keys() & known.keys())],
            budgets=[KnownBudget(*concerned[name], budget) for name, budgets in told.items() for budget in budgets],
        )

"""What a try teaches of its platform, and what is held back by it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from letmepost.domain.api_keys import Mode
from letmepost.domain.errors import FailureKind, LimitScope, PlatformFailure
from letmepost.gateways.clock import Clock
from letmepost.gateways.throttles import Throttle, Throttles
from letmepost.services.callers import Caller
from letmepost.services.world_time import world_clock
from letmepost.storage.accounts import AccountRepository, AccountRow
from letmepost.storage.database import Database, Tenant
from letmepost.storage.sealing import Keyring

_LOOKED_AT_MAX = 1000


def names(tenant: Tenant, account: AccountRow, ahead: timedelta) -> tuple[str, str]:
    """Names of throttles: of the platform, as far as one simulator or the real one reaches, and of the account.

    `ahead`: how far the platform's time is ahead of ours. When it jumps, what was learnt before is asked about anew.
    """
    if tenant.mode is Mode.LIVE:
        return f"{account.platform}/{tenant.mode}", f"{account.platform}/{account.id}"
    since = f"+{ahead.total_seconds():g}"
    return (
        f"{account.platform}/{tenant.mode}/{tenant.organization_id}{since}",
        f"{account.platform}/{account.id}{since}",
    )


async def teach(
    throttles: Throttles, tenant: Tenant, account: AccountRow, ahead: timedelta, failure: PlatformFailure | None
) -> None:
    """Let later tries know what one that has sent something has learnt; `failure` is None when it went well."""
    of_platform, of_account = names(tenant, account, ahead)
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


class ThrottleReadings:
    """What holds a caller's posts back."""

    def __init__(self, *, database: Database, keyring: Keyring, clock: Clock, throttles: Throttles) -> None:
        self._database = database
        self._keyring = keyring
        self._clock = clock
        self._throttles = throttles

    async def read(self, caller: Caller) -> Sequence[Held]:
        """What concerns the accounts that the caller can see; of many accounts, the newest."""
        await self._throttles.refresh()
        known = self._throttles.list_all()
        if not known:
            return []
        async with self._database.tenant(caller.tenant) as connection:
            accounts = AccountRepository(connection, caller.tenant, self._keyring)
            rows = await accounts.list_page(caller.profile_id, before=None, limit=_LOOKED_AT_MAX)
            time = await world_clock(connection, caller.tenant, self._clock)
        concerned: dict[str, tuple[str, UUID | None]] = {}
        for row in rows:
            of_platform, of_account = names(caller.tenant, row, time.ahead)
            concerned |= {of_platform: (row.platform, None), of_account: (row.platform, row.id)}
        return [Held(*concerned[name], known[name]) for name in sorted(concerned.keys() & known.keys())]

"""What a try teaches of its platform."""

from datetime import timedelta

from letmepost.domain.api_keys import Mode
from letmepost.domain.errors import FailureKind, LimitScope, PlatformFailure
from letmepost.gateways.throttles import Throttles
from letmepost.storage.accounts import AccountRow
from letmepost.storage.database import Tenant


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

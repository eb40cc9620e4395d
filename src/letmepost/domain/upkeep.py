"""When the credential of an account is looked after, and when its owner is told to."""

from datetime import datetime, timedelta
from uuid import UUID

EXPIRY_NOTICES_DAYS = (7, 3, 1)
"""So many days before a credential ends that only a person can renew, its owner is told."""
STRIKES = 3
"""So many refusals in a row that do not say what they mean end a credential."""

_SHARE_LEFT = 1 / 3
_LEFT_AT_LEAST = timedelta(minutes=10)
_SPREAD = 0.05
_DAY_S = 86_400
_FIRST_RETRY_S = 60.0
_LONGEST_RETRY_S = 3600.0


def refresh_at(now: datetime, ends_at: datetime, account_id: UUID) -> datetime:
    """When to refresh a credential that came in now: after about two thirds of its life.

    At least ten minutes before the end, or half its life where that is shorter. Spread by the account's id, so that
    accounts that were connected together are not refreshed together.
    """
    life = ends_at - now
    left = max(life * _SHARE_LEFT, min(_LEFT_AT_LEAST, life / 2))
    return now + (life - left) * (1 - _SPREAD * _share(account_id))


def retry_refresh_at(now: datetime, failure_count: int, account_id: UUID, retry_at: datetime | None) -> datetime:
    """When to try again after so many failures in a row: from a minute to an hour, or later if the platform says so."""
    own_s = min(_FIRST_RETRY_S * 2.0 ** min(failure_count - 1, 30), _LONGEST_RETRY_S)
    own = now + timedelta(seconds=own_s * (1 + _SPREAD * _share(account_id)))
    return own if retry_at is None else max(own, retry_at)


def next_check_at(account_id: UUID, now: datetime) -> datetime:
    """When an account is checked next: at its own second of the day, which its id says."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    slot = midnight + timedelta(seconds=account_id.int % _DAY_S)
    return slot if slot > now else slot + timedelta(days=1)


def notice_due_days(now: datetime, token_expires_at: datetime, told_days: int | None) -> int | None:
    """Which notice is due, by its days ahead; None when none is, or the end has come."""
    left = token_expires_at - now
    if left <= timedelta():
        return None
    due = [days for days in EXPIRY_NOTICES_DAYS if left <= timedelta(days=days)]
    return due[-1] if due and (told_days is None or due[-1] < told_days) else None


def _share(account_id: UUID) -> float:
    """A number in [0, 1) that differs between accounts."""
    return account_id.int % 1000 / 1000

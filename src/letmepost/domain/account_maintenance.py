"""When to refresh the credential of an account, check its health, and notify its owner of an expiry."""

from datetime import datetime, timedelta
from uuid import UUID

EXPIRY_NOTICES_DAYS = (7, 3, 1)
"""The owner is notified this many days before the expiry of a credential that only a person can renew."""
STRIKES = 3
"""A credential counts as revoked after this many consecutive refusals without a clear reason."""

_SHARE_LEFT = 1 / 3
_LEFT_AT_LEAST = timedelta(minutes=10)
_SPREAD = 0.05
_DAY_S = 86_400
_FIRST_RETRY_S = 60.0
_LONGEST_RETRY_S = 3600.0


def refresh_at(now: datetime, ends_at: datetime, account_id: UUID) -> datetime:
    """Return when to refresh a credential that was issued now: after about two thirds of its lifetime.

    At least ten minutes before the expiry, or half the lifetime if that is shorter. A jitter from the account's id
    spreads the refreshes of accounts that were connected together.
    """
    life = ends_at - now
    left = max(life * _SHARE_LEFT, min(_LEFT_AT_LEAST, life / 2))
    return now + (life - left) * (1 - _SPREAD * _share(account_id))


def retry_refresh_at(now: datetime, failure_count: int, account_id: UUID, retry_at: datetime | None) -> datetime:
    """Return when to retry: after a minute to an hour of backoff, or at `retry_at` if that is later."""
    own_s = min(_FIRST_RETRY_S * 2.0 ** min(failure_count - 1, 30), _LONGEST_RETRY_S)
    own = now + timedelta(seconds=own_s * (1 + _SPREAD * _share(account_id)))
    return own if retry_at is None else max(own, retry_at)


def next_check_at(account_id: UUID, now: datetime) -> datetime:
    """Return when to check an account next: daily, at a second of the day that follows from its id."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    slot = midnight + timedelta(seconds=account_id.int % _DAY_S)
    return slot if slot > now else slot + timedelta(days=1)


def notice_due_days(now: datetime, token_expires_at: datetime, notified_days: int | None) -> int | None:
    """Return the days ahead of the notice that is due; None if no notice is due, or the credential has expired."""
    left = token_expires_at - now
    if left <= timedelta():
        return None
    due = [days for days in EXPIRY_NOTICES_DAYS if left <= timedelta(days=days)]
    return due[-1] if due and (notified_days is None or due[-1] < notified_days) else None


def _share(account_id: UUID) -> float:
    """Return a number in [0, 1) that depends on the account."""
    return account_id.int % 1000 / 1000

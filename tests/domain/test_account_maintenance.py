"""When accounts are refreshed and checked, and their owners notified."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from letmepost.domain.account_maintenance import next_check_at, notice_due_days, refresh_at, retry_refresh_at

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
FIRST = UUID(int=0)

ids = st.uuids()


@pytest.mark.parametrize(
    ("life", "expected"),
    [
        (timedelta(days=60), timedelta(days=40)),
        (timedelta(hours=2), timedelta(minutes=80)),
        (timedelta(minutes=24), timedelta(minutes=14)),
        (timedelta(minutes=10), timedelta(minutes=5)),
    ],
)
def test_credential_is_refreshed_after_two_thirds_of_its_lifetime(life: timedelta, expected: timedelta) -> None:
    assert refresh_at(NOW, NOW + life, FIRST) == NOW + expected


@given(st.timedeltas(timedelta(seconds=1), timedelta(days=400)), ids)
def test_refresh_is_before_the_expiry_with_time_to_spare(life: timedelta, account_id: UUID) -> None:
    left = NOW + life - refresh_at(NOW, NOW + life, account_id)
    assert min(timedelta(minutes=10), life / 2) <= left <= life
    assert left >= life / 3 - timedelta(microseconds=10)


@given(st.integers(1, 10_000), ids)
def test_failed_refresh_is_retried_within_an_hour(failures: int, account_id: UUID) -> None:
    wait = retry_refresh_at(NOW, failures, account_id, None) - NOW
    assert timedelta(seconds=60) <= wait <= timedelta(seconds=3600 * 1.05)


def test_refresh_is_not_retried_before_the_time_of_the_platform() -> None:
    until = NOW + timedelta(hours=5)
    assert retry_refresh_at(NOW, 1, FIRST, until) == until
    assert retry_refresh_at(NOW, 1, FIRST, NOW) == NOW + timedelta(seconds=60)
    assert retry_refresh_at(NOW, 3, FIRST, None) == NOW + timedelta(seconds=240)


@given(ids, st.timedeltas(timedelta(), timedelta(days=400)).map(lambda later: NOW + later))
def test_account_is_checked_daily_at_a_second_of_its_own(account_id: UUID, now: datetime) -> None:
    due = next_check_at(account_id, now)
    assert timedelta() < due - now <= timedelta(days=1)
    assert next_check_at(account_id, due) == due + timedelta(days=1)
    assert due.microsecond == 0


@pytest.mark.parametrize(
    ("left", "notified", "due"),
    [
        (timedelta(days=8), None, None),
        (timedelta(days=7), None, 7),
        (timedelta(days=5), 7, None),
        (timedelta(days=3), 7, 3),
        (timedelta(days=2), 3, None),
        (timedelta(hours=20), 3, 1),
        (timedelta(hours=20), 1, None),
        (timedelta(hours=20), None, 1),
        (timedelta(), 3, None),
        (-timedelta(days=1), None, None),
    ],
)
def test_owner_is_notified_once_at_each_of_seven_three_and_one_days(
    left: timedelta, notified: int | None, due: int | None
) -> None:
    assert notice_due_days(NOW, NOW + left, notified) == due

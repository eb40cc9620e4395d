"""Quotas: the period in which a post counts, and the resets."""

from datetime import UTC, date, datetime, timedelta, timezone
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from letmepost.domain.quotas import (
    Quota,
    QuotaLimits,
    QuotaName,
    Reading,
    media_bytes,
    posts_per_account_day,
    posts_per_month,
    quotas_of_post,
)

ACCOUNT = UUID(int=7)
MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2900, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - bounds


@given(MOMENTS)
def test_due_time_is_in_its_month_and_its_day(due_at: datetime) -> None:
    for quota in (posts_per_month(1, due_at), posts_per_account_day(1, ACCOUNT, due_at)):
        assert quota.resets_at is not None
        assert quota.starts_at <= due_at < quota.resets_at


@given(MOMENTS)
def test_next_period_begins_where_one_ends(due_at: datetime) -> None:
    month, day = posts_per_month(1, due_at), posts_per_account_day(1, ACCOUNT, due_at)
    assert month.resets_at is not None
    assert day.resets_at is not None
    assert posts_per_month(1, month.resets_at).starts_at == month.resets_at
    assert posts_per_account_day(1, ACCOUNT, day.resets_at).starts_at == day.resets_at


def test_periods_are_in_utc() -> None:
    """An hour into the new year in Paris, it is still the old year."""
    due_at = datetime(2027, 1, 1, 0, 30, tzinfo=timezone(timedelta(hours=1)))
    assert posts_per_month(1, due_at).period_start == date(2026, 12, 1)
    assert posts_per_month(1, due_at).resets_at == datetime(2027, 1, 1, tzinfo=UTC)
    assert posts_per_account_day(1, ACCOUNT, due_at).period_start == date(2026, 12, 31)


def test_quota_of_stored_bytes_never_resets() -> None:
    assert media_bytes(10).resets_at is None


@pytest.mark.parametrize(
    ("limits", "names"),
    [
        (QuotaLimits(), []),
        (QuotaLimits(media_bytes=1), []),
        (QuotaLimits(posts_per_month=0), [QuotaName.POSTS_PER_MONTH]),
        (QuotaLimits(posts_per_month=1, posts_per_account_day=1), list(QuotaName)[:2]),
    ],
)
def test_post_counts_towards_the_limited_quotas(limits: QuotaLimits, names: list[QuotaName]) -> None:
    found = quotas_of_post(limits, ACCOUNT, datetime(2026, 11, 22, tzinfo=UTC))
    assert [quota.name for quota in found] == names


def test_every_quota_has_its_own_counter() -> None:
    now = datetime(2026, 11, 22, tzinfo=UTC)
    quotas = [posts_per_month(1, now), posts_per_account_day(1, ACCOUNT, now), media_bytes(1)]
    assert [quota.subject for quota in quotas] == ["posts", f"account:{ACCOUNT}", "media"]


@pytest.mark.parametrize(("limit", "used", "is_near"), [(10, 7, False), (10, 8, True), (1, 0, False), (1, 1, True)])
def test_warning_is_due_at_four_fifths(limit: int, used: int, is_near: bool) -> None:  # noqa: FBT001 - a column
    quota: Quota = media_bytes(limit)
    assert quota.is_nearly_used_up(used) is is_near


def test_nothing_is_left_of_a_lowered_quota() -> None:
    assert (Reading(media_bytes(10), 4).left, Reading(media_bytes(10), 12).left) == (6, 0)

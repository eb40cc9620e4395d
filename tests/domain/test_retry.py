from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from letmepost.domain.errors import ErrorCode, FailureKind
from letmepost.domain.retry import (
    DELIVERY_SCHEDULE_S,
    JITTER,
    LONGEST_DELAY_S,
    POLICIES,
    Next,
    delivery_delay_s,
    next_try_at,
    retry_delay_s,
)

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)

tries = st.integers(1, 10_000)
jitters = st.floats(-1, 1)
retry_afters_s = st.floats(0, 1e9)


def test_every_kind_of_failure_has_a_policy() -> None:
    assert set(POLICIES) == set(FailureKind)


@pytest.mark.parametrize("kind", [FailureKind.REJECTED, FailureKind.DUPLICATE])
def test_refusal_is_not_retried(kind: FailureKind) -> None:
    assert POLICIES[kind].next is Next.STOP
    assert POLICIES[kind].code is ErrorCode.PLATFORM_REJECTED


@pytest.mark.parametrize("kind", [FailureKind.RATE_LIMITED, FailureKind.QUOTA_EXHAUSTED, FailureKind.UNAVAILABLE])
def test_temporary_failure_is_retried(kind: FailureKind) -> None:
    assert POLICIES[kind].next is Next.TRY_AGAIN
    assert POLICIES[kind].code is ErrorCode.PLATFORM_UNAVAILABLE


def test_revoked_credential_holds_the_post_until_a_reconnect() -> None:
    assert POLICIES[FailureKind.AUTH_FAILED].next is Next.HOLD
    assert POLICIES[FailureKind.AUTH_FAILED].code is ErrorCode.PLATFORM_AUTH_FAILED


def test_possibly_published_post_is_reconciled_and_not_retried() -> None:
    assert POLICIES[FailureKind.IN_DOUBT].next is Next.ASK


@pytest.mark.parametrize(
    ("tries_made", "delay_s"), [(1, 2), (2, 4), (3, 8), (9, 512), (10, 900), (11, 900), (10_000, 900)]
)
def test_delay_doubles_from_two_seconds_to_fifteen_minutes(tries_made: int, delay_s: float) -> None:
    assert retry_delay_s(tries_made, jitter=0) == delay_s


@pytest.mark.parametrize(("jitter", "factor"), [(-1, 0.8), (0.5, 1.1), (1, 1.2)])
def test_jitter_shortens_or_lengthens_every_delay(jitter: float, factor: float) -> None:
    assert retry_delay_s(3, jitter) == pytest.approx(8 * factor)
    assert delivery_delay_s(3, jitter) == pytest.approx(120 * factor)


@given(tries, jitters)
def test_later_attempt_never_waits_less(tries_made: int, jitter: float) -> None:
    assert retry_delay_s(tries_made, jitter) <= retry_delay_s(tries_made + 1, jitter)


@given(tries, jitters)
def test_jitter_changes_a_delay_by_a_fifth_at_most(tries_made: int, jitter: float) -> None:
    plain = retry_delay_s(tries_made, jitter=0)
    assert plain * (1 - JITTER) <= retry_delay_s(tries_made, jitter) <= plain * (1 + JITTER)
    assert plain <= LONGEST_DELAY_S


def test_own_backoff_applies_without_a_time_of_the_platform() -> None:
    assert next_try_at(NOW, 1, 0.0, None) == NOW + timedelta(seconds=2)


@given(tries, jitters, st.timedeltas(timedelta(days=-1), timedelta(days=30)))
def test_time_of_the_platform_is_respected(tries_made: int, jitter: float, wait: timedelta) -> None:
    """Even if it is much later than the own backoff."""
    next_try = next_try_at(NOW, tries_made, jitter, NOW + wait)
    assert next_try == max(NOW + wait, next_try_at(NOW, tries_made, jitter, None))


def test_delivery_schedule_is_the_documented_one() -> None:
    minute, hour = 60, 3600
    schedule = (0, 5, 30, 2 * minute, 10 * minute, hour, 3 * hour, 8 * hour, 12 * hour)
    assert schedule == DELIVERY_SCHEDULE_S


@pytest.mark.parametrize("tries_made", range(1, len(DELIVERY_SCHEDULE_S)))
def test_delivery_is_retried_by_the_schedule(tries_made: int) -> None:
    assert delivery_delay_s(tries_made, jitter=0) == DELIVERY_SCHEDULE_S[tries_made]


@given(st.integers(len(DELIVERY_SCHEDULE_S)), jitters, st.none() | retry_afters_s)
def test_delivery_is_dead_after_the_last_attempt_of_the_schedule(
    tries_made: int, jitter: float, retry_after_s: float | None
) -> None:
    """Otherwise, the delivery would be retried forever."""
    assert delivery_delay_s(tries_made, jitter, retry_after_s) is None


@given(st.integers(1, len(DELIVERY_SCHEDULE_S) - 1), jitters)
def test_jitter_changes_a_delivery_delay_by_a_fifth_at_most(tries_made: int, jitter: float) -> None:
    delay_s = delivery_delay_s(tries_made, jitter)
    plain = DELIVERY_SCHEDULE_S[tries_made]
    assert delay_s is not None
    assert plain * (1 - JITTER) <= delay_s <= plain * (1 + JITTER)


@pytest.mark.parametrize(
    ("retry_after_s", "delay_s"),
    [(None, 5), (0, 5), (4, 5), (6, 6), (3600, 3600), (86_400, 86_400), (1e9, 86_400)],
)
def test_retry_after_of_a_receiver_is_respected_up_to_a_day(retry_after_s: float | None, delay_s: float) -> None:
    assert delivery_delay_s(1, 0.0, retry_after_s) == delay_s

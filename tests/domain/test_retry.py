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
def test_what_the_platform_refused_is_not_tried_again(kind: FailureKind) -> None:
    assert POLICIES[kind].next is Next.STOP
    assert POLICIES[kind].code is ErrorCode.PLATFORM_REJECTED


@pytest.mark.parametrize("kind", [FailureKind.RATE_LIMITED, FailureKind.QUOTA_EXHAUSTED, FailureKind.UNAVAILABLE])
def test_what_passes_by_itself_is_tried_again(kind: FailureKind) -> None:
    assert POLICIES[kind].next is Next.TRY_AGAIN
    assert POLICIES[kind].code is ErrorCode.PLATFORM_UNAVAILABLE


def test_a_dead_credential_holds_the_post_until_someone_reconnects() -> None:
    assert POLICIES[FailureKind.AUTH_FAILED].next is Next.HOLD
    assert POLICIES[FailureKind.AUTH_FAILED].code is ErrorCode.PLATFORM_AUTH_FAILED


def test_what_may_have_been_published_is_asked_about_and_not_tried_again() -> None:
    assert POLICIES[FailureKind.IN_DOUBT].next is Next.ASK


@pytest.mark.parametrize(
    ("tries_made", "delay_s"), [(1, 2), (2, 4), (3, 8), (9, 512), (10, 900), (11, 900), (10_000, 900)]
)
def test_the_delay_doubles_from_two_seconds_to_a_quarter_of_an_hour(tries_made: int, delay_s: float) -> None:
    assert retry_delay_s(tries_made, jitter=0) == delay_s


@pytest.mark.parametrize(("jitter", "factor"), [(-1, 0.8), (0.5, 1.1), (1, 1.2)])
def test_jitter_shortens_or_prolongs_every_delay(jitter: float, factor: float) -> None:
    assert retry_delay_s(3, jitter) == pytest.approx(8 * factor)
    assert delivery_delay_s(3, jitter) == pytest.approx(120 * factor)


@given(tries, jitters)
def test_a_later_try_never_waits_less(tries_made: int, jitter: float) -> None:
    assert retry_delay_s(tries_made, jitter) <= retry_delay_s(tries_made + 1, jitter)


@given(tries, jitters)
def test_jitter_moves_a_delay_by_a_fifth_at_most(tries_made: int, jitter: float) -> None:
    plain = retry_delay_s(tries_made, jitter=0)
    assert plain * (1 - JITTER) <= retry_delay_s(tries_made, jitter) <= plain * (1 + JITTER)
    assert plain <= LONGEST_DELAY_S


def test_without_a_word_from_the_platform_our_own_schedule_holds() -> None:
    assert next_try_at(NOW, 1, 0.0, None) == NOW + timedelta(seconds=2)


@given(tries, jitters, st.timedeltas(timedelta(days=-1), timedelta(days=30)))
def test_a_platforms_word_is_honoured_in_full(tries_made: int, jitter: float, wait: timedelta) -> None:
    """Also when it asks for much longer than we would wait."""
    next_try = next_try_at(NOW, tries_made, jitter, NOW + wait)
    assert next_try == max(NOW + wait, next_try_at(NOW, tries_made, jitter, None))


def test_the_delivery_schedule_is_what_receivers_are_told() -> None:
    minute, hour = 60, 3600
    schedule = (0, 5, 30, 2 * minute, 10 * minute, hour, 3 * hour, 8 * hour, 12 * hour)
    assert schedule == DELIVERY_SCHEDULE_S


@pytest.mark.parametrize("tries_made", range(1, len(DELIVERY_SCHEDULE_S)))
def test_a_delivery_is_tried_again_by_the_schedule(tries_made: int) -> None:
    assert delivery_delay_s(tries_made, jitter=0) == DELIVERY_SCHEDULE_S[tries_made]


@given(st.integers(len(DELIVERY_SCHEDULE_S)), jitters, st.none() | retry_afters_s)
def test_a_delivery_is_dead_when_the_schedule_is_used_up(
    tries_made: int, jitter: float, retry_after_s: float | None
) -> None:
    """Giving up is an end: a delivery without one is retried for ever."""
    assert delivery_delay_s(tries_made, jitter, retry_after_s) is None


@given(st.integers(1, len(DELIVERY_SCHEDULE_S) - 1), jitters)
def test_jitter_moves_a_delivery_by_a_fifth_at_most(tries_made: int, jitter: float) -> None:
    delay_s = delivery_delay_s(tries_made, jitter)
    plain = DELIVERY_SCHEDULE_S[tries_made]
    assert delay_s is not None
    assert plain * (1 - JITTER) <= delay_s <= plain * (1 + JITTER)


@pytest.mark.parametrize(
    ("retry_after_s", "delay_s"),
    [(None, 5), (0, 5), (4, 5), (6, 6), (3600, 3600), (86_400, 86_400), (1e9, 86_400)],
)
def test_a_receivers_word_is_honoured_up_to_a_day(retry_after_s: float | None, delay_s: float) -> None:
    assert delivery_delay_s(1, 0.0, retry_after_s) == delay_s

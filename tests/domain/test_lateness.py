"""Explanations of lateness: examples, and properties of every possible record."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from letmepost.domain.lateness import (
    WORDS,
    Busy,
    Delay,
    Hold,
    Lateness,
    Record,
    Try,
    explain_lateness,
)

DUE = datetime(2026, 11, 21, 12, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return DUE + timedelta(seconds=seconds)


def tried(
    ready: float, started: float, finished: float | None, *, platform_s: float = 0.0, then: Delay | None = None
) -> Try:
    return Try(
        ready_at=at(ready),
        started_at=at(started),
        finished_at=None if finished is None else at(finished),
        platform=timedelta(seconds=platform_s),
        then=then,
    )


def explained(
    *tries: Try,
    until: float,
    holds: Sequence[Hold] = (),
    busy: Sequence[Busy] = (),
    ready: float | None = None,
) -> list[tuple[float, str]]:
    """Return the waits in order, as seconds and reason."""
    record = Record(
        due_at=DUE,
        until=at(until),
        tries=tries,
        holds=holds,
        busy=busy,
        ready_at=None if ready is None else at(ready),
    )
    return [((wait.until - wait.since).total_seconds(), wait.delay.value) for wait in explain_lateness(record).waits]


def test_immediate_post_waits_only_during_its_attempt() -> None:
    published = tried(0, 1, 5, platform_s=3)
    assert explained(published, until=5) == [(1, "queue"), (1, "preparing"), (3, "platform")]


def test_time_after_the_post_is_visible_does_not_count() -> None:
    """The extras took longer than the post. Everything before counts for the platform."""
    assert explained(tried(0, 0, 60, platform_s=50), until=4) == [(4, "platform")]


@pytest.mark.parametrize("delay", [Delay.BUDGET, Delay.PLATFORM, Delay.PAUSE, Delay.ACCOUNT, Delay.RULE])
def test_post_between_attempts_waits_for_the_reason_of_the_first(delay: Delay) -> None:
    waits = explained(tried(0, 0, 0, then=delay), tried(600, 602, 603, platform_s=1), until=603)
    assert waits == [(600, delay.value), (2, "queue"), (1, "platform")]


def test_post_waits_for_its_account_while_another_post_is_published() -> None:
    busy = [Busy(at(-3), at(4)), Busy(at(5), at(9))]
    assert explained(tried(0, 10, 11, platform_s=1), until=11, busy=busy) == [
        (4, "account"),
        (1, "queue"),
        (4, "account"),
        (1, "queue"),
        (1, "platform"),
    ]


def test_due_post_that_is_not_ready_waits_for_its_account() -> None:
    """Nothing else holds back a post without an attempt."""
    assert explained(tried(90, 91, 92, platform_s=1), until=92) == [(90, "account"), (1, "queue"), (1, "platform")]


def test_post_waits_for_a_hold_from_its_start() -> None:
    first, second = tried(0, 0, 1, platform_s=1, then=Delay.PLATFORM), tried(100, 100, 100)
    assert explained(first, second, until=100, holds=[Hold(at(11), Delay.ACCOUNT)]) == [
        (1, "platform"),
        (10, "platform"),
        (89, "account"),
    ]


def test_post_of_a_lost_worker_waits_for_another() -> None:
    lost, second = tried(0, 1, None), tried(0, 61, 62, platform_s=1)
    assert explained(lost, second, until=62) == [(1, "queue"), (60, "queue"), (1, "platform")]


def test_unsettled_post_is_late_until_now() -> None:
    assert explained(until=7, ready=0) == [(7, "queue")]
    assert explained(until=7) == [(7, "account")]
    limited = tried(0, 0, 0, then=Delay.BUDGET)
    assert explained(limited, until=7, ready=3600) == [(7, "budget")]
    assert explained(limited, until=7, ready=5) == [(5, "budget"), (2, "queue")]


def test_time_after_the_end_does_not_count() -> None:
    """A person who resolves a post days later does not make it late."""
    assert explained(tried(0, 0, 2, platform_s=2), until=86_400) == [(2, "platform")]


def test_attempt_does_not_begin_before_the_due_time_when_the_clock_is_behind() -> None:
    assert explained(tried(-1, -0.5, 2, platform_s=2.5), until=2) == [(2, "platform")]


def test_longest_wait_is_described() -> None:
    record = Record(due_at=DUE, until=at(12), tries=[tried(10.5, 11, 12, platform_s=1)])
    lateness = explain_lateness(record)
    assert list(lateness.by_delay.items()) == [(Delay.ACCOUNT, 10_500), (Delay.PLATFORM, 1000), (Delay.QUEUE, 500)]
    expected = "It is 12.000 s late: it waited 10.500 s for its account, which was busy or could not be used."
    assert lateness.describe() == expected
    assert Lateness(()).describe() == "It is not late."


def test_every_delay_has_words() -> None:
    assert set(WORDS) == set(Delay)


moments = st.floats(-100, 10_000).map(at)
delays = st.sampled_from(Delay)
tries = st.builds(
    Try,
    ready_at=moments,
    started_at=moments,
    finished_at=moments | st.none(),
    platform=st.floats(0, 100).map(lambda seconds: timedelta(seconds=seconds)),
    then=delays,
)
records = st.builds(
    Record,
    due_at=st.just(DUE),
    until=st.floats(0.001, 10_000).map(at),
    tries=st.lists(tries, max_size=4).map(lambda found: sorted(found, key=lambda one: one.started_at)),
    holds=st.lists(st.builds(Hold, moments, delays), max_size=2).map(
        lambda found: sorted(found, key=lambda one: one.since)
    ),
    busy=st.lists(st.builds(Busy, moments, moments), max_size=3).map(
        lambda found: sorted(found, key=lambda one: one.since)
    ),
    ready_at=moments | st.none(),
)


@given(records)
def test_waits_follow_one_another_and_sum_up_to_the_lateness(record: Record) -> None:
    """For any record, in any order, with clocks that differ."""
    lateness = explain_lateness(record)
    waits = lateness.waits
    assert (waits[0].since, waits[-1].until) == (record.due_at, record.until)
    assert all(before.until == after.since for before, after in pairwise(waits))
    assert all(wait.since < wait.until for wait in waits)
    assert lateness.ms == (record.until - record.due_at) // timedelta(milliseconds=1)
    assert lateness.ms == sum(lateness.by_delay.values()) == sum(lateness.duration_ms(wait) for wait in waits)

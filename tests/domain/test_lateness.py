"""Where the time of a late post has gone: stories, and what must hold of every record there could be."""

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
    """The waits, one after the other: how many seconds, and for what."""
    record = Record(
        due_at=DUE,
        until=at(until),
        tries=tries,
        holds=holds,
        busy=busy,
        ready_at=None if ready is None else at(ready),
    )
    return [((wait.until - wait.since).total_seconds(), wait.delay.value) for wait in explain_lateness(record).waits]


def test_a_post_that_went_out_at_once_took_what_its_try_took() -> None:
    published = tried(0, 1, 5, platform_s=3)
    assert explained(published, until=5) == [(1, "queue"), (1, "preparing"), (3, "platform")]


def test_what_comes_after_it_was_visible_does_not_count() -> None:
    """Its extras took longer than the post: all that was before is the platform's."""
    assert explained(tried(0, 0, 60, platform_s=50), until=4) == [(4, "platform")]


@pytest.mark.parametrize("delay", [Delay.BUDGET, Delay.PLATFORM, Delay.PAUSE, Delay.ACCOUNT, Delay.RULE])
def test_between_two_tries_a_post_waits_for_what_the_first_one_met(delay: Delay) -> None:
    waits = explained(tried(0, 0, 0, then=delay), tried(600, 602, 603, platform_s=1), until=603)
    assert waits == [(600, delay.value), (2, "queue"), (1, "platform")]


def test_while_another_post_of_its_account_is_published_it_waits_for_its_account() -> None:
    busy = [Busy(at(-3), at(4)), Busy(at(5), at(9))]
    assert explained(tried(0, 10, 11, platform_s=1), until=11, busy=busy) == [
        (4, "account"),
        (1, "queue"),
        (4, "account"),
        (1, "queue"),
        (1, "platform"),
    ]


def test_what_was_due_and_not_ready_waited_for_its_account() -> None:
    """Nothing else holds back a post that nobody has tried."""
    assert explained(tried(90, 91, 92, platform_s=1), until=92) == [(90, "account"), (1, "queue"), (1, "platform")]


def test_a_hold_between_two_tries_is_what_it_waits_for_from_then_on() -> None:
    first, second = tried(0, 0, 1, platform_s=1, then=Delay.PLATFORM), tried(100, 100, 100)
    assert explained(first, second, until=100, holds=[Hold(at(11), Delay.ACCOUNT)]) == [
        (1, "platform"),
        (10, "platform"),
        (89, "account"),
    ]


def test_the_time_of_a_worker_that_was_lost_is_waited_for_another() -> None:
    lost, second = tried(0, 1, None), tried(0, 61, 62, platform_s=1)
    assert explained(lost, second, until=62) == [(1, "queue"), (60, "queue"), (1, "platform")]


def test_a_post_that_is_not_settled_is_late_until_now() -> None:
    assert explained(until=7, ready=0) == [(7, "queue")]
    assert explained(until=7) == [(7, "account")]
    limited = tried(0, 0, 0, then=Delay.BUDGET)
    assert explained(limited, until=7, ready=3600) == [(7, "budget")]
    assert explained(limited, until=7, ready=5) == [(5, "budget"), (2, "queue")]


def test_nothing_is_waited_for_after_the_end() -> None:
    """A person who resolves a post days later has not made it late."""
    assert explained(tried(0, 0, 2, platform_s=2), until=86_400) == [(2, "platform")]


def test_a_clock_behind_the_databases_begins_no_try_before_its_post_was_due() -> None:
    assert explained(tried(-1, -0.5, 2, platform_s=2.5), until=2) == [(2, "platform")]


def test_the_longest_wait_is_told() -> None:
    record = Record(due_at=DUE, until=at(12), tries=[tried(10.5, 11, 12, platform_s=1)])
    lateness = explain_lateness(record)
    assert list(lateness.by_delay.items()) == [(Delay.ACCOUNT, 10_500), (Delay.PLATFORM, 1000), (Delay.QUEUE, 500)]
    expected = "It is 12.000 s late, 10.500 s of which it waited for its account, which was busy or could not be used."
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
def test_the_waits_follow_one_another_and_sum_up_to_the_lateness(record: Record) -> None:
    """Whatever is on record, in whatever order clocks that differ have put it."""
    lateness = explain_lateness(record)
    waits = lateness.waits
    assert (waits[0].since, waits[-1].until) == (record.due_at, record.until)
    assert all(before.until == after.since for before, after in pairwise(waits))
    assert all(wait.since < wait.until for wait in waits)
    assert lateness.ms == (record.until - record.due_at) // timedelta(milliseconds=1)
    assert lateness.ms == sum(lateness.by_delay.values()) == sum(lateness.duration_ms(wait) for wait in waits)

"""Measures of texts against limits."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from letmepost.domain.lengths import GRAPHEMES, UTF8_BYTES, Excess, Lengths, Measure


class CountingMeasure:
    """A measure that records the texts that it counts."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def count(self, text: str) -> int:
        self.texts.append(text)
        return len(text)


@pytest.mark.parametrize("length", [0, 1, 10])
def test_text_within_its_limit_has_no_excess(length: int) -> None:
    assert Lengths().excess(GRAPHEMES, "x" * length, 10) is None


@pytest.mark.parametrize("length", [11, 1000, 2000])
def test_length_is_exact_up_to_two_thousand(length: int) -> None:
    excess = Lengths().excess(GRAPHEMES, "x" * length, 10)
    assert excess == Excess(length, is_exact=True)
    assert excess.actual == length


def test_length_far_over_its_limit_is_a_lower_bound() -> None:
    excess = Lengths().excess(GRAPHEMES, "👍" * 95_000, 10)
    assert excess is not None
    assert excess.is_far_over
    assert excess.actual == "more than 2000"


def test_lower_bound_is_never_below_the_limit() -> None:
    assert str(Lengths().excess(GRAPHEMES, "👍" * 95_000, 3000)) == "more than 3000"
    assert Lengths().excess(GRAPHEMES, "👍" * 3000, 3000) is None


def test_cheap_measure_is_always_exact() -> None:
    excess = Lengths().excess(UTF8_BYTES, "👍" * 95_000, 10)
    assert excess is not None
    assert excess.actual == 380_000


def test_each_distinct_text_is_counted_once() -> None:
    counting, lengths = CountingMeasure(), Lengths()
    measure = Measure(unit="characters", count=counting.count)
    for _ in range(25):
        lengths.excess(measure, "a" * 20, 10)
        lengths.excess(measure, "b" * 20, 10)
    assert counting.texts == ["a" * 20, "b" * 20]


def test_long_text_is_not_read_to_its_end() -> None:
    counting = CountingMeasure()
    Lengths().excess(Measure(unit="characters", count=counting.count), "a" * 95_000, 10)
    assert sum(map(len, counting.texts)) < 5_000


def test_text_of_one_long_cluster_is_read_to_its_end() -> None:
    assert Lengths().excess(GRAPHEMES, "e" + "\u0301" * 95_000, 10) is None


@given(st.text(max_size=40), st.integers(1, 200), st.integers(0, 100))
def test_excess_agrees_with_the_count(piece: str, times: int, limit: int) -> None:
    text = piece * times
    excess, length = Lengths().excess(GRAPHEMES, text, limit), GRAPHEMES.count(text)
    assert (excess is not None) == (length > limit)
    assert excess is None or (excess.at_least == length if excess.is_exact else excess.at_least <= length)


def test_derived_text_is_computed_once_per_text_and_function() -> None:
    calls = []

    def shout(text: str) -> str:
        calls.append(text)
        return text.upper()

    lengths = Lengths()
    assert [lengths.derive(shout, text) for text in ("a", "a", "b")] == ["A", "A", "B"]
    assert lengths.derive(str.lower, "A") == "a"
    assert calls == ["a", "b"]

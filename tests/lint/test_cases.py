"""The check of many values in one test."""

import pytest

from tests.cases import for_each


def test_every_failing_value_is_named() -> None:
    @for_each([(1, "a"), (2, "b"), (3, "c")])
    def test_number_is_two(number: int, letter: str) -> None:
        assert number == 2, letter

    with pytest.raises(ExceptionGroup, match="2 of 3 cases failed") as caught:
        test_number_is_two()
    assert [failure.__notes__ for failure in caught.value.exceptions] == [["for (1, 'a')"], ["for (3, 'c')"]]


def test_check_of_no_value_fails() -> None:
    @for_each([])
    def test_nothing() -> None:
        pass

    with pytest.raises(AssertionError, match="nothing to check"):
        test_nothing()

"""Runs a cheap check for many values in one test."""

from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

_SHOWN_CHARS = 300

Check: TypeAlias = Callable[..., None]


def for_each(values: Iterable[Any]) -> Callable[[Check], Callable[[], None]]:
    """Make one test of a check that is called with each value, or with the members of each tuple.

    A parametrized test costs five milliseconds for each value, in each test process, and thousands of checks take less
    than one. All values are checked, and a failure names those that fail.
    """
    cases = [value if isinstance(value, tuple) else (value,) for value in values]

    def make_test(check: Check) -> Callable[[], None]:
        def test() -> None:
            assert cases, "there is nothing to check"
            failures = [failure for case in cases if (failure := _failure(check, case)) is not None]
            if failures:
                raise ExceptionGroup(f"{len(failures)} of {len(cases)} cases failed", failures)

        # Without `functools.wraps`: pytest would read the parameters of the check as fixtures.
        test.__name__, test.__doc__ = check.__name__, check.__doc__
        return test

    return make_test


def _failure(check: Check, case: tuple[Any, ...]) -> Exception | None:
    try:
        check(*case)
    except Exception as error:  # noqa: BLE001 - it is raised with the others
        error.add_note(f"for {repr(case)[:_SHOWN_CHARS]}")
        return error
    return None

"""When a retry makes sense, and what is left of a limit."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from letmepost.domain.budgets import LONGEST, Budget
from letmepost.domain.errors import LimitScope
from letmepost.domain.flow import Reply
from letmepost.platforms._kit.rates import counted_budget, reset_at, retry_at

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
SOON = NOW + timedelta(hours=1)
UNIX = str(int(SOON.timestamp()))


def reply(**headers: str) -> Reply:
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return Reply(status=429, headers=named, received_at=NOW)


def budget_of(**headers: str) -> Budget | None:
    return counted_budget(reply(**{f"x_{part}": text for part, text in headers.items()}), "x", LimitScope.ACCOUNT)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("0", NOW),
        ("3600", SOON),
        ("Sat, 21 Nov 2026 13:00:00 GMT", SOON),
        ("Sat, 21 Nov 2026 14:00:00 +0100", SOON),
        ("Sat, 21 Nov 2026 13:00:00 -0000", SOON),
        ("Saturday, 21-Nov-26 13:00:00 GMT", SOON),
        ("Sat Nov 21 13:00:00 2026", SOON),
        ("Sat, 21 Nov 2026 11:00:00 GMT", NOW - timedelta(hours=1)),
    ],
)
def test_retry_after_has_seconds_or_a_date(header: str, expected: datetime) -> None:
    found = retry_at(reply(retry_after=header))
    assert found == expected
    assert found.tzinfo is UTC


@pytest.mark.parametrize(
    "header",
    [
        "",
        "soon",
        "-1",
        "+1",
        "1.5",
        "1e3",
        " 1",
        "٣",
        "9" * 10,
        "9" * 40,
        str(int(LONGEST.total_seconds()) + 1),
        "Sat, 21 Nov 2026",
        "Sat, 21 Nov 2326 13:00:00 GMT",
        "Sat, 31 Feb 2026 13:00:00 GMT",
        "Fri, 31 Dec 9999 23:59:59 -2359",
        "Sat, 21 Nov 2026 13:00:00 +" + "9" * 20,
    ],
)
def test_retry_after_without_a_plausible_time_is_ignored(header: str) -> None:
    assert retry_at(reply(retry_after=header)) is None
    assert retry_at(reply(retry_after=header, x_reset=UNIX), "x-reset") == SOON


@pytest.mark.parametrize("text", [UNIX, "2026-11-21T13:00:00Z", "2026-11-21T13:00:00.000000+00:00"])
def test_reset_has_unix_seconds_or_an_iso_time(text: str) -> None:
    assert reset_at(reply(x_reset=text), "x-reset") == SOON


@pytest.mark.parametrize(
    "text", ["", "soon", "-1", "9" * 10, "9" * 11, "٣", "2026-11-21T13:00:00", "2286-11-21T13:00:00Z"]
)
def test_reset_without_a_plausible_time_is_ignored(text: str) -> None:
    assert reset_at(reply(x_reset=text), "x-reset") is None


def test_retry_waits_for_the_latest_of_all_times() -> None:
    limited = reply(retry_after="60", x_reset=UNIX, y_reset="soon")
    assert retry_at(limited) == NOW + timedelta(minutes=1)
    assert retry_at(limited, "x-reset", "y-reset", "z-reset") == SOON
    assert retry_at(reply(), "x-reset") is None


@given(st.text() | st.integers().map(str) | st.datetimes().map(format_datetime) | st.from_regex(r"\w{3}, [\w :+-]+"))
def test_any_header_is_a_plausible_time_or_ignored(text: str) -> None:
    for found in (retry_at(reply(retry_after=text)), reset_at(reply(x_reset=text), "x-reset")):
        assert found is None or found <= NOW + LONGEST


@pytest.mark.parametrize("reset", [UNIX, "2026-11-21T13:00:00Z"])
def test_budget_is_read_from_three_headers(reset: str) -> None:
    found = budget_of(limit="100", remaining="99", reset=reset)
    assert found is not None
    assert (found.name, found.limit, found.remaining) == ("x", 100, 99)
    assert found.resets_at == SOON


@pytest.mark.parametrize(
    ("limit", "remaining", "reset_s"),
    [
        ("", "1", 60),
        ("100", "", 60),
        ("100", "-1", 60),
        ("1e3", "1", 60),
        ("0", "0", 60),
        ("100", "99", 0),
        ("100", "99", -1),
        ("100", "99", LONGEST.total_seconds() + 1),
    ],
)
def test_implausible_budget_is_ignored(limit: str, remaining: str, reset_s: float) -> None:
    """Any server can claim that it accepts nothing until 2286."""
    assert budget_of(limit=limit, remaining=remaining, reset=str(int(NOW.timestamp() + reset_s))) is None
    assert budget_of(limit="100", remaining="99", reset="99999999999") is None


def test_remaining_is_never_more_than_the_limit() -> None:
    found = budget_of(limit="10", remaining="99", reset=UNIX)
    assert found is not None
    assert found.remaining == 10


@given(st.dictionaries(st.sampled_from(["limit", "remaining", "reset"]), st.text() | st.integers().map(str)))
def test_any_budget_is_plausible_or_ignored(headers: dict[str, str]) -> None:
    found = budget_of(**{"limit": "100", "remaining": "99", "reset": UNIX, **headers})
    if found is not None:
        assert 0 <= found.remaining <= found.limit
        assert NOW < found.resets_at <= NOW + LONGEST

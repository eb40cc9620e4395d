"""What Meta's networks tell of their limits."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from letmepost.domain.budgets import Budget
from letmepost.domain.errors import LimitScope
from letmepost.domain.flow import Call, Reply
from letmepost.platforms._meta.budgets import budgets

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
CALL = Call(method="GET", url="https://graph.example/me")
APP, BUSINESS = "x-app-usage", "x-business-use-case-usage"


def told(headers: Mapping[str, object]) -> list[Budget]:
    spelled = {name: value if isinstance(value, str) else json.dumps(value) for name, value in headers.items()}
    return list(budgets(CALL, Reply(status=200, headers=spelled, body=b"", received_at=NOW)))


@pytest.mark.parametrize(
    ("use", "left", "after"),
    [
        ({"call_count": 28, "total_time": 25, "total_cputime": 25}, 72, timedelta(minutes=5)),
        ({"call_count": 28, "total_time": 95, "total_cputime": 25}, 5, timedelta(minutes=5)),
        ({"call_count": 100, "total_time": 25}, 0, timedelta(hours=1)),
        ({"call_count": 137}, 0, timedelta(hours=1)),
    ],
)
def test_the_furthest_of_an_apps_uses_is_what_is_left_of_it(use: object, left: int, after: timedelta) -> None:
    """What is nearly used up eases as the hour rolls on; what is used up refuses for its whole length."""
    [budget] = told({APP: use})
    assert (budget.name, budget.scope) == ("X-App-Usage", LimitScope.APP)
    assert (budget.limit, budget.remaining, budget.resets_at) == (100, left, NOW + after)


def test_a_business_case_holds_back_its_account_for_as_long_as_meta_says() -> None:
    uses = {
        "17841400000000000": [
            {"type": "pages", "call_count": 95, "total_cputime": 20, "estimated_time_to_regain_access": 0},
            {"type": "instagram", "call_count": 99, "total_time": 20, "estimated_time_to_regain_access": 19},
        ],
        "2": [{"type": "pages", "call_count": 1}],
    }
    [budget] = told({BUSINESS: uses})
    assert (budget.name, budget.scope) == ("X-Business-Use-Case-Usage", LimitScope.ACCOUNT)
    assert (budget.remaining, budget.resets_at) == (1, NOW + timedelta(minutes=19))
    assert budget.is_used_up


def test_both_are_told_apart() -> None:
    found = told({APP: {"call_count": 80}, BUSINESS: {"1": [{"call_count": 1}]}})
    assert [budget.is_low for budget in found] == [True, False]


@pytest.mark.parametrize(
    "value",
    ["", "{", "[]", "null", "{}", '{"call_count": "28"}', '{"call_count": true}', '{"call_count": -1}', "[" * 9000],
)
def test_without_a_use_nothing_is_thought_of_limits(value: str) -> None:
    assert told({}) == []
    assert told({APP: value, BUSINESS: value}) == []
    assert told({BUSINESS: f'{{"1": {value or 0}, "2": [3, null]}}'}) == []


def test_no_number_is_too_large() -> None:
    assert told({APP: '{"call_count": 1e999}'}) == []
    [budget] = told({BUSINESS: '{"1": [{"call_count": 100, "estimated_time_to_regain_access": 1e300}]}'})
    assert budget.resets_at == NOW + timedelta(hours=1)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["call_count", "total_time", "estimated_time_to_regain_access", "1"]), inner)
    ),
    max_leaves=8,
)


@given(values, values)
def test_whatever_is_told_is_read_or_left(app: object, business: object) -> None:
    for budget in told({APP: app, BUSINESS: business}):
        assert 0 <= budget.remaining <= budget.limit
        assert budget.resets_at > NOW

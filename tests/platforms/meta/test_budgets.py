"""The limits that Meta's platforms report."""

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
from letmepost.platforms._meta.graph import explain

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
CALL = Call(method="GET", url="https://graph.example/me")
APP, BUSINESS = "x-app-usage", "x-business-use-case-usage"


def reported(headers: Mapping[str, object]) -> list[Budget]:
    spelled = {name: value if isinstance(value, str) else json.dumps(value) for name, value in headers.items()}
    return list(budgets(CALL, Reply(status=200, headers=spelled, body=b"", received_at=NOW)))


def test_page_limit_holds_back_the_account() -> None:
    [budget] = reported({"x-page-usage": {"call_count": 40}})
    assert (budget.name, budget.scope, budget.remaining) == ("X-Page-Usage", LimitScope.ACCOUNT, 60)


@pytest.mark.parametrize(
    ("minutes", "after"),
    [(19, timedelta(minutes=19)), (0, timedelta(hours=1)), ("19", timedelta(hours=1)), (10**9, timedelta(hours=1))],
)
def test_refused_call_is_retried_when_meta_states_it(minutes: object, after: timedelta) -> None:
    use = [{"type": "pages", "call_count": 100, "estimated_time_to_regain_access": minutes}]
    headers = {BUSINESS: json.dumps({"1": use, "2": [5], "3": 5})}
    refused = Reply(status=403, headers=headers, body=b'{"error": {"code": 80001}}', received_at=NOW)
    assert explain(CALL, refused, {}, "Example").retry_at == NOW + after


@pytest.mark.parametrize(
    ("use", "left", "after"),
    [
        ({"call_count": 28, "total_time": 25, "total_cputime": 25}, 72, timedelta(minutes=5)),
        ({"call_count": 28, "total_time": 95, "total_cputime": 25}, 5, timedelta(minutes=5)),
        ({"call_count": 100, "total_time": 25}, 0, timedelta(hours=1)),
        ({"call_count": 137}, 0, timedelta(hours=1)),
    ],
)
def test_budget_of_an_app_is_its_most_used_limit(use: object, left: int, after: timedelta) -> None:
    """An almost used-up limit recovers as the hour rolls on; a used-up one refuses calls for a whole hour."""
    [budget] = reported({APP: use})
    assert (budget.name, budget.scope) == ("X-App-Usage", LimitScope.APP)
    assert (budget.limit, budget.remaining, budget.resets_at) == (100, left, NOW + after)


def test_business_use_case_holds_back_its_account_as_long_as_meta_states() -> None:
    uses = {
        "17841400000000000": [
            {"type": "pages", "call_count": 95, "total_cputime": 20, "estimated_time_to_regain_access": 0},
            {"type": "instagram", "call_count": 99, "total_time": 20, "estimated_time_to_regain_access": 19},
        ],
        "2": [{"type": "pages", "call_count": 1}],
    }
    [budget] = reported({BUSINESS: uses})
    assert (budget.name, budget.scope) == ("X-Business-Use-Case-Usage", LimitScope.ACCOUNT)
    assert (budget.remaining, budget.resets_at) == (1, NOW + timedelta(minutes=19))
    assert budget.is_used_up


def test_app_and_business_limits_are_separate() -> None:
    found = reported({APP: {"call_count": 80}, BUSINESS: {"1": [{"call_count": 1}]}})
    assert [budget.is_low for budget in found] == [True, False]


@pytest.mark.parametrize(
    "value",
    ["", "{", "[]", "null", "{}", '{"call_count": "28"}', '{"call_count": true}', '{"call_count": -1}', "[" * 9000],
)
def test_reply_without_a_use_has_no_budget(value: str) -> None:
    assert reported({}) == []
    assert reported({APP: value, BUSINESS: value}) == []
    assert reported({BUSINESS: f'{{"1": {value or 0}, "2": [3, null]}}'}) == []


def test_any_number_is_read() -> None:
    assert reported({APP: '{"call_count": 1e999}'}) == []
    [budget] = reported({BUSINESS: '{"1": [{"call_count": 100, "estimated_time_to_regain_access": 1e300}]}'})
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
def test_any_headers_are_read_or_ignored(app: object, business: object) -> None:
    for budget in reported({APP: app, BUSINESS: business}):
        assert 0 <= budget.remaining <= budget.limit
        assert budget.resets_at > NOW

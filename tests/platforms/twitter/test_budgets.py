"""The limits that X reports."""

from collections.abc import Mapping

import pytest

from letmepost.domain.errors import LimitScope
from letmepost.domain.flow import Call, Reply
from letmepost.platforms.twitter.api import create_post, delete_post, own_user
from letmepost.platforms.twitter.budgets import budgets
from tests.platforms.twitter.transcripts import NOW

CREATE = create_post("https://api.x.com", {}, step="post")
RESET = int(NOW.timestamp()) + 900


def trio(prefix: str, limit: int, remaining: int, reset: int = RESET) -> dict[str, str]:
    return {f"{prefix}-limit": str(limit), f"{prefix}-remaining": str(remaining), f"{prefix}-reset": str(reset)}


def reported(
    headers: Mapping[str, str], call: Call = CREATE, status: int = 201
) -> list[tuple[str, LimitScope, int, int]]:
    found = budgets(call, Reply(status=status, headers=headers, body=b"", received_at=NOW))
    return [(budget.name, budget.scope, budget.limit, budget.remaining) for budget in found]


@pytest.mark.parametrize("status", [201, 429])
def test_create_reports_the_window_and_the_days_of_account_and_app(status: int) -> None:
    headers = trio("x-rate-limit", 100, 99) | trio("x-user-limit-24hour", 50, 7) | trio("x-app-limit-24hour", 10_000, 3)
    assert reported(headers, status=status) == [
        ("x-rate-limit", LimitScope.ACCOUNT, 100, 99),
        ("x-user-limit-24hour", LimitScope.ACCOUNT, 50, 7),
        ("x-app-limit-24hour", LimitScope.APP, 10_000, 3),
    ]


def test_undocumented_headers_may_be_missing_or_invalid() -> None:
    """The headers of the 15-minute window are valid, and are used alone."""
    known = [("x-rate-limit", LimitScope.ACCOUNT, 100, 99)]
    window = trio("x-rate-limit", 100, 99)
    assert reported(window) == known
    assert reported(window | {"x-app-limit-24hour-remaining": "0"}) == known
    assert reported(window | trio("x-app-limit-24hour", 10_000, 0, reset=RESET - 900)) == known
    assert reported({}) == []


@pytest.mark.parametrize("call", [own_user("https://api.x.com"), delete_post("https://api.x.com", "1")])
def test_limits_of_other_endpoints_do_not_hold_back_posts(call: Call) -> None:
    assert reported(trio("x-rate-limit", 75, 0), call) == []

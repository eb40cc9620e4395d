"""The quota of posts, and the limits of all Graph APIs."""

from datetime import timedelta

import pytest

from letmepost.domain.budgets import Budget
from letmepost.domain.errors import LimitScope
from letmepost.domain.flow import Reply
from letmepost.platforms.instagram.budgets import budgets
from tests.platforms.instagram.transcripts import API, NOW, ok, refused

QUOTA = API.read_quota()


def quota(used: object, total: object = 100, period_s: object = 86_400) -> Reply:
    return ok(data=[{"quota_usage": used, "config": {"quota_total": total, "quota_duration": period_s}}])


@pytest.mark.parametrize(("used", "remaining", "hours"), [(0, 100, 24), (99, 1, 24), (100, 0, 1), (120, 0, 1)])
def test_quota_of_posts_is_read_from_the_platform(used: int, remaining: int, hours: int) -> None:
    [found] = budgets(QUOTA, quota(used))
    assert found == Budget(
        name="content_publishing_limit",
        scope=LimitScope.ACCOUNT,
        limit=100,
        remaining=remaining,
        resets_at=NOW + timedelta(hours=hours),
        counts_posts=True,
    )
    assert found.is_used_up is (remaining == 0)
    assert not found.is_low


@pytest.mark.parametrize(
    "response",
    [
        ok(data=[]),
        ok(data=[{"quota_usage": 3}]),
        quota("3"),
        quota(-1),
        quota(3, 0),
        quota(3, period_s=-5),
        quota(3, period_s=10**9),
        refused(100, 33),
    ],
)
def test_incomplete_quota_is_no_limit(response: Reply) -> None:
    assert budgets(QUOTA, response) == ()


def test_quota_is_read_only_from_its_own_call() -> None:
    assert budgets(API.read_me(), quota(3)) == ()


def test_usage_in_headers_is_a_limit_too() -> None:
    headers = {"x-app-usage": '{"call_count": 28, "total_time": 25, "total_cputime": 25}'}
    [found] = budgets(API.read_me(), Reply(status=200, headers=headers, received_at=NOW))
    assert (found.name, found.remaining, found.counts_posts) == ("X-App-Usage", 72, False)

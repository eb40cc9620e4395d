"""The limits that Instagram's replies report: those of all Graph APIs, and the posts of 24 hours.

https://developers.facebook.com/docs/instagram-platform/instagram-graph-api/reference/ig-user/content_publishing_limit
(checked 2026-11-28). Its pages state 25, 50 and 100 posts, so only what Instagram reports for the account counts.
"""

from collections.abc import Iterator, Sequence
from datetime import timedelta

from letmepost.domain.budgets import Budget
from letmepost.domain.errors import LimitScope
from letmepost.domain.flow import Call, Reply
from letmepost.platforms._kit.fields import number_in, object_in, objects_in
from letmepost.platforms._meta.budgets import budgets as common_budgets
from letmepost.platforms.instagram.api import QUOTA_PATH

QUOTA_AGAIN_AFTER = timedelta(hours=1)
"""A used-up quota resets post by post, when each is a day old, and Instagram does not state when."""
_DAY_S = 86_400


def budgets(call: Call, reply: Reply) -> Sequence[Budget]:
    """Return the limits that a reply reports."""
    return (*common_budgets(call, reply), *(_quota(reply) if call.url.endswith(QUOTA_PATH) else ()))


def _quota(reply: Reply) -> Iterator[Budget]:
    row = next(iter(objects_in(reply.data(), "data")), {})
    used, config = number_in(row, "quota_usage"), object_in(row, "config")
    total, period_s = number_in(config, "quota_total") or 0, number_in(config, "quota_duration") or _DAY_S
    if not reply.ok or used is None or used < 0 or total <= 0 or not 0 < period_s <= _DAY_S:
        return
    remaining = max(total - used, 0)
    after = timedelta(seconds=period_s) if remaining else QUOTA_AGAIN_AFTER
    yield Budget(
        name="content_publishing_limit",
        scope=LimitScope.ACCOUNT,
        limit=total,
        remaining=remaining,
        resets_at=reply.received_at + after,
        counts_posts=True,
    )

"""Errors of posts and accounts, in the form that results, events and stored posts show."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from letmepost.domain import refusals
from letmepost.domain.budgets import Budget
from letmepost.domain.errors import ErrorCode, PlatformFailure
from letmepost.domain.lateness import Lateness
from letmepost.domain.refusals import Explanation
from letmepost.domain.retry import POLICIES
from letmepost.services.events import timestamp


def explained_error(explanation: Explanation, code: ErrorCode, platform: str, **parameters: object) -> dict[str, Any]:
    """Return an error of the catalog. `parameters`: those of its message and remediation."""
    return {
        "code": code,
        "message": explanation.describe(**parameters),
        "rule": explanation.id,
        "platform": platform,
        "remediation": explanation.advise(**parameters),
        "fixableBy": explanation.fixable_by,
        "retryable": explanation.retryable,
    }


def failure_error(platform: str, failure: PlatformFailure) -> dict[str, Any]:
    """Return the error of a platform's refusal."""
    policy = POLICIES[failure.kind]
    error: dict[str, Any] = {
        "code": policy.code,
        "message": failure.message,
        "rule": failure.rule,
        "platform": platform,
        "remediation": failure.remediation,
        "fixableBy": failure.fixable_by or policy.fixable_by,
        "retryable": policy.retryable,
        "platformResponse": failure.response,
    }
    return {name: value for name, value in error.items() if value is not None}


def resets_too_late(error: Mapping[str, Any]) -> dict[str, Any]:
    """Return the error of a platform's limit as that of a limit that resets after the deadline of the post."""
    explanation = refusals.publishing.LIMIT_RESETS_AFTER_DEADLINE
    return {**error, **explained_error(explanation, error["code"], error["platform"])}


def lateness_data(lateness: Lateness) -> dict[str, Any]:
    """Return how late a post is, in the form that errors and the timeline show."""
    return {"ms": lateness.ms, "waits": [{"reason": delay, "ms": ms} for delay, ms in lateness.by_delay.items()]}


def budget_data(resets_at: datetime | None, budget: Budget | None) -> dict[str, Any]:
    """Return the limit that holds a post back, as far as it is known."""
    known = {} if budget is None else {"name": budget.name, "limit": budget.limit, "remaining": budget.remaining}
    return known if resets_at is None else {**known, "resetsAt": timestamp(resets_at)}

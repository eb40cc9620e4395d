"""Targets for rules: a post for an account about which nothing is known, unless a test states it."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from letmepost.domain.accounts import AccountFacts
from letmepost.domain.content import PostContent
from letmepost.domain.rules import PostTarget
from letmepost.platforms.contract import Platform

NOW = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)
ACCOUNT = AccountFacts(platform_account_id="1", handle=None, data={})
CONFIRMED = replace(ACCOUNT, confirmed_at=NOW)
"""The platform has just confirmed what is known about the account."""


def target(content: PostContent, *, options: object = None, account: AccountFacts = ACCOUNT) -> PostTarget[Any]:
    """Return a post for rules that belong to no platform."""
    return PostTarget(content=content, options=options, account=account, now=NOW)


def on(platform: Platform, content: PostContent, account: AccountFacts = ACCOUNT) -> PostTarget[Any]:
    """Return a post for the rules of a platform."""
    return platform.target(content, account, NOW)

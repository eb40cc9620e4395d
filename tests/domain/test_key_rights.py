"""Comparisons of a key with the key that creates, rotates or revokes it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from letmepost.domain.api_keys import EVERY_SCOPE, Mode, Scope
from letmepost.domain.key_rights import KeyRights

NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)
WIDE = KeyRights(scopes=EVERY_SCOPE, mode=Mode.LIVE, profile_id=None, expires_at=None, requests_per_minute=600)
NARROW = KeyRights(
    scopes=frozenset({Scope.KEYS_WRITE, Scope.POSTS_READ}),
    mode=Mode.TEST,
    profile_id=UUID(int=1),
    expires_at=NOON,
    requests_per_minute=60,
)


@pytest.mark.parametrize("rights", [WIDE, NARROW])
def test_equal_rights_have_no_excess(rights: KeyRights) -> None:
    assert rights.excess_over(rights) is None


def test_fewer_rights_have_no_excess() -> None:
    assert NARROW.excess_over(WIDE) is None


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"scopes": frozenset({Scope.POSTS_WRITE})}, "scopes"),
        ({"mode": Mode.LIVE}, "mode"),
        ({"profile_id": None}, "profileId"),
        ({"profile_id": UUID(int=2)}, "profileId"),
        ({"expires_at": None}, "expiresAt"),
        ({"expires_at": NOON + timedelta(microseconds=1)}, "expiresAt"),
        ({"requests_per_minute": 61}, "requestsPerMinute"),
    ],
)
def test_larger_right_is_named(change: dict[str, Any], field: str) -> None:
    excess = replace(NARROW, **change).excess_over(NARROW)
    assert excess is not None
    assert field in excess


@pytest.mark.parametrize(
    "change",
    [
        {"scopes": frozenset({Scope.POSTS_READ})},
        {"expires_at": NOON - timedelta(seconds=1)},
        {"requests_per_minute": 59},
    ],
)
def test_smaller_right_has_no_excess(change: dict[str, Any]) -> None:
    assert replace(NARROW, **change).excess_over(NARROW) is None

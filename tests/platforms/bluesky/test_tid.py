"""Record keys and creation dates."""

import re
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from letmepost.domain.flow import Frozen
from letmepost.platforms.bluesky.tid import created_at, tid

_SYNTAX = re.compile(r"[234567abcdefghij][234567abcdefghijklmnopqrstuvwxyz]{12}")
_ALPHABET = "234567abcdefghijklmnopqrstuvwxyz"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

moments = st.datetimes(datetime(1970, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis wants naive bounds
frozen_moments = st.builds(Frozen, at=moments, entropy=st.binary(min_size=32, max_size=32))


def decode(text: str) -> tuple[int, int]:
    """Return the microseconds and the clock id."""
    value = 0
    for letter in text:
        value = value << 5 | _ALPHABET.index(letter)
    return value >> 10, value & 1023


@given(frozen_moments, st.integers(0, 25))
def test_key_is_a_tid_of_the_moment_and_the_clock(frozen: Frozen, index: int) -> None:
    key = tid(frozen, index)
    assert _SYNTAX.fullmatch(key)
    microseconds, clock = decode(key)
    assert _EPOCH + timedelta(microseconds=microseconds - index) == frozen.at
    assert clock == int.from_bytes(frozen.entropy[:2]) % 1024


@given(frozen_moments)
def test_keys_of_a_thread_are_unique_and_sorted(frozen: Frozen) -> None:
    keys = [tid(frozen, index) for index in range(26)]
    assert keys == sorted(set(keys))


@pytest.mark.parametrize("vector", ["3jzfcijpj2z2a", "7777777777777", "3zzzzzzzzzzzz"])
def test_published_vectors_are_reproduced(vector: str) -> None:
    """Source: github.com/bluesky-social/atproto interop-test-files/syntax/tid_syntax_valid.txt."""
    microseconds, clock = decode(vector)
    frozen = Frozen(at=_EPOCH + timedelta(microseconds=microseconds), entropy=clock.to_bytes(2) + bytes(30))
    assert tid(frozen, 0) == vector


def test_key_is_the_same_in_every_time_zone() -> None:
    at = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
    elsewhere = at.astimezone(timezone(timedelta(hours=-9, minutes=-30)))
    assert tid(Frozen(elsewhere, bytes(32)), 3) == tid(Frozen(at, bytes(32)), 3)


def test_creation_dates_are_utc_and_a_millisecond_apart() -> None:
    at = datetime(2026, 11, 21, 12, 0, 0, 999_600, tzinfo=timezone(timedelta(hours=2)))
    frozen = Frozen(at, bytes(32))
    assert created_at(frozen, 0) == "2026-11-21T10:00:00.999Z"
    assert created_at(frozen, 1) == "2026-11-21T10:00:01.000Z"
    assert created_at(Frozen(datetime(2026, 1, 1, tzinfo=UTC), b""), 0) == "2026-01-01T00:00:00.000Z"

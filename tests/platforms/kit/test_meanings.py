"""What a status means if the platform names no error."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from letmepost.domain.errors import FailureKind
from letmepost.domain.flow import Call, Effect, Reply
from letmepost.domain.refusals import PlatformRefusal
from letmepost.platforms._kit.meanings import Meanings
from letmepost.platforms._kit.refusals import IN_DOUBT, RATE_LIMITED, REFUSED, UNAVAILABLE, auth_failed, rejected

READ = Call(method="GET", url="https://api.example/me")
PREPARE = Call(method="POST", url="https://api.example/media", effect=Effect.PREPARE, step="media-1")
PUBLISH = Call(method="POST", url="https://api.example/posts", effect=Effect.PUBLISH, step="post")

SIGN_IN = auth_failed(message="Sign in.")
PAY = rejected(message="Pay.")
SMALLER = rejected(message="Send less.")
LARGE = rejected(message="Too large.")
MEANINGS = Meanings(
    unauthorized=SIGN_IN, by_status={402: PAY}, by_error={(400, "Large"): LARGE, (400, "Less"): SMALLER}
)


def reply(status: int) -> Reply:
    return Reply(status=status, received_at=datetime(2026, 11, 21, tzinfo=UTC))


@pytest.mark.parametrize(
    ("status", "expected"),
    [(400, REFUSED), (401, SIGN_IN), (402, PAY), (403, REFUSED), (404, REFUSED), (429, RATE_LIMITED), (499, REFUSED)],
)
@pytest.mark.parametrize("call", [READ, PREPARE, PUBLISH])
def test_status_of_a_refusal_decides_for_every_call(call: Call, status: int, expected: PlatformRefusal) -> None:
    assert MEANINGS.find(call, reply(status)) is expected


@pytest.mark.parametrize("status", [200, 201, 302, 408, 500, 503, 599, 999])
def test_other_status_leaves_only_a_publish_in_doubt(status: int) -> None:
    assert MEANINGS.find(PUBLISH, reply(status)) is IN_DOUBT
    assert MEANINGS.find(PREPARE, reply(status)) is UNAVAILABLE
    assert MEANINGS.find(READ, reply(status)) is UNAVAILABLE


def test_first_known_name_of_the_error_decides() -> None:
    assert MEANINGS.find(PUBLISH, reply(400), None, "Unknown", "Large", "Less") is LARGE
    assert MEANINGS.find(PUBLISH, reply(400), "Less", "Large") is SMALLER
    assert MEANINGS.find(PUBLISH, reply(400), None, "Unknown") is REFUSED


def test_name_of_an_error_decides_only_with_its_status() -> None:
    assert MEANINGS.find(PUBLISH, reply(500), "Large") is IN_DOUBT
    assert MEANINGS.find(PUBLISH, reply(401), "Large") is SIGN_IN


def test_platform_can_give_every_status_another_meaning() -> None:
    meanings = Meanings(
        unauthorized=SIGN_IN,
        by_status={401: PAY, 429: SMALLER, 500: LARGE},
        redirected=PAY,
        undecided=frozenset({409}),
    )
    found = {status: meanings.find(PUBLISH, reply(status)) for status in (302, 401, 408, 409, 429, 500)}
    assert found == {302: PAY, 401: PAY, 408: REFUSED, 409: IN_DOUBT, 429: SMALLER, 500: LARGE}


@given(st.integers(100, 999))
def test_only_a_4xx_status_shows_that_nothing_was_published(status: int) -> None:
    """A post that is reported as refused is never looked for."""
    is_decided = MEANINGS.find(PUBLISH, reply(status)).kind is not FailureKind.IN_DOUBT
    assert is_decided == (400 <= status < 500 and status != 408)

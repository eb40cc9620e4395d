"""What a refusal means: one row per row of the protocol's table of errors."""

from datetime import timedelta

import pytest

from letmepost.domain.errors import FailureKind, LimitScope
from letmepost.domain.flow import Call, Reply
from letmepost.platforms.pinterest.api import (
    create_board,
    create_pin,
    delete_pin,
    exchange_token,
    list_boards,
    read_board,
    read_user,
)
from letmepost.platforms.pinterest.budgets import budgets
from letmepost.platforms.pinterest.replies import explain
from tests.platforms.pinterest.transcripts import NOW, SETTINGS, refused, replied

PIN = create_pin(SETTINGS, {}, step="post")
DELETE = delete_pin(SETTINGS, "1")
BOARD = read_board(SETTINGS, "1")
BOARDS = list_boards(SETTINGS)
ME = read_user(SETTINGS)
EXCHANGE = exchange_token(SETTINGS, {"grant_type": "authorization_code"})
REFRESH = exchange_token(SETTINGS, {"grant_type": "refresh_token"})
NEW_BOARD = create_board(SETTINGS, {})

A, R, D, L, U, Q = (
    FailureKind.AUTH_FAILED,
    FailureKind.REJECTED,
    FailureKind.DUPLICATE,
    FailureKind.RATE_LIMITED,
    FailureKind.UNAVAILABLE,
    FailureKind.IN_DOUBT,
)
INVALID = "Whoops! It looks like you entered an invalid URL. Try creating a Pin again with a valid URL."
UNREACHABLE = "Unable to reach the URL. Please check the URL is correct and try again."
TRIAL = "Apps with Trial access may not create Pins in production - please use the API Sandbox instead."
FORBIDDEN = "You are not permitted to access that resource."


@pytest.mark.parametrize(
    ("call", "response", "kind", "rule"),
    [
        (PIN, refused(400, 1, "Invalid request"), R, None),
        (PIN, refused(400, 1, INVALID), R, "pinterest.destination_url.invalid"),
        (PIN, refused(400, 1, UNREACHABLE), U, "pinterest.url.reachable"),
        (PIN, refused(400, 1, "items violates constraint: maxItems=5"), R, None),
        (PIN, refused(400, 1, "'x' does not match '^\\d+$'"), R, None),
        (PIN, refused(400, 1, "cover_image_url or cover_image_content_type"), R, None),
        (PIN, refused(400, 29, TRIAL), R, "pinterest.app.trial_refused"),
        (PIN, refused(403, 29, TRIAL), R, "pinterest.app.trial_refused"),
        (PIN, refused(401, 2, "Authentication failed."), A, None),
        (ME, refused(401, 2, "Authentication failed."), A, None),
        (BOARD, refused(401, 1104, "The token you provided is not valid or has expired."), A, None),
        (PIN, refused(403, 3), A, None),
        (PIN, refused(401, 3), A, None),
        (PIN, refused(405, 5), R, None),
        (PIN, refused(403, 7), R, None),
        (PIN, refused(403, 29, FORBIDDEN), R, None),
        (BOARD, refused(403, 29, FORBIDDEN), R, None),
        (ME, refused(403, 29, FORBIDDEN), A, None),
        (BOARDS, refused(403, 29, FORBIDDEN), A, None),
        (NEW_BOARD, refused(403, 29, FORBIDDEN), A, None),
        (ME, refused(403, 403, "Not authorized to access the user account."), A, None),
        (PIN, refused(403, 2625), R, "pinterest.account.restricted"),
        (PIN, refused(403, 2626), R, "pinterest.account.restricted"),
        (ME, refused(403, 2626), R, "pinterest.account.restricted"),
        (PIN, refused(403, 1, "Blocked as SPAM"), R, "pinterest.content.spam"),
        *((call, refused(404, 40, "Board not found."), R, None) for call in (BOARD, PIN)),
        (DELETE, refused(404, 50), R, None),
        (PIN, refused(404, 2031), R, "pinterest.board_section.unknown"),
        (ME, refused(404, 30, "User not found."), A, None),
        (PIN, refused(409, 409, "Could not get exclusive access to the board."), U, None),
        (PIN, refused(409, 1, "This Pin already exists."), D, "pinterest.content.duplicate"),
        (PIN, refused(409, 1, "Duplicate Pin"), D, "pinterest.content.duplicate"),
        *((PIN, refused(429, code, "This request exceeded a rate limit."), L, None) for code in (8, 30, 429)),
        (PIN, refused(429, 8, "Your Pin was blocked as Spam."), R, "pinterest.content.spam"),
        (
            PIN,
            replied(429, {"code": 8, "message": "No.", "message_detail": "This looks like spam."}),
            R,
            "pinterest.content.spam",
        ),
        *((PIN, refused(status, status), Q, None) for status in (500, 502, 503, 504)),
        *((BOARD, refused(status, status), U, None) for status in (500, 502, 503, 504)),
        *((call, Reply(status=500, body=b"<html>", received_at=NOW), U, None) for call in (DELETE, NEW_BOARD)),
        (PIN, replied(200, {}), Q, None),
        (ME, replied(200, {}), U, None),
        (EXCHANGE, refused(400, 1), A, None),
        (REFRESH, refused(400, 1), A, None),
        *((call, refused(401, 2, "Authentication failed."), U, None) for call in (EXCHANGE, REFRESH)),
        *((REFRESH, refused(status, status), U, None) for status in (500, 503)),
        (REFRESH, refused(429, 8), L, None),
    ],
)
def test_error_has_its_kind_and_rule(call: Call, response: Reply, kind: FailureKind, rule: str | None) -> None:
    failure = explain(call, response)
    assert (failure.kind, failure.rule) == (kind, rule)
    assert failure.message


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"x_ratelimit_reset": "7"}, 7),
        ({"x_ratelimit_reset": "0"}, 1),
        ({"retry_after": "9", "x_ratelimit_reset": "2"}, 9),
    ],
)
def test_rate_limit_states_when_to_retry(headers: dict[str, str], seconds: int) -> None:
    assert explain(PIN, refused(429, 8, **headers)).retry_at == NOW + timedelta(seconds=seconds)


@pytest.mark.parametrize("headers", [{}, {"x_ratelimit_reset": "soon"}, {"x_ratelimit_reset": "9999999"}])
def test_rate_limit_without_a_plausible_time_states_none(headers: dict[str, str]) -> None:
    assert explain(PIN, refused(429, 8, **headers)).retry_at is None


LIMIT = {
    "x_ratelimit_limit": "100, 100;w=1, 1000;w=60",
    "x_ratelimit_remaining": "99",
    "x_ratelimit_reset": "60",
}


def test_budget_is_read_from_the_reply_to_a_new_pin() -> None:
    [budget] = budgets(PIN, replied(201, **LIMIT))
    assert (budget.limit, budget.remaining, budget.scope) == (100, 99, LimitScope.ACCOUNT)
    assert budget.resets_at == NOW + timedelta(seconds=60)


@pytest.mark.parametrize("name", LIMIT)
def test_incomplete_budget_is_ignored(name: str) -> None:
    assert list(budgets(PIN, replied(201, **{**LIMIT, name: "many"}))) == []


def test_budget_of_other_calls_is_ignored() -> None:
    assert list(budgets(BOARD, replied(200, **LIMIT))) == []


def test_token_in_a_refusal_is_not_shown() -> None:
    failure = explain(PIN, refused(400, 1, "The token pina_ABCDEFGHIJKLMNOP is wrong."))
    assert "pina_ABC" not in f"{failure.message} {failure.response}"

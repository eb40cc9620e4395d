"""What a refusal of a server means, and the budgets that it reports."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from letmepost.domain.errors import FailureKind, LimitScope
from letmepost.domain.flow import Call, Reply
from letmepost.platforms._kit.drafts import Upload
from letmepost.platforms.mastodon.api import create_status, own_account, read_media, upload_media
from letmepost.platforms.mastodon.budgets import budgets
from letmepost.platforms.mastodon.replies import explain
from tests.platforms.mastodon.transcripts import BASE, NOW, image, page, refused, replied

CREATE = create_status(BASE, {"status": "hello"}, step="post", entropy=b"")
ANSWER = create_status(BASE, {"status": "hello", "in_reply_to_id": "5"}, step="post", entropy=b"")
READ = own_account(BASE)
UPLOAD = upload_media(BASE, Upload("media-1", image(), 1))


@pytest.mark.parametrize(
    ("call", "reply", "kind", "rule"),
    [
        (READ, refused(401, "The access token is invalid"), FailureKind.AUTH_FAILED, None),
        (CREATE, refused(401, "The access token was revoked"), FailureKind.AUTH_FAILED, None),
        (CREATE, page(401), FailureKind.UNAVAILABLE, None),
        (CREATE, refused(403, "Your login is currently disabled"), FailureKind.AUTH_FAILED, None),
        (CREATE, refused(403, "This action is outside the authorized scopes"), FailureKind.AUTH_FAILED, None),
        (CREATE, refused(403, "This action is not allowed"), FailureKind.AUTH_FAILED, None),
        (ANSWER, refused(403, "This action is not allowed"), FailureKind.REJECTED, None),
        (CREATE, page(403), FailureKind.UNAVAILABLE, None),
        (CREATE, page(404), FailureKind.UNAVAILABLE, None),
        (CREATE, page(302), FailureKind.UNAVAILABLE, None),
        (ANSWER, refused(404, "Record not found"), FailureKind.REJECTED, "mastodon.reference.not_found"),
        (READ, refused(410), FailureKind.REJECTED, None),
        (CREATE, refused(422, "Validation failed: Text can't be blank"), FailureKind.REJECTED, None),
        (UPLOAD, refused(422, "Validation failed: File is invalid"), FailureKind.REJECTED, "mastodon.media.refused"),
        (UPLOAD, page(413), FailureKind.REJECTED, "mastodon.media.refused"),
        (CREATE, refused(429), FailureKind.RATE_LIMITED, None),
        (CREATE, page(429), FailureKind.RATE_LIMITED, None),
        (CREATE, page(408), FailureKind.IN_DOUBT, None),
        (CREATE, refused(500), FailureKind.IN_DOUBT, None),
        (CREATE, refused(503), FailureKind.IN_DOUBT, None),
        (CREATE, page(504), FailureKind.IN_DOUBT, None),
        (CREATE, page(200), FailureKind.IN_DOUBT, None),
        (CREATE, replied(200, {"id": ""}), FailureKind.IN_DOUBT, None),
        (UPLOAD, page(504), FailureKind.UNAVAILABLE, None),
        (READ, page(200), FailureKind.UNAVAILABLE, None),
        (read_media(BASE, "7"), refused(500), FailureKind.UNAVAILABLE, None),
    ],
)
def test_refusal_has_its_meaning(call: Call, reply: Reply, kind: FailureKind, rule: str | None) -> None:
    failure = explain(call, reply)
    assert (failure.kind, failure.rule) == (kind, rule)


def test_refused_post_without_a_text_has_a_hint_to_add_one() -> None:
    call = create_status(BASE, {"status": "", "media_ids": ["7"]}, step="post", entropy=b"")
    failure = explain(call, refused(422, "Validation failed: Text can't be blank"))
    assert failure.kind is FailureKind.REJECTED
    assert "Text can't be blank" in failure.message
    assert "Add a text" in (failure.remediation or "")
    assert "Add a text" not in (explain(CREATE, refused(422)).remediation or "")


def test_server_sentence_is_shown_without_tokens() -> None:
    failure = explain(CREATE, refused(422, f"Validation failed: {'t' * 43}"))
    assert failure.message == "Mastodon rejected the request: Validation failed: (token removed)"
    assert "ttt" not in str(failure.response)


@pytest.mark.parametrize(
    ("headers", "after_s"),
    [
        ({"x_ratelimit_reset": "2026-11-29T10:05:00.000000Z"}, 300),
        ({"x_ratelimit_reset": "2026-11-29T11:05:00+01:00"}, 300),
        ({"x_ratelimit_reset": str(int(NOW.timestamp()) + 60)}, 60),
        ({"retry_after": "90"}, 90),
        ({"x_ratelimit_reset": "soon", "retry_after": "90"}, 90),
        ({"x_ratelimit_reset": "2026-11-29T10:05:00"}, None),
        ({"x_ratelimit_reset": "2026-11-29T09:00:00Z"}, -3600),
        ({"x_ratelimit_reset": "2036-11-29T09:00:00Z"}, None),
        ({"retry_after": "9999999"}, None),
        ({}, None),
    ],
)
def test_rate_limit_ends_when_the_server_says(headers: dict[str, str], after_s: int | None) -> None:
    expected = None if after_s is None else NOW + timedelta(seconds=after_s)
    assert explain(CREATE, refused(429, **headers)).retry_at == expected


def test_reset_of_an_unused_limit_does_not_delay_the_retry_of_another_failure() -> None:
    assert explain(READ, refused(503, x_ratelimit_reset="2026-11-29T10:05:00Z")).retry_at is None


def limited(**changes: Any) -> Reply:
    headers = {"limit": "300", "remaining": "7", "reset": "2026-11-29T10:05:00.000000Z", **changes}
    return replied(200, {}, **{f"x_ratelimit_{name}": value for name, value in headers.items()})


@pytest.mark.parametrize("call", [CREATE, ANSWER])
def test_budget_of_posts_is_read_from_the_headers(call: Call) -> None:
    [budget] = budgets(call, limited())
    assert (budget.scope, budget.limit, budget.remaining) == (LimitScope.ACCOUNT, 300, 7)
    assert budget.resets_at == datetime(2026, 11, 29, 10, 5, tzinfo=UTC)


@pytest.mark.parametrize("changes", [{"limit": ""}, {"limit": "0"}, {"remaining": "-1"}, {"reset": "x"}])
def test_incomplete_budget_is_ignored(changes: dict[str, str]) -> None:
    assert budgets(CREATE, limited(**changes)) == ()


@pytest.mark.parametrize("call", [READ, UPLOAD])
def test_limits_of_other_calls_are_no_budget_of_posts(call: Call) -> None:
    assert budgets(call, limited()) == ()


@given(st.text(max_size=30), st.text(max_size=12), st.text(max_size=12))
def test_any_headers_are_read(reset: str, limit: str, remaining: str) -> None:
    reply = limited(limit=limit, remaining=remaining, reset=reset)
    budgets(CREATE, reply)
    explain(CREATE, Reply(status=429, headers=reply.headers, received_at=NOW))

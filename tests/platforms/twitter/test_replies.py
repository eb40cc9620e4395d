"""What each refusal in the fact sheet's error table means."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from letmepost.domain.errors import FailureKind, LimitScope, PlatformFailure
from letmepost.domain.flow import Auth, Call, Effect, Reply
from letmepost.platforms.twitter.api import create_post, own_user, upload_status
from letmepost.platforms.twitter.replies import explain
from letmepost.platforms.twitter.session import needs_refresh
from tests.platforms.twitter.transcripts import API, NOW, SETTINGS, recorded, replied

CREATE = create_post(f"{API}/2", {"text": "hello"}, step="post")
READ = own_user(f"{API}/2")
MEDIA = upload_status(f"{API}/2", "1")
TOKEN = Call(method="POST", url=f"{API}/2/oauth2/token", form={}, effect=Effect.WRITE, auth=Auth.ACCOUNT)
RESET = datetime(2026, 11, 21, 16, tzinfo=UTC)
K = FailureKind


def blank(status: int, detail: str) -> Reply:
    return replied(status, {"detail": detail, "type": "about:blank", "title": "Whatever", "status": status})


def typed(status: int, name: str, host: str = "api.x.com", **more: Any) -> Reply:
    return replied(
        status, {"title": "Whatever", "detail": "So it is.", "type": f"https://{host}/2/problems/{name}", **more}
    )


def invalid(message: str) -> Reply:
    body = {"errors": [{"parameters": {}, "message": message}], "type": "https://api.x.com/2/problems/invalid-request"}
    return replied(400, body)


@pytest.mark.parametrize(
    ("call", "reply", "kind"),
    [
        (READ, recorded("unauthorized"), K.AUTH_FAILED),
        (TOKEN, recorded("invalid_token"), K.AUTH_FAILED),
        (CREATE, typed(403, "unsupported-authentication"), K.AUTH_FAILED),
        (CREATE, blank(403, "You are not allowed to create a Tweet with duplicate content."), K.DUPLICATE),
        (CREATE, blank(403, "Reply to this conversation is not allowed because you have not been …"), K.REJECTED),
        (CREATE, blank(403, "Quoting this post is not allowed because you have not been …"), K.REJECTED),
        (CREATE, blank(403, "You are not permitted to perform this action."), K.REJECTED),
        (CREATE, typed(403, "user-suspended"), K.AUTH_FAILED),
        (CREATE, blank(403, "To protect our users from spam and other malicious activity …"), K.AUTH_FAILED),
        (CREATE, replied(403, {"errors": [{"code": 326, "message": "Locked."}]}), K.AUTH_FAILED),
        (CREATE, blank(403, "This user is not allowed to post a video longer than 2 minutes."), K.REJECTED),
        (CREATE, blank(403, "Posts may have a maximum of one cashtag."), K.REJECTED),
        (CREATE, invalid("The Tweet contains an invalid URL."), K.REJECTED),
        (CREATE, invalid("media_ids: maximum of 4 items"), K.REJECTED),
        (CREATE, invalid("Your media IDs are invalid."), K.UNAVAILABLE),
        (CREATE, blank(403, "You attempted to reply to a Post that is deleted or not visible to you."), K.REJECTED),
        *((CREATE, typed(403, name), K.REJECTED) for name in ("not-authorized-for-resource", "disallowed-resource")),
        (CREATE, recorded("not_found"), K.REJECTED),
        (CREATE, typed(404, "resource-not-found", "api.twitter.com"), K.REJECTED),
        (CREATE, replied(429, {"errors": [{"code": 88, "message": "Rate limit exceeded"}]}), K.RATE_LIMITED),
        (CREATE, blank(429, "Too Many Requests"), K.RATE_LIMITED),
        (MEDIA, blank(403, "You are not permitted to perform this action."), K.AUTH_FAILED),
        (MEDIA, blank(403, "To protect our users from spam …"), K.AUTH_FAILED),
        (MEDIA, replied(413, {}), K.REJECTED),
        (MEDIA, Reply(status=431, received_at=NOW), K.REJECTED),
        (MEDIA, invalid("Segments do not add up to provided total file size."), K.UNAVAILABLE),
        *((CREATE, blank(status, ""), K.IN_DOUBT) for status in (408, 500, 502, 503, 504)),
        *((MEDIA, blank(status, ""), K.UNAVAILABLE) for status in (408, 500, 502, 503, 504)),
        (CREATE, Reply(status=503, body=b"<html>", received_at=NOW), K.IN_DOUBT),
        (CREATE, Reply(status=201, body=b"{}", received_at=NOW), K.IN_DOUBT),
        (CREATE, Reply(status=302, received_at=NOW), K.UNAVAILABLE),
        (CREATE, Reply(status=403, body=b"<html>", received_at=NOW), K.UNAVAILABLE),
        (CREATE, typed(503, "resource-not-found"), K.IN_DOUBT),
        (CREATE, typed(200, "credits"), K.IN_DOUBT),
        (CREATE, replied(500, {"errors": [{"code": 88, "message": "So it is."}]}), K.IN_DOUBT),
    ],
)
def test_refusal_has_its_kind(call: Call, reply: Reply, kind: FailureKind) -> None:
    failure = explain(call, reply)
    assert failure.kind is kind
    assert failure.scope is LimitScope.ACCOUNT


def test_video_that_is_too_long_for_the_account_has_the_rule_of_preflight() -> None:
    failure = explain(CREATE, blank(403, "This user is not allowed to post a video longer than 2 minutes."))
    assert failure.rule == "twitter.media.video_duration_max"
    assert "longer than 2 minutes" in failure.message


@pytest.mark.parametrize(
    ("reply", "retry_at"),
    [
        (typed(402, "credits", "api.twitter.com", title="CreditsDepleted"), NOW + timedelta(minutes=5)),
        (typed(403, "credits", title="SpendCapReached", reset_date="2026-12-01"), datetime(2026, 12, 1, tzinfo=UTC)),
        (typed(403, "credits", title="SpendCapReached", reset_date="soon"), NOW + timedelta(minutes=5)),
        (replied(402, {}), NOW + timedelta(minutes=5)),
        (typed(429, "usage-capped", title="UsageCapExceeded", period="Monthly"), NOW + timedelta(minutes=15)),
        (typed(403, "client-forbidden"), NOW + timedelta(minutes=15)),
        (blank(403, "Your account is not permitted to access this feature"), NOW + timedelta(minutes=15)),
        (
            replied(429, {}, x_app_limit_24hour_remaining="0", x_app_limit_24hour_reset=str(int(RESET.timestamp()))),
            RESET,
        ),
    ],
)
def test_limit_of_the_app_is_for_the_operator_to_fix(reply: Reply, retry_at: datetime) -> None:
    failure = explain(CREATE, reply)
    assert (failure.kind, failure.scope) == (K.QUOTA_EXHAUSTED, LimitScope.APP)
    assert failure.retry_at == retry_at
    assert failure.remediation is not None
    assert failure.remediation.startswith("The operator of this service")


def test_rejected_app_does_not_disconnect_accounts() -> None:
    said = [
        replied(status, body) for status in (400, 401, 403, 404) for body in ({"error": "invalid_client"}, {"error": 1})
    ]
    nameless = replied(401, {"error": "unauthorized_client", "error_description": "Missing valid authorization header"})
    for reply in (recorded("invalid_client"), nameless, *said):
        failure = explain(TOKEN, reply)
        assert (failure.kind, failure.scope) == (K.UNAVAILABLE, LimitScope.APP)
        assert not needs_refresh(reply)
    assert needs_refresh(recorded("unauthorized"))


@pytest.mark.parametrize(
    ("headers", "kind", "retry_at"),
    [
        ({"x_rate_limit_reset": str(int(RESET.timestamp()))}, K.RATE_LIMITED, RESET),
        (
            {
                "x_rate_limit_reset": "1795256100",
                "x_user_limit_24hour_remaining": "0",
                "x_user_limit_24hour_reset": str(int(RESET.timestamp())),
            },
            K.QUOTA_EXHAUSTED,
            RESET,
        ),
        (
            {
                "x_rate_limit_reset": str(int(RESET.timestamp())),
                "x_user_limit_24hour_remaining": "3",
                "x_user_limit_24hour_reset": "1795300000",
            },
            K.RATE_LIMITED,
            RESET,
        ),
        ({"x_rate_limit_reset": "soon"}, K.RATE_LIMITED, None),
        ({}, K.RATE_LIMITED, None),
    ],
)
def test_used_up_limit_has_its_reset_time(
    headers: dict[str, str], kind: FailureKind, retry_at: datetime | None
) -> None:
    failure = explain(CREATE, replied(429, {"title": "Too Many Requests"}, **headers))
    assert (failure.kind, failure.retry_at, failure.scope) == (kind, retry_at, LimitScope.ACCOUNT)


def test_refusal_contains_x_s_words_without_tokens() -> None:
    secret = "dGhpcy1pcy1hLXNlY3JldC10b2tlbi10aGF0LW5vYm9keS1zaG91bGQtc2Vl:1:at:1"
    failure = explain(CREATE, blank(400, f"Bad token {secret}"))
    assert "Bad token (token removed)" in failure.message
    assert failure.response is not None
    assert secret not in str(failure.response)
    assert failure.response["status"] == 400
    assert "'secret'" not in repr(SETTINGS)


@given(st.integers(100, 599), st.binary(), st.dictionaries(st.sampled_from(["x-rate-limit-reset"]), st.text()))
def test_any_reply_is_explained(status: int, body: bytes, headers: dict[str, str]) -> None:
    reply = Reply(status=status, body=body, headers=headers, received_at=NOW)
    for call in (CREATE, READ, MEDIA, TOKEN):
        assert isinstance(explain(call, reply), PlatformFailure)

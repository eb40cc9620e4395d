"""Tokens: signing, refreshing and ending a session."""

from dataclasses import replace

import pytest

from letmepost.domain.errors import FailureKind, PlatformFailure
from letmepost.domain.flow import Call, Effect, Reply
from letmepost.domain.playback import play
from letmepost.platforms.bluesky.session import check, disconnect, needs_refresh, refresh, server, sign
from letmepost.platforms.bluesky.xrpc import get_record, put_record
from letmepost.platforms.connecting import Credential
from tests.platforms.bluesky.transcripts import (
    ACCOUNT,
    DID,
    NOW,
    PDS,
    SETTINGS,
    recorded,
)

CREDENTIAL = Credential(secrets={"access_jwt": "access", "refresh_jwt": "refresh"})


def failure_of(error: Exception | None) -> PlatformFailure:
    assert isinstance(error, PlatformFailure)
    return error


def test_refresh_sends_no_body_and_can_be_repeated() -> None:
    [call] = play(refresh(ACCOUNT, SETTINGS)).calls
    assert (call.method, call.url) == ("POST", f"{PDS}/xrpc/com.atproto.server.refreshSession")
    assert (call.json, call.form, call.body) == (None, None, None)
    assert (call.effect, call.step) == (Effect.WRITE, None)


def test_refresh_returns_both_tokens_for_two_hours() -> None:
    credential = play(refresh(ACCOUNT, SETTINGS), recorded("refresh_session")).value()
    assert set(credential.secrets) == {"access_jwt", "refresh_jwt"}
    assert credential.expires_at is not None
    assert (credential.expires_at - NOW).total_seconds() == 7200


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        ("revoked_token", FailureKind.AUTH_FAILED),
        ("authentication_required", FailureKind.AUTH_FAILED),
        ("rate_limited", FailureKind.RATE_LIMITED),
        ("internal_server_error", FailureKind.UNAVAILABLE),
        ("not_supported", FailureKind.UNAVAILABLE),
        ("a_web_page", FailureKind.UNAVAILABLE),
    ],
)
def test_only_an_expired_refresh_token_requires_a_person(reply: str, kind: FailureKind) -> None:
    transcript = play(refresh(ACCOUNT, SETTINGS), recorded(reply))
    assert failure_of(transcript.error).kind is kind


@pytest.mark.parametrize(
    "changes",
    [
        {"accessJwt": ""},
        {"refreshJwt": None},
        {"refreshJwt": "two\r\nlines"},
        {"did": "did:plc:anotherelse"},
        {"did": "invalid"},
    ],
)
def test_incomplete_success_is_a_failure(changes: dict[str, object]) -> None:
    """An empty token, once stored, would be sent as `Bearer ` from then on."""
    transcript = play(refresh(ACCOUNT, SETTINGS), recorded("refresh_session", **changes))
    assert failure_of(transcript.error).kind is FailureKind.UNAVAILABLE


def test_disconnecting_ends_the_session() -> None:
    transcript = play(disconnect(ACCOUNT, SETTINGS), recorded("signed_out"))
    assert [call.url for call in transcript.calls] == [f"{PDS}/xrpc/com.atproto.server.deleteSession"]
    assert transcript.error is None


@pytest.mark.parametrize("reply", ["expired_token", "authentication_required"])
def test_ended_session_counts_as_disconnected(reply: str) -> None:
    assert play(disconnect(ACCOUNT, SETTINGS), recorded(reply)).error is None


@pytest.mark.parametrize("reply", ["rate_limited", "internal_server_error"])
def test_failed_disconnect_is_reported(reply: str) -> None:
    assert play(disconnect(ACCOUNT, SETTINGS), recorded(reply)).error is not None


def test_check_is_one_read_with_the_access_token() -> None:
    transcript = play(check(ACCOUNT, SETTINGS), recorded("get_session"))
    [call] = transcript.calls
    assert (call.method, call.url) == ("GET", f"{PDS}/xrpc/com.atproto.server.getSession")
    assert call.effect is Effect.READ
    assert sign(call, CREDENTIAL, NOW, b"").headers["Authorization"] == "Bearer access"
    assert transcript.error is None


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        ("expired_token", FailureKind.AUTH_FAILED),
        ("authentication_required", FailureKind.AUTH_FAILED),
        ("rate_limited", FailureKind.RATE_LIMITED),
        ("internal_server_error", FailureKind.UNAVAILABLE),
        ("a_web_page", FailureKind.UNAVAILABLE),
    ],
)
def test_only_an_ended_session_fails_a_check_permanently(reply: str, kind: FailureKind) -> None:
    assert failure_of(play(check(ACCOUNT, SETTINGS), recorded(reply)).error).kind is kind


def test_deactivated_account_fails_its_check() -> None:
    """The server still opens the session, and reports the state only in it."""
    transcript = play(check(ACCOUNT, SETTINGS), recorded("get_session", active=False, status="deactivated"))
    failure = failure_of(transcript.error)
    assert failure.kind is FailureKind.AUTH_FAILED
    assert "deactivated" in failure.message


def test_session_of_another_account_is_unavailable() -> None:
    transcript = play(check(ACCOUNT, SETTINGS), recorded("get_session", did="did:plc:anotherelse"))
    assert failure_of(transcript.error).kind is FailureKind.UNAVAILABLE


def test_call_has_the_access_token() -> None:
    call = put_record(PDS, DID, "app.bsky.feed.post", "3k", {}, step="post")
    signed = sign(call, CREDENTIAL, NOW, b"")
    assert signed == replace(call, headers={"Authorization": "Bearer access"})


@pytest.mark.parametrize("flow", [refresh, disconnect])
def test_session_calls_have_the_refresh_token(flow: object) -> None:
    assert callable(flow)
    [call] = play(flow(ACCOUNT, SETTINGS)).calls
    assert sign(call, CREDENTIAL, NOW, b"").headers["Authorization"] == "Bearer refresh"


def test_public_read_has_no_token() -> None:
    call: Call = get_record(PDS, DID, "app.bsky.feed.post", "3k")
    assert sign(call, CREDENTIAL, NOW, b"") is call


def test_signing_keeps_the_other_headers() -> None:
    call = replace(
        put_record(PDS, DID, "app.bsky.feed.post", "3k", {}, step="post"),
        headers={"Content-Type": "image/png"},
    )
    assert sign(call, CREDENTIAL, NOW, b"").headers["Content-Type"] == "image/png"


@pytest.mark.parametrize(
    ("status", "error", "expected"),
    [
        (400, "ExpiredToken", True),
        (401, "ExpiredToken", True),
        (401, "invalid_token", True),
        (400, "InvalidToken", False),
        (401, "AuthenticationRequired", False),
        (401, "AccountTakedown", False),
        (400, "InvalidRequest", False),
        (500, "ExpiredToken", False),
        (200, "ExpiredToken", False),
    ],
)
def test_only_an_expired_token_needs_a_refresh(status: int, error: str, expected: bool) -> None:  # noqa: FBT001 - a column of the table
    body = f'{{"error": "{error}", "message": "…"}}'.encode()
    assert needs_refresh(Reply(status=status, body=body, received_at=NOW)) is expected


def test_account_is_on_its_own_server() -> None:
    """An outage of another server does not affect it."""
    assert server(ACCOUNT) == PDS

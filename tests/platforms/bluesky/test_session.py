"""Tokens: signing, renewing and ending a session."""

from dataclasses import replace

import pytest

from letmepost.domain.errors import FailureKind, PlatformFailure
from letmepost.domain.flow import Call, Effect, Reply
from letmepost.domain.playback import play
from letmepost.platforms.bluesky.session import check, disconnect, needs_refresh, refresh, server, sign
from letmepost.platforms.bluesky.xrpc import get_record, put_record
from letmepost.platforms.contract import Credential
from tests.platforms.bluesky.transcripts import (
    ACCOUNT,
    DID,
    NOW,
    PDS,
    SETTINGS,
    assert_ends_whatever_is_answered,
    recorded,
)

CREDENTIAL = Credential(secrets={"access_jwt": "access", "refresh_jwt": "refresh"})


def failure_of(error: Exception | None) -> PlatformFailure:
    assert isinstance(error, PlatformFailure)
    return error


def test_a_refresh_sends_no_body_and_is_harmless_if_made_twice() -> None:
    [call] = play(refresh(ACCOUNT, SETTINGS)).calls
    assert (call.method, call.url) == ("POST", f"{PDS}/xrpc/com.atproto.server.refreshSession")
    assert (call.json, call.form, call.body) == (None, None, None)
    assert (call.effect, call.step) == (Effect.PREPARE, "refresh")


def test_a_refresh_brings_both_tokens_and_two_hours() -> None:
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
def test_only_a_dead_refresh_token_asks_for_a_person(reply: str, kind: FailureKind) -> None:
    transcript = play(refresh(ACCOUNT, SETTINGS), recorded(reply))
    assert failure_of(transcript.error).kind is kind


@pytest.mark.parametrize(
    "changes",
    [
        {"accessJwt": ""},
        {"refreshJwt": None},
        {"refreshJwt": "two\r\nlines"},
        {"did": "did:plc:somebodyelse"},
        {"did": "nobody"},
    ],
)
def test_a_success_without_what_was_asked_for_is_a_failure(changes: dict[str, object]) -> None:
    """A token that is stored empty would be sent as `Bearer ` from then on."""
    transcript = play(refresh(ACCOUNT, SETTINGS), recorded("refresh_session", **changes))
    assert failure_of(transcript.error).kind is FailureKind.UNAVAILABLE


def test_disconnecting_ends_the_session() -> None:
    transcript = play(disconnect(ACCOUNT, SETTINGS), recorded("signed_out"))
    assert [call.url for call in transcript.calls] == [f"{PDS}/xrpc/com.atproto.server.deleteSession"]
    assert transcript.error is None


@pytest.mark.parametrize("reply", ["expired_token", "authentication_required"])
def test_a_session_that_has_ended_already_is_disconnected(reply: str) -> None:
    assert play(disconnect(ACCOUNT, SETTINGS), recorded(reply)).error is None


@pytest.mark.parametrize("reply", ["rate_limited", "internal_server_error"])
def test_disconnecting_says_when_it_could_not(reply: str) -> None:
    assert play(disconnect(ACCOUNT, SETTINGS), recorded(reply)).error is not None


def test_a_check_is_one_read_that_bears_the_access_token() -> None:
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
def test_only_a_dead_session_fails_a_check_for_good(reply: str, kind: FailureKind) -> None:
    assert failure_of(play(check(ACCOUNT, SETTINGS), recorded(reply)).error).kind is kind


def test_an_account_that_was_switched_off_fails_its_check() -> None:
    """The server opens the session all the same, and says it there alone."""
    transcript = play(check(ACCOUNT, SETTINGS), recorded("get_session", active=False, status="deactivated"))
    failure = failure_of(transcript.error)
    assert failure.kind is FailureKind.AUTH_FAILED
    assert "deactivated" in failure.message


def test_somebody_elses_session_says_nothing_about_the_account() -> None:
    transcript = play(check(ACCOUNT, SETTINGS), recorded("get_session", did="did:plc:somebodyelse"))
    assert failure_of(transcript.error).kind is FailureKind.UNAVAILABLE


def test_the_flows_end_whatever_is_answered() -> None:
    assert_ends_whatever_is_answered(lambda: check(ACCOUNT, SETTINGS), [recorded("get_session")])
    assert_ends_whatever_is_answered(lambda: refresh(ACCOUNT, SETTINGS), [recorded("refresh_session")])
    assert_ends_whatever_is_answered(lambda: disconnect(ACCOUNT, SETTINGS), [recorded("signed_out")])


def test_a_call_bears_the_access_token() -> None:
    call = put_record(PDS, DID, "app.bsky.feed.post", "3k", {}, step="post")
    signed = sign(call, CREDENTIAL, NOW, b"")
    assert signed == replace(call, headers={"Authorization": "Bearer access"})


@pytest.mark.parametrize("flow", [refresh, disconnect])
def test_what_concerns_the_session_itself_bears_the_refresh_token(flow: object) -> None:
    assert callable(flow)
    [call] = play(flow(ACCOUNT, SETTINGS)).calls
    assert sign(call, CREDENTIAL, NOW, b"").headers["Authorization"] == "Bearer refresh"


def test_a_public_read_bears_nothing() -> None:
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
def test_only_an_expired_token_is_worth_a_refresh(status: int, error: str, expected: bool) -> None:  # noqa: FBT001 - a column of the table
    body = f'{{"error": "{error}", "message": "…"}}'.encode()
    assert needs_refresh(Reply(status=status, body=body, received_at=NOW)) is expected


def test_an_account_is_on_its_own_server() -> None:
    """Another one that is away is none of its business."""
    assert server(ACCOUNT) == PDS

"""Connecting by consent, signing, refreshing, checking and disconnecting."""

from datetime import timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest

from letmepost.domain.errors import FailureKind, PlatformFailure
from letmepost.domain.flow import Auth, Call
from letmepost.domain.playback import first_calls, play
from letmepost.platforms.connecting import ConsentRequest, Credential, Grant
from letmepost.platforms.twitter import PLATFORM
from letmepost.platforms.twitter.connect import accounts, consent_url
from letmepost.platforms.twitter.session import check, disconnect, refresh, sign
from tests.platforms.twitter.transcripts import (
    ACCOUNT,
    API,
    BASIC,
    NOW,
    SETTINGS,
    USER_ID,
    recorded,
    replied,
)

GRANT = Grant(code="code", redirect_uri="https://me.example/cb", code_verifier="verifier")
CREDENTIAL = Credential(secrets={"access_token": "a", "refresh_token": "r"})


def failed(error: Exception | None) -> PlatformFailure:
    assert isinstance(error, PlatformFailure)
    return error


def test_consent_requests_every_scope_that_publishing_needs() -> None:
    request = ConsentRequest(redirect_uri="https://me.example/cb", state="s", code_challenge="c")
    url = urlsplit(consent_url(request, SETTINGS))
    assert f"{url.scheme}://{url.netloc}{url.path}" == "https://x.com/i/oauth2/authorize"
    assert "tweet.read%20tweet.write" in url.query
    assert dict(parse_qsl(url.query)) == {
        "response_type": "code",
        "client_id": "app",
        "redirect_uri": "https://me.example/cb",
        "scope": "tweet.read tweet.write users.read media.write offline.access",
        "state": "s",
        "code_challenge": "c",
        "code_challenge_method": "S256",
    }


def test_grant_becomes_the_account_that_consented() -> None:
    transcript = play(accounts(GRANT, SETTINGS), recorded("token"), recorded("users_me"))
    exchange, asking = transcript.calls
    assert (exchange.url, exchange.headers["Authorization"]) == (f"{API}/2/oauth2/token", BASIC)
    assert exchange.form == {
        "grant_type": "authorization_code",
        "code": "code",
        "redirect_uri": "https://me.example/cb",
        "code_verifier": "verifier",
    }
    assert (asking.url, asking.headers["Authorization"]) == (f"{API}/2/users/me", "Bearer access")
    [account] = transcript.value()
    assert (account.platform_account_id, account.handle, account.display_name) == (USER_ID, "ann", "Ann")
    assert account.avatar_url == "https://pbs.twimg.com/profile_images/1/x_normal.jpg"
    assert account.credential.secrets == {"access_token": "access", "refresh_token": "refresh"}
    assert account.credential.expires_at == NOW + timedelta(hours=2)
    assert account.token_expires_at is None, "refreshing needs no person"
    assert "media.write" in account.scopes
    assert account.data == {"subscription": "Premium"}


def test_grant_without_a_refresh_token_ends_with_its_access_token() -> None:
    token = replied(200, {"access_token": "access", "expires_in": 7200})
    [account] = play(accounts(GRANT, SETTINGS), token, recorded("users_me")).value()
    assert account.token_expires_at == NOW + timedelta(hours=2)


def test_expired_code_and_unknown_app_have_different_errors() -> None:
    used = replied(
        400, {"error": "invalid_request", "error_description": "Value passed for the authorization code was invalid."}
    )
    assert failed(play(accounts(GRANT, SETTINGS), used).error).kind is FailureKind.AUTH_FAILED
    assert failed(play(accounts(GRANT, SETTINGS), recorded("invalid_client")).error).kind is FailureKind.UNAVAILABLE


def test_account_without_an_id_is_not_connected() -> None:
    for unnamed in (replied(200, {}), replied(200, {"data": []}), replied(200, {"data": {"id": "../1"}})):
        assert failed(play(accounts(GRANT, SETTINGS), recorded("token"), unnamed).error).kind is FailureKind.UNAVAILABLE


def test_refresh_returns_a_new_pair() -> None:
    transcript = play(refresh(ACCOUNT, SETTINGS), recorded("token"))
    [call] = transcript.calls
    signed = sign(call, CREDENTIAL, NOW, b"")
    assert signed.headers["Authorization"] == BASIC
    assert signed.form == {"grant_type": "refresh_token", "refresh_token": "r"}
    assert transcript.value().secrets == {"access_token": "access", "refresh_token": "refresh"}


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (recorded("invalid_token"), FailureKind.AUTH_FAILED),
        (replied(400, {"error": "invalid_grant"}), FailureKind.AUTH_FAILED),
        (replied(400, {"error": "invalid_request", "error_description": "Missing x."}), FailureKind.UNAVAILABLE),
        (recorded("invalid_client"), FailureKind.UNAVAILABLE),
        (replied(200, {"access_token": ""}), FailureKind.UNAVAILABLE),
        (replied(503, {}), FailureKind.UNAVAILABLE),
    ],
)
def test_only_an_invalid_token_requires_a_reconnect(reply: object, kind: FailureKind) -> None:
    assert failed(play(refresh(ACCOUNT, SETTINGS), reply).error).kind is kind  # type: ignore[arg-type]  # a Reply


def test_missing_refresh_token_is_rejected_like_an_invalid_one() -> None:
    [call] = first_calls(refresh(ACCOUNT, SETTINGS))
    signed = sign(call, Credential(secrets={"access_token": "a"}), NOW, b"")
    assert (signed.form or {})["refresh_token"] == "none"


def test_both_tokens_are_revoked_and_ended_ones_are_skipped() -> None:
    transcript = play(disconnect(ACCOUNT, SETTINGS), recorded("invalid_token"), recorded("revoked"))
    transcript.value()
    signed = [sign(call, CREDENTIAL, NOW, b"") for call in transcript.calls]
    assert [(call.form or {})["token"] for call in signed] == ["r", "a"]
    assert {call.url for call in signed} == {f"{API}/2/oauth2/revoke"}
    assert failed(play(disconnect(ACCOUNT, SETTINGS), replied(500, {})).error).kind is FailureKind.UNAVAILABLE


def test_check_reads_the_account_and_costs_money() -> None:
    assert play(check(ACCOUNT, SETTINGS), recorded("users_me")).value() == {"subscription": "Premium"}
    assert failed(play(check(ACCOUNT, SETTINGS), recorded("unauthorized")).error).kind is FailureKind.AUTH_FAILED
    other = replied(200, {"data": {"id": "1"}})
    assert failed(play(check(ACCOUNT, SETTINGS), other).error).kind is FailureKind.UNAVAILABLE
    assert PLATFORM.check_costs_money


def test_call_is_signed_for_its_authentication() -> None:
    call = Call(method="GET", url=f"{API}/2/users/me")
    assert sign(call, CREDENTIAL, NOW, b"").headers == {"Authorization": "Bearer a"}
    unsigned = Call(method="GET", url=f"{API}/2/users/me", auth=Auth.NONE)
    assert sign(unsigned, CREDENTIAL, NOW, b"") == unsigned

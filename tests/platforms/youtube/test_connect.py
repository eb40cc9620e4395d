"""Connecting by consent, and the lifetime of the tokens."""

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from letmepost.domain.errors import FailureKind
from letmepost.domain.flow import Auth, Effect, Reply
from letmepost.domain.playback import play
from letmepost.platforms.connecting import ConnectedAccount, ConsentRequest, Credential, Grant
from letmepost.platforms.contract import revokes_nothing
from letmepost.platforms.youtube import PLATFORM
from letmepost.platforms.youtube.api import read_channel
from letmepost.platforms.youtube.connect import OAUTH, accounts, consent_url
from letmepost.platforms.youtube.read_back import is_there
from letmepost.platforms.youtube.session import check, refresh, sign
from letmepost.platforms.youtube.unpublish import unpublish
from tests.platforms.youtube.transcripts import (
    ACCOUNT,
    API,
    CHANNEL,
    CHANNELS,
    FORCE_SSL,
    NOW,
    SETTINGS,
    TOKENS,
    VIDEO,
    listed,
    refusal,
    refused,
    replied,
    state,
)

GRANT = Grant(code="4/0Acode", redirect_uri="https://me.example/callback", code_verifier="verifier")
CREDENTIAL = Credential(secrets={"access_token": "ya29.OLD", "refresh_token": "1//0gOLD"})
ME = replied(200, CHANNELS)
TOKEN_URL = "https://oauth2.googleapis.com/token"
UPLOAD_ONLY = ("https://www.googleapis.com/auth/youtube.upload", "https://www.googleapis.com/auth/youtube.readonly")


def connected(*replies: Reply) -> ConnectedAccount:
    [account] = play(accounts(GRANT, SETTINGS), *replies).value()
    return account


def test_consent_requests_offline_access_with_a_new_consent_and_a_challenge() -> None:
    request = ConsentRequest(redirect_uri="https://me.example/callback", state="s", code_challenge="c")
    url = urlsplit(consent_url(request, SETTINGS))
    assert f"{url.scheme}://{url.netloc}{url.path}" == "https://accounts.google.com/o/oauth2/v2/auth"
    assert dict(parse_qsl(url.query)) == {
        "client_id": "1000.apps.googleusercontent.com",
        "redirect_uri": "https://me.example/callback",
        "response_type": "code",
        "scope": " ".join((*UPLOAD_ONLY, FORCE_SSL)),
        "state": "s",
        "code_challenge": "c",
        "code_challenge_method": "S256",
        "access_type": "offline",
        "prompt": "consent",
    }


def test_code_becomes_tokens_and_the_chosen_channel() -> None:
    transcript = play(accounts(GRANT, SETTINGS), replied(200, TOKENS), ME)
    exchange, me = transcript.calls
    assert (exchange.method, exchange.url, exchange.effect, exchange.auth) == (
        "POST",
        TOKEN_URL,
        Effect.WRITE,
        Auth.NONE,
    )
    assert exchange.form == {
        "grant_type": "authorization_code",
        "code": "4/0Acode",
        "redirect_uri": "https://me.example/callback",
        "code_verifier": "verifier",
        "client_id": "1000.apps.googleusercontent.com",
        "client_secret": "GOCSPX-secret",
    }
    assert (me.url, dict(me.query)) == (f"{API}/channels", {"part": "id,snippet,contentDetails,status", "mine": "true"})
    assert me.headers["Authorization"] == "Bearer ya29.ACCESS"
    assert transcript.value() == (
        ConnectedAccount(
            platform_account_id=CHANNEL,
            handle="acme",
            display_name="Acme",
            avatar_url="https://yt3.ggpht.com/a.jpg",
            data=ACCOUNT.data,
            credential=Credential(
                secrets={"access_token": "ya29.ACCESS", "refresh_token": "1//0gREFRESH"},
                expires_at=NOW + timedelta(seconds=3599),
            ),
            scopes=(FORCE_SSL,),
        ),
    )


def test_person_who_does_not_grant_everything_gets_fewer_features() -> None:
    account = connected(replied(200, {**TOKENS, "scope": " ".join(UPLOAD_ONLY)}), ME)
    assert OAUTH.missing(account.scopes) == ("unpublish", "firstComment", "playlists", "captions")
    assert OAUTH.missing((FORCE_SSL,)) == ()


def test_refresh_token_of_an_app_in_testing_states_its_end() -> None:
    account = connected(replied(200, {**TOKENS, "refresh_token_expires_in": 604_800}), ME)
    assert account.token_expires_at == NOW + timedelta(days=7)


@pytest.mark.parametrize("seconds", [None, 0, -1, "x", 10**30])
def test_implausible_end_of_a_refresh_token_is_ignored(seconds: object) -> None:
    account = connected(replied(200, {**TOKENS, "refresh_token_expires_in": seconds}), ME)
    assert account.token_expires_at is None


def test_account_without_a_refresh_token_must_be_connected_again() -> None:
    account = connected(replied(200, {name: value for name, value in TOKENS.items() if name != "refresh_token"}), ME)
    assert account.token_expires_at == NOW + timedelta(seconds=3599)


@pytest.mark.parametrize("body", [{**CHANNELS, "items": []}, {"kind": "youtube#channelListResponse"}])
def test_google_account_without_a_channel_is_not_connected(body: dict[str, Any]) -> None:
    failure = refusal(play(accounts(GRANT, SETTINGS), replied(200, TOKENS), replied(200, body)))
    assert (failure.kind, failure.rule) == (FailureKind.AUTH_FAILED, "youtube.channel.missing")


def test_refresh_keeps_the_refresh_token_unless_there_is_a_new_one() -> None:
    answer = {name: value for name, value in TOKENS.items() if name != "refresh_token"}
    transcript = play(refresh(ACCOUNT, SETTINGS), replied(200, answer))
    assert transcript.value().secrets == {"access_token": "ya29.ACCESS"}
    [call] = transcript.calls
    signed = sign(call, CREDENTIAL, NOW, bytes(32))
    assert (call.url, dict(signed.form or {})["refresh_token"]) == (TOKEN_URL, "1//0gOLD")
    new = play(refresh(ACCOUNT, SETTINGS), replied(200, {**answer, "refresh_token": "1//0gNEW"})).value()
    assert new.secrets["refresh_token"] == "1//0gNEW"


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (replied(400, {"error": "invalid_grant", "error_description": "Bad Request"}), FailureKind.AUTH_FAILED),
        (replied(401, {"error": "invalid_client"}), FailureKind.UNAVAILABLE),
        (replied(400, {"error": "unauthorized_client"}), FailureKind.UNAVAILABLE),
        (replied(400, {"error": "redirect_uri_mismatch"}), FailureKind.REJECTED),
        (replied(500), FailureKind.UNAVAILABLE),
        (replied(200, {}), FailureKind.UNAVAILABLE),
    ],
)
def test_only_an_ended_grant_requires_a_person(reply: Reply, kind: FailureKind) -> None:
    assert refusal(play(refresh(ACCOUNT, SETTINGS), reply)).kind is kind


def test_call_is_signed_with_the_token_of_the_account() -> None:
    call = read_channel(SETTINGS)
    assert sign(call, CREDENTIAL, NOW, bytes(32)).headers["Authorization"] == "Bearer ya29.OLD"


def test_check_returns_the_channel_with_the_scopes_that_were_granted() -> None:
    channel = {**CHANNELS["items"][0], "status": {"longUploadsStatus": "eligible"}}
    data = play(check(ACCOUNT, SETTINGS), replied(200, {**CHANNELS, "items": [channel]})).value()
    assert data == {**ACCOUNT.data, "longUploads": "eligible"}


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (refused(401, "authError"), FailureKind.AUTH_FAILED),
        (replied(200, {**CHANNELS, "items": [{"id": "UCother"}]}), FailureKind.UNAVAILABLE),
        (replied(200, {**CHANNELS, "items": []}), FailureKind.AUTH_FAILED),
        (refused(503, "backendError"), FailureKind.UNAVAILABLE),
    ],
)
def test_check_fails_with_its_reason(reply: Reply, kind: FailureKind) -> None:
    assert refusal(play(check(ACCOUNT, SETTINGS), reply)).kind is kind


def test_disconnecting_revokes_nothing_because_other_channels_share_the_grant() -> None:
    assert PLATFORM.disconnect is revokes_nothing


@pytest.mark.parametrize("reply", [replied(204), refused(404, "videoNotFound")])
def test_missing_video_counts_as_deleted_and_its_comments_with_it(reply: Reply) -> None:
    transcript = play(unpublish(ACCOUNT, [VIDEO, "UgxAbCdEfGhIjKlMnOp4AaABAg"], SETTINGS), reply)
    assert transcript.error is None
    assert [(call.method, call.url, dict(call.query)) for call in transcript.calls] == [
        ("DELETE", f"{API}/videos", {"id": VIDEO})
    ]


def test_video_that_may_not_be_deleted_is_a_failure() -> None:
    failure = refusal(play(unpublish(ACCOUNT, [VIDEO], SETTINGS), refused(403, "insufficientPermissions")))
    assert failure.kind is FailureKind.AUTH_FAILED
    assert FORCE_SSL in failure.message


@pytest.mark.parametrize(
    ("reply", "expected"),
    [(state(), True), (state("uploaded", "processing"), True), (state("rejected"), False), (listed(), False)],
)
def test_video_is_there_unless_it_is_missing_or_rejected(reply: Reply, *, expected: bool) -> None:
    assert play(is_there(ACCOUNT, VIDEO, SETTINGS), reply).value() is expected

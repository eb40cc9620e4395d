"""Connecting by consent, and the lifetime of the token."""

import base64
import json
from collections.abc import Sequence
from datetime import timedelta
from hashlib import sha256
from hmac import digest
from urllib.parse import parse_qsl, urlsplit

import pytest

from letmepost.domain.errors import FailureKind
from letmepost.domain.flow import Auth, Effect, Reply
from letmepost.domain.playback import play
from letmepost.platforms._meta.long_lived import needs_refresh, sign
from letmepost.platforms._meta.signed_request import withdrawn
from letmepost.platforms.connecting import Callback, ConnectedAccount, ConsentRequest, Credential, Grant
from letmepost.platforms.threads import PLATFORM
from letmepost.platforms.threads.api import make_container
from letmepost.platforms.threads.connect import FEATURES, accounts, consent_url
from letmepost.platforms.threads.session import check, refresh
from letmepost.platforms.threads.settings import ThreadsSettings
from letmepost.platforms.threads.unpublish import unpublish
from tests.platforms.threads.transcripts import (
    ACCOUNT,
    API,
    AWAY,
    NOW,
    SETTINGS,
    USER,
    recorded,
    refusal,
    refused,
)

GRANT = Grant(code="AQBcode", redirect_uri="https://me.example/callback", code_verifier="verifier")
CONNECTING = [recorded("short_token"), recorded("long_token"), recorded("me"), recorded("debug_token")]
CREDENTIAL = Credential(secrets={"access_token": "THQVJlong"})


def connected(*replies: Reply | Exception) -> ConnectedAccount:
    [account] = play(accounts(GRANT, SETTINGS), *replies).value()
    return account


APPROVED = ("location", "share_to_instagram")


@pytest.mark.parametrize(
    ("approved", "more"),
    [
        ((), ""),
        (APPROVED[:1], ",threads_location_tagging"),
        (APPROVED, ",threads_location_tagging,threads_share_to_instagram"),
    ],
)
def test_consent_requests_the_scopes_for_which_the_app_is_approved(approved: Sequence[str], more: str) -> None:
    request = ConsentRequest(redirect_uri="https://me.example/callback", state="s", code_challenge="c")
    settings = SETTINGS.model_copy(update=dict.fromkeys(approved, True))
    url = urlsplit(consent_url(request, settings))
    assert f"{url.scheme}://{url.netloc}{url.path}" == "https://threads.net/oauth/authorize"
    assert dict(parse_qsl(url.query)) == {
        "client_id": "1789",
        "redirect_uri": "https://me.example/callback",
        "response_type": "code",
        "state": "s",
        "scope": "threads_basic,threads_content_publish,threads_manage_replies,threads_read_replies,threads_delete"
        + more,
    }
    assert {*FEATURES} == {"publish", "replies", "unpublish", "location", "instagram"}


def test_code_becomes_a_token_for_sixty_days_and_an_account() -> None:
    transcript = play(accounts(GRANT, SETTINGS), *CONNECTING)
    exchange, prolong, me, granted = transcript.calls
    assert exchange.url == "https://graph.threads.net/oauth/access_token"
    assert exchange.form == {
        "client_id": "1789",
        "client_secret": "app-secret",
        "grant_type": "authorization_code",
        "redirect_uri": "https://me.example/callback",
        "code": "AQBcode",
    }
    assert prolong.url == "https://graph.threads.net/access_token"
    assert dict(prolong.query) == {
        "grant_type": "th_exchange_token",
        "client_secret": "app-secret",
        "access_token": "THQVJshort",
    }
    assert (me.url, granted.url) == (f"{API}/me", f"{API}/debug_token")
    assert me.headers["Authorization"] == granted.headers["Authorization"] == "Bearer THQVJlong"
    assert {call.auth for call in transcript.calls} == {Auth.NONE}
    assert transcript.value() == (
        ConnectedAccount(
            platform_account_id=USER,
            handle="alice",
            display_name="Alice",
            avatar_url="https://cdn.example.com/alice.jpg",
            credential=Credential(secrets={"access_token": "THQVJlong"}, expires_at=NOW + timedelta(days=60)),
            scopes=("threads_basic", "threads_content_publish"),
        ),
    )


def test_suffix_that_threads_appends_is_not_part_of_the_code() -> None:
    grant = Grant(code="AQBcode#_", redirect_uri="https://me.example/callback", code_verifier="")
    [exchange] = play(accounts(grant, SETTINGS)).calls
    assert exchange.form is not None
    assert exchange.form["code"] == "AQBcode"


@pytest.mark.parametrize("response", [AWAY, refused(190), recorded("debug_token", data=5), refused(2, http=500)])
def test_granted_scopes_are_unknown_when_the_app_may_not_read_them(response: Reply | Exception) -> None:
    assert connected(*CONNECTING[:3], response).scopes == ()


def test_used_code_requires_another_consent() -> None:
    failure = refusal(play(accounts(GRANT, SETTINGS), recorded("used_code")))
    assert failure.kind is FailureKind.AUTH_FAILED
    assert failure.remediation


@pytest.mark.parametrize("step", [0, 1, 2])
@pytest.mark.parametrize("response", [AWAY, refused(2, http=500), Reply(status=502, body=b"<html>", received_at=NOW)])
def test_unavailable_platform_does_not_end_a_consent(step: int, response: Reply | Exception) -> None:
    failure = refusal(play(accounts(GRANT, SETTINGS), *CONNECTING[:step], response))
    assert failure.kind is FailureKind.UNAVAILABLE


def test_call_has_the_token_in_a_header_and_refresh_in_the_query() -> None:
    call = make_container(SETTINGS, USER, {}, step="post-container")
    signed = sign(call, CREDENTIAL, NOW, b"")
    assert signed.headers["Authorization"] == "Bearer THQVJlong"
    assert signed.query == ()
    [refreshing] = play(refresh(ACCOUNT, SETTINGS)).calls
    assert (refreshing.method, refreshing.url) == ("GET", "https://graph.threads.net/refresh_access_token")
    assert refreshing.effect is Effect.WRITE
    signed = sign(refreshing, CREDENTIAL, NOW, b"")
    assert dict(signed.query) == {"grant_type": "th_refresh_token", "access_token": "THQVJlong"}
    assert "Authorization" not in signed.headers


def test_refreshed_token_is_valid_for_another_sixty_days() -> None:
    assert play(refresh(ACCOUNT, SETTINGS), recorded("long_token")).value() == Credential(
        secrets={"access_token": "THQVJlong"}, expires_at=NOW + timedelta(days=60)
    )


@pytest.mark.parametrize(
    ("response", "kind"),
    [
        (refused(190, 463), FailureKind.AUTH_FAILED),
        (refused(10), FailureKind.AUTH_FAILED),
        (refused(100), FailureKind.REJECTED),
        (recorded("used_code"), FailureKind.REJECTED),
        (refused(2, http=500), FailureKind.UNAVAILABLE),
        (recorded("long_token", access_token=""), FailureKind.UNAVAILABLE),
        (refused(190, http=200), FailureKind.UNAVAILABLE),
    ],
)
def test_only_an_invalid_token_requires_a_person(response: Reply, kind: FailureKind) -> None:
    """An error in a 200 must not become an empty token. A token that is too young is refused as well."""
    assert refusal(play(refresh(ACCOUNT, SETTINGS), response)).kind is kind


def test_expired_token_is_not_exchanged() -> None:
    assert not needs_refresh(refused(190, 463))


def test_check_reads_the_account_of_the_token() -> None:
    play(check(ACCOUNT, SETTINGS), recorded("me")).value()
    for response, kind in (
        (refused(190, 463), FailureKind.AUTH_FAILED),
        (refused(1, http=500), FailureKind.UNAVAILABLE),
        (recorded("me", id="5"), FailureKind.UNAVAILABLE),
    ):
        assert refusal(play(check(ACCOUNT, SETTINGS), response)).kind is kind


def test_disconnecting_makes_no_call() -> None:
    transcript = play(PLATFORM.disconnect(ACCOUNT, SETTINGS))
    assert (transcript.calls, transcript.error) == ([], None)


def test_posts_are_deleted_last_first_and_a_missing_one_is_skipped() -> None:
    transcript = play(unpublish(ACCOUNT, ["1", "2"], SETTINGS), refused(24, 4279009), recorded("deleted"))
    assert [(call.method, call.url) for call in transcript.calls] == [("DELETE", f"{API}/2"), ("DELETE", f"{API}/1")]
    assert transcript.error is None
    for response, kind in (
        (refused(10), FailureKind.AUTH_FAILED),
        (refused(100, http=200), FailureKind.REJECTED),
        (refused(4), FailureKind.RATE_LIMITED),
    ):
        assert refusal(play(unpublish(ACCOUNT, ["1"], SETTINGS), response)).kind is kind


def callback(body: bytes) -> Callback:
    return Callback(headers={}, body=body, received_at=NOW)


def test_callback_that_threads_signed_names_the_account() -> None:
    payload = json.dumps({"algorithm": "HMAC-SHA256", "user_id": USER}).encode()
    text = base64.urlsafe_b64encode(payload).rstrip(b"=")
    signature = base64.urlsafe_b64encode(digest(b"app-secret", text, sha256)).rstrip(b"=")
    body = b"signed_request=" + signature + b"." + text
    assert withdrawn(callback(body), SETTINGS) == (USER,)
    for unsigned in (body[:-2], b"", b"signed_request=" + text, b"\xff\xfe"):
        with pytest.raises(ValueError, match="signed_request"):
            withdrawn(callback(unsigned), SETTINGS)
    with pytest.raises(ValueError, match="signed_request"):
        withdrawn(callback(body), ThreadsSettings())


def test_platform_is_not_enabled_without_an_app() -> None:
    assert ThreadsSettings.credentials() == ("client_id", "client_secret")

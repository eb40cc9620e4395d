"""Connecting, checking, refreshing and revoking."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from letmepost.domain.errors import FailureKind, FixableBy, PlatformFailure
from letmepost.domain.flow import Auth, Call
from letmepost.domain.playback import Transcript, play
from letmepost.platforms.connecting import ConnectedAccount, ConsentRequest, Credential, Grant
from letmepost.platforms.tiktok.connect import accounts, consent_url
from letmepost.platforms.tiktok.creator import show_creator
from letmepost.platforms.tiktok.session import check, disconnect, needs_refresh, refresh, sign
from tests.platforms.tiktok.transcripts import (
    ACCOUNT,
    API,
    CREATOR,
    NOW,
    OPEN_ID,
    SETTINGS,
    TOKENS,
    USER,
    done,
    refusal,
    refused,
    replied,
)

WEB = "https://letmepost.example/v1/accounts/oauth/tiktok/callback"
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
HEX = "13d31e961a1ad8ec2f16b10c4c982e0876a878ad6df144566ee1894acb70f9c3"
ALL = "user.info.basic,user.info.profile,video.publish,video.upload,video.list"
ON_DEVICE = ("http://localhost:8080/callback", "http://127.0.0.1:8080/callback", "my-app://callback")
SECRETS = Credential(secrets={"access_token": "act.1", "refresh_token": "rft.1"})


def consent(redirect_uri: str = WEB) -> str:
    return consent_url(ConsentRequest(redirect_uri=redirect_uri, state="s&t", code_challenge=CHALLENGE), SETTINGS)


def grant(redirect_uri: str = WEB) -> Grant:
    return Grant(code="code!1", redirect_uri=redirect_uri, code_verifier=VERIFIER)


def connect(*replies: Any, redirect_uri: str = WEB) -> Transcript[tuple[ConnectedAccount, ...]]:
    return play(accounts(grant(redirect_uri), SETTINGS), *replies)


def tokens(scope: str = ALL, **more: Any) -> Any:
    return replied(200, {**TOKENS, "scope": scope, **more})


def test_consent_url_is_as_documented_byte_for_byte() -> None:
    assert consent() == (
        "https://www.tiktok.com/v2/auth/authorize/?client_key=awkey&response_type=code&scope=user.info.basic"
        "%2Cvideo.publish%2Cvideo.upload%2Cuser.info.profile%2Cvideo.list&redirect_uri=https%3A%2F%2Fletmepost.example"
        "%2Fv1%2Faccounts%2Foauth%2Ftiktok%2Fcallback&state=s%26t"
    )


@pytest.mark.parametrize("redirect_uri", ON_DEVICE)
def test_redirect_to_the_device_has_a_hexadecimal_challenge_and_sends_its_verifier(redirect_uri: str) -> None:
    query = parse_qs(urlsplit(consent(redirect_uri)).query)
    assert (query["code_challenge"], query["code_challenge_method"]) == ([HEX], ["S256"])
    [call] = connect(redirect_uri=redirect_uri).calls
    assert (call.form or {})["code_verifier"] == VERIFIER


def test_code_is_exchanged_with_the_credentials_in_the_form() -> None:
    [call] = connect().calls
    assert (call.url, call.auth) == (f"{API}/oauth/token/", Auth.NONE)
    assert call.form == {
        "client_key": "awkey",
        "client_secret": "app-secret",
        "code": "code!1",
        "grant_type": "authorization_code",
        "redirect_uri": WEB,
    }


def test_account_is_connected_with_what_it_may_do() -> None:
    transcript = connect(tokens(), done({"user": USER}), done(CREATOR))
    [account] = transcript.value()
    assert (account.platform_account_id, account.handle, account.display_name) == (OPEN_ID, "robyn6608", "Robyn")
    assert account.credential.expires_at is not None
    assert (account.credential.expires_at - NOW).total_seconds() == 7200
    assert account.scopes == tuple(ALL.split(","))
    assert account.data["canList"] is True
    assert account.data["creator"]["privacy_level_options"] == CREATOR["privacy_level_options"]
    assert "creator_avatar_url" not in account.data["creator"], "it expires"
    assert dict(transcript.calls[1].query)["fields"] == "open_id,union_id,avatar_url,display_name,username"


def test_lifetime_of_earlier_apps_is_kept() -> None:
    [account] = connect(tokens(expires_in=86_400), done({"user": USER}), done(CREATOR)).value()
    assert account.credential.expires_at is not None
    assert (account.credential.expires_at - NOW).total_seconds() == 86_400


def test_only_granted_fields_are_read() -> None:
    transcript = connect(tokens("user.info.basic,video.publish"), done({"user": USER}), done(CREATOR))
    assert dict(transcript.calls[1].query)["fields"] == "open_id,union_id,avatar_url,display_name"
    assert transcript.value()[0].data["canList"] is False


def test_username_of_the_creator_is_used_without_the_permission_for_the_profile() -> None:
    user = {name: value for name, value in USER.items() if name != "username"}
    [account] = connect(tokens("user.info.basic,video.publish"), done({"user": user}), done(CREATOR)).value()
    assert account.handle == "robyn6608"


def test_account_for_the_inbox_only_is_connected_without_a_creator() -> None:
    transcript = connect(tokens("user.info.basic,video.upload"), done({"user": USER}))
    assert "creator" not in transcript.value()[0].data


@pytest.mark.parametrize(
    "reply", [refused(200, "spam_risk_too_many_posts"), refused(200, "reached_active_user_cap"), replied(503)]
)
def test_account_can_be_connected_while_tiktok_does_not_report_what_it_may_do(reply: Any) -> None:
    [account] = connect(tokens(), done({"user": USER}), reply).value()
    assert "creator" not in account.data


def test_account_that_may_not_be_read_is_identified_by_its_tokens() -> None:
    [account] = connect(tokens(), refused(401, "scope_not_authorized"), done(CREATOR)).value()
    assert (account.platform_account_id, account.handle, account.display_name) == (OPEN_ID, "robyn6608", None)


def test_account_is_not_connected_without_its_id() -> None:
    assert refusal(connect(tokens(), replied(503))).kind is FailureKind.UNAVAILABLE


@pytest.mark.parametrize("code", [200, 400, 401])
def test_used_code_needs_another_consent(code: int) -> None:
    failure = refusal(connect(replied(code, {"error": "invalid_grant", "error_description": "expired"})))
    assert failure.kind is FailureKind.AUTH_FAILED


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ("invalid_client", FailureKind.UNAVAILABLE),
        ("unauthorized_client", FailureKind.UNAVAILABLE),
        ("unsupported_grant_type", FailureKind.UNAVAILABLE),
        ("invalid_request", FailureKind.REJECTED),
    ],
)
def test_refused_app_is_for_the_operator_to_fix_and_needs_no_reconnect(error: str, kind: FailureKind) -> None:
    transcript = play(refresh(ACCOUNT, SETTINGS), replied(401, {"error": error, "error_description": "No."}))
    assert (refusal(transcript).kind, refusal(transcript).fixable_by) == (kind, FixableBy.OPERATOR)


def test_refresh_replaces_both_tokens() -> None:
    transcript = play(refresh(ACCOUNT, SETTINGS), replied(200, TOKENS))
    assert transcript.value().secrets == {
        "access_token": TOKENS["access_token"],
        "refresh_token": TOKENS["refresh_token"],
    }
    [call] = transcript.calls
    assert sign(call, SECRETS, NOW, b"").form == {
        "client_key": "awkey",
        "client_secret": "app-secret",
        "grant_type": "refresh_token",
        "refresh_token": "rft.1",
    }


def test_check_returns_what_the_account_may_do_now() -> None:
    changed = {**CREATOR, "privacy_level_options": ["SELF_ONLY"]}
    found = play(check(ACCOUNT, SETTINGS), done({"user": USER}), done(changed)).value()
    assert found is not None
    assert found["creator"]["privacy_level_options"] == ["SELF_ONLY"]
    assert found["canList"] is True


@pytest.mark.parametrize("reply", [refused(200, "spam_risk_too_many_posts"), refused(401, "scope_not_authorized")])
def test_check_keeps_the_facts_if_tiktok_does_not_report_them(reply: Any) -> None:
    assert play(check(ACCOUNT, SETTINGS), done({"user": USER}), reply).value() is None


def test_check_of_another_account_fails() -> None:
    transcript = play(check(ACCOUNT, SETTINGS), done({"user": {**USER, "open_id": "other"}}))
    assert refusal(transcript).kind is FailureKind.UNAVAILABLE


def test_check_fails_while_tiktok_is_unavailable() -> None:
    transcript = play(check(ACCOUNT, SETTINGS), done({"user": USER}), refused(503, "internal_error"))
    assert refusal(transcript).kind is FailureKind.UNAVAILABLE


def test_revocation_sends_the_access_token_as_token() -> None:
    [call] = play(disconnect(ACCOUNT, SETTINGS), replied(200)).calls
    form = sign(call, SECRETS, NOW, b"").form or {}
    assert (call.url, form["token"], set(form)) == (
        f"{API}/oauth/revoke/",
        "act.1",
        {"client_key", "client_secret", "token"},
    )


@pytest.mark.parametrize(
    "reply", [replied(200), refused(401, "access_token_invalid"), replied(400, {"error": "invalid_request"})]
)
def test_token_that_has_ended_counts_as_revoked(reply: Any) -> None:
    assert play(disconnect(ACCOUNT, SETTINGS), reply).error is None


def test_failed_revocation_is_reported() -> None:
    assert isinstance(play(disconnect(ACCOUNT, SETTINGS), replied(503)).error, PlatformFailure)


@pytest.mark.parametrize(
    ("reply", "is_expired"),
    [
        (refused(401, "access_token_invalid"), True),
        (refused(401, "scope_not_authorized"), False),
        (refused(200, "access_token_invalid"), True),
        (refused(400, "invalid_params", "Invalid authorization header. Please check the format."), False),
        (replied(401), False),
    ],
)
def test_only_an_expired_token_is_refreshed(reply: Any, is_expired: bool) -> None:  # noqa: FBT001 - a parameter of the test
    assert needs_refresh(reply) is is_expired


def test_upload_urls_are_called_without_a_token() -> None:
    call = Call(method="PUT", url="https://open-upload.tiktokapis.com/video/", auth=Auth.NONE)
    assert sign(call, SECRETS, NOW, b"") == call


def test_account_shows_what_its_creator_may_choose() -> None:
    shown = show_creator(ACCOUNT)
    assert (shown.nickname, shown.privacy_levels) == ("Robyn", CREATOR["privacy_level_options"])
    assert (shown.comment_disabled, shown.stitch_disabled, shown.max_video_duration_s) == (False, True, 300)

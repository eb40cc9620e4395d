"""Replies of token endpoints, and what is read from them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Literal
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from letmepost.domain.errors import FailureKind, PlatformFailure
from letmepost.domain.flow import Auth, Call, Effect, Reply
from letmepost.platforms._kit.oauth import (
    Tokens,
    app_call,
    code_form,
    consent_url,
    read_tokens,
    revocation_form,
    token_form,
    with_bearer_token,
    with_form_token,
    with_new_token,
    with_refresh_token,
)
from letmepost.platforms._kit.settings import AppSettings
from letmepost.platforms.connecting import ConsentRequest, Credential, Grant

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
CALL = Call(method="POST", url="https://platform.example/token", auth=Auth.NONE)
CODE = {"code": "c d", "empty": ""}


def explain(call: Call, reply: Reply) -> PlatformFailure:
    del call
    return PlatformFailure(FailureKind.RATE_LIMITED if reply.status == 429 else FailureKind.UNAVAILABLE, "Refused.")


def read(status: int, body: bytes) -> Tokens:
    return read_tokens(CALL, Reply(status=status, body=body, received_at=NOW), explain)


def test_consent_url_requests_a_code_and_keeps_the_query_of_the_endpoint() -> None:
    request = ConsentRequest(redirect_uri="https://me.example/cb?a=1", state="s&t", code_challenge="c")
    url = consent_url("https://platform.example/authorize?lang=en", "app", request, ("read", "write"), x="y z")
    assert dict(parse_qsl(urlsplit(url).query)) == {
        "lang": "en",
        "response_type": "code",
        "client_id": "app",
        "redirect_uri": "https://me.example/cb?a=1",
        "scope": "read write",
        "state": "s&t",
        "x": "y z",
    }


def test_consent_url_contains_the_challenge_when_the_platform_uses_pkce() -> None:
    request = ConsentRequest(redirect_uri="https://me.example/cb", state="s", code_challenge="c-_")
    query = parse_qs(urlsplit(consent_url("https://platform.example/", "app", request, (), uses_pkce=True)).query)
    assert (query["code_challenge"], query["code_challenge_method"]) == (["c-_"], ["S256"])


def test_code_form_exchanges_the_code_with_its_verifier() -> None:
    grant = Grant(code="c+d e", redirect_uri="https://me.example/cb?a=1", code_verifier="v")
    assert code_form(grant) == {
        "grant_type": "authorization_code",
        "redirect_uri": "https://me.example/cb?a=1",
        "code": "c+d e",
        "code_verifier": "v",
    }


def test_token_form_has_the_parameters_of_the_grant_without_empty_ones() -> None:
    form = token_form(
        "authorization_code", redirect_uri="https://me.example/cb?a=1&b=ü", code="c+d e", code_verifier=""
    )
    assert form == {
        "grant_type": "authorization_code",
        "redirect_uri": "https://me.example/cb?a=1&b=ü",
        "code": "c+d e",
    }


def test_revocation_form_names_the_token_and_its_kind() -> None:
    assert revocation_form("t+&ü", "refresh_token") == {"token": "t+&ü", "token_type_hint": "refresh_token"}


def as_app(app: AppSettings, method: Literal["client_secret_basic", "client_secret_post"]) -> Call:
    return app_call(CALL.url, CODE, app=app, method=method, auth=Auth.NONE)


def test_app_is_authenticated_in_the_form_or_in_a_header() -> None:
    in_form = as_app(AppSettings(client_id="app", client_secret=SecretStr("a&b+ü")), "client_secret_post")
    in_header = as_app(AppSettings(client_id="app", client_secret=SecretStr("secret")), "client_secret_basic")
    call = replace(CALL, effect=Effect.WRITE, auth=Auth.NONE)
    assert in_form == replace(call, form={**CODE, "client_id": "app", "client_secret": "a&b+ü"})
    assert in_header == replace(call, form=CODE, headers={"Authorization": "Basic YXBwOnNlY3JldA=="})


def test_app_without_a_secret_sends_an_empty_one() -> None:
    app = AppSettings(client_id="app")
    assert as_app(app, "client_secret_post").form == {**CODE, "client_id": "app", "client_secret": ""}
    assert as_app(AppSettings(), "client_secret_basic").headers == {"Authorization": "Basic Og=="}


def test_secret_that_basic_authentication_cannot_carry_is_for_the_operator_to_fix() -> None:
    with pytest.raises(PlatformFailure, match="does not accept this deployment's app") as caught:
        as_app(AppSettings(client_id="app", client_secret=SecretStr("☃")), "client_secret_basic")
    assert caught.value.kind is FailureKind.UNAVAILABLE


def test_platform_is_not_enabled_before_its_app_is_configured() -> None:
    assert AppSettings.credentials() == ("client_id", "client_secret")


def test_token_is_a_field_of_the_form() -> None:
    assert with_form_token(CALL, "token", "t").form == {"token": "t"}
    call = replace(CALL, form={"hint": "h", "token": "old"})
    assert with_form_token(call, "token", "t").form == {"hint": "h", "token": "t"}


@pytest.mark.parametrize(("secrets", "sent"), [({"refresh_token": "r"}, "r"), ({}, "none")])
def test_refresh_is_sent_even_without_a_token_so_that_the_platform_rejects_it(
    secrets: dict[str, str], sent: str
) -> None:
    signed = with_refresh_token(CALL, Credential(secrets={"access_token": "a", **secrets}))
    assert signed.form == {"refresh_token": sent}


def test_new_token_signs_a_call_instead_of_the_account() -> None:
    call = Call(method="GET", url="https://platform.example/me")
    assert with_new_token(call, "t") == replace(call, auth=Auth.NONE, headers={"Authorization": "Bearer t"})


def test_bearer_token_replaces_the_header_of_a_copy() -> None:
    call = replace(CALL, headers={"Authorization": "Basic Og==", "X-Version": "1"})
    signed = with_bearer_token(call, "t")
    assert signed == replace(call, headers={"Authorization": "Bearer t", "X-Version": "1"})
    assert call.headers["Authorization"] == "Basic Og=="
    assert with_bearer_token(CALL, "t").headers == {"Authorization": "Bearer t"}
    assert CALL.headers == {}


def test_grant_expires_relative_to_its_arrival() -> None:
    tokens = read(200, b'{"access_token":"a","refresh_token":"r","expires_in":7200,"scope":"read  write"}')
    assert tokens == Tokens(
        access_token="a", refresh_token="r", expires_at=NOW + timedelta(hours=2), scopes=("read", "write")
    )
    secrets = {"access_token": "a", "refresh_token": "r"}
    assert tokens.credential() == Credential(secrets=secrets, expires_at=NOW + timedelta(hours=2))


@pytest.mark.parametrize("refresh_token", [b"", b"\\n", b"\\ud800"])
def test_unusable_refresh_token_keeps_the_old_one(refresh_token: bytes) -> None:
    tokens = read(200, b'{"access_token":"a","refresh_token":"' + refresh_token + b'"}')
    assert tokens.credential().secrets == {"access_token": "a"}


@pytest.mark.parametrize("expires_in", ["0", "-1", "null", '"soon"', "1e400", "[]"])
def test_invalid_lifetime_is_unknown(expires_in: str) -> None:
    assert read(200, f'{{"access_token":"a","expires_in":{expires_in}}}'.encode()).expires_at is None


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, b'{"error":"invalid_grant"}', FailureKind.AUTH_FAILED),
        (200, b'{"error":"invalid_grant","access_token":"a"}', FailureKind.AUTH_FAILED),
        (400, b'{"error":"invalid_client"}', FailureKind.UNAVAILABLE),
        (401, b'{"error":"unauthorized_client"}', FailureKind.UNAVAILABLE),
        (429, b'{"error":"unauthorized_client"}', FailureKind.RATE_LIMITED),
        (400, b'{"error":{"code":190}}', FailureKind.UNAVAILABLE),
        (500, b"<html>", FailureKind.UNAVAILABLE),
        (429, b"", FailureKind.RATE_LIMITED),
        (200, b"<html>", FailureKind.UNAVAILABLE),
        (200, b'{"error":"server_error"}', FailureKind.UNAVAILABLE),
        (200, b'{"access_token":""}', FailureKind.UNAVAILABLE),
        (200, b'{"access_token":" "}', FailureKind.UNAVAILABLE),
        (200, b'{"access_token":null}', FailureKind.UNAVAILABLE),
        (200, b'{"access_token":"a\\r\\nb"}', FailureKind.UNAVAILABLE),
        (200, b'{"access_token":"\\u00e9"}', FailureKind.UNAVAILABLE),
        (200, b"{}", FailureKind.UNAVAILABLE),
    ],
)
def test_only_a_definite_refusal_ends_a_grant(status: int, body: bytes, kind: FailureKind) -> None:
    with pytest.raises(PlatformFailure) as caught:
        read(status, body)
    assert caught.value.kind is kind


@given(st.integers(200, 599), st.binary())
def test_any_reply_of_a_token_endpoint_is_a_grant_or_a_failure(status: int, body: bytes) -> None:
    try:
        tokens = read(status, body)
    except PlatformFailure:
        return
    assert tokens.access_token


def test_tokens_are_not_shown() -> None:
    assert "secret" not in repr(read(200, b'{"access_token":"secret","refresh_token":"secret"}'))

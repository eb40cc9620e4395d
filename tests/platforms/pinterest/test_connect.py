"""Connecting by consent, and the lifetime of the tokens."""

import base64
from datetime import timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest

from letmepost.domain.errors import FailureKind
from letmepost.domain.flow import Auth, Effect, Reply
from letmepost.domain.playback import play
from letmepost.platforms.connecting import ConnectedAccount, ConsentRequest, Credential, Grant
from letmepost.platforms.pinterest.api import create_pin
from letmepost.platforms.pinterest.connect import FEATURES, accounts, consent_url
from letmepost.platforms.pinterest.read_back import is_there
from letmepost.platforms.pinterest.session import check, disconnect, needs_refresh, refresh, sign
from letmepost.platforms.pinterest.unpublish import unpublish
from tests.platforms.pinterest.transcripts import (
    ACCOUNT,
    API,
    BOARD,
    NOW,
    SETTINGS,
    TOKENS,
    USER,
    USER_ACCOUNT,
    board,
    page,
    refusal,
    refused,
    replied,
)

GRANT = Grant(code="c0de", redirect_uri="https://me.example/callback", code_verifier="verifier")
CREDENTIAL = Credential(secrets={"access_token": "pina_OLD", "refresh_token": "pinr_OLD"})
ME = replied(200, USER_ACCOUNT)
SCOPES = ("boards:read", "boards:write", "pins:read", "pins:write", "user_accounts:read")
NO_PERMISSION = refused(403, 29, "You are not permitted to access that resource.")


def connected(*replies: Reply | Exception) -> ConnectedAccount:
    [account] = play(accounts(GRANT, SETTINGS), *replies).value()
    return account


def test_consent_requests_every_scope_of_the_features() -> None:
    request = ConsentRequest(redirect_uri="https://me.example/callback", state="s", code_challenge="c")
    url = urlsplit(consent_url(request, SETTINGS))
    assert f"{url.scheme}://{url.netloc}{url.path}" == "https://www.pinterest.com/oauth/"
    assert dict(parse_qsl(url.query)) == {
        "client_id": "1489",
        "redirect_uri": "https://me.example/callback",
        "response_type": "code",
        "state": "s",
        "scope": ",".join(SCOPES),
    }
    assert {*FEATURES} == {"publish", "identity"}


def test_code_becomes_tokens_that_can_be_renewed_and_an_account() -> None:
    transcript = play(accounts(GRANT, SETTINGS), replied(200, TOKENS), ME, page(board()))
    exchange, me, boards = transcript.calls
    assert (exchange.method, exchange.url, exchange.effect) == ("POST", f"{API}/oauth/token", Effect.WRITE)
    assert exchange.form == {
        "grant_type": "authorization_code",
        "code": "c0de",
        "redirect_uri": "https://me.example/callback",
        "continuous_refresh": "true",
    }
    assert exchange.headers["Authorization"] == f"Basic {base64.b64encode(b'1489:app-secret').decode()}"
    assert (me.url, boards.url, dict(boards.query)) == (f"{API}/user_account", f"{API}/boards", {"page_size": "250"})
    assert me.headers["Authorization"] == boards.headers["Authorization"] == "Bearer pina_ACCESS"
    assert {call.auth for call in transcript.calls} == {Auth.NONE}
    assert transcript.value() == (
        ConnectedAccount(
            platform_account_id=USER,
            handle="acme",
            display_name="Acme",
            avatar_url="https://i.pinimg.com/a.jpg",
            data={"boards": [{"id": BOARD, "name": "Recipes"}]},
            preferences={"board": {"id": BOARD, "name": "Recipes"}},
            credential=Credential(
                secrets={"access_token": "pina_ACCESS", "refresh_token": "pinr_REFRESH"},
                expires_at=NOW + timedelta(days=30),
            ),
            scopes=SCOPES,
        ),
    )


@pytest.mark.parametrize("separator", [" ", ",", ", "])
def test_scopes_are_read_with_any_separator(separator: str) -> None:
    account = connected(replied(200, {**TOKENS, "scope": separator.join(SCOPES)}), ME, page())
    assert account.scopes == SCOPES


def test_account_without_boards_is_connected() -> None:
    account = connected(replied(200, TOKENS), ME, page())
    assert (account.data, account.preferences) == ({"boards": []}, {})


def test_account_with_several_boards_has_no_default_board() -> None:
    account = connected(replied(200, TOKENS), ME, page(board("1"), board("2")))
    assert ([one["id"] for one in account.data["boards"]], account.preferences) == (["1", "2"], {})


def test_account_whose_boards_may_not_be_read_is_connected() -> None:
    account = connected(replied(200, {**TOKENS, "scope": "user_accounts:read"}), ME, NO_PERMISSION)
    assert (account.data, account.scopes) == ({}, ("user_accounts:read",))


def test_account_without_a_refresh_token_must_be_connected_again() -> None:
    tokens = {name: value for name, value in TOKENS.items() if not name.startswith("refresh_token")}
    assert connected(replied(200, tokens), ME, page()).token_expires_at == NOW + timedelta(days=30)


def test_used_code_is_an_auth_failure() -> None:
    failure = refusal(play(accounts(GRANT, SETTINGS), refused(400, 1, "invalid authorization code")))
    assert failure.kind is FailureKind.AUTH_FAILED


def test_refresh_replaces_both_tokens() -> None:
    answer = replied(200, {**TOKENS, "response_type": "refresh_token", "refresh_token": "pinr_NEXT"})
    transcript = play(refresh(ACCOUNT, SETTINGS), answer)
    credential = transcript.value()
    assert credential.secrets == {"access_token": "pina_ACCESS", "refresh_token": "pinr_NEXT"}
    assert credential.expires_at == NOW + timedelta(days=30)
    [call] = transcript.calls
    assert sign(call, CREDENTIAL, NOW, bytes(32)).form == {"grant_type": "refresh_token", "refresh_token": "pinr_OLD"}


def test_call_is_signed_with_the_token_of_the_account() -> None:
    call = create_pin(SETTINGS, {}, step="post")
    assert sign(call, CREDENTIAL, NOW, bytes(32)).headers["Authorization"] == "Bearer pina_OLD"


@pytest.mark.parametrize(("status", "expected"), [(401, True), (403, False), (400, False), (500, False), (200, False)])
def test_only_a_401_needs_a_refresh(status: int, *, expected: bool) -> None:
    assert needs_refresh(refused(status, 2)) is expected


def test_check_returns_the_first_boards() -> None:
    boards = [board(str(number), f"Board {number}") for number in range(1, 31)]
    data = play(check(ACCOUNT, SETTINGS), ME, page(*boards)).value()
    assert [one["id"] for one in data["boards"]] == [str(number) for number in range(1, 26)]


def test_check_of_an_account_whose_boards_may_not_be_read_succeeds() -> None:
    assert play(check(ACCOUNT, SETTINGS), ME, NO_PERMISSION).value() == {}


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (refused(401, 2), FailureKind.AUTH_FAILED),
        (replied(200, {**USER_ACCOUNT, "id": "5"}), FailureKind.UNAVAILABLE),
        (refused(503, 503), FailureKind.UNAVAILABLE),
    ],
)
def test_check_fails_with_its_reason(reply: Reply, kind: FailureKind) -> None:
    assert refusal(play(check(ACCOUNT, SETTINGS), reply)).kind is kind


def test_check_fails_when_boards_cannot_be_listed() -> None:
    for reply in (refused(500, 500), replied(200, {"items": None})):
        assert refusal(play(check(ACCOUNT, SETTINGS), ME, reply)).kind is FailureKind.UNAVAILABLE


def test_disconnecting_calls_nothing() -> None:
    assert play(disconnect(ACCOUNT, SETTINGS)).calls == []


@pytest.mark.parametrize("reply", [replied(204), refused(404, 50, "Pin not found.")])
def test_missing_pin_counts_as_deleted(reply: Reply) -> None:
    transcript = play(unpublish(ACCOUNT, ["813"], SETTINGS), reply)
    assert transcript.error is None
    assert [(call.method, call.url, call.effect) for call in transcript.calls] == [
        ("DELETE", f"{API}/pins/813", Effect.WRITE)
    ]


def test_pin_that_may_not_be_deleted_is_a_failure() -> None:
    assert refusal(play(unpublish(ACCOUNT, ["813"], SETTINGS), NO_PERMISSION)).kind is FailureKind.REJECTED


def test_pin_is_there_unless_pinterest_does_not_find_it() -> None:
    assert play(is_there(ACCOUNT, "813", SETTINGS), replied(200, {"id": "813"})).value() is True
    assert play(is_there(ACCOUNT, "813", SETTINGS), refused(404, 50)).value() is False
    assert refusal(play(is_there(ACCOUNT, "813", SETTINGS), NO_PERMISSION)).kind is FailureKind.REJECTED

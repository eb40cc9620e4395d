"""The names of servers that people type, and the app that is registered there."""

from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from letmepost.domain.errors import FailureKind, InputRefused, InvalidRequest, PlatformFailure
from letmepost.domain.flow import Auth, Effect, Reply
from letmepost.domain.playback import play
from letmepost.platforms.connecting import App, ConsentRequest
from letmepost.platforms.mastodon import PLATFORM
from letmepost.platforms.mastodon.connect import OAUTH
from letmepost.platforms.mastodon.servers import SCOPES, parse_server, register
from letmepost.platforms.mastodon.settings import MastodonSettings
from tests.platforms.mastodon.transcripts import (
    ACCOUNT,
    APP,
    BASE,
    SERVER,
    SETTINGS,
    assert_ends_for_any_reply,
    page,
    refusal,
    refused,
    replied,
)

CALLBACK = "https://me.example/callback"
REGISTERED = replied(200, {"id": "1", "client_id": "client", "client_secret": "app-secret", "name": "letmepost"})


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("mastodon.social", "mastodon.social"),
        (" https://Mastodon.Social/@me ", "mastodon.social"),
        ("http://mastodon.social", "mastodon.social"),
        ("mastodon.social/@me", "mastodon.social"),
        ("@me@mastodon.social", "mastodon.social"),
        ("me@Mastodon.Social", "mastodon.social"),
        ("acct:me@mastodon.social", "mastodon.social"),
        ("https://mastodon.social/@you@other.example", "mastodon.social"),
        ("mastodon.social.", "mastodon.social"),
        ("mastodon.social:443", "mastodon.social"),
        ("https://social.example:8443/about?a=1#b", "social.example:8443"),
        ("münchen.social", "xn--mnchen-3ya.social"),
        ("@me@MÜNCHEN.social", "xn--mnchen-3ya.social"),
        ("straße.example", "xn--strae-oqa.example"),
        ("例え。テスト", "xn--r8jz45g.xn--zckzah"),
    ],
)
def test_server_is_read_from_what_people_type(typed: str, name: str) -> None:
    assert parse_server(typed) == name


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "me",
        "localhost",
        "@me",
        "my server",
        "127.0.0.1",
        "https://127.0.0.1/",
        "http://[::1]:8080",
        "ftp://social.example",
        "social.example:0",
        "social.example:99999",
        "social..example",
        "-a.example",
        "a_b.example",
        "javascript:alert(1)",
        "https://",
        "a" * 64 + ".example",
        ".".join(["a" * 60] * 5),
        "social.example/" + "a" * 500,
        "\ud800.example",
    ],
)
def test_invalid_server_is_rejected_with_what_was_typed(typed: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        parse_server(typed)
    assert (caught.value.field, caught.value.rule) == ("server", "mastodon.server.invalid")
    assert len(caught.value.message) < 200


@given(st.text(max_size=60) | st.from_regex(r"[@a-zA-Z0-9.:/?#\[\]_-]{0,40}", fullmatch=True))
def test_any_text_is_a_server_or_is_rejected(typed: str) -> None:
    try:
        name = parse_server(typed)
    except InvalidRequest:
        return
    assert urlsplit(SETTINGS.url_of(name)).netloc == name
    assert parse_server(name) == name


def test_app_is_registered_with_one_call() -> None:
    transcript = play(register(SERVER, CALLBACK, SETTINGS), REGISTERED)
    assert transcript.value() == APP
    [call] = transcript.calls
    assert call.url == f"{BASE}/api/v1/apps"
    assert call.form == {"client_name": "letmepost", "redirect_uris": CALLBACK, "scopes": " ".join(SCOPES)}
    assert (call.effect, call.auth) == (Effect.WRITE, Auth.NONE)
    assert "secret" not in repr(transcript.value())


@pytest.mark.parametrize(
    ("reply", "kind", "is_input"),
    [
        (page(200), FailureKind.REJECTED, True),
        (page(404), FailureKind.REJECTED, True),
        (refused(403), FailureKind.REJECTED, True),
        (replied(200, {"client_id": "a b", "client_secret": "c"}), FailureKind.REJECTED, True),
        (replied(200, {"client_id": "a", "client_secret": "c" * 1000}), FailureKind.REJECTED, True),
        (PlatformFailure(FailureKind.UNAVAILABLE, "away"), FailureKind.UNAVAILABLE, False),
        (page(503), FailureKind.UNAVAILABLE, False),
        (refused(429), FailureKind.RATE_LIMITED, False),
    ],
)
def test_server_without_the_api_is_rejected(reply: Reply | Exception, kind: FailureKind, *, is_input: bool) -> None:
    failure = refusal(play(register(SERVER, CALLBACK, SETTINGS), reply))
    assert (failure.kind, isinstance(failure, InputRefused)) == (kind, is_input)


def test_registration_ends_for_any_reply() -> None:
    assert_ends_for_any_reply(lambda: register(SERVER, CALLBACK, SETTINGS), [REGISTERED])


def test_consent_page_is_at_the_server_with_the_least_scopes_and_a_challenge() -> None:
    request = ConsentRequest(redirect_uri=CALLBACK, state="a b&c", code_challenge="ch", app=APP)
    url = urlsplit(OAUTH.consent_url(request, SETTINGS))
    assert f"{url.scheme}://{url.netloc}{url.path}" == f"{BASE}/oauth/authorize"
    assert dict(parse_qsl(url.query)) == {
        "response_type": "code",
        "client_id": "client",
        "redirect_uri": CALLBACK,
        "scope": "read:accounts read:statuses write:statuses write:media",
        "state": "a b&c",
        "code_challenge": "ch",
        "code_challenge_method": "S256",
    }
    assert parse_qs(url.query)["scope"] == [" ".join(SCOPES)]


def test_every_requested_scope_belongs_to_a_feature_and_to_the_app() -> None:
    assert sorted(SCOPES) == sorted(scope for scopes in OAUTH.features.values() for scope in scopes)


def test_one_url_can_stand_for_every_server() -> None:
    settings = MastodonSettings(server_url="http://127.0.0.1:3000/world/")
    other = App(server="other.example", client_id="c", client_secret="s")
    url = OAUTH.consent_url(ConsentRequest(redirect_uri=CALLBACK, state="s", code_challenge="c", app=other), settings)
    assert url.startswith("http://127.0.0.1:3000/world/oauth/authorize?")


def test_unavailable_server_holds_back_its_own_accounts_only() -> None:
    assert PLATFORM.server(ACCOUNT) == SERVER

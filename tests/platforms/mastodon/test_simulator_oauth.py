"""The apps, consents and tokens of the simulated server."""

import re
from datetime import timedelta
from html import unescape
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from letmepost.platforms._kit.simulator.oauth.token_endpoint import challenge_of
from letmepost.platforms.simulation import SimulatedReply
from tests.platforms.mastodon.caller import APP, CALLBACK, Caller

VERIFIER = "v" * 43
OTHER_CALLBACK = "https://o.example/callback"


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"client_name": ""}, "Application name can't be blank"),
        ({"redirect_uris": "nowhere"}, "Redirect URI must be an absolute URI."),
        ({"redirect_uris": ""}, "Redirect URI must be an absolute URI."),
        ({"scopes": "read admin"}, "Scopes doesn't match configured on the server."),
    ],
)
def test_invalid_app_is_refused(change: dict[str, str], error: str) -> None:
    found = Caller().post_form("/api/v1/apps", {**APP, **change})
    assert found == (422, {"error": f"Validation failed: {error}"})


@pytest.mark.parametrize("uris", [f"{CALLBACK}\n{OTHER_CALLBACK}", [CALLBACK, OTHER_CALLBACK]])
def test_app_has_several_redirect_uris_and_its_scopes(uris: Any) -> None:
    _, app = Caller().call("POST", "/api/v1/apps", {**APP, "redirect_uris": uris})
    assert (app["redirect_uris"], app["redirect_uri"]) == ([CALLBACK, OTHER_CALLBACK], f"{CALLBACK}\n{OTHER_CALLBACK}")
    assert (app["scopes"], app["client_secret_expires_at"]) == (["read", "write:statuses", "write:media"], 0)


def open_page(server: Caller, app: dict[str, str], **changes: str) -> SimulatedReply:
    query = {"redirect_uri": CALLBACK, "response_type": "code", "scope": "read write:statuses", "state": "s t"}
    challenge = {"code_challenge": challenge_of(VERIFIER), "code_challenge_method": "S256"}
    query |= {**challenge, "client_id": app["client_id"], **changes}
    return server.send("GET", "/oauth/authorize", query=query)


def returned(server: Caller, app: dict[str, str], choice: str, **changes: str) -> dict[str, str]:
    """Follow a link of the page, and return what the app receives."""
    page = open_page(server, app, **changes).body.decode()
    [link] = [unescape(link) for link in re.findall(r'href="([^"]+)"', page) if link.endswith(f"choice={choice}")]
    back = server.send("GET", "/oauth/authorize", query=dict(parse_qsl(urlsplit(link).query)))
    assert back.headers["location"].startswith(f"{CALLBACK}?")
    return dict(parse_qsl(urlsplit(back.headers["location"]).query))


def exchange(server: Caller, app: dict[str, str], code: str, **changes: str) -> tuple[int, Any]:
    form = {"grant_type": "authorization_code", "redirect_uri": CALLBACK, "code_verifier": VERIFIER, "code": code}
    return server.post_form("/oauth/token", {**app, **form, **changes})


@pytest.mark.parametrize(
    "change",
    [
        {"client_id": "x"},
        {"redirect_uri": OTHER_CALLBACK},
        {"response_type": "token"},
        {"scope": "read write"},
        {"code_challenge_method": "plain"},
    ],
)
def test_consent_page_refuses_an_invalid_request(change: dict[str, str]) -> None:
    server = Caller()
    app = server.register()
    assert open_page(server, app).status == 200
    assert open_page(server, app, **change).status == 400


def test_denied_consent_returns_an_error() -> None:
    server = Caller()
    answer = returned(server, server.register(), "deny")
    assert (answer["error"], answer["state"]) == ("access_denied", "s t")


def test_code_becomes_a_token_that_does_not_expire() -> None:
    server = Caller()
    app = server.register()
    answer = returned(server, app, "allow")
    status, grant = exchange(server, app, answer["code"])
    assert (status, answer["state"]) == (200, "s t")
    assert set(grant) == {"access_token", "token_type", "scope", "created_at"}
    assert (grant["token_type"], grant["scope"]) == ("Bearer", "read write:statuses")
    assert grant["created_at"] == int(server.now.timestamp())
    server.token = grant["access_token"]
    server.now += timedelta(days=3650)
    assert server.create(status="a")[0] == 200


@pytest.mark.parametrize(
    ("change", "status", "error"),
    [
        ({"client_secret": "x"}, 401, "invalid_client"),
        ({"client_id": "x"}, 401, "invalid_client"),
        ({"code": "x"}, 400, "invalid_grant"),
        ({"redirect_uri": OTHER_CALLBACK}, 400, "invalid_grant"),
        ({"code_verifier": "w" * 43}, 400, "invalid_grant"),
        ({"code_verifier": ""}, 400, "invalid_request"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"grant_type": "refresh_token", "refresh_token": "x"}, 400, "unsupported_grant_type"),
        ({"grant_type": "client_credentials", "scope": "follow"}, 400, "invalid_scope"),
    ],
)
def test_token_endpoint_refuses_and_keeps_the_code(change: dict[str, str], status: int, error: str) -> None:
    server = Caller()
    app = server.register()
    code = returned(server, app, "allow")["code"]
    found = exchange(server, app, **{"code": code, **change})
    assert (found[0], found[1]["error"]) == (status, error)
    assert exchange(server, app, code)[0] == 200
    assert exchange(server, app, code)[1]["error"] == "invalid_grant"


def test_code_of_another_app_or_an_old_code_is_refused() -> None:
    server = Caller()
    app, other = server.register(), server.register()
    code = returned(server, app, "allow")["code"]
    assert exchange(server, other, code)[1]["error"] == "invalid_grant"
    server.now += timedelta(minutes=10)
    assert exchange(server, app, code)[1]["error"] == "invalid_grant"


def test_code_of_a_created_account_is_valid_for_every_app() -> None:
    server = Caller()
    server.register()
    account_id = server.connect()
    assert server.create(status="a")[1]["account"]["id"] == account_id


def test_token_with_fewer_scopes_cannot_write() -> None:
    server = Caller()
    app = server.register()
    server.token = exchange(server, app, returned(server, app, "allow", scope="read")["code"])[1]["access_token"]
    assert server.create(status="a") == (403, {"error": "This action is outside the authorized scopes"})
    assert server.call("GET", "/api/v1/accounts/verify_credentials")[0] == 200


def test_token_of_an_app_has_no_account() -> None:
    server = Caller()
    form = {**server.register(), "grant_type": "client_credentials", "scope": "read"}
    server.token = server.post_form("/oauth/token", form)[1]["access_token"]
    found = server.call("GET", "/api/v1/accounts/verify_credentials")
    assert found == (422, {"error": "This method requires an authenticated user"})


def test_revoked_token_is_refused_and_revoking_it_again_is_accepted() -> None:
    server = Caller()
    app = server.register()
    server.token = exchange(server, app, returned(server, app, "allow")["code"])[1]["access_token"]
    form = {**app, "token": server.token}
    for change in (server.register(), {"client_secret": "x"}, {"client_id": "x"}, {"token": ""}):
        status, refusal = server.post_form("/oauth/revoke", {**form, **change})
        assert (status, refusal["error"]) == (403, "unauthorized_client")
    assert server.create(status="a")[0] == 200
    for _ in range(2):
        assert server.post_form("/oauth/revoke", form) == (200, {})
    assert server.create(status="a") == (401, {"error": "The access token was revoked"})
    assert server.post_form("/oauth/revoke", {**app, "token": "unknown"}) == (200, {})

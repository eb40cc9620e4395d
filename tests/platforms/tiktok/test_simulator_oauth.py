"""Consent, tokens, scopes and signed webhooks of the simulator."""

import hmac
import json
from hashlib import sha256
from typing import Any

import pytest

from letmepost.platforms._kit.simulator.oauth.grants import App
from letmepost.platforms.tiktok.simulator.oauth import APP, SCOPES
from letmepost.platforms.tiktok.simulator.webhooks import signature, webhook
from tests.platforms.tiktok.network import CALLBACK, Network, data_of, problem_of, returned, video

LOOPBACK = "http://127.0.0.1:8080/callback"
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = "13d31e961a1ad8ec2f16b10c4c982e0876a878ad6df144566ee1894acb70f9c3"


def test_consent_returns_code_scopes_and_state() -> None:
    given = returned(Network().authorize(choice="without_list"))
    assert set(given) == {"code", "scopes", "state"}
    assert given["state"] == "s&t"
    assert set(given["scopes"].split(",")) == set(SCOPES) - {"video.list"}
    assert "*" in given["code"]


def test_person_can_deny_access() -> None:
    given = returned(Network().authorize(choice="deny"))
    assert (given["error"], given["state"]) == ("access_denied", "s&t")


@pytest.mark.parametrize(
    "changes",
    [
        {"client_key": "", "client_id": APP.client_id},
        {"scope": "user.info.basic video.publish"},
        {"scope": "user.info.basic,video.delete"},
        {"response_type": "token"},
        {"redirect_uri": "http://me.example/callback"},
        {"redirect_uri": f"{CALLBACK}?account=1"},
        {"redirect_uri": f"{CALLBACK}#here"},
        {"redirect_uri": "https://["},
        {"redirect_uri": "http://127.0.0.1.me.example:80/"},
        {"redirect_uri": f"{CALLBACK}/{'a' * 500}"},
        {"redirect_uri": "http://127.0.0.1/callback", "code_challenge": CHALLENGE, "code_challenge_method": "S256"},
        {"redirect_uri": LOOPBACK},
        {"redirect_uri": LOOPBACK, "code_challenge": CHALLENGE[:43], "code_challenge_method": "S256"},
        {"redirect_uri": LOOPBACK, "code_challenge": CHALLENGE, "code_challenge_method": "plain"},
    ],
)
def test_invalid_consent_request_gets_an_error_page(changes: dict[str, str]) -> None:
    assert Network().authorize(choice="allow", **changes).status == 400


def test_page_has_a_link_for_each_choice() -> None:
    page = Network().authorize().body.decode()
    for choice in ("allow", "without_list", "inbox_only", "without_posting", "deny"):
        assert f'id="{choice}"' in page
    assert "client_key=" in page


def test_web_app_needs_no_verifier_even_if_it_sent_a_challenge() -> None:
    network = Network()
    code = returned(network.authorize(choice="allow", code_challenge="c", code_challenge_method="S256"))["code"]
    assert network.exchange(code).status == 200


def test_loopback_app_proves_its_challenge_in_hexadecimal_digits() -> None:
    network = Network()
    challenge = {"redirect_uri": LOOPBACK, "code_challenge": CHALLENGE, "code_challenge_method": "S256"}
    wrong = returned(network.authorize(choice="allow", **challenge))["code"]
    assert flat_error(network.exchange(wrong, redirect_uri=LOOPBACK, code_verifier="v" * 43)) == (400, "invalid_grant")
    code = returned(network.authorize(choice="allow", **challenge))["code"]
    assert network.exchange(code, redirect_uri=LOOPBACK, code_verifier=VERIFIER).status == 200


def flat_error(reply: Any) -> tuple[int, str]:
    """Return the status and the code of a refusal of the token endpoint, which has no envelope."""
    body = json.loads(reply.body)
    assert set(body) == {"error", "error_description", "log_id"}
    return reply.status, body["error"]


def test_tokens_have_the_documented_lifetimes() -> None:
    granted = Network().connect().granted
    assert (granted["expires_in"], granted["refresh_expires_in"]) == (7200, 180 * 86_400)
    assert (granted["token_type"], granted["scope"]) == ("Bearer", ",".join(SCOPES))
    assert granted["access_token"].startswith("act.")
    assert granted["refresh_token"].startswith("rft.")
    assert "data" not in granted


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"client_secret": "wrong"}, (401, "invalid_client")),
        ({"client_key": "", "client_id": APP.client_id}, (401, "invalid_client")),
        ({"grant_type": "client_credentials"}, (400, "unsupported_grant_type")),
        ({"code": ""}, (400, "invalid_request")),
        ({"code": "unknown"}, (400, "invalid_grant")),
        ({"redirect_uri": f"{CALLBACK}/"}, (400, "invalid_grant")),
        ({"grant_type": "refresh_token", "refresh_token": "rft.unknown"}, (400, "invalid_grant")),
    ],
)
def test_invalid_token_request_is_refused(fields: dict[str, str], expected: tuple[int, str]) -> None:
    network = Network()
    code = returned(network.authorize(choice="allow"))["code"]
    assert flat_error(network.exchange(**{"code": code, **fields})) == expected


def test_refresh_token_is_valid_once() -> None:
    client = Network().connect()
    old = client.granted
    assert client.refresh().status == 200
    assert client.granted["refresh_token"] != old["refresh_token"]
    client.granted = old
    assert flat_error(client.refresh()) == (400, "invalid_grant")


def test_access_token_expires_after_two_hours() -> None:
    client = Network().connect()
    client.network.advance(7199)
    assert client.user().status == 200
    client.network.advance(1)
    assert problem_of(client.user()) == (401, "access_token_invalid")
    client.refresh()
    assert client.user().status == 200


def test_response_to_the_first_refresh_is_lost() -> None:
    client = Network().connect("refresh_lost")
    assert client.granted["expires_in"] == 5
    assert client.refresh().dropped
    assert flat_error(client.refresh()) == (400, "invalid_grant")


def test_revoked_token_is_invalid() -> None:
    client = Network().connect()
    token = client.granted["access_token"]
    assert client.network.form("revoke", access_token=token).status == 400
    assert client.network.form("revoke", token="act.unknown").status == 400
    reply = client.network.form("revoke", token=token)
    assert (reply.status, reply.body) == (200, b"")
    assert problem_of(client.user()) == (401, "access_token_invalid")


def test_user_info_has_the_requested_fields() -> None:
    client = Network().connect()
    user = data_of(client.user("open_id,username,display_name,follower_count"))["user"]
    assert set(user) == {"open_id", "username", "display_name", "follower_count"}
    assert user["open_id"] == client.granted["open_id"]


def test_field_beyond_the_granted_scopes_fails_the_whole_call() -> None:
    network = Network()
    code = returned(network.authorize(choice="allow", scope="user.info.basic,video.upload"))["code"]
    client = network.connect()
    client.granted = json.loads(network.exchange(code).body)
    assert client.user("open_id,avatar_url").status == 200
    assert problem_of(client.user("open_id,username")) == (401, "scope_not_authorized")
    for fields in ("", "open_id,email"):
        assert problem_of(client.user(fields)) == (400, "invalid_params")


@pytest.mark.parametrize(
    ("choice", "path", "body"),
    [
        ("without_list", "video/list", {}),
        ("inbox_only", "post/publish/video/init", video()),
        ("inbox_only", "post/publish/content/init", {"media_type": "PHOTO", "post_mode": "DIRECT_POST"}),
        ("inbox_only", "post/publish/creator_info/query", {}),
        ("without_posting", "post/publish/inbox/video/init", video()),
        ("without_posting", "post/publish/status/fetch", {"publish_id": "v_pub_file~v2-1.1"}),
    ],
)
def test_call_without_its_scope_is_refused(choice: str, path: str, body: object) -> None:
    client = Network().connect(choice=choice)
    assert client.refused(path, body) == (401, "scope_not_authorized")
    assert client.user().status == 200


def test_inbox_needs_no_permission_to_post_directly() -> None:
    assert Network().connect(choice="inbox_only").post("post/publish/inbox/video/init", video())["upload_url"]


def test_call_without_a_token_is_refused() -> None:
    assert problem_of(Network().ask("POST", "/v2/video/list/")) == (401, "access_token_invalid")


def test_webhook_has_the_documented_signature() -> None:
    """The test vector of the fact sheet, section 2.7."""
    network, app = Network(), App(client_id="ck", client_secret="secret")
    body = (
        b'{"client_key":"ck","event":"post.publish.complete","create_time":1700000000,"user_openid":"oid",'
        rb'"content":"{\"publish_id\":\"v_pub_file~v2-1.1\",\"publish_type\":\"DIRECT_PUBLISH\"}"}'
    )
    network.advance(1_700_000_001 - network.now.timestamp())
    expected = "1e1984ec2520550b0dd9e24d7fad8a0db55ea169dae02bde2120c7684bb55bd2"
    assert signature(app, body, network.now) == f"t=1700000001,s={expected}"


def test_webhook_reports_an_event_of_an_account() -> None:
    client = Network().connect()
    content = {"publish_id": client.publish(), "publish_type": "DIRECT_PUBLISH"}
    open_id, now = client.granted["open_id"], client.network.now
    sent = webhook(APP, "post.publish.complete", open_id, content, now)
    body = json.loads(sent.body)
    assert (body["client_key"], body["user_openid"]) == (APP.client_id, open_id)
    assert json.loads(body["content"]) == content
    message = f"{int(now.timestamp())}.".encode() + sent.body
    digest = hmac.new(APP.client_secret.encode(), message, sha256).hexdigest()
    assert sent.headers["tiktok-signature"] == f"t={int(now.timestamp())},s={digest}"

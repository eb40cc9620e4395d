"""Connecting accounts by consent: the start, the return of the browser, and the errors."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import asyncpg
import httpx2
import pytest
from starlette.responses import HTMLResponse, JSONResponse, Response

from letmepost.domain.api_keys import Mode
from tests.database import DatabaseURLs, copy_of
from tests.deployment import OPERATOR_TOKEN, Client, Deployment, deployed, serving
from tests.doubles.consenting import FEATURES, NAME, Server, consenting, environment
from tests.http.support import PLATFORM, Tenant, check_refusal, make_tenant
from tests.storage.support import Admin

PUBLIC = "https://post.example"
CALLBACK = f"/v1/accounts/oauth/{NAME}/callback"
CONNECT = f"/v1/accounts/connect/{NAME}"
COMPLETE = f"{CONNECT}/complete"
RETURN_URL = "https://app.example/done?a=1"


@dataclass(frozen=True, slots=True)
class Visit:
    """A tenant's live key, the network, and a browser without a key."""

    tenant: Tenant
    client: Client
    server: Server

    async def start(self, **body: Any) -> dict[str, Any]:
        reply = await self.client.post(CONNECT, body)
        assert reply.status_code == 200, reply.text
        descriptor: dict[str, Any] = reply.json()["descriptor"]
        return descriptor

    async def return_to(self, brought: Mapping[str, str], path: str = CALLBACK) -> httpx2.Response:
        return await self.client.http.get(path, params=dict(brought))

    async def accounts(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (await self.client.get("/v1/accounts")).json()["data"]
        return found

    async def set(self, **values: str) -> None:
        """Change every consent of the tenant directly in the database."""
        changes = ", ".join(f"{name} = {value}" for name, value in values.items())
        query = f"UPDATE connect_states SET {changes} WHERE organization_id = $1"  # noqa: S608 - the tests' own
        await self.tenant.admin.do(query, self.tenant.uuid)


@pytest.fixture(scope="module")
def server() -> Server:
    return Server()


@pytest.fixture(scope="module")
async def urls(postgres_url: str, template_database: DatabaseURLs) -> AsyncIterator[DatabaseURLs]:
    async with copy_of(template_database, postgres_url) as urls:
        yield urls


@pytest.fixture(scope="module")
async def consent_service(
    urls: DatabaseURLs, redis_url: str, server: Server, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Deployment]:
    directory = tmp_path_factory.mktemp("consents")
    async with (
        serving(server.app()) as url,
        deployed(
            urls,
            redis_url,
            directory,
            environment=environment(url),
            platforms={NAME: consenting()},
            with_worker=False,
            public_url=PUBLIC,
            return_origins=("https://app.example",),
        ) as running,
    ):
        yield running


@pytest.fixture
async def visit(consent_service: Deployment, urls: DatabaseURLs, server: Server) -> AsyncIterator[Visit]:
    connection = await asyncpg.connect(urls.admin)
    tenant = await make_tenant(consent_service, Admin(connection), {"authorization": f"Bearer {OPERATOR_TOKEN}"})
    yield Visit(tenant, await tenant.key(Mode.LIVE), server)
    server.token_answers.clear()
    await connection.close()


def returned_parameters(reply: httpx2.Response) -> dict[str, str]:
    """Return the parameters of the page that the browser is sent to."""
    assert reply.status_code == 303, reply.text
    where = urlsplit(reply.headers["location"])
    assert f"{where.scheme}://{where.netloc}{where.path}" == "https://app.example/done"
    return dict(parse_qsl(where.query))


def check_page(reply: httpx2.Response, status: int, rule: str | None = None) -> str:
    """Check that a page shows the error and has no scripts; return its text."""
    assert reply.status_code == status, reply.text
    assert reply.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in reply.headers["content-security-policy"]
    assert reply.headers["cache-control"] == "no-store"
    assert reply.headers["referrer-policy"] == "no-referrer"
    assert "<script" not in reply.text
    if rule is not None:
        assert rule in reply.text
    return reply.text


async def test_consent_url_has_the_redirect_uri_and_a_pkce_challenge(visit: Visit) -> None:
    descriptor = await visit.start()
    assert descriptor.keys() == {"type", "authorizationUrl", "state", "expiresAt"}
    assert descriptor["type"] == "oauth"
    asked = dict(parse_qsl(urlsplit(descriptor["authorizationUrl"]).query))
    assert asked["redirect_uri"] == PUBLIC + CALLBACK
    assert asked["state"] == descriptor["state"]
    assert (len(asked["code_challenge"]), asked["code_challenge_method"]) == (43, "S256")
    assert asked.keys() == {
        "response_type", "client_id", "redirect_uri", "scope", "state", "code_challenge", "code_challenge_method",
    }  # fmt: skip


async def test_state_and_verifier_are_not_stored_in_plain_text(visit: Visit) -> None:
    """Anyone who reads the database could otherwise complete the consent."""
    descriptor = await visit.start()
    await visit.return_to(visit.server.consent(descriptor["authorizationUrl"], "alice"))
    verifier = visit.server.exchanged[-1]["code_verifier"]
    [row] = await visit.tenant.admin.rows("SELECT * FROM connect_states WHERE organization_id = $1", visit.tenant.uuid)
    assert (row["stage"], row["sealed"]) == ("over", None)
    assert descriptor["state"].encode() not in row["state_hash"]
    assert verifier not in descriptor["authorizationUrl"]


async def test_returning_browser_connects_the_account(visit: Visit) -> None:
    """The verifier must match the challenge (PKCE)."""
    descriptor = await visit.start()
    text = check_page(await visit.return_to(visit.server.consent(descriptor["authorizationUrl"], "alice")), 200)
    assert "Alice" in text
    [account] = await visit.accounts()
    assert (account["platformAccountId"], account["status"]) == ("id-alice", "active")
    assert (account["scopes"], account["missingFeatures"]) == (["write", "reply"], [])


async def test_caller_with_its_own_redirect_page_completes_the_consent(visit: Visit) -> None:
    descriptor = await visit.start(redirectUri="https://app.example/mine")
    brought = visit.server.consent(descriptor["authorizationUrl"], "alice")
    first = await visit.client.post(COMPLETE, brought)
    assert (first.status_code, first.json()["platformAccountId"]) == (201, "id-alice")
    assert visit.server.exchanged[-1]["redirect_uri"] == "https://app.example/mine"
    check_refusal(await visit.client.post(COMPLETE, brought), 400, "validation_failed", "connect.state_used")


async def test_completion_accepts_the_redirect_uri_of_the_consent(visit: Visit) -> None:
    """Clients of letmepost.dev send it again, as RFC 6749 section 4.1.3 requires of the token request."""
    descriptor = await visit.start(redirectUri="https://app.example/mine")
    brought = visit.server.consent(descriptor["authorizationUrl"], "alice")
    other = await visit.client.post(COMPLETE, {**brought, "redirectUri": "https://app.example/other"})
    check_refusal(other, 400, "validation_failed", "redirectUri")
    reply = await visit.client.post(COMPLETE, {**brought, "redirectUri": "https://app.example/mine"})
    assert reply.status_code == 201, reply.text
    assert visit.server.exchanged[-1]["redirect_uri"] == "https://app.example/mine"


async def test_a_repeated_completion_is_answered_as_the_first_was(visit: Visit) -> None:
    brought = visit.server.consent((await visit.start())["authorizationUrl"], "alice")
    replies = [await visit.client.post(COMPLETE, brought, idempotency_key="once") for _ in range(2)]
    assert [reply.status_code for reply in replies] == [201, 201]
    assert replies[0].content == replies[1].content


async def test_reconnect_updates_the_account(visit: Visit) -> None:
    for expected in (201, 200):
        brought = visit.server.consent((await visit.start())["authorizationUrl"], "alice")
        assert (await visit.client.post(COMPLETE, brought)).status_code == expected
    assert len(await visit.accounts()) == 1


async def test_return_url_receives_the_result(visit: Visit) -> None:
    descriptor = await visit.start(returnUrl=RETURN_URL)
    reply = await visit.return_to(visit.server.consent(descriptor["authorizationUrl"], "alice"))
    [account] = await visit.accounts()
    assert returned_parameters(reply) == {"a": "1", "status": "connected", "accountId": account["id"]}


async def test_consent_for_several_accounts_waits_for_a_choice(visit: Visit) -> None:
    descriptor = await visit.start(returnUrl=RETURN_URL)
    reply = await visit.return_to(visit.server.consent(descriptor["authorizationUrl"], "alice", "bob", "carol"))
    assert returned_parameters(reply) == {"a": "1", "status": "choose", "state": descriptor["state"]}
    assert await visit.accounts() == []
    body = {"state": descriptor["state"]}
    error = check_refusal(await visit.client.post(COMPLETE, body), 409, "validation_failed", "connect.choose")
    candidates = error["platformResponse"]["candidates"]
    assert [one["id"] for one in candidates] == ["id-alice", "id-bob", "id-carol"]
    assert candidates[0]["displayName"] == "Alice"
    wrong = await visit.client.post(COMPLETE, {**body, "accountIds": ["id-alice", "id-mallory"]})
    check_refusal(wrong, 400, "validation_failed", "accountIds")
    assert await visit.accounts() == []
    chosen = await visit.client.post(COMPLETE, {**body, "accountIds": ["id-alice", "id-carol"]})
    assert chosen.status_code == 201
    assert [one["platformAccountId"] for one in chosen.json()["accounts"]] == ["id-alice", "id-carol"]
    query = "SELECT count(*) FROM credentials WHERE organization_id = $1"
    assert await visit.tenant.admin.one(query, visit.tenant.uuid) == 1, "both accounts share it"
    again = await visit.client.post(COMPLETE, {**body, "accountIds": ["id-bob"]})
    check_refusal(again, 400, "validation_failed", "connect.state_used")
    assert len(await visit.accounts()) == 2


async def test_choice_with_a_lost_account_connects_none(visit: Visit) -> None:
    brought = visit.server.consent((await visit.start())["authorizationUrl"], "alice", "bob")
    check_refusal(await visit.client.post(COMPLETE, brought), 409, "validation_failed", "connect.choose")
    visit.server.tokens.clear()
    body = {"state": brought["state"], "accountIds": ["id-alice", "id-bob"]}
    error = check_refusal(await visit.client.post(COMPLETE, body), 400, "platform_rejected", "connect.account_lost")
    assert "Alice" in error["message"]
    assert await visit.accounts() == []


async def test_choice_is_kept_while_the_platform_is_unavailable(visit: Visit) -> None:
    brought = visit.server.consent((await visit.start())["authorizationUrl"], "alice", "bob")
    check_refusal(await visit.client.post(COMPLETE, brought), 409, "validation_failed", "connect.choose")
    body = {"state": brought["state"], "accountIds": ["id-bob"]}
    visit.server.unavailable = True
    unavailable = await visit.client.post(COMPLETE, body)
    visit.server.unavailable = False
    check_refusal(unavailable, 503, "platform_unavailable")
    assert (await visit.client.post(COMPLETE, body)).status_code == 201


async def test_late_choice_is_rejected(visit: Visit) -> None:
    brought = visit.server.consent((await visit.start())["authorizationUrl"], "alice", "bob")
    check_refusal(await visit.client.post(COMPLETE, brought), 409, "validation_failed", "connect.choose")
    await visit.set(expires_at="now() - interval '1 second'")
    late = await visit.client.post(COMPLETE, {"state": brought["state"], "accountIds": ["id-bob"]})
    assert late.status_code == 400
    assert await visit.accounts() == []


async def test_choice_can_be_sent_with_the_code(visit: Visit) -> None:
    brought = visit.server.consent((await visit.start())["authorizationUrl"], "alice", "bob")
    reply = await visit.client.post(COMPLETE, {**brought, "accountIds": ["id-bob"]})
    assert (reply.status_code, reply.json()["handle"]) == (201, "bob")


async def test_missing_scopes_are_shown_as_missing_features(visit: Visit) -> None:
    """A token without a scope fails only when the scope is needed."""
    brought = visit.server.consent((await visit.start())["authorizationUrl"], "alice", scope="write")
    assert (await visit.client.post(COMPLETE, brought)).json()["missingFeatures"] == ["comment"]
    [shown] = (await visit.client.get("/v1/platforms")).json()["data"]
    assert shown["features"] == {name: list(scopes) for name, scopes in FEATURES.items()}
    assert shown["connectSchema"] is None


async def test_denied_consent_connects_nothing(visit: Visit) -> None:
    state = (await visit.start(returnUrl=RETURN_URL))["state"]
    reply = await visit.return_to({"state": state, "error": "access_denied"})
    assert returned_parameters(reply) == {"a": "1", "status": "cancelled", "error": "connect.denied"}
    state = (await visit.start())["state"]
    denied = {"state": state, "error": "access_denied", "error_description": "<b>no</b>"}
    assert "<b>no" not in check_page(await visit.return_to(denied), 400, "connect.denied")
    check_page(await visit.return_to(denied), 400, "connect.state_used")
    assert await visit.accounts() == []


async def test_error_of_the_platforms_page_is_a_failure(visit: Visit) -> None:
    state = (await visit.start(returnUrl=RETURN_URL))["state"]
    reply = await visit.return_to({"state": state, "error": "server_error"})
    assert returned_parameters(reply) == {"a": "1", "status": "failed", "error": "connect.refused"}


async def test_return_without_a_code_connects_nothing(visit: Visit) -> None:
    check_page(await visit.return_to({"state": (await visit.start())["state"]}), 400, "connect.no_code")
    assert await visit.accounts() == []


@pytest.mark.parametrize("state", ["", "nonsense", "\x00", "é" * 400])
async def test_unknown_state_is_rejected(visit: Visit, state: str) -> None:
    asked = len(visit.server.exchanged)
    reply = await visit.return_to({"state": state, "code": "code"})
    assert reply.status_code == 400
    assert len(visit.server.exchanged) == asked


async def test_state_is_valid_for_one_return(visit: Visit) -> None:
    """The state is used up before the exchange."""
    brought = visit.server.consent((await visit.start())["authorizationUrl"], "alice")
    asked = len(visit.server.exchanged)
    replies = await asyncio.gather(*[visit.return_to(brought) for _ in range(4)])
    assert sorted(reply.status_code for reply in replies) == [200, 400, 400, 400]
    check_page(await visit.return_to(brought), 400, "connect.state_used")
    assert len(visit.server.exchanged) == asked + 1


async def test_state_is_valid_for_ten_minutes(visit: Visit) -> None:
    brought = visit.server.consent((await visit.start())["authorizationUrl"], "alice")
    await visit.set(expires_at="now() - interval '1 second'")
    check_page(await visit.return_to(brought), 400, "connect.state_expired")
    check_refusal(await visit.client.post(COMPLETE, brought), 400, "validation_failed", "connect.state_expired")
    assert await visit.accounts() == []


async def test_state_of_a_hosted_page_is_valid_in_its_browser_only(visit: Visit) -> None:
    """Otherwise a person could make another person complete the consent."""
    brought = visit.server.consent((await visit.start())["authorizationUrl"], "alice")
    await visit.set(browser_hash="'\\x01'")
    check_page(await visit.return_to(brought), 400, "connect.other_browser")
    assert await visit.accounts() == []


async def test_state_is_valid_for_its_caller_only(visit: Visit, consent_service: Deployment) -> None:
    """`complete` must check the state."""
    brought = visit.server.consent((await visit.start())["authorizationUrl"], "alice")
    stranger = await consent_service.client(Mode.LIVE)
    test_key, other_profile = (
        visit.tenant.client,
        await visit.tenant.key(Mode.LIVE, profileId=await visit.tenant.profile()),
    )
    for client in (stranger, test_key, other_profile):
        check_refusal(await client.post(COMPLETE, brought), 400, "validation_failed", "connect.state_unknown")
    assert (await visit.client.post(COMPLETE, brought)).status_code == 201


async def test_consent_keeps_its_profile(visit: Visit) -> None:
    """A reconnect must not ignore the requested profile."""
    profile, other = await visit.tenant.profile(), await visit.tenant.profile()
    brought = visit.server.consent((await visit.start(profileId=profile))["authorizationUrl"], "alice")
    moved = await visit.client.post(COMPLETE, {**brought, "profileId": other})
    check_refusal(moved, 400, "validation_failed", "profileId")
    assert (await visit.client.post(COMPLETE, brought)).json()["profileId"] == profile
    brought = visit.server.consent((await visit.start(profileId=other))["authorizationUrl"], "alice")
    check_refusal(await visit.client.post(COMPLETE, brought), 409, "validation_failed", "account.other_profile")


async def test_unknown_profile_is_rejected(visit: Visit) -> None:
    async with visit.tenant.storing_nothing():
        reply = await visit.client.post(CONNECT, {"profileId": "prof_00000000000000000000000001"})
        check_refusal(reply, 400, "validation_failed", "profileId")


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/",
        "https://app.example.evil.example/",
        "https://app.example@evil.example/",
        "https://evil.example\\@app.example/",
        "https://app.example:8443/",
        "http://app.example/",
        "http://127.0.0.1/",
        "//app.example/",
        "javascript:alert(1)",
        "https://app.example/#fragment",
        "https://äpp.example/",
        "https://app.example/\r\nset-cookie: a=b",
        "https://",
        "",
    ],
)
@pytest.mark.parametrize("field", ["returnUrl", "redirectUri"])
async def test_url_of_an_unknown_origin_is_rejected(visit: Visit, url: str, field: str) -> None:
    """The redirect must be checked and escaped."""
    reply = await visit.client.post(CONNECT, {field: url})
    error = check_refusal(reply, 400, "validation_failed", reply.json()["error"]["rule"])
    assert error["rule"] in {field, "connect.return_url"}


@pytest.mark.parametrize("url", ["https://app.example", "https://APP.example/a?b=c", "https://app.example:443/x"])
async def test_every_form_of_an_allowed_origin_is_accepted(visit: Visit, url: str) -> None:
    assert (await visit.start(returnUrl=url))["state"]


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (JSONResponse({}, 500), "platform_unavailable"),
        (JSONResponse({}, 429), "platform_unavailable"),
        (JSONResponse({"error": "server_error"}), "platform_unavailable"),
        (JSONResponse({"access_token": ""}), "platform_unavailable"),
        (HTMLResponse("<html>"), "platform_unavailable"),
        (JSONResponse({"error": "invalid_grant"}, 400), "platform_auth_failed"),
        (JSONResponse({"error": "invalid_grant"}), "platform_auth_failed"),
    ],
    ids=["500", "429", "200-error", "empty-token", "html", "invalid", "200-invalid"],
)
async def test_failing_token_endpoint_stores_nothing(visit: Visit, answer: Response, error: str) -> None:
    visit.server.token_answers = [answer, answer]
    descriptor = await visit.start(returnUrl=RETURN_URL)
    reply = await visit.return_to(visit.server.consent(descriptor["authorizationUrl"], "alice"))
    assert returned_parameters(reply) == {"a": "1", "status": "failed", "error": error}
    completed = await visit.client.post(COMPLETE, visit.server.consent((await visit.start())["authorizationUrl"], "a"))
    assert completed.json()["error"]["code"] == error
    assert await visit.accounts() == []


async def test_consent_without_accounts_is_rejected(visit: Visit) -> None:
    brought = visit.server.consent((await visit.start())["authorizationUrl"])
    check_refusal(await visit.client.post(COMPLETE, brought), 400, "platform_rejected", "connect.no_account")
    brought = visit.server.consent((await visit.start())["authorizationUrl"])
    check_page(await visit.return_to(brought), 400, "connect.no_account")


async def test_missing_field_does_not_use_the_state(visit: Visit) -> None:
    brought = visit.server.consent((await visit.start())["authorizationUrl"], "alice")
    check_refusal(await visit.client.post(COMPLETE, {"state": brought["state"]}), 400, "validation_failed", "code")
    check_refusal(await visit.client.post(COMPLETE, {"code": "a"}), 400, "validation_failed", "state")
    check_refusal(await visit.client.post(COMPLETE, {**brought, "x": 1}), 400, "validation_failed", "x")
    assert (await visit.client.post(COMPLETE, brought)).status_code == 201


async def test_platform_without_credentials_cannot_be_connected(
    urls: DatabaseURLs, redis_url: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    directory = tmp_path_factory.mktemp("disabled")
    half = {f"LETMEPOST_{NAME.upper()}_CLIENT_ID": "app"}
    known = {NAME: consenting()}
    async with deployed(urls, redis_url, directory, environment=half, platforms=known, with_worker=False) as running:
        check_refusal(await (await running.client(Mode.LIVE)).post(CONNECT), 403, "platform_not_enabled")
    whole = environment("http://127.0.0.1:1")
    async with deployed(urls, redis_url, directory, environment=whole, platforms=known, with_worker=False) as running:
        refused = await (await running.client(Mode.LIVE)).post(CONNECT)
        check_refusal(refused, 403, "platform_not_enabled", "connect.public_url")
        assert (await (await running.client()).post(CONNECT)).status_code == 200, "test mode needs no public URL"


async def test_tenant_that_was_deleted_during_the_consent_gets_no_account(visit: Visit) -> None:
    brought = visit.server.consent((await visit.start())["authorizationUrl"], "alice")
    operator = {"authorization": f"Bearer {OPERATOR_TOKEN}"}
    await visit.client.http.delete(f"/v1/organizations/{visit.tenant.id}", headers=operator)
    check_page(await visit.return_to(brought), 400, "connect.state_unknown")
    query = "SELECT count(*) FROM credentials WHERE organization_id = $1"
    assert await visit.tenant.admin.one(query, visit.tenant.uuid) == 0


async def test_disconnect_revokes_the_token_on_the_platform(visit: Visit) -> None:
    """The token must not stay valid after a disconnect."""
    brought = visit.server.consent((await visit.start())["authorizationUrl"], "alice")
    account_id = (await visit.client.post(COMPLETE, brought)).json()["id"]
    token = list(visit.server.tokens)[-1]
    assert (await visit.client.call("DELETE", f"/v1/accounts/{account_id}")).status_code == 200
    assert visit.server.revoked[-1] == token


async def events(visit: Visit) -> list[dict[str, Any]]:
    return await visit.tenant.admin.rows(
        "SELECT type, data FROM events WHERE organization_id = $1 ORDER BY written", visit.tenant.uuid
    )


async def test_withdrawal_reported_by_the_platform_marks_the_account(visit: Visit) -> None:
    brought = visit.server.consent((await visit.start())["authorizationUrl"], "dora")
    await visit.client.post(COMPLETE, brought)
    path, http = f"/v1/accounts/oauth/{NAME}/deauthorize", visit.client.http
    forged = await http.post(path, content=b"guess:id-dora")
    check_refusal(forged, 400, "validation_failed", "connect.signature")
    assert [one["status"] for one in await visit.accounts()] == ["active"]
    for _ in range(2):
        assert (await http.post(path, content=b"app-secret:id-dora")).status_code == 200
    assert (await http.post(path, content=b"app-secret:id-unknown")).status_code == 200
    assert [one["status"] for one in await visit.accounts()] == ["reauth_required"]
    assert [event["type"] for event in await events(visit)] == ["account.connected", "token.revoked"]


async def test_withdrawal_of_a_person_marks_each_of_their_accounts_once(visit: Visit) -> None:
    brought = visit.server.consent((await visit.start())["authorizationUrl"], "gerd", "hans")
    await visit.client.post(COMPLETE, {**brought, "accountIds": ["id-gerd", "id-hans"]})
    for _ in range(2):
        path = f"/v1/accounts/oauth/{NAME}/deauthorize"
        assert (await visit.client.http.post(path, content=b"app-secret:person-gerd-hans")).status_code == 200
    assert [one["status"] for one in await visit.accounts()] == ["reauth_required"] * 2
    assert [event["type"] for event in await events(visit)].count("token.revoked") == 2


async def test_data_deletion_erases_the_person_in_every_tenant(visit: Visit, consent_service: Deployment) -> None:
    other = await make_tenant(consent_service, visit.tenant.admin, {"authorization": f"Bearer {OPERATOR_TOKEN}"})
    for client in (visit.client, await other.key(Mode.LIVE)):
        started = (await client.post(CONNECT)).json()["descriptor"]
        reply = await client.post(COMPLETE, visit.server.consent(started["authorizationUrl"], "erna"))
        assert reply.status_code == 201
    path = f"/v1/accounts/oauth/{NAME}/data-deletion"
    erased = await visit.client.http.post(path, content=b"app-secret:id-erna")
    assert erased.json()["url"] == PUBLIC + path
    assert erased.json()["confirmation_code"]
    rows = await visit.tenant.admin.rows("SELECT * FROM accounts WHERE platform_account_id = 'id-erna'")
    left = [(row["status"], row["credential_id"], row["handle"], row["display_name"]) for row in rows]
    assert left == [("disconnected", None, None, None)] * 2
    check_page(await visit.client.http.get(path), 200)


async def test_notification_must_be_signed_by_the_platform(visit: Visit) -> None:
    path, http = f"/v1/accounts/oauth/{NAME}/notifications", visit.client.http
    check_refusal(await http.post(path, content=b"guess:id-dora"), 400, "validation_failed", "connect.signature")
    assert (await http.post(path, content=b"app-secret:id-dora")).status_code == 200


@pytest.mark.parametrize("name", ["deauthorize", "data-deletion", "notifications"])
async def test_platform_without_callbacks_has_no_routes_for_them(service: Deployment, name: str) -> None:
    reply = await service.http.post(f"/v1/accounts/oauth/{PLATFORM}/{name}", content=b"")
    check_refusal(reply, 404, "not_found")

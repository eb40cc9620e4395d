"""Connecting by consent, over HTTP: what a caller starts, what a browser brings back, and what may go wrong."""

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
    """A tenant's live key, the network, and a browser without any key."""

    tenant: Tenant
    client: Client
    server: Server

    async def start(self, **body: Any) -> dict[str, Any]:
        reply = await self.client.post(CONNECT, body)
        assert reply.status_code == 200, reply.text
        descriptor: dict[str, Any] = reply.json()["descriptor"]
        return descriptor

    async def come_back(self, brought: Mapping[str, str], path: str = CALLBACK) -> httpx2.Response:
        return await self.client.http.get(path, params=dict(brought))

    async def accounts(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (await self.client.get("/v1/accounts")).json()["data"]
        return found

    async def set(self, **values: str) -> None:
        """Change every consent of the tenant, behind the program's back."""
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


def told(reply: httpx2.Response) -> dict[str, str]:
    """What the page is told that the browser is sent to."""
    assert reply.status_code == 303, reply.text
    where = urlsplit(reply.headers["location"])
    assert f"{where.scheme}://{where.netloc}{where.path}" == "https://app.example/done"
    return dict(parse_qsl(where.query))


def check_page(reply: httpx2.Response, status: int, rule: str | None = None) -> str:
    """A page that says so, and may do nothing."""
    assert reply.status_code == status, reply.text
    assert reply.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in reply.headers["content-security-policy"]
    assert reply.headers["cache-control"] == "no-store"
    assert reply.headers["referrer-policy"] == "no-referrer"
    assert "<script" not in reply.text
    if rule is not None:
        assert rule in reply.text
    return reply.text


async def test_a_consent_asks_the_platform_with_our_redirect_uri_and_a_challenge(visit: Visit) -> None:
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


async def test_neither_state_nor_verifier_is_stored_in_the_open(visit: Visit) -> None:
    """lessons C23: the verifier travelled in the URL, and states could be replayed for ten minutes."""
    descriptor = await visit.start()
    await visit.come_back(visit.server.consent(descriptor["authorizationUrl"], "alice"))
    verifier = visit.server.exchanged[-1]["code_verifier"]
    [row] = await visit.tenant.admin.rows("SELECT * FROM connect_states WHERE organization_id = $1", visit.tenant.uuid)
    assert (row["stage"], row["sealed"]) == ("over", None)
    assert descriptor["state"].encode() not in row["state_hash"]
    assert verifier not in descriptor["authorizationUrl"]


async def test_a_browser_that_comes_back_connects_the_account(visit: Visit) -> None:
    """lessons A21: PKCE has to be real, from the challenge to the verifier."""
    descriptor = await visit.start()
    text = check_page(await visit.come_back(visit.server.consent(descriptor["authorizationUrl"], "alice")), 200)
    assert "Alice" in text
    [account] = await visit.accounts()
    assert (account["platformAccountId"], account["status"]) == ("id-alice", "active")
    assert (account["scopes"], account["missingFeatures"]) == (["write", "reply"], [])


async def test_a_caller_who_has_a_page_of_its_own_completes_the_consent(visit: Visit) -> None:
    descriptor = await visit.start(redirectUri="https://app.example/mine")
    brought = visit.server.consent(descriptor["authorizationUrl"], "alice")
    first = await visit.client.post(COMPLETE, brought)
    assert (first.status_code, first.json()["platformAccountId"]) == (201, "id-alice")
    assert visit.server.exchanged[-1]["redirect_uri"] == "https://app.example/mine"
    check_refusal(await visit.client.post(COMPLETE, brought), 400, "validation_failed", "connect.state_used")


async def test_a_repeated_completion_is_answered_as_the_first_was(visit: Visit) -> None:
    brought = visit.server.consent((await visit.start())["authorizationUrl"], "alice")
    replies = [await visit.client.post(COMPLETE, brought, idempotency_key="once") for _ in range(2)]
    assert [reply.status_code for reply in replies] == [201, 201]
    assert replies[0].content == replies[1].content


async def test_connecting_again_updates_the_row(visit: Visit) -> None:
    for expected in (201, 200):
        brought = visit.server.consent((await visit.start())["authorizationUrl"], "alice")
        assert (await visit.client.post(COMPLETE, brought)).status_code == expected
    assert len(await visit.accounts()) == 1


async def test_the_page_that_somebody_returns_to_is_told(visit: Visit) -> None:
    descriptor = await visit.start(returnUrl=RETURN_URL)
    reply = await visit.come_back(visit.server.consent(descriptor["authorizationUrl"], "alice"))
    [account] = await visit.accounts()
    assert told(reply) == {"a": "1", "status": "connected", "accountId": account["id"]}


async def test_a_consent_for_several_accounts_waits_for_a_choice(visit: Visit) -> None:
    descriptor = await visit.start(returnUrl=RETURN_URL)
    reply = await visit.come_back(visit.server.consent(descriptor["authorizationUrl"], "alice", "bob", "carol"))
    assert told(reply) == {"a": "1", "status": "choose", "state": descriptor["state"]}
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
    again = await visit.client.post(COMPLETE, {**body, "accountIds": ["id-bob"]})
    check_refusal(again, 400, "validation_failed", "connect.state_used")
    assert len(await visit.accounts()) == 2


async def test_a_choice_that_comes_too_late_is_refused(visit: Visit) -> None:
    brought = visit.server.consent((await visit.start())["authorizationUrl"], "alice", "bob")
    check_refusal(await visit.client.post(COMPLETE, brought), 409, "validation_failed", "connect.choose")
    await visit.set(expires_at="now() - interval '1 second'")
    late = await visit.client.post(COMPLETE, {"state": brought["state"], "accountIds": ["id-bob"]})
    assert late.status_code == 400
    assert await visit.accounts() == []


async def test_a_choice_can_come_with_the_code(visit: Visit) -> None:
    brought = visit.server.consent((await visit.start())["authorizationUrl"], "alice", "bob")
    reply = await visit.client.post(COMPLETE, {**brought, "accountIds": ["id-bob"]})
    assert (reply.status_code, reply.json()["handle"]) == (201, "bob")


async def test_what_was_not_granted_is_told_as_missing_features(visit: Visit) -> None:
    """lessons A25: scopes are state, and a token without one fails in silence."""
    brought = visit.server.consent((await visit.start())["authorizationUrl"], "alice", scope="write")
    assert (await visit.client.post(COMPLETE, brought)).json()["missingFeatures"] == ["comment"]
    [shown] = (await visit.client.get("/v1/platforms")).json()["data"]
    assert shown["features"] == {name: list(scopes) for name, scopes in FEATURES.items()}
    assert shown["connectSchema"] is None


async def test_consent_denied_connects_nothing(visit: Visit) -> None:
    state = (await visit.start(returnUrl=RETURN_URL))["state"]
    reply = await visit.come_back({"state": state, "error": "access_denied"})
    assert told(reply) == {"a": "1", "status": "cancelled", "error": "connect.denied"}
    state = (await visit.start())["state"]
    denied = {"state": state, "error": "access_denied", "error_description": "<b>no</b>"}
    assert "<b>no" not in check_page(await visit.come_back(denied), 400, "connect.denied")
    check_page(await visit.come_back(denied), 400, "connect.state_used")
    assert await visit.accounts() == []


async def test_what_the_platforms_page_refuses_is_a_failure(visit: Visit) -> None:
    state = (await visit.start(returnUrl=RETURN_URL))["state"]
    reply = await visit.come_back({"state": state, "error": "server_error"})
    assert told(reply) == {"a": "1", "status": "failed", "error": "connect.refused"}


async def test_a_return_without_a_code_connects_nothing(visit: Visit) -> None:
    check_page(await visit.come_back({"state": (await visit.start())["state"]}), 400, "connect.no_code")
    assert await visit.accounts() == []


@pytest.mark.parametrize("state", ["", "nonsense", "\x00", "é" * 400])
async def test_a_state_that_nobody_gave_out_is_refused(visit: Visit, state: str) -> None:
    asked = len(visit.server.exchanged)
    reply = await visit.come_back({"state": state, "code": "code"})
    assert reply.status_code == 400
    assert len(visit.server.exchanged) == asked


async def test_a_state_is_good_for_one_return(visit: Visit) -> None:
    """lessons A22: the state is consumed before the exchange."""
    brought = visit.server.consent((await visit.start())["authorizationUrl"], "alice")
    asked = len(visit.server.exchanged)
    replies = await asyncio.gather(*[visit.come_back(brought) for _ in range(4)])
    assert sorted(reply.status_code for reply in replies) == [200, 400, 400, 400]
    check_page(await visit.come_back(brought), 400, "connect.state_used")
    assert len(visit.server.exchanged) == asked + 1


async def test_a_state_is_good_for_ten_minutes(visit: Visit) -> None:
    brought = visit.server.consent((await visit.start())["authorizationUrl"], "alice")
    await visit.set(expires_at="now() - interval '1 second'")
    check_page(await visit.come_back(brought), 400, "connect.state_expired")
    check_refusal(await visit.client.post(COMPLETE, brought), 400, "validation_failed", "connect.state_expired")
    assert await visit.accounts() == []


async def test_a_state_of_a_hosted_page_is_good_in_its_browser_alone(visit: Visit) -> None:
    """lessons C23: somebody could make another finish what he had begun."""
    brought = visit.server.consent((await visit.start())["authorizationUrl"], "alice")
    await visit.set(browser_hash="'\\x01'")
    check_page(await visit.come_back(brought), 400, "connect.other_browser")
    assert await visit.accounts() == []


async def test_a_state_belongs_to_who_began(visit: Visit, consent_service: Deployment) -> None:
    """lessons C23: `complete` never looked at the state."""
    brought = visit.server.consent((await visit.start())["authorizationUrl"], "alice")
    stranger = await consent_service.client(Mode.LIVE)
    test_key, other_profile = (
        visit.tenant.client,
        await visit.tenant.key(Mode.LIVE, profileId=await visit.tenant.profile()),
    )
    for client in (stranger, test_key, other_profile):
        check_refusal(await client.post(COMPLETE, brought), 400, "validation_failed", "connect.state_unknown")
    assert (await visit.client.post(COMPLETE, brought)).status_code == 201


async def test_a_consent_keeps_the_profile_for_which_it_was_begun(visit: Visit) -> None:
    """lessons C21: reconnecting ignored the chosen profile."""
    profile, other = await visit.tenant.profile(), await visit.tenant.profile()
    brought = visit.server.consent((await visit.start(profileId=profile))["authorizationUrl"], "alice")
    moved = await visit.client.post(COMPLETE, {**brought, "profileId": other})
    check_refusal(moved, 400, "validation_failed", "profileId")
    assert (await visit.client.post(COMPLETE, brought)).json()["profileId"] == profile
    brought = visit.server.consent((await visit.start(profileId=other))["authorizationUrl"], "alice")
    check_refusal(await visit.client.post(COMPLETE, brought), 409, "validation_failed", "account.other_profile")


async def test_an_unknown_profile_begins_nothing(visit: Visit) -> None:
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
async def test_no_browser_is_sent_anywhere_else(visit: Visit, url: str, field: str) -> None:
    """lessons B16: the redirect was neither checked nor escaped."""
    reply = await visit.client.post(CONNECT, {field: url})
    error = check_refusal(reply, 400, "validation_failed", reply.json()["error"]["rule"])
    assert error["rule"] in {field, "connect.return_url"}


@pytest.mark.parametrize("url", ["https://app.example", "https://APP.example/a?b=c", "https://app.example:443/x"])
async def test_an_allowed_origin_is_known_however_it_is_spelled(visit: Visit, url: str) -> None:
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
async def test_a_token_endpoint_that_fails_stores_nothing(visit: Visit, answer: Response, error: str) -> None:
    visit.server.token_answers = [answer, answer]
    descriptor = await visit.start(returnUrl=RETURN_URL)
    reply = await visit.come_back(visit.server.consent(descriptor["authorizationUrl"], "alice"))
    assert told(reply) == {"a": "1", "status": "failed", "error": error}
    completed = await visit.client.post(COMPLETE, visit.server.consent((await visit.start())["authorizationUrl"], "a"))
    assert completed.json()["error"]["code"] == error
    assert await visit.accounts() == []


async def test_a_consent_that_opens_nothing_says_so(visit: Visit) -> None:
    brought = visit.server.consent((await visit.start())["authorizationUrl"])
    check_refusal(await visit.client.post(COMPLETE, brought), 400, "platform_rejected", "connect.no_account")
    brought = visit.server.consent((await visit.start())["authorizationUrl"])
    check_page(await visit.come_back(brought), 400, "connect.no_account")


async def test_what_is_missing_does_not_use_up_the_state(visit: Visit) -> None:
    brought = visit.server.consent((await visit.start())["authorizationUrl"], "alice")
    check_refusal(await visit.client.post(COMPLETE, {"state": brought["state"]}), 400, "validation_failed", "code")
    check_refusal(await visit.client.post(COMPLETE, {"code": "a"}), 400, "validation_failed", "state")
    check_refusal(await visit.client.post(COMPLETE, {**brought, "x": 1}), 400, "validation_failed", "x")
    assert (await visit.client.post(COMPLETE, brought)).status_code == 201


async def test_a_platform_without_credentials_cannot_be_connected(
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
        assert (await (await running.client()).post(CONNECT)).status_code == 200, "a test world is on this machine"


async def test_a_tenant_that_is_removed_meanwhile_gets_no_account(visit: Visit) -> None:
    brought = visit.server.consent((await visit.start())["authorizationUrl"], "alice")
    operator = {"authorization": f"Bearer {OPERATOR_TOKEN}"}
    await visit.client.http.delete(f"/v1/organizations/{visit.tenant.id}", headers=operator)
    check_page(await visit.come_back(brought), 400, "connect.state_unknown")
    query = "SELECT count(*) FROM accounts WHERE organization_id = $1 AND credential_sealed IS NOT NULL"
    assert await visit.tenant.admin.one(query, visit.tenant.uuid) == 0


async def test_disconnecting_revokes_upstream(visit: Visit) -> None:
    """lessons C21: a disconnect left the token alive."""
    brought = visit.server.consent((await visit.start())["authorizationUrl"], "alice")
    account_id = (await visit.client.post(COMPLETE, brought)).json()["id"]
    token = list(visit.server.tokens)[-1]
    assert (await visit.client.call("DELETE", f"/v1/accounts/{account_id}")).status_code == 200
    assert visit.server.revoked[-1] == token


async def events(visit: Visit) -> list[dict[str, Any]]:
    return await visit.tenant.admin.rows(
        "SELECT type, data FROM events WHERE organization_id = $1 ORDER BY written", visit.tenant.uuid
    )


async def test_a_withdrawn_consent_is_told_by_the_platform(visit: Visit) -> None:
    brought = visit.server.consent((await visit.start())["authorizationUrl"], "dora")
    await visit.client.post(COMPLETE, brought)
    path, http = f"/v1/accounts/oauth/{NAME}/deauthorize", visit.client.http
    forged = await http.post(path, content=b"guess:id-dora")
    check_refusal(forged, 400, "validation_failed", "connect.signature")
    assert [one["status"] for one in await visit.accounts()] == ["active"]
    for _ in range(2):
        assert (await http.post(path, content=b"app-secret:id-dora")).status_code == 200
    assert (await http.post(path, content=b"app-secret:id-nobody")).status_code == 200
    assert [one["status"] for one in await visit.accounts()] == ["reauth_required"]
    assert [event["type"] for event in await events(visit)] == ["account.connected", "token.revoked"]


async def test_a_person_who_wants_it_is_forgotten_by_every_tenant(visit: Visit, consent_service: Deployment) -> None:
    other = await make_tenant(consent_service, visit.tenant.admin, {"authorization": f"Bearer {OPERATOR_TOKEN}"})
    for client in (visit.client, await other.key(Mode.LIVE)):
        started = (await client.post(CONNECT)).json()["descriptor"]
        reply = await client.post(COMPLETE, visit.server.consent(started["authorizationUrl"], "erna"))
        assert reply.status_code == 201
    path = f"/v1/accounts/oauth/{NAME}/data-deletion"
    forgotten = await visit.client.http.post(path, content=b"app-secret:id-erna")
    assert forgotten.json()["url"] == PUBLIC + path
    assert forgotten.json()["confirmation_code"]
    rows = await visit.tenant.admin.rows("SELECT * FROM accounts WHERE platform_account_id = 'id-erna'")
    left = [(row["status"], row["credential_sealed"], row["handle"], row["display_name"]) for row in rows]
    assert left == [("disconnected", None, None, None)] * 2
    check_page(await visit.client.http.get(path), 200)


async def test_platforms_that_tell_nothing_have_no_such_page(service: Deployment) -> None:
    reply = await service.http.post(f"/v1/accounts/oauth/{PLATFORM}/deauthorize", content=b"")
    check_refusal(reply, 404, "not_found")

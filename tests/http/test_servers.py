"""Connecting accounts at the server that a person chooses, with an app that is registered there."""

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from html import unescape
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import asyncpg
import httpx2
import pytest
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response

from letmepost.domain.api_keys import Mode
from letmepost.platforms import discover
from letmepost.platforms.contract import Platform
from letmepost.services.accounts.hosted_sessions import SIGN_INS_MAX
from letmepost.services.accounts.server_apps import APPS_MAX, REUSED_FOR
from tests.database import DatabaseURLs, copy_of
from tests.deployment import OPERATOR_TOKEN, Client, Deployment, deployed, serving
from tests.doubles import consenting, federated
from tests.doubles.federated import ENVIRONMENT, NAME, FederatedServer
from tests.doubles.waiting import PATIENCE_S
from tests.http.support import PLATFORM, Tenant, check_refusal, make_tenant
from tests.http.test_connect_sessions import Person, onward
from tests.storage.support import Admin

CONNECT = f"/v1/accounts/connect/{NAME}"
COMPLETE = f"{CONNECT}/complete"
CALLBACK = f"/v1/accounts/oauth/{NAME}/callback"
OPERATOR = {"authorization": f"Bearer {OPERATOR_TOKEN}"}
RETURN_URL = "https://app.example/done"


def platforms() -> dict[str, Platform]:
    """Return a platform of each kind: with credentials, with consent, and with consent at many servers."""
    return {
        PLATFORM: discover()[PLATFORM],
        consenting.NAME: consenting.consenting(),
        NAME: federated.federated(),
    }


@dataclass(frozen=True, slots=True)
class Visit:
    """A tenant's live key, and one server of the network."""

    tenant: Tenant
    client: Client
    server: FederatedServer
    name: str

    async def start(self, client: Client | None = None, **body: Any) -> dict[str, Any]:
        """Start a consent; return the descriptor."""
        reply = await (client or self.client).post(CONNECT, {"server": self.name, **body})
        assert reply.status_code == 200, reply.text
        descriptor: dict[str, Any] = reply.json()["descriptor"]
        return descriptor

    async def connect(self, *accounts: str) -> httpx2.Response:
        """Start a consent, grant it and complete it."""
        return await self.client.post(
            COMPLETE, self.server.consent((await self.start())["authorizationUrl"], *accounts)
        )

    async def apps(self) -> list[dict[str, Any]]:
        """Return the stored apps of the tenant."""
        query = "SELECT * FROM server_apps WHERE organization_id = $1 ORDER BY created_at"
        return await self.tenant.admin.rows(query, self.tenant.uuid)


@pytest.fixture(scope="module")
async def urls(postgres_url: str, template_database: DatabaseURLs) -> AsyncIterator[DatabaseURLs]:
    async with copy_of(template_database, postgres_url) as urls:
        yield urls


@pytest.fixture(scope="module")
async def running(
    urls: DatabaseURLs, redis_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Deployment]:
    async with deployed(
        urls,
        redis_url,
        tmp_path_factory.mktemp("servers"),
        environment=ENVIRONMENT,
        platforms=platforms(),
        with_worker=False,
        public_url="https://post.example",
        return_origins=("https://app.example",),
        trusted_proxies="127.0.0.1",
    ) as running:
        yield running


@pytest.fixture
async def visit(running: Deployment, urls: DatabaseURLs) -> AsyncIterator[Visit]:
    connection, server = await asyncpg.connect(urls.admin), FederatedServer()
    tenant = await make_tenant(running, Admin(connection), OPERATOR)
    async with serving(server.app()) as url:
        yield Visit(tenant, await tenant.key(Mode.LIVE), server, urlsplit(url).netloc)
    await connection.close()


def client_id_of(descriptor: dict[str, Any]) -> str:
    url: str = descriptor["authorizationUrl"]
    return dict(parse_qsl(urlsplit(url).query))["client_id"]


async def test_account_is_connected_with_an_app_that_is_registered_at_its_server(visit: Visit) -> None:
    descriptor = await visit.start()
    assert urlsplit(descriptor["authorizationUrl"]).netloc == visit.name
    assert client_id_of(descriptor) == "app-1"
    reply = await visit.client.post(COMPLETE, visit.server.consent(descriptor["authorizationUrl"], "alice"))
    assert (reply.status_code, reply.json()["platformAccountId"]) == (201, f"alice@{visit.name}")
    assert visit.server.redirect_uris == [f"https://post.example{CALLBACK}"]
    assert (visit.server.exchanged[-1]["client_id"], visit.server.exchanged[-1]["client_secret"]) == (
        "app-1",
        "secret-of-app-1",
    )


async def test_every_form_of_the_name_of_a_server_uses_the_same_app(visit: Visit) -> None:
    for given in (visit.name, f"https://{visit.name}/@me", f" {visit.name.upper()} "):
        assert client_id_of(await visit.start(server=given)) == "app-1"
    assert [app["server"] for app in await visit.apps()] == [visit.name]


async def test_each_redirect_uri_has_its_own_app(visit: Visit) -> None:
    assert client_id_of(await visit.start()) == "app-1"
    assert client_id_of(await visit.start(redirectUri="https://app.example/mine")) == "app-2"
    assert client_id_of(await visit.start()) == "app-1"
    assert visit.server.redirect_uris[1] == "https://app.example/mine"


async def test_secret_of_an_app_is_not_stored_in_plain_text(visit: Visit) -> None:
    await visit.start()
    [app] = await visit.apps()
    [consent] = await visit.tenant.admin.rows(
        "SELECT * FROM connect_states WHERE organization_id = $1", visit.tenant.uuid
    )
    assert app["sealed"]
    for row in (app, consent):
        assert all(word not in str(value) for value in row.values() for word in ("app-1", "secret-of"))


async def test_app_is_registered_again_before_servers_delete_unused_apps(visit: Visit) -> None:
    await visit.start()
    query = "UPDATE server_apps SET created_at = created_at - $2::interval WHERE organization_id = $1"
    await visit.tenant.admin.do(query, visit.tenant.uuid, REUSED_FOR)
    assert client_id_of(await visit.start()) == "app-2"
    assert client_id_of(await visit.start()) == "app-2"
    assert len(await visit.apps()) == 1


async def test_simultaneous_starts_can_both_be_completed(visit: Visit) -> None:
    """Each may register an app. One of them is kept, and each consent uses its own."""
    started = await asyncio.gather(visit.start(), visit.start())
    for descriptor, name in zip(started, ("alice", "bob"), strict=True):
        reply = await visit.client.post(COMPLETE, visit.server.consent(descriptor["authorizationUrl"], name))
        assert reply.status_code == 201, reply.text
    assert len(await visit.apps()) == 1


async def test_repeated_start_receives_the_first_response_and_registers_nothing(visit: Visit) -> None:
    replies = [await visit.client.post(CONNECT, {"server": visit.name}, idempotency_key="once") for _ in range(2)]
    assert [reply.status_code for reply in replies] == [200, 200]
    assert replies[0].content == replies[1].content
    assert len(visit.server.redirect_uris) == 1


async def test_tenants_and_modes_have_their_own_apps(visit: Visit, running: Deployment) -> None:
    """A tenant must not receive an app that another one has registered."""
    other = await running.client(Mode.LIVE)
    assert client_id_of(await visit.start()) == "app-1"
    assert client_id_of(await visit.start(other)) == "app-2"
    assert client_id_of(await visit.start()) == "app-1"


async def test_full_store_of_apps_registers_one_for_each_consent(visit: Visit) -> None:
    await visit.tenant.admin.do(
        "INSERT INTO server_apps (organization_id, mode, platform, server, redirect_uri, sealed, created_at)"
        " SELECT $1, 'live', 'other', 'server-' || number, '', '', now() FROM generate_series(1, $2::integer) number",
        visit.tenant.uuid,
        APPS_MAX,
    )
    assert [client_id_of(await visit.start()) for _ in range(2)] == ["app-1", "app-2"]
    assert (await visit.connect("alice")).status_code == 201
    assert len(await visit.apps()) == APPS_MAX


async def test_missing_server_is_rejected(visit: Visit) -> None:
    error = check_refusal(await visit.client.post(CONNECT), 400, "validation_failed", "server")
    assert "social.example" in error["remediation"]
    check_refusal(await visit.client.post(CONNECT, {"server": ""}), 400, "validation_failed", "server")
    check_refusal(await visit.client.post(CONNECT, {"server": "x" * 256}), 400, "validation_failed", "server")


async def test_malformed_server_is_rejected_by_the_platform(visit: Visit) -> None:
    reply = await visit.client.post(CONNECT, {"server": "not a name"})
    error = check_refusal(reply, 400, "validation_failed", "server")
    assert error["message"].endswith("not a name.")


@pytest.mark.parametrize("name", [PLATFORM, consenting.NAME])
async def test_server_is_rejected_where_all_accounts_are_on_one(visit: Visit, name: str) -> None:
    reply = await visit.tenant.client.post(f"/v1/accounts/connect/{name}", {"server": "social.example"})
    check_refusal(reply, 400, "validation_failed", "server")


async def test_platforms_state_whether_they_need_a_server(visit: Visit) -> None:
    shown = {one["platform"]: one["needsServer"] for one in (await visit.client.get("/v1/platforms")).json()["data"]}
    assert shown == {PLATFORM: False, consenting.NAME: False, NAME: True}


@pytest.mark.parametrize(
    ("answer", "status", "code"),
    [
        (JSONResponse({}, 500), 503, "platform_unavailable"),
        (JSONResponse({}, 404), 503, "platform_unavailable"),
        (PlainTextResponse("x" * 2_000_000), 503, "platform_unavailable"),
        (JSONResponse({"client_id": "", "client_secret": "secret"}), 400, "platform_rejected"),
        (JSONResponse({"client_id": "x" * 1001, "client_secret": "secret"}), 400, "platform_rejected"),
    ],
    ids=["500", "404", "large", "empty", "long"],
)
async def test_failed_registration_stores_nothing(visit: Visit, answer: Response, status: int, code: str) -> None:
    visit.server.app_answers = [answer]
    check_refusal(await visit.client.post(CONNECT, {"server": visit.name}), status, code)
    assert await visit.apps() == []
    assert (
        await visit.tenant.admin.one(
            "SELECT count(*) FROM connect_states WHERE organization_id = $1", visit.tenant.uuid
        )
        == 0
    )
    assert (await visit.connect("alice")).status_code == 201


async def test_redirect_of_a_server_is_not_followed(visit: Visit) -> None:
    other = FederatedServer()
    async with serving(other.app()) as url:
        visit.server.app_answers = [RedirectResponse(f"{url}/apps", 307)]
        reply = await visit.client.post(CONNECT, {"server": visit.name})
    check_refusal(reply, 503, "platform_unavailable")
    assert other.redirect_uris == []


async def test_app_that_its_server_no_longer_knows_is_registered_again(visit: Visit) -> None:
    descriptor = await visit.start()
    brought = visit.server.consent(descriptor["authorizationUrl"], "alice")
    visit.server.apps.clear()
    error = check_refusal(
        await visit.client.post(COMPLETE, brought), 400, "platform_rejected", "connect.server_app_unknown"
    )
    assert visit.name in error["message"]
    assert await visit.apps() == []
    assert (await visit.connect("alice")).status_code == 201
    assert len(visit.server.redirect_uris) == 2


async def test_returning_browser_learns_that_the_server_no_longer_knows_the_app(visit: Visit) -> None:
    descriptor = await visit.start(returnUrl=RETURN_URL)
    brought = visit.server.consent(descriptor["authorizationUrl"], "alice")
    visit.server.apps.clear()
    reply = await visit.client.http.get(CALLBACK, params=brought)
    assert dict(parse_qsl(urlsplit(reply.headers["location"]).query)) == {
        "status": "failed",
        "error": "connect.server_app_unknown",
    }
    assert await visit.apps() == []


async def test_newer_app_is_kept_when_an_earlier_one_is_unknown(visit: Visit) -> None:
    first = await visit.start()
    brought = visit.server.consent(first["authorizationUrl"], "alice")
    await visit.tenant.admin.do("DELETE FROM server_apps WHERE organization_id = $1", visit.tenant.uuid)
    assert client_id_of(await visit.start()) == "app-2"
    del visit.server.apps["app-1"]
    refused = await visit.client.post(COMPLETE, brought)
    check_refusal(refused, 400, "platform_rejected", "connect.server_app_unknown")
    assert client_id_of(await visit.start()) == "app-2"


async def test_app_is_kept_when_only_the_code_is_refused(visit: Visit) -> None:
    brought = visit.server.consent((await visit.start())["authorizationUrl"], "alice")
    reply = await visit.client.post(COMPLETE, {**brought, "code": "another"})
    check_refusal(reply, 401, "platform_auth_failed")
    assert len(await visit.apps()) == 1


async def test_private_server_is_rejected(
    visit: Visit, urls: DatabaseURLs, redis_url: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    async with deployed(
        urls,
        redis_url,
        tmp_path_factory.mktemp("public"),
        platforms=platforms(),
        with_worker=False,
        public_url="https://post.example",
        allow_private_addresses=False,
    ) as public:
        client = await public.client(Mode.LIVE)
        for server in (visit.name, "127.0.0.1", "localhost", "10.0.0.1", "169.254.169.254", "[::1]"):
            reply = await client.post(CONNECT, {"server": server})
            error = check_refusal(reply, 400, "platform_rejected", "connect.server_unaddressable")
            assert server in error["message"]
    assert visit.server.redirect_uris == []


async def test_sandbox_replaces_every_server_in_test_mode(visit: Visit, running: Deployment) -> None:
    client = visit.tenant.client
    descriptor = await visit.start(client, server="one.example")
    assert descriptor["authorizationUrl"].startswith(running.sandbox_url)
    async with httpx2.AsyncClient(timeout=PATIENCE_S) as browser:
        page = await browser.get(descriptor["authorizationUrl"])
    link = unescape(re.findall(r'href="([^"]+)"', page.text)[0])
    reply = await client.post(COMPLETE, dict(parse_qsl(urlsplit(link).query)))
    assert (reply.status_code, reply.json()["handle"]) == (201, "alice@one.example")
    assert visit.server.redirect_uris == []


async def test_simulated_account_is_connected_at_a_server(visit: Visit) -> None:
    reply = await visit.tenant.client.post("/v1/sandbox/accounts", {"platform": NAME, "scenario": "ok"})
    assert reply.status_code == 201, reply.text
    assert reply.json()["handle"].endswith("@social.example")


async def test_reset_of_the_sandbox_deletes_its_apps(visit: Visit) -> None:
    """The simulators no longer know them."""
    live, test = await visit.start(), await visit.start(visit.tenant.client)
    assert (await visit.tenant.client.post("/v1/sandbox/reset")).status_code == 200
    assert [app["mode"] for app in await visit.apps()] == ["live"]
    assert client_id_of(await visit.start(visit.tenant.client)) != client_id_of(test)
    assert client_id_of(await visit.start()) == client_id_of(live)


async def page_of(visit: Visit) -> Person:
    """Open a hosted page for the platform."""
    reply = await visit.client.post("/v1/connect-sessions", {"returnUrl": RETURN_URL, "platform": NAME})
    person = Person(visit.client.http, reply.json()["url"])
    page = await person.go()
    assert 'name="server"' in page.text
    assert 'placeholder="social.example"' in page.text
    return person


async def test_person_enters_the_server_on_a_hosted_page(visit: Visit) -> None:
    person = await page_of(visit)
    url = onward(await person.send("consent", platform=NAME, server=visit.name))
    assert urlsplit(url).netloc == visit.name
    assert client_id_of({"authorizationUrl": url}) == "app-1"
    brought = visit.server.consent(url, "alice")
    await visit.client.http.get(CALLBACK, params=brought, headers=person._headers())
    [account] = (await visit.client.get("/v1/accounts")).json()["data"]
    assert account["handle"] == f"alice@{visit.name}"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("", "Server is missing."),
        ("not a name", "Server is not the name of a server: not a name."),
        ("nothing.invalid", "does not resolve to a public address"),
        ("x" * 256, "Server must have at most 255 characters."),
    ],
)
async def test_hosted_page_shows_what_is_wrong_with_the_server(visit: Visit, given: str, message: str) -> None:
    person = await page_of(visit)
    reply = await person.send("consent", platform=NAME, server=given)
    assert reply.status_code == 400
    assert message in reply.text
    assert 'id="server-error"' in reply.text
    assert f'value="{given}"' in reply.text
    assert onward(await person.send("consent", platform=NAME, server=visit.name))


async def test_hosted_page_shows_that_a_server_is_unavailable(visit: Visit) -> None:
    person = await page_of(visit)
    visit.server.app_answers = [JSONResponse({}, 503)]
    reply = await person.send("consent", platform=NAME, server=visit.name)
    assert reply.status_code == 400
    assert "The network answered 503." in reply.text
    assert f'value="{visit.name}"' in reply.text


async def test_hosted_page_limits_registrations(visit: Visit) -> None:
    person = await page_of(visit)
    visit.server.app_answers = [JSONResponse({}, 503) for _ in range(SIGN_INS_MAX)]
    for _ in range(SIGN_INS_MAX):
        assert (await person.send("consent", platform=NAME, server=visit.name)).status_code == 400
    assert (await person.send("consent", platform=NAME, server=visit.name)).status_code == 429
    assert len(visit.server.redirect_uris) == SIGN_INS_MAX

"""Hosted pages: created by a customer, used by one person in one browser."""

import asyncio
import re
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from html import unescape
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import asyncpg
import httpx2
import pytest

from letmepost.domain.api_keys import Mode
from letmepost.domain.ids import Prefix, format_id
from letmepost.http.client_limits import SIGN_INS_PER_MINUTE
from letmepost.platforms import discover
from letmepost.services.accounts.hosted_sessions import SIGN_INS_MAX
from tests.database import DatabaseURLs, copy_of
from tests.deployment import OPERATOR_TOKEN, Client, Deployment, deployed, serving
from tests.doubles.consenting import NAME, Server, consenting, environment
from tests.http.support import ABSENT_ID, PLATFORM, Tenant, check_refusal, make_tenant, soon
from tests.storage.support import Admin

RETURN_URL = "https://app.example/done?a=1"
SESSIONS = "/v1/connect-sessions"
OPERATOR = {"authorization": f"Bearer {OPERATOR_TOKEN}"}


@dataclass
class Person:
    """An end user with a browser that keeps cookies and does not follow redirects."""

    http: httpx2.AsyncClient
    url: str
    cookies: dict[str, str] = field(default_factory=dict)
    last: httpx2.Response | None = None
    client_address: str = field(default_factory=lambda: f"2001:db8:{secrets.randbelow(65_536):x}::1")

    async def go(self, url: str = "") -> httpx2.Response:
        return self._seen(await self.http.get(_path(url or self.url), headers=self._headers()))

    async def send(self, act: str, url: str = "", **fields: Any) -> httpx2.Response:
        """Send the form of the open page."""
        assert self.last is not None
        token = re.search(r'name="form" value="([^"]*)"', self.last.text)
        data = {"form": token[1] if token else "", "act": act, **fields}
        return self._seen(await self.http.post(_path(url or self.url), data=data, headers=self._headers()))

    def _headers(self) -> dict[str, str]:
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        return {"cookie": cookie, "x-forwarded-for": self.client_address}

    def _seen(self, reply: httpx2.Response) -> httpx2.Response:
        for line in reply.headers.get_list("set-cookie"):
            name, _, value = line.partition(";")[0].partition("=")
            self.cookies[name] = value
        if reply.status_code != 303:
            self.last = reply
        return reply


@dataclass(frozen=True, slots=True)
class Shop:
    """A customer with a live key."""

    tenant: Tenant
    client: Client
    server: Server

    async def session(self, **body: Any) -> dict[str, Any]:
        reply = await self.client.post(SESSIONS, {"returnUrl": RETURN_URL, **body})
        assert reply.status_code == 201, reply.text
        made: dict[str, Any] = reply.json()
        return made

    async def person(self, **body: Any) -> Person:
        return Person(self.client.http, (await self.session(**body))["url"])

    async def status(self) -> dict[str, Any]:
        """Return the only session."""
        session_id = await self.tenant.admin.one(
            "SELECT id FROM connect_sessions WHERE organization_id = $1", self.tenant.uuid
        )
        reply = await self.client.get(f"{SESSIONS}/{format_id(Prefix.CONNECT_SESSION, session_id)}")
        shown: dict[str, Any] = reply.json()
        return shown

    async def accounts(self, query: str = "") -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (await self.client.get(f"/v1/accounts{query}")).json()["data"]
        return found


def _path(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def onward(reply: httpx2.Response) -> str:
    """Return the URL that the page opens."""
    assert reply.status_code == 200, reply.text
    found = re.search(r'http-equiv="refresh" content="0;url=([^"]*)"', reply.text)
    assert found is not None, reply.text
    assert f'href="{found[1]}"' in reply.text, "the page also has a link"
    return unescape(found[1])


def returned(reply: httpx2.Response) -> dict[str, str]:
    """Return the parameters that the customer's page receives."""
    where = urlsplit(onward(reply))
    assert f"{where.scheme}://{where.netloc}{where.path}" == "https://app.example/done"
    return dict(parse_qsl(where.query))


@pytest.fixture(scope="module")
def server() -> Server:
    return Server()


@pytest.fixture(scope="module")
async def urls(postgres_url: str, template_database: DatabaseURLs) -> AsyncIterator[DatabaseURLs]:
    async with copy_of(template_database, postgres_url) as urls:
        yield urls


@pytest.fixture(scope="module")
async def hosting(
    urls: DatabaseURLs, redis_url: str, server: Server, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Deployment]:
    known = {NAME: consenting(), PLATFORM: discover()[PLATFORM]}
    async with (
        serving(server.app()) as url,
        deployed(
            urls,
            redis_url,
            tmp_path_factory.mktemp("hosting"),
            environment=environment(url),
            platforms=known,
            with_worker=False,
            public_url="https://post.example",
            return_origins=("https://app.example",),
            trusted_proxies="127.0.0.1",
        ) as running,
    ):
        yield running


@pytest.fixture
async def shop(hosting: Deployment, urls: DatabaseURLs, server: Server) -> AsyncIterator[Shop]:
    connection = await asyncpg.connect(urls.admin)
    tenant = await make_tenant(hosting, Admin(connection), OPERATOR)
    yield Shop(tenant, await tenant.key(Mode.LIVE), server)
    await connection.close()


async def consented(shop: Shop, person: Person, *names: str, **how: str) -> httpx2.Response:
    """Open the platform from the page, consent there, and return."""
    await person.go()
    away = onward(await person.send("consent", platform=NAME))
    brought = shop.server.consent(away, *names, **how)
    return await person.http.get(f"/v1/accounts/oauth/{NAME}/callback", params=brought, headers=person._headers())


async def test_session_is_shown_without_its_url(shop: Shop) -> None:
    made = await shop.session(platform=NAME, externalUserId="user-42")
    assert made["url"].startswith("https://post.example/connect/")
    assert (made["status"], made["accountIds"], made["externalUserId"]) == ("open", [], "user-42")
    shown = (await shop.client.get(f"{SESSIONS}/{made['id']}")).json()
    assert shown == {name: value for name, value in made.items() if name != "url"}
    row = await shop.tenant.admin.rows("SELECT * FROM connect_sessions WHERE organization_id = $1", shop.tenant.uuid)
    assert made["url"].rpartition("/")[2] not in str(row)


async def test_session_is_visible_to_its_tenant_mode_and_profile_only(shop: Shop, hosting: Deployment) -> None:
    made = await shop.session()
    scoped = await shop.tenant.key(Mode.LIVE, profileId=await shop.tenant.profile())
    for client in (await hosting.client(Mode.LIVE), shop.tenant.client, scoped):
        check_refusal(await client.get(f"{SESSIONS}/{made['id']}"), 404, "not_found")
    own = (await scoped.post(SESSIONS, {"returnUrl": RETURN_URL})).json()
    assert (await scoped.get(f"{SESSIONS}/{own['id']}")).status_code == 200


@pytest.mark.parametrize(
    ("body", "status", "rule"),
    [
        ({}, 400, "returnUrl"),
        ({"returnUrl": "https://evil.example/"}, 400, "connect.return_url"),
        ({"returnUrl": "javascript:alert(1)"}, 400, "returnUrl"),
        ({"returnUrl": RETURN_URL, "platform": "nowhere"}, 404, None),
        ({"returnUrl": RETURN_URL, "profileId": f"prof_{ABSENT_ID}"}, 400, "profileId"),
        ({"returnUrl": RETURN_URL, "externalUserId": ""}, 400, "externalUserId"),
        ({"returnUrl": RETURN_URL, "externalUserId": "x" * 256}, 400, "externalUserId"),
        ({"returnUrl": RETURN_URL, "state": "x"}, 400, "state"),
    ],
)
async def test_invalid_request_creates_no_session(
    shop: Shop, body: dict[str, Any], status: int, rule: str | None
) -> None:
    reply = await shop.client.post(SESSIONS, body)
    check_refusal(reply, status, "not_found" if status == 404 else "validation_failed", rule)
    query = "SELECT count(*) FROM connect_sessions WHERE organization_id = $1"
    assert await shop.tenant.admin.one(query, shop.tenant.uuid) == 0


async def test_organization_has_its_own_return_origins_and_brand(shop: Shop) -> None:
    http, path = shop.client.http, f"/v1/organizations/{shop.tenant.id}"
    body = {
        "returnOrigins": ["https://Shop.example/"],
        "brand": {"name": "The <b>Shop</b>", "logoUrl": "https://shop.example/logo.png", "color": "#ffcc00"},
    }
    shown = (await http.patch(path, json=body, headers=OPERATOR)).json()
    assert (shown["returnOrigins"], shown["brand"]["color"]) == (["https://shop.example"], "#ffcc00")
    person = await shop.person(returnUrl="https://shop.example/back")
    page = await person.go()
    assert "The &lt;b&gt;Shop&lt;/b&gt;" in page.text
    assert "img-src https://shop.example/logo.png;" in page.headers["content-security-policy"]
    assert "--paint:#ffcc00;--ink:#000000" in page.text
    removed = (await http.patch(path, json={"brand": None}, headers=OPERATOR)).json()
    assert removed["brand"] == {}


@pytest.mark.parametrize(
    "body",
    [
        {"returnOrigins": ["https://a.example/path"]},
        {"returnOrigins": ["nonsense"]},
        {"brand": {"color": "red;}"}},
        {"brand": {"logoUrl": "http://a.example/x.png"}},
        {"brand": {"logoUrl": "https://a.example/x.png;script-src *"}},
        {"brand": {"logoUrl": "javascript:alert(1)"}},
    ],
)
async def test_brand_that_would_break_the_page_is_rejected(shop: Shop, body: dict[str, Any]) -> None:
    path = f"/v1/organizations/{shop.tenant.id}"
    assert (await shop.client.http.patch(path, json=body, headers=OPERATOR)).status_code == 400


async def test_page_has_no_scripts_and_no_key(shop: Shop) -> None:
    person = await shop.person()
    page = await person.go()
    policy = page.headers["content-security-policy"]
    assert page.status_code == 200
    assert "default-src 'none'" in policy
    assert "form-action 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "script" not in policy
    assert "<script" not in page.text
    assert "lmp_" not in page.text
    assert page.headers["referrer-policy"] == "no-referrer"
    [cookie] = page.headers.get_list("set-cookie")
    assert cookie.startswith("__Host-letmepost_connect=")
    for part in ("HttpOnly", "SameSite=lax", "Secure", "Path=/"):
        assert part in cookie
    assert "Domain" not in cookie


async def test_person_connects_by_consent_and_returns(shop: Shop) -> None:
    person = await shop.person(externalUserId="user-42")
    reply = await consented(shop, person, "alice")
    assert (reply.status_code, reply.headers["location"][:12]) == (303, "/connect/cs_")
    result = returned(await person.go(reply.headers["location"]))
    shown = await shop.status()
    [account] = await shop.accounts()
    assert result == {"a": "1", "connectSession": shown["id"], "status": "connected"}
    assert (shown["status"], shown["accountIds"]) == ("connected", [account["id"]])
    assert (account["handle"], account["externalUserId"]) == ("alice", "user-42")
    assert await shop.accounts("?externalUserId=user-42") == [account]
    assert await shop.accounts("?externalUserId=user-43") == []


async def test_person_chooses_among_several_accounts(shop: Shop) -> None:
    person = await shop.person(platform=NAME)
    reply = await consented(shop, person, "alice", "bob", "carol")
    page = await person.go(reply.headers["location"])
    assert [name in page.text for name in ("Alice", "Bob", "Carol")] == [True] * 3
    assert (await person.send("choose")).status_code == 400
    assert (await person.send("choose", account=["id-mallory"])).status_code == 400
    assert await shop.accounts() == []
    await person.go()
    assert returned(await person.send("choose", account=["id-alice", "id-carol"]))["status"] == "connected"
    assert {one["handle"] for one in await shop.accounts()} == {"alice", "carol"}
    assert len((await shop.status())["accountIds"]) == 2


async def test_person_who_chooses_a_lost_account_connects_none(shop: Shop) -> None:
    person = await shop.person(platform=NAME)
    await person.go((await consented(shop, person, "alice", "bob")).headers["location"])
    shop.server.tokens.clear()
    refused = await person.send("choose", account=["id-alice", "id-bob"])
    assert refused.status_code == 400
    assert "The account Alice cannot be connected any longer" in refused.text
    assert await shop.accounts() == []


async def test_person_signs_in_with_credentials(shop: Shop) -> None:
    test_key = shop.tenant.client
    made = (await test_key.post(SESSIONS, {"returnUrl": "http://127.0.0.1:9/", "platform": PLATFORM})).json()
    person = Person(test_key.http, made["url"])
    page = await person.go()
    assert "Test mode" in page.text
    assert 'type="password"' in page.text
    given = dict(await shop.tenant.credentials())
    wrong = await person.send("type", platform=PLATFORM, **{**given, "identifier": "not a handle"})
    assert wrong.status_code == 400
    assert 'aria-invalid="true"' in wrong.text
    assert 'href="#identifier"' in wrong.text
    assert "not a handle" in wrong.text
    assert given["appPassword"] not in wrong.text
    refused = await person.send("type", platform=PLATFORM, **{**given, "appPassword": "wrong-wrong-wrong"})
    assert refused.status_code == 400
    assert "wrong-wrong-wrong" not in refused.text
    assert (await test_key.get("/v1/accounts")).json()["data"] == []
    done = await person.send("type", platform=PLATFORM, **given)
    assert onward(done).startswith("http://127.0.0.1:9/?connectSession=cs_")
    assert len((await test_key.get("/v1/accounts")).json()["data"]) == 1


async def test_page_in_test_mode_shows_credentials_that_connect_a_simulated_account(shop: Shop) -> None:
    test_key = shop.tenant.client
    made = (await test_key.post(SESSIONS, {"returnUrl": "http://127.0.0.1:9/", "platform": PLATFORM})).json()
    person = Person(test_key.http, made["url"])
    shown = [unescape(value) for value in re.findall("<dd><code>([^<]*)</code></dd>", (await person.go()).text)]
    again = [unescape(value) for value in re.findall("<dd><code>([^<]*)</code></dd>", (await person.go()).text)]
    assert again == shown, "one account for each page"
    identifier, password = shown
    done = await person.send("type", platform=PLATFORM, identifier=identifier, appPassword=password)
    assert onward(done).startswith("http://127.0.0.1:9/?connectSession=cs_")
    [account] = (await test_key.get("/v1/accounts")).json()["data"]
    assert account["handle"] == identifier


async def test_page_in_live_mode_shows_no_credentials(shop: Shop) -> None:
    person = await shop.person(platform=PLATFORM)
    page = (await person.go()).text
    assert 'type="password"' in page
    assert 'class="note"' not in page


async def typing_person(shop: Shop) -> tuple[Person, dict[str, str]]:
    """Return a person on the page of a platform with passwords, and the right input."""
    test_key = shop.tenant.client
    made = (await test_key.post(SESSIONS, {"returnUrl": "http://127.0.0.1:9/", "platform": PLATFORM})).json()
    person = Person(test_key.http, made["url"])
    await person.go()
    return person, dict(await shop.tenant.credentials())


async def test_page_accepts_ten_sign_ins(shop: Shop) -> None:
    person, given = await typing_person(shop)
    for attempt in range(SIGN_INS_MAX):
        wrong = await person.send("type", platform=PLATFORM, **{**given, "appPassword": f"wrong-{attempt}"})
        assert wrong.status_code == 400
    await person.go()
    refused = await person.send("type", platform=PLATFORM, **given)
    assert refused.status_code == 429
    assert "connect.sign_ins_max" in refused.text
    assert "retry-after" not in refused.headers, "this limit does not reset"
    assert (await shop.tenant.client.get("/v1/accounts")).json()["data"] == []
    await person.go()
    assert onward(await person.send("cancel")).startswith("http://127.0.0.1:9/")


async def test_concurrent_sign_ins_are_limited(shop: Shop) -> None:
    person, given = await typing_person(shop)
    wrong = {**given, "appPassword": "wrong-password"}
    replies = await asyncio.gather(
        *(person.send("type", platform=PLATFORM, **wrong) for _ in range(SIGN_INS_MAX + 4)),
    )
    assert sorted(reply.status_code for reply in replies) == [400] * SIGN_INS_MAX + [429] * 4


async def test_started_consents_count_as_sign_ins(shop: Shop) -> None:
    person = await shop.person(platform=NAME)
    for _ in range(SIGN_INS_MAX):
        await person.go()
        assert (await person.send("consent", platform=NAME)).status_code == 200
    await person.go()
    assert (await person.send("consent", platform=NAME)).status_code == 429


async def test_malformed_input_is_not_counted_as_a_sign_in(shop: Shop) -> None:
    person, given = await typing_person(shop)
    for _ in range(SIGN_INS_MAX + 1):
        wrong = await person.send("type", platform=PLATFORM, **{**given, "identifier": "not a handle"})
        assert wrong.status_code == 400
    assert (await person.send("type", platform=PLATFORM, **given)).status_code == 200


async def test_sign_ins_are_limited_per_client_address(shop: Shop) -> None:
    """The limit applies to all pages together."""
    person, given = await typing_person(shop)
    person.client_address = "198.51.100.77"
    replies = []
    for _ in range(2 * SIGN_INS_PER_MINUTE + 1):  # a new minute may start in between
        replies.append(await person.send("type", platform=PLATFORM, **{**given, "identifier": "not a handle"}))
        if replies[-1].status_code == 429:
            break
        assert replies[-1].status_code == 400
    assert len(replies) > SIGN_INS_PER_MINUTE
    assert replies[-1].status_code == 429
    assert 0 < int(replies[-1].headers["retry-after"]) <= 60
    person.client_address = "198.51.100.78"
    await person.go()
    assert (await person.send("type", platform=PLATFORM, **given)).status_code == 200


async def test_denied_consent_returns_as_canceled(shop: Shop) -> None:
    person = await shop.person(platform=NAME)
    await person.go()
    asked = dict(parse_qsl(urlsplit(onward(await person.send("consent", platform=NAME))).query))
    denied = {"state": asked["state"], "error": "access_denied"}
    path = f"/v1/accounts/oauth/{NAME}/callback"
    reply = await person.http.get(path, params=denied, headers=person._headers())
    assert returned(await person.go(reply.headers["location"]))["status"] == "cancelled"
    shown = await shop.status()
    assert (shown["status"], shown["error"]["rule"]) == ("cancelled", "connect.denied")


async def test_canceled_page_returns_as_canceled(shop: Shop) -> None:
    person = await shop.person()
    await person.go()
    assert returned(await person.send("cancel"))["status"] == "cancelled"
    assert (await shop.status())["status"] == "cancelled"
    assert (await person.send("cancel")).status_code == 400


async def test_failure_of_the_platform_returns_as_failed(shop: Shop) -> None:
    person = await shop.person(platform=NAME)
    reply = await consented(shop, person)
    assert returned(await person.go(reply.headers["location"]))["status"] == "failed"
    assert (await shop.status())["error"]["rule"] == "connect.no_account"


async def connect_as(shop: Shop, user: str | None, name: str = "alice") -> dict[str, str]:
    """Connect an account on a page for a user of the customer; return what the customer's own page receives."""
    person = await shop.person(platform=NAME, **({} if user is None else {"externalUserId": user}))
    reply = await consented(shop, person, name)
    return returned(await person.go(reply.headers["location"]))


async def test_account_of_one_user_is_not_handed_to_another(shop: Shop) -> None:
    assert (await connect_as(shop, "user-1"))["status"] == "connected"
    [before] = await shop.accounts()
    result = await connect_as(shop, "user-2")
    assert result["status"] == "failed"
    session = (await shop.client.get(f"{SESSIONS}/{result['connectSession']}")).json()
    assert (session["status"], session["error"]["rule"]) == ("failed", "account.other_user")
    assert await shop.accounts() == [before]
    assert (await connect_as(shop, "user-1"))["status"] == "connected"
    assert (await connect_as(shop, None))["status"] == "connected"
    [after] = await shop.accounts()
    assert (after["id"], after["externalUserId"]) == (before["id"], "user-1")


async def test_disconnected_account_can_be_connected_by_another_user_when_no_post_waits(shop: Shop) -> None:
    await connect_as(shop, "user-1")
    [account] = await shop.accounts()
    body = {"targets": [{"accountId": account["id"]}], "text": "Later", "scheduledAt": soon(3600)}
    [post] = (await shop.client.post("/v1/posts", body)).json()["results"]
    await shop.client.call("DELETE", f"/v1/accounts/{account['id']}")
    result = await connect_as(shop, "user-2")
    session = (await shop.client.get(f"{SESSIONS}/{result['connectSession']}")).json()
    assert session["error"]["rule"] == "account.posts_waiting"
    assert (await shop.client.get(f"/v1/posts/{post['postId']}")).json()["status"] == "held"
    await shop.client.call("DELETE", f"/v1/posts/{post['postId']}")
    assert (await connect_as(shop, "user-2"))["status"] == "connected"
    [account] = await shop.accounts("?externalUserId=user-2")
    assert account["status"] == "active"


async def test_typed_sign_in_does_not_take_the_account_of_another_user(shop: Shop) -> None:
    test_key, given = shop.tenant.client, dict(await shop.tenant.credentials())
    statuses = []
    for user in ("user-1", "user-2"):
        body = {"returnUrl": "http://127.0.0.1:9/", "platform": PLATFORM, "externalUserId": user}
        person = Person(test_key.http, (await test_key.post(SESSIONS, body)).json()["url"])
        await person.go()
        statuses.append((await person.send("type", platform=PLATFORM, **given)).status_code)
    assert statuses == [200, 409]
    [account] = (await test_key.get("/v1/accounts")).json()["data"]
    assert account["externalUserId"] == "user-1"


async def test_session_is_valid_for_one_connection(shop: Shop) -> None:
    person = await shop.person(platform=NAME)
    started_urls = []
    for _ in range(2):
        await person.go()
        started_urls.append(onward(await person.send("consent", platform=NAME)))
    path = f"/v1/accounts/oauth/{NAME}/callback"
    for url, name in zip(started_urls, ("alice", "bob"), strict=True):
        await person.http.get(path, params=shop.server.consent(url, name), headers=person._headers())
    assert [one["handle"] for one in await shop.accounts()] == ["alice"]
    assert returned(await person.go())["status"] == "connected"


async def test_another_browser_is_rejected_after_the_first_form(shop: Shop) -> None:
    """Another person who gets the URL must not be able to continue."""
    person = await shop.person(platform=NAME)
    other = Person(person.http, person.url)
    await other.go()
    await person.go()
    away = onward(await person.send("consent", platform=NAME))
    assert (await other.go()).status_code == 400
    assert (await other.send("cancel")).status_code == 400
    brought = shop.server.consent(away, "alice")
    path = f"/v1/accounts/oauth/{NAME}/callback"
    stranger = await person.http.get(path, params=brought, headers=other._headers())
    assert stranger.status_code == 400
    assert "connect.other_browser" in stranger.text
    assert await shop.accounts() == []
    mine = await person.http.get(path, params=brought, headers=person._headers())
    assert mine.status_code == 303
    assert len(await shop.accounts()) == 1


async def test_opening_a_page_does_not_bind_it_to_the_browser(shop: Shop) -> None:
    """Programs that preview links open them first."""
    person = await shop.person()
    for _ in range(3):
        assert (await Person(person.http, person.url).go()).status_code == 200
    await person.go()
    assert returned(await person.send("cancel"))["status"] == "cancelled"


async def test_id_of_a_session_does_not_open_its_page(shop: Shop) -> None:
    made = await shop.session()
    person = Person(shop.client.http, f"/connect/{made['id']}")
    assert (await person.go()).status_code == 404


@pytest.mark.parametrize("token", ["", "0" * 64, "é"])
async def test_form_with_an_invalid_token_is_rejected(shop: Shop, token: str) -> None:
    person = await shop.person()
    await person.go()
    reply = await person.send("cancel", form=token)
    assert reply.status_code == 400
    assert "connect.form" in reply.text
    assert (await shop.status())["status"] == "open"


async def test_form_token_is_valid_for_its_session_only(shop: Shop) -> None:
    one, two = await shop.person(), await shop.person()
    await one.go()
    two.cookies = one.cookies
    two.last = one.last
    assert "connect.form" in (await two.send("cancel")).text


@pytest.mark.parametrize("form", [{"act": "nonsense"}, {"act": "consent", "platform": "nowhere"}, {"act": "consent"}])
async def test_unknown_form_is_rejected(shop: Shop, form: dict[str, str]) -> None:
    person = await shop.person()
    await person.go()
    assert (await person.send(form.pop("act"), **form)).status_code == 400


async def test_platform_that_is_not_offered_cannot_be_connected(shop: Shop) -> None:
    person = await shop.person(platform=PLATFORM)
    await person.go()
    assert (await person.send("consent", platform=NAME)).status_code == 400


async def test_page_is_valid_for_an_hour(shop: Shop) -> None:
    person = await shop.person()
    await person.go()
    await shop.tenant.admin.do(
        "UPDATE connect_sessions SET expires_at = now() - interval '1 second' WHERE organization_id = $1",
        shop.tenant.uuid,
    )
    assert (await person.send("cancel")).status_code == 400
    assert returned(await person.go())["status"] == "failed"
    assert (await shop.status())["status"] == "expired"


@pytest.mark.parametrize("address", ["nothing", "cs_nothing", f"cs_{ABSENT_ID}", "%00", "é"])
async def test_unknown_page_is_not_found(shop: Shop, address: str) -> None:
    assert (await shop.client.http.get(f"/connect/{address}")).status_code == 404
    assert (await shop.client.http.post(f"/connect/{address}", data={"act": "cancel"})).status_code == 404


async def test_repeated_request_creates_one_session(shop: Shop) -> None:
    body = {"returnUrl": RETURN_URL}
    replies = [await shop.client.post(SESSIONS, body, idempotency_key="once") for _ in range(2)]
    assert replies[0].content == replies[1].content
    kept = await shop.tenant.admin.rows(
        "SELECT body FROM idempotency_keys WHERE organization_id = $1", shop.tenant.uuid
    )
    assert replies[0].json()["url"].encode() not in kept[0]["body"]

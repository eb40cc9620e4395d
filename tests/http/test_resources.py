"""What platforms have for an account: read when a caller asks, and never stored."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import asyncpg
import httpx2
import pytest
from starlette.responses import JSONResponse

from letmepost.domain.api_keys import Mode
from letmepost.domain.ids import Prefix, parse_id
from letmepost.http.schemas.resources import RESOURCES
from letmepost.platforms import discover
from tests.contract.routes import CHANGE_ROWS, Row
from tests.database import DatabaseURLs, copy_of
from tests.deployment import OPERATOR_TOKEN, Client, deployed, serving
from tests.doubles.consenting import NAME, Server, consenting, environment
from tests.doubles.resources import DECLARED, DECLARED_CHANGES
from tests.http.support import PLATFORM, check_refusal, make_tenant
from tests.storage.support import Admin

each_resource = pytest.mark.parametrize("name", RESOURCES)
each_change = pytest.mark.parametrize("row", CHANGE_ROWS, ids=lambda row: row.line)


@pytest.fixture(scope="module")
def server() -> Server:
    return Server()


@dataclass(frozen=True)
class _Opened:
    client: Client
    admin: Admin


@pytest.fixture(scope="module")
async def opened(
    postgres_url: str,
    template_database: DatabaseURLs,
    redis_url: str,
    server: Server,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[_Opened]:
    known = {NAME: consenting(resources=DECLARED, changes=DECLARED_CHANGES), PLATFORM: discover()[PLATFORM]}
    async with (
        copy_of(template_database, postgres_url) as urls,
        serving(server.app()) as url,
        deployed(
            urls,
            redis_url,
            tmp_path_factory.mktemp("resources"),
            environment=environment(url),
            platforms=known,
            with_worker=False,
            public_url="https://post.example",
        ) as running,
    ):
        connection = await asyncpg.connect(urls.admin)
        admin = Admin(connection)
        tenant = await make_tenant(running, admin, {"authorization": f"Bearer {OPERATOR_TOKEN}"})
        yield _Opened(await tenant.key(Mode.LIVE), admin)
        await connection.close()


@pytest.fixture(scope="module")
def client(opened: _Opened) -> Client:
    return opened.client


@pytest.fixture(scope="module")
def admin(opened: _Opened) -> Admin:
    return opened.admin


async def account_of(client: Client, server: Server) -> str:
    """Connect an account; return its id."""
    started = (await client.post(f"/v1/accounts/connect/{NAME}")).json()["descriptor"]
    brought = server.consent(started["authorizationUrl"], "alice")
    account_id: str = (await client.post(f"/v1/accounts/connect/{NAME}/complete", brought)).json()["id"]
    return account_id


@each_resource
async def test_resource_is_read_from_the_platform(client: Client, server: Server, name: str) -> None:
    reply = await client.get(f"/v1/accounts/{await account_of(client, server)}/{name}")
    assert (reply.status_code, reply.json()) == (200, {"data": ["alice"], "lastName": None})


@each_resource
async def test_expired_token_is_refreshed_before_a_resource_is_read(client: Client, server: Server, name: str) -> None:
    account_id = await account_of(client, server)
    server.tokens.clear()
    server.tokens["fresh"] = ("alice",)
    server.token_answers.append(JSONResponse({"access_token": "fresh", "expires_in": 7200}))
    assert (await client.get(f"/v1/accounts/{account_id}/{name}")).status_code == 200


@each_resource
async def test_resource_of_an_account_with_a_revoked_token_is_an_auth_failure(
    client: Client, server: Server, name: str
) -> None:
    account_id = await account_of(client, server)
    server.tokens.clear()
    server.token_answers.append(JSONResponse({"error": "invalid_grant"}, 400))
    error = check_refusal(await client.get(f"/v1/accounts/{account_id}/{name}"), 401, "platform_auth_failed")
    assert error["platform"] == NAME


@each_resource
async def test_resource_of_a_disconnected_account_is_rejected(client: Client, server: Server, name: str) -> None:
    account_id = await account_of(client, server)
    await client.call("DELETE", f"/v1/accounts/{account_id}")
    reply = await client.get(f"/v1/accounts/{account_id}/{name}")
    check_refusal(reply, 409, "validation_failed", "account.disconnected")


async def change(client: Client, account_id: str, row: Row, **more: Any) -> httpx2.Response:
    return await client.call(row.method, row.path.format(account_id=account_id), row.body, **more)


def test_no_two_platforms_declare_the_same_change() -> None:
    lines = [row.line for row in CHANGE_ROWS]
    assert sorted(set(lines)) == sorted(lines)


@each_change
async def test_change_is_made_on_the_platform_and_stores_preferences(
    client: Client, admin: Admin, server: Server, row: Row
) -> None:
    account_id = await account_of(client, server)
    before = await stored(admin, account_id)
    replies = [await change(client, account_id, row) for _ in range(2)]
    assert [reply.json() for reply in replies] == [
        {"id": account_id, "earlier": before},
        {"id": account_id, "earlier": before + 1},
    ]
    assert replies[1].status_code == 200
    assert await stored(admin, account_id) == before + 2


@each_change
async def test_repeated_change_runs_once(client: Client, admin: Admin, server: Server, row: Row) -> None:
    account_id = await account_of(client, server)
    before, key = await stored(admin, account_id), str(uuid4())
    first, again = [await change(client, account_id, row, idempotency_key=key) for _ in range(2)]
    assert (first.status_code, first.content) == (again.status_code, again.content)
    assert again.headers["idempotency-replayed"] == "true"
    assert await stored(admin, account_id) == before + 1


@each_change
async def test_first_change_creates_something(client: Client, admin: Admin, server: Server, row: Row) -> None:
    account_id = await account_of(client, server)
    await admin.do("UPDATE accounts SET preferences = '{}'")
    assert (await change(client, account_id, row)).status_code == (201 if row.method == "POST" else 200)


async def test_preferences_outlast_a_check_and_a_reconnect(client: Client, admin: Admin, server: Server) -> None:
    account_id = await account_of(client, server)
    await change(client, account_id, CHANGE_ROWS[0])
    before = await stored(admin, account_id)
    assert (await client.post(f"/v1/accounts/{account_id}/check")).status_code == 200
    assert await account_of(client, server) == account_id
    assert before > 0
    assert await stored(admin, account_id) == before


@each_change
async def test_refused_change_stores_nothing(client: Client, admin: Admin, server: Server, row: Row) -> None:
    account_id = await account_of(client, server)
    before = await stored(admin, account_id)
    server.tokens.clear()
    server.token_answers.append(JSONResponse({"error": "invalid_grant"}, 400))
    error = check_refusal(await change(client, account_id, row), 401, "platform_auth_failed")
    assert error["platform"] == NAME
    assert await stored(admin, account_id) == before


@each_change
async def test_change_of_a_disconnected_account_is_rejected(client: Client, server: Server, row: Row) -> None:
    account_id = await account_of(client, server)
    await client.call("DELETE", f"/v1/accounts/{account_id}")
    check_refusal(await change(client, account_id, row), 409, "validation_failed", "account.disconnected")


@each_change
async def test_change_with_an_unknown_field_is_rejected(client: Client, server: Server, row: Row) -> None:
    account_id = await account_of(client, server)
    reply = await client.call(row.method, row.path.format(account_id=account_id), {**(row.body or {}), "nmae": "x"})
    check_refusal(reply, 400, "validation_failed")


async def stored(admin: Admin, account_id: str) -> int:
    """Return how many changes of an account were stored."""
    query = "SELECT COALESCE((preferences->>'changes')::int, 0) FROM accounts WHERE id = $1"
    count: int = await admin.one(query, parse_id(Prefix.ACCOUNT, account_id))
    return count


async def test_unknown_resource_is_not_found(client: Client, server: Server) -> None:
    reply = await client.get(f"/v1/accounts/{await account_of(client, server)}/nothing")
    check_refusal(reply, 404, "not_found")


async def test_platforms_list_their_resources(client: Client) -> None:
    shown = {one["platform"]: one["resources"] for one in (await client.get("/v1/platforms")).json()["data"]}
    assert shown == {PLATFORM: [], NAME: list(RESOURCES)}

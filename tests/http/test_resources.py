"""What platforms have for an account: read when a caller asks, and never stored."""

from collections.abc import AsyncIterator

import asyncpg
import pytest
from starlette.responses import JSONResponse

from letmepost.domain.api_keys import Mode
from letmepost.http.schemas.resources import RESOURCES
from letmepost.platforms import discover
from tests.database import DatabaseURLs, copy_of
from tests.deployment import OPERATOR_TOKEN, Client, deployed, serving
from tests.doubles.consenting import NAME, Server, consenting, environment
from tests.doubles.resources import DECLARED
from tests.http.support import PLATFORM, check_refusal, make_tenant
from tests.storage.support import Admin

each_resource = pytest.mark.parametrize("name", RESOURCES)


@pytest.fixture(scope="module")
def server() -> Server:
    return Server()


@pytest.fixture(scope="module")
async def client(
    postgres_url: str,
    template_database: DatabaseURLs,
    redis_url: str,
    server: Server,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Client]:
    known = {NAME: consenting(resources=DECLARED), PLATFORM: discover()[PLATFORM]}
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
        tenant = await make_tenant(running, Admin(connection), {"authorization": f"Bearer {OPERATOR_TOKEN}"})
        yield await tenant.key(Mode.LIVE)
        await connection.close()


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


async def test_unknown_resource_is_not_found(client: Client, server: Server) -> None:
    reply = await client.get(f"/v1/accounts/{await account_of(client, server)}/nothing")
    check_refusal(reply, 404, "not_found")


async def test_platforms_list_their_resources(client: Client) -> None:
    shown = {one["platform"]: one["resources"] for one in (await client.get("/v1/platforms")).json()["data"]}
    assert shown == {PLATFORM: [], NAME: list(RESOURCES)}

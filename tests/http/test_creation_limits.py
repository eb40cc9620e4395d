"""Limits on the webhook endpoints, API keys and simulated accounts of an organization."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from letmepost.domain.api_keys import Mode
from tests.database import DatabaseURLs
from tests.deployment import Client, Deployment, deployed
from tests.http.support import Tenant, check_refusal

ENDPOINTS = "/v1/webhook-endpoints"
URL = "http://127.0.0.1:49151/hook"
DUPLICATE = (409, "validation_failed", "webhooks.endpoints.duplicate_url")
TOO_MANY = (409, "validation_failed", "webhooks.endpoints.max")


async def register(client: Client, url: str = URL) -> str:
    reply = await client.post(ENDPOINTS, {"url": url})
    assert reply.status_code == 201, reply.text
    endpoint_id: str = reply.json()["id"]
    return endpoint_id


@pytest.mark.parametrize("same", [URL, "HTTP://127.0.0.1:49151/hook", f"{URL}#fragment"])
async def test_url_is_registered_once(client: Client, same: str) -> None:
    first = await register(client)
    error = check_refusal(await client.post(ENDPOINTS, {"url": same}), *DUPLICATE)
    assert first in error["message"]
    assert len((await client.get(ENDPOINTS)).json()["data"]) == 1


async def test_url_is_registered_once_when_two_requests_arrive_at_the_same_time(client: Client) -> None:
    replies = await asyncio.gather(*(client.post(ENDPOINTS, {"url": URL}) for _ in range(5)))
    assert sorted(reply.status_code for reply in replies) == [201, 409, 409, 409, 409]


async def test_url_is_registered_once_for_each_profile_and_mode(tenant: Tenant) -> None:
    scoped = [await tenant.key(profileId=await tenant.profile()) for _ in range(2)]
    for caller in (tenant.client, await tenant.key(Mode.LIVE), *scoped):
        await register(caller)
        check_refusal(await caller.post(ENDPOINTS, {"url": URL}), *DUPLICATE)


async def test_url_of_an_endpoint_cannot_change_to_a_registered_one(client: Client) -> None:
    await register(client)
    other = await register(client, f"{URL}/other")
    check_refusal(await client.call("PATCH", f"{ENDPOINTS}/{other}", {"url": URL}), *DUPLICATE)
    assert (await client.get(f"{ENDPOINTS}/{other}")).json()["url"] == f"{URL}/other"
    for url in (f"{URL}/other", f"{URL}/free"):
        assert (await client.call("PATCH", f"{ENDPOINTS}/{other}", {"url": url})).status_code == 200


async def test_urls_of_two_endpoints_cannot_change_to_the_same_one_concurrently(client: Client) -> None:
    paths = [f"{ENDPOINTS}/{await register(client, f'{URL}/{number}')}" for number in range(3)]
    replies = await asyncio.gather(*(client.call("PATCH", path, {"url": URL}) for path in paths))
    assert sorted(reply.status_code for reply in replies) == [200, 409, 409]


async def test_duplicates_from_before_the_limit_can_be_changed_and_deleted(tenant: Tenant) -> None:
    first, second = await register(tenant.client), await register(tenant.client, f"{URL}/other")
    await tenant.admin.do("UPDATE webhook_endpoints SET url = $1 WHERE organization_id = $2", URL, tenant.uuid)
    for change in ({"active": False}, {"url": URL}):
        assert (await tenant.client.call("PATCH", f"{ENDPOINTS}/{first}", change)).status_code == 200
    assert (await tenant.client.call("DELETE", f"{ENDPOINTS}/{second}")).status_code == 200


@pytest.fixture
async def small(database_urls: DatabaseURLs, redis_url: str, tmp_path: Path) -> AsyncIterator[Deployment]:
    """Run a deployment that allows two endpoints, four keys and two simulated accounts."""
    async with deployed(
        database_urls,
        redis_url,
        tmp_path,
        with_worker=False,
        webhook_endpoints_max=2,
        api_keys_max=4,
        sandbox_accounts_max=2,
    ) as running:
        yield running


async def test_endpoints_of_both_modes_count_against_the_limit(small: Deployment) -> None:
    test = await small.client()
    organization_id = (await test.get("/v1/me")).json()["organization"]["id"]
    live = await small.client(Mode.LIVE, organization_id)
    await register(test)
    kept = await register(live)
    for caller in (test, live):
        check_refusal(await caller.post(ENDPOINTS, {"url": f"{URL}/more"}), *TOO_MANY)
    await register(await small.client())  # another organization
    assert (await live.call("DELETE", f"{ENDPOINTS}/{kept}")).status_code == 200
    await register(test, f"{URL}/more")


async def test_endpoint_limit_holds_when_requests_arrive_at_the_same_time(small: Deployment) -> None:
    client = await small.client()
    replies = await asyncio.gather(*(client.post(ENDPOINTS, {"url": f"{URL}/{number}"}) for number in range(5)))
    assert sorted(reply.status_code for reply in replies) == [201, 201, 409, 409, 409]


async def test_working_keys_of_an_organization_are_limited(small: Deployment) -> None:
    client = await small.client()
    replies = await asyncio.gather(*(client.post("/v1/api-keys", {"name": "more"}) for _ in range(5)))
    assert sorted(reply.status_code for reply in replies) == [201, 201, 201, 409, 409]
    refused = next(reply for reply in replies if reply.status_code == 409)
    check_refusal(refused, 409, "validation_failed", "api_keys.max")
    made = next(reply.json() for reply in replies if reply.status_code == 201)
    rotate = f"/v1/api-keys/{made['id']}/rotate"
    check_refusal(await client.post(rotate, {"overlapHours": 1}), 409, "validation_failed", "api_keys.max")
    assert (await client.post(rotate, {"overlapHours": 0})).status_code == 201
    organization_id = (await client.get("/v1/me")).json()["organization"]["id"]
    assert await small.client(organization_id=organization_id), "operators are not limited"


async def test_simulated_accounts_of_an_organization_are_limited(small: Deployment) -> None:
    client = await small.client()
    kept, _ = await client.sandbox_account(), await client.sandbox_account()
    wanted = {"platform": next(iter(small.platforms))}
    check_refusal(await client.post("/v1/sandbox/accounts", wanted), 409, "validation_failed", "sandbox.accounts.max")
    assert (await client.call("DELETE", f"/v1/accounts/{kept}")).status_code == 200
    await client.sandbox_account()

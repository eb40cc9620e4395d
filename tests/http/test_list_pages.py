"""Every list of a collection is read page by page, newest first."""

from collections.abc import Mapping
from typing import Any

import pytest

from tests.deployment import OPERATOR_TOKEN, Client
from tests.http.support import ABSENT_ID, Tenant, check_refusal

CREATE: Mapping[str, Mapping[str, Any]] = {
    "/v1/api-keys": {"name": "another"},
    "/v1/profiles": {"name": "Brand"},
    "/v1/webhook-endpoints": {"url": "http://127.0.0.1:49151/"},
    "/v1/organizations": {"name": "Tenant"},
}


def caller(tenant: Tenant, path: str) -> Client:
    return Client(tenant.deployment.http, OPERATOR_TOKEN) if path == "/v1/organizations" else tenant.client


async def create(client: Client, path: str, number: int) -> str:
    body = dict(CREATE[path])
    if "url" in body:
        body["url"] += str(number)
    made = await client.post(path, body)
    assert made.status_code == 201, made.text
    made_id: str = made.json()["id"]
    return made_id


@pytest.mark.parametrize("path", CREATE)
async def test_list_is_paged_and_stable_while_rows_are_added(tenant: Tenant, path: str) -> None:
    client = caller(tenant, path)
    made = [await create(client, path, number) for number in range(4)]
    first = (await client.get(f"{path}?limit=2")).json()
    await create(client, path, 4)
    second = (await client.get(f"{path}?limit=2&cursor={first['nextCursor']}")).json()
    assert [row["id"] for row in [*first["data"], *second["data"]]] == made[::-1]


@pytest.mark.parametrize("path", [path for path in CREATE if path != "/v1/organizations"])
async def test_last_page_has_no_next_cursor(tenant: Tenant, path: str) -> None:
    await create(tenant.client, path, 0)
    page = (await tenant.client.get(path)).json()
    assert page["data"]
    assert page["nextCursor"] is None


@pytest.mark.parametrize("path", CREATE)
@pytest.mark.parametrize(("query", "rule"), [("limit=0", "limit"), ("cursor=lost", "cursor")])
async def test_invalid_page_is_rejected(tenant: Tenant, path: str, query: str, rule: str) -> None:
    check_refusal(await caller(tenant, path).get(f"{path}?{query}"), 400, "validation_failed", rule)


async def test_page_of_profiles_with_a_key_of_one_profile_has_only_that_profile(tenant: Tenant) -> None:
    own, _ = [await create(tenant.client, "/v1/profiles", number) for number in range(2)]
    scoped = await tenant.key(profileId=own)
    assert [row["id"] for row in (await scoped.get("/v1/profiles?limit=1")).json()["data"]] == [own]
    assert (await scoped.get(f"/v1/profiles?cursor=prof_{ABSENT_ID}")).json()["data"] == []

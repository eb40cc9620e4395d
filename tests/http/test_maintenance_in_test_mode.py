"""Account maintenance in test mode for every platform, by the clock of the simulators."""

from typing import Any

import pytest

from letmepost.platforms import discover
from tests.doubles.waiting import eventually
from tests.http.support import Tenant

DAY_S = 86_400.0


async def advance(tenant: Tenant, seconds: float) -> None:
    reply = await tenant.client.post("/v1/sandbox/clock", {"advanceS": seconds})
    assert reply.status_code == 200, reply.text


async def row_of(tenant: Tenant) -> dict[str, Any]:
    query = "SELECT sealed, extract(epoch FROM refresh_at - now())::float AS refresh_in_s FROM credentials"
    [row] = await tenant.admin.rows(f"{query} WHERE organization_id = $1", tenant.uuid)
    return row


@pytest.mark.parametrize("platform", sorted(discover()))
async def test_credential_is_refreshed_when_the_clock_has_moved(tenant: Tenant, platform: str) -> None:
    account_id = await tenant.client.sandbox_account(platform=platform)
    before = await row_of(tenant)
    if before["refresh_in_s"] is None:
        pytest.skip("nothing can be refreshed without a person, or its end is not known")
    await advance(tenant, before["refresh_in_s"] + 1)

    async def look() -> dict[str, Any] | None:
        row = await row_of(tenant)
        return row if row["sealed"] != before["sealed"] else None

    after = await eventually(look)
    assert after is not None
    assert after["refresh_in_s"] is None or after["refresh_in_s"] > 0
    assert (await tenant.client.get(f"/v1/accounts/{account_id}")).json()["status"] == "active"
    assert (await tenant.client.post(f"/v1/accounts/{account_id}/check")).json()["health"]["state"] == "healthy"


async def test_expiry_is_announced_when_the_clock_has_moved(tenant: Tenant) -> None:
    account_id = await tenant.client.sandbox_account()
    ends = "UPDATE accounts SET token_expires_at = now() + interval '30 days' WHERE organization_id = $1"
    await tenant.admin.do(ends, tenant.uuid)
    await advance(tenant, 24 * DAY_S)

    async def look() -> dict[str, Any] | None:
        found = (await tenant.client.get("/v1/events?type=token.expiring")).json()["data"]
        return dict(found[0]["data"]) if found else None

    notice = await eventually(look)
    assert notice is not None
    assert (notice["accountId"], notice["daysLeft"]) == (account_id, 7)
    assert (await tenant.client.get(f"/v1/accounts/{account_id}")).json()["status"] == "expiring"

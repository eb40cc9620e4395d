"""Webhook endpoints that keep failing are disabled, and the organization is notified."""

from typing import Any

from tests.doubles.waiting import eventually
from tests.http.receiver import Receiver
from tests.http.support import Tenant


async def _register(tenant: Tenant, receiver: Receiver, path: str = "", **wanted: Any) -> str:
    reply = await tenant.client.post("/v1/webhook-endpoints", {"url": receiver.url + path, **wanted})
    assert reply.status_code == 201, reply.text
    endpoint_id: str = reply.json()["id"]
    return endpoint_id


async def _endpoint(tenant: Tenant, endpoint_id: str) -> dict[str, Any]:
    shown: dict[str, Any] = (await tenant.client.get(f"/v1/webhook-endpoints/{endpoint_id}")).json()
    return shown


async def _deliveries(tenant: Tenant, endpoint_id: str) -> list[dict[str, Any]]:
    page = await tenant.client.get(f"/v1/webhook-endpoints/{endpoint_id}/deliveries")
    found: list[dict[str, Any]] = page.json()["data"]
    return found


async def _tried(tenant: Tenant, endpoint_id: str, *, times: int) -> list[dict[str, Any]]:
    """Wait for so many attempts, and return the deliveries."""
    under_way = "SELECT count(*) FROM deliveries WHERE organization_id = $1 AND lease_token IS NOT NULL"

    async def look() -> list[dict[str, Any]] | None:
        started = sum(delivery["attempts"] for delivery in await _deliveries(tenant, endpoint_id))
        is_over = started >= times and not await tenant.admin.one(under_way, tenant.uuid)
        return await _deliveries(tenant, endpoint_id) if is_over else None

    return await eventually(look) or []


async def _fail_for(tenant: Tenant, days: float) -> None:
    """Move the first failure so many days into the past, and make all waiting deliveries due."""
    await tenant.admin.do(
        "UPDATE webhook_endpoints SET failing_since = failing_since - make_interval(secs => $2)"
        " WHERE organization_id = $1",
        *(tenant.uuid, days * 86_400),
    )
    await tenant.admin.do(
        "UPDATE deliveries SET ready_at = now() WHERE organization_id = $1 AND status = 'pending'", tenant.uuid
    )


async def test_endpoint_that_returns_410_is_disabled_and_announced(tenant: Tenant, receiver: Receiver) -> None:
    receiver.answers.append((410, {}))
    gone = await _register(tenant, receiver, "/gone", events=["account.connected", "endpoint.disabled"])
    await _register(tenant, receiver, events=["endpoint.disabled"])
    await tenant.client.sandbox_account()
    [announced] = await receiver.first("endpoint.disabled")
    assert announced.path == "/hook"
    data = {name: value for name, value in announced.event["data"].items() if name != "sequence"}
    assert data == {
        "endpointId": gone,
        "url": f"{receiver.url}/gone",
        "reason": "gone",
        "lastFailureReason": "410 Gone",
    }
    shown = await _endpoint(tenant, gone)
    assert (shown["active"], shown["lastFailureReason"]) == (False, "410 Gone")
    [delivery] = await _deliveries(tenant, gone)
    assert (delivery["status"], delivery["lastStatus"]) == ("dead", 410)
    events = (await tenant.client.get("/v1/events?type=endpoint.disabled")).json()["data"]
    assert [event["id"] for event in events] == [announced.event["id"]]
    await tenant.client.sandbox_account()
    assert len(await _deliveries(tenant, gone)) == 1, "it gets no more deliveries"


async def test_endpoint_that_fails_for_five_days_is_disabled(tenant: Tenant, receiver: Receiver) -> None:
    receiver.answers.extend([(500, {})] * 3)
    failing = await _register(tenant, receiver, events=["account.connected"])
    await tenant.client.sandbox_account()
    await _tried(tenant, failing, times=1)
    await _fail_for(tenant, 4.99)
    await _tried(tenant, failing, times=2)
    assert (await _endpoint(tenant, failing))["active"] is True
    await _fail_for(tenant, 0.02)
    [delivery] = await _tried(tenant, failing, times=3)
    assert (await _endpoint(tenant, failing))["active"] is False
    assert (delivery["status"], delivery["lastError"]) == ("dead", "HTTP 500")
    assert delivery["finishedAt"] is not None
    assert "nextAttemptAt" not in delivery


async def test_success_resets_the_failing_days_of_an_endpoint(tenant: Tenant, receiver: Receiver) -> None:
    receiver.answers.extend([(500, {}), (200, {}), (500, {})])
    endpoint_id = await _register(tenant, receiver, events=["account.connected"])
    await tenant.client.sandbox_account()
    await _tried(tenant, endpoint_id, times=1)
    await _fail_for(tenant, 4.9)
    await _tried(tenant, endpoint_id, times=2)
    await _fail_for(tenant, 4.9)
    await tenant.client.sandbox_account()
    await _tried(tenant, endpoint_id, times=3)
    assert (await _endpoint(tenant, endpoint_id))["active"] is True


async def test_deliveries_of_a_disabled_endpoint_are_kept_and_can_be_resent(tenant: Tenant, receiver: Receiver) -> None:
    receiver.answers.extend([(500, {}), (500, {}), (410, {})])
    endpoint_id = await _register(tenant, receiver, events=["account.connected"])
    for times in (1, 2, 3):
        await tenant.client.sandbox_account()
        await _tried(tenant, endpoint_id, times=times)
    deliveries = await _deliveries(tenant, endpoint_id)
    assert [delivery["status"] for delivery in deliveries] == ["dead"] * 3
    assert [delivery["lastError"] for delivery in deliveries] == ["410 Gone", "HTTP 500", "HTTP 500"]
    await tenant.client.call("PATCH", f"/v1/webhook-endpoints/{endpoint_id}", {"active": True})
    await tenant.client.post(f"/v1/deliveries/{deliveries[-1]['id']}/replay")
    await receiver.first("account.connected", count=4)


async def test_enabling_an_endpoint_resets_its_failing_days(tenant: Tenant, receiver: Receiver) -> None:
    receiver.answers.extend([(500, {})] * 3)
    endpoint_id = await _register(tenant, receiver, events=["account.connected"])
    await tenant.client.sandbox_account()
    await _tried(tenant, endpoint_id, times=1)
    await _fail_for(tenant, 6)
    [delivery] = await _tried(tenant, endpoint_id, times=2)
    assert delivery["status"] == "dead"
    await tenant.client.call("PATCH", f"/v1/webhook-endpoints/{endpoint_id}", {"active": True})
    await tenant.client.sandbox_account()
    await _tried(tenant, endpoint_id, times=3)
    assert (await _endpoint(tenant, endpoint_id))["active"] is True


async def test_disabled_endpoint_of_a_profile_is_announced_to_that_profile_only(
    tenant: Tenant, receiver: Receiver
) -> None:
    """Keys of other profiles do not receive the event."""
    owner, stranger = [await tenant.key(profileId=await tenant.profile()) for _ in range(2)]
    receiver.answers.append((410, {}))
    await owner.post("/v1/webhook-endpoints", {"url": receiver.url, "events": ["account.connected"]})
    await owner.sandbox_account()

    async def announced() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (await owner.get("/v1/events?type=endpoint.disabled")).json()["data"]
        return found

    assert await eventually(announced)
    assert (await stranger.get("/v1/events?type=endpoint.disabled")).json()["data"] == []

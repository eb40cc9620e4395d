"""The list of events and the log of deliveries."""

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.deployment import Client
from tests.doubles.waiting import eventually
from tests.http.receiver import Receiver
from tests.http.support import ABSENT_ID, Tenant


async def stream(client: Client, count: int, cursor: str | None = None) -> tuple[list[dict[str, Any]], str]:
    """Wait for at least `count` events after a cursor; return them and the next cursor."""

    async def look() -> tuple[list[dict[str, Any]], str] | None:
        suffix = "" if cursor is None else f"&cursor={cursor}"
        page = (await client.get(f"/v1/events?limit=200{suffix}")).json()
        return (page["data"], page["nextCursor"]) if len(page["data"]) >= count else None

    found = await eventually(look)
    assert found is not None
    return found


async def test_events_are_listed_in_order_page_by_page(client: Client) -> None:
    account_id = await client.sandbox_account()
    for number in range(3):
        await client.post("/v1/posts", {"targets": [{"accountId": account_id}], "text": f"{number}"})
    events, cursor = await stream(client, 4)
    assert [event["type"] for event in events] == ["account.connected", *["post.published"] * 3]
    assert [event["data"]["sequence"] for event in events] == [1, 2, 3, 4]
    page = (await client.get(f"/v1/events?cursor={cursor}")).json()
    assert page == {"data": [], "nextCursor": cursor}
    first = (await client.get("/v1/events?limit=2")).json()
    second = (await client.get(f"/v1/events?limit=2&cursor={first['nextCursor']}")).json()
    assert [event["id"] for event in first["data"] + second["data"]] == [event["id"] for event in events]
    only = (await client.get("/v1/events?type=account.connected")).json()["data"]
    assert [event["type"] for event in only] == ["account.connected"]


async def test_invalid_cursor_or_type_is_rejected(client: Client) -> None:
    for query in ("cursor=abc", "cursor=-1", "cursor=99999999999999999999", "type=post.exploded", "limit=0"):
        assert (await client.get(f"/v1/events?{query}")).status_code == 400, query


async def test_delivery_is_logged_and_can_be_resent(tenant: Tenant, receiver: Receiver) -> None:
    client = tenant.client
    endpoint = (await client.post("/v1/webhook-endpoints", {"url": receiver.url, "events": ["post.published"]})).json()
    account_id = await client.sandbox_account()
    await client.post("/v1/posts", {"targets": [{"accountId": account_id}], "text": "Told"})
    path = f"/v1/webhook-endpoints/{endpoint['id']}/deliveries"

    async def delivered() -> dict[str, Any] | None:
        data = (await client.get(path)).json()["data"]
        return data[0] if data and data[0]["status"] == "delivered" else None

    delivery = await eventually(delivered)
    assert delivery is not None
    assert (delivery["eventType"], delivery["attempts"], delivery["lastStatus"]) == ("post.published", 1, 200)
    assert (await client.post(f"/v1/deliveries/{delivery['id']}/replay")).status_code == 200
    await eventually(lambda: _count(receiver, 2))
    now = datetime.now(UTC)  # noqa: TID251 - tests are callers
    body = {"after": (now - timedelta(hours=1)).isoformat(), "before": (now + timedelta(hours=1)).isoformat()}
    reply = await client.post(f"/v1/webhook-endpoints/{endpoint['id']}/replay", body)
    assert reply.json() == {"deliveries": 1}
    await eventually(lambda: _count(receiver, 3))
    assert len({request.headers["webhook-id"] for request in receiver.got}) == 1


async def test_foreign_resource_is_not_found(client: Client) -> None:
    now = {"after": "2026-01-01T00:00:00Z", "before": "2026-01-02T00:00:00Z"}
    assert (await client.get(f"/v1/webhook-endpoints/whe_{ABSENT_ID}/deliveries")).status_code == 404
    assert (await client.post(f"/v1/webhook-endpoints/whe_{ABSENT_ID}/replay", now)).status_code == 404
    assert (await client.post(f"/v1/deliveries/dlv_{ABSENT_ID}/replay")).status_code == 404


async def _count(receiver: Receiver, wanted: int) -> bool:
    return len(receiver.got) >= wanted


async def test_test_event_is_sent_immediately_and_the_response_is_returned(tenant: Tenant, receiver: Receiver) -> None:
    client = tenant.client
    endpoint = (await client.post("/v1/webhook-endpoints", {"url": receiver.url})).json()
    path = f"/v1/webhook-endpoints/{endpoint['id']}/test"
    result = (await client.post(path, {"type": "post.failed", "data": {"a": 1}})).json()
    assert (result["delivered"], result["status"]) == (True, 200)
    [sending] = receiver.got
    assert sending.event == result["sentEvent"]
    assert sending.is_signed_by(endpoint["signingSecret"])
    receiver.answers.append((500, {}))
    assert (await client.post(path)).json()["delivered"] is False
    assert (await client.post(path, {"type": "post.exploded"})).status_code == 400
    assert (await client.get("/v1/events")).json()["data"] == []


async def test_test_event_is_signed_with_every_secret_that_is_valid(tenant: Tenant, receiver: Receiver) -> None:
    client = tenant.client
    endpoint = (await client.post("/v1/webhook-endpoints", {"url": receiver.url})).json()
    path = f"/v1/webhook-endpoints/{endpoint['id']}"
    rotated = (await client.post(f"{path}/rotate-secret", {"overlapHours": 1})).json()
    await client.post(f"{path}/test")
    assert [receiver.got[0].is_signed_by(one["signingSecret"]) for one in (endpoint, rotated)] == [True, True]
    latest = (await client.post(f"{path}/rotate-secret", {"overlapHours": 0})).json()
    await client.post(f"{path}/test")
    assert [receiver.got[1].is_signed_by(one["signingSecret"]) for one in (rotated, latest)] == [False, True]


async def test_test_event_has_the_sample_and_the_fields_of_the_caller(tenant: Tenant, receiver: Receiver) -> None:
    endpoint = (await tenant.client.post("/v1/webhook-endpoints", {"url": receiver.url})).json()
    path = f"/v1/webhook-endpoints/{endpoint['id']}/test"
    await tenant.client.post(path, {"type": "post.failed", "data": {"platform": "mine", "more": 1}})
    [sending] = receiver.got
    data = sending.event["data"]
    assert (data["platform"], data["more"], data["status"], data["test"]) == ("mine", 1, "failed", True)
    assert data["error"]["code"] == "platform_unavailable"
    assert data["postId"] == data["id"]


async def test_both_secrets_sign_while_a_rotation_overlaps(tenant: Tenant, receiver: Receiver) -> None:
    client = tenant.client
    endpoint = (await client.post("/v1/webhook-endpoints", {"url": receiver.url, "events": ["post.published"]})).json()
    path = f"/v1/webhook-endpoints/{endpoint['id']}/rotate-secret"
    rotated = (await client.post(path, {"overlapHours": 1})).json()
    assert rotated["signingSecret"] != endpoint["signingSecret"]
    account_id = await client.sandbox_account()
    await client.post("/v1/posts", {"targets": [{"accountId": account_id}], "text": "Told"})
    [sending] = await receiver.first("post.published")
    signatures = sending.headers["webhook-signature"].split(" ")
    assert len(signatures) == 2
    assert sending.is_signed_by(rotated["signingSecret"]) or sending.is_signed_by(endpoint["signingSecret"])
    latest = (await client.post(path, {"overlapHours": 0})).json()
    await client.post("/v1/posts", {"targets": [{"accountId": account_id}], "text": "Told again"})
    sending = (await receiver.first("post.published", 2))[-1]
    assert sending.is_signed_by(latest["signingSecret"])
    assert len(sending.headers["webhook-signature"].split(" ")) == 1

"""Events have exactly the data that the OpenAPI document describes."""

import json
from typing import Any

import jsonschema_rs
import pytest

from letmepost.bootstrap.api import describe_api
from letmepost.services.events import EVENT_TYPES
from tests.deployment import OPERATOR_TOKEN, Client
from tests.doubles.waiting import eventually
from tests.http.receiver import Receiver
from tests.http.support import Tenant, soon

API: dict[str, Any] = json.loads(describe_api())
SENT = {
    "post.queued",
    "post.validated",
    "post.published",
    "post.rejected",
    "post.held",
    "post.canceled",
    "post.updated",
    "post.rescheduled",
    "post.unpublished",
    "account.connected",
    "account.disconnected",
    "token.revoked",
    "quota.warning",
    "quota.exceeded",
}


def described_data(event_type: str) -> dict[str, Any]:
    """Return the schema of an event's data."""
    return resolved(envelope_of(event_type)["properties"]["data"])


def envelope_of(event_type: str) -> dict[str, Any]:
    """Return the schema of an event."""
    return resolved(API["webhooks"][event_type]["post"]["requestBody"]["content"]["application/json"]["schema"])


def resolved(reference: dict[str, Any]) -> dict[str, Any]:
    schema: dict[str, Any] = API["components"]["schemas"][reference["$ref"].rpartition("/")[2]]
    return schema


def check_event(event: dict[str, Any]) -> None:
    """Fail unless the event and its data have the described fields, and only these."""
    for described, value in ((envelope_of(event["type"]), event), (described_data(event["type"]), event["data"])):
        closed = {**described, "additionalProperties": False, "components": API["components"]}
        jsonschema_rs.validator_for(closed).validate(value)


async def publish(client: Client, account_id: str, **more: Any) -> str:
    body = {"targets": [{"accountId": account_id}], "text": "Hello", "metadata": {"a": "b"}, **more}
    reply = await client.post("/v1/posts", body)
    assert reply.is_success, reply.text
    post_id: str = reply.json()["results"][0]["postId"]
    return post_id


@pytest.mark.parametrize("event_type", EVENT_TYPES)
async def test_test_event_satisfies_its_schema(client: Client, receiver: Receiver, event_type: str) -> None:
    made = await client.post("/v1/webhook-endpoints", {"url": receiver.url})
    reply = await client.post(f"/v1/webhook-endpoints/{made.json()['id']}/test", {"type": event_type})
    assert reply.json()["delivered"], reply.text
    [sending] = receiver.got
    check_event(sending.event)
    assert sending.event == reply.json()["sentEvent"]
    assert sending.event["data"]["test"] is True
    assert set(sending.event["data"]) > {"sequence", "test"}


@pytest.mark.parametrize("event_type", EVENT_TYPES)
def test_every_event_describes_more_than_its_sequence(event_type: str) -> None:
    assert set(described_data(event_type)["properties"]) > {"sequence"}


async def test_events_have_the_described_data(tenant: Tenant) -> None:
    client = tenant.client
    account_id, refusing, revoked = [
        await client.sandbox_account(scenario) for scenario in ("ok", "rejected", "auth_revoked")
    ]
    published = await publish(client, account_id)
    await client.post(f"/v1/posts/{published}/unpublish")
    await publish(client, refusing)
    await publish(client, revoked)
    scheduled = await publish(client, account_id, scheduledAt=soon(3600))
    await client.call("PATCH", f"/v1/posts/{scheduled}", {"text": "Other", "scheduledAt": soon(7200)})
    await client.call("DELETE", f"/v1/posts/{scheduled}")
    operator = Client(client.http, OPERATOR_TOKEN)
    quotas = {"postsPerMonth": 1000, "postsPerAccountDay": 1}
    await operator.call("PATCH", f"/v1/organizations/{tenant.id}", {"quotas": quotas})
    other = await client.sandbox_account()
    for _ in range(2):
        await client.post("/v1/posts", {"targets": [{"accountId": other}], "text": "x", "scheduledAt": soon(60)})
    await client.call("DELETE", f"/v1/accounts/{other}")

    async def all_sent() -> list[dict[str, Any]] | None:
        events: list[dict[str, Any]] = (await client.get("/v1/events?limit=200")).json()["data"]
        return events if {event["type"] for event in events} >= SENT else None

    for event in await eventually(all_sent) or []:
        check_event(event)

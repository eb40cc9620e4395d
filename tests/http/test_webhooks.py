"""Webhooks: endpoints, signatures, delivery attempts and retries."""

import asyncio
import re
from datetime import timedelta
from email.utils import format_datetime
from typing import Any
from uuid import UUID

import pytest

from letmepost.domain.ids import Prefix, parse_id
from letmepost.gateways.clock import SystemClock
from tests.deployment import Client
from tests.doubles.waiting import eventually
from tests.http.receiver import Receiver, Sending
from tests.http.support import Tenant, check_refusal, moment, soon


async def _register(client: Client, receiver: Receiver, **wanted: Any) -> dict[str, Any]:
    reply = await client.post("/v1/webhook-endpoints", {"url": receiver.url, **wanted})
    assert reply.status_code == 201, reply.text
    made: dict[str, Any] = reply.json()
    return made


async def _publish(client: Client, account_id: str, **more: Any) -> dict[str, Any]:
    reply = await client.post("/v1/posts", {"targets": [{"accountId": account_id}], "text": "Hello", **more})
    result: dict[str, Any] = {**reply.json()["results"][0], "batchId": reply.json()["id"]}
    return result


async def _deliveries(tenant: Tenant, status: str | None = None) -> list[dict[str, Any]]:
    """Return the stored deliveries, in the order of their events."""
    query = """SELECT d.*, e.type, extract(epoch FROM d.ready_at - clock_timestamp())::float8 AS due_in_s
               FROM deliveries d JOIN events e ON e.id = d.event_id
               WHERE d.organization_id = $1 AND ($2::text IS NULL OR d.status = $2) ORDER BY e.position"""
    return await tenant.admin.rows(query, tenant.uuid, status)


async def _recorded(tenant: Tenant, *, attempts: int = 1, status: str = "pending") -> dict[str, Any]:
    """Wait for so many recorded attempts of the only delivery, and return it."""

    async def look() -> dict[str, Any] | None:
        found = [row for row in await _deliveries(tenant, status) if row["attempt_count"] == attempts]
        return found[0] if found and found[0]["lease_token"] is None else None

    found = await eventually(look)
    assert found is not None
    return found


async def test_endpoint_is_created_read_changed_and_deleted(client: Client, receiver: Receiver) -> None:
    made = await _register(client, receiver, events=["post.published"], description="Ours")
    assert made["id"].startswith("whe_")
    assert re.fullmatch(r"whsec_[A-Za-z0-9+/]{43}=", made["signingSecret"])
    shown = {name: value for name, value in made.items() if name != "signingSecret"}
    path = f"/v1/webhook-endpoints/{made['id']}"
    assert (await client.get(path)).json() == shown
    assert (await client.get("/v1/webhook-endpoints")).json()["data"] == [shown]
    assert (shown["url"], shown["events"], shown["active"]) == (receiver.url, ["post.published"], True)
    assert (shown["lastDeliveryAt"], shown["lastFailureReason"]) == (None, None)
    changes: list[dict[str, Any]] = [
        {"events": []},
        {"active": False},
        {"description": None},
        {"url": f"{receiver.url}/2"},
        {},
    ]
    for change in changes:
        changed = await client.call("PATCH", path, change)
        assert changed.status_code == 200, changed.text
        shown = {**shown, **change, "updatedAt": changed.json()["updatedAt"]}
        assert changed.json() == shown
    gone = await client.call("DELETE", path)
    assert (gone.status_code, gone.json()) == (200, {"id": made["id"], "deleted": True})
    for method in ("GET", "DELETE"):
        check_refusal(await client.call(method, path), 404, "not_found")
    assert (await client.get("/v1/webhook-endpoints")).json()["data"] == []


async def test_signing_secret_is_stored_sealed(tenant: Tenant, receiver: Receiver) -> None:
    made = await _register(tenant.client, receiver)
    [row] = await tenant.admin.rows("SELECT * FROM webhook_endpoints WHERE organization_id = $1", tenant.uuid)
    assert made["signingSecret"] not in str(row)
    assert made["signingSecret"][6:] not in str(row)


@pytest.mark.parametrize(
    "change",
    [
        {"url": "nowhere"},
        {"url": "http://169.254.169.254/"},
        {"events": ["nonsense"]},
        {"active": "perhaps"},
        {"secret": "whsec_mine"},
    ],
)
async def test_invalid_change_is_rejected(client: Client, receiver: Receiver, change: dict[str, Any]) -> None:
    made = await _register(client, receiver)
    path = f"/v1/webhook-endpoints/{made['id']}"
    before = (await client.get(path)).json()
    assert (await client.call("PATCH", path, {"description": "new", **change})).status_code == 400
    assert (await client.get(path)).json() == before


async def test_published_post_is_announced_within_a_second_with_signatures(tenant: Tenant, receiver: Receiver) -> None:
    made = await _register(tenant.client, receiver, events=["post.published"])
    account_id = await tenant.client.sandbox_account()
    result = await _publish(tenant.client, account_id, metadata={"campaign": "spring"})
    [sending] = await receiver.first("post.published")
    assert sending.method == "POST"
    assert sending.is_signed_by(made["signingSecret"])
    assert not sending.is_signed_by("whsec_" + "A" * 43 + "=")
    assert sending.headers["content-type"] == "application/json"
    assert sending.headers["webhook-id"] == sending.event["id"]
    assert sending.headers["x-letmepost-event"] == "post.published"
    assert sending.headers["x-letmepost-event-id"] == sending.event["id"]
    assert sending.headers["x-letmepost-delivery"].startswith("dlv_")
    assert sending.headers["x-letmepost-delivery-id"] == sending.headers["x-letmepost-delivery"]
    assert abs(int(sending.headers["webhook-timestamp"]) - SystemClock().now().timestamp()) < 60
    event = sending.event
    assert set(event) == {"id", "type", "createdAt", "organizationId", "data"}
    assert (event["id"][:4], event["organizationId"]) == ("evt_", tenant.id)
    assert moment(event["createdAt"]) - moment(result["publishedAt"]) < timedelta(minutes=1)
    expected = {
        "id": result["postId"],
        "postId": result["postId"],
        "batchId": result["batchId"],
        "accountId": account_id,
        "platform": result["platform"],
        "status": "published",
        "uri": result["uri"],
        "url": result["url"],
        "metadata": {"campaign": "spring"},
    }
    assert {name: event["data"][name] for name in expected} == expected
    delivered = await _recorded(tenant, status="delivered")
    assert delivered["last_status"] == 200
    endpoint = (await tenant.client.get(f"/v1/webhook-endpoints/{made['id']}")).json()
    assert moment(endpoint["lastDeliveryAt"])
    assert endpoint["lastFailureReason"] is None


async def test_event_has_the_uri_of_the_first_comment_once_it_is_published(tenant: Tenant, receiver: Receiver) -> None:
    await _register(tenant.client, receiver, events=["post.unpublished"])
    result = await _publish(tenant.client, await tenant.client.sandbox_account(), firstComment={"text": "More"})
    assert result["firstCommentUri"]
    await tenant.client.post(f"/v1/posts/{result['postId']}/unpublish")
    [sending] = await receiver.first("post.unpublished")
    assert sending.event["data"]["firstCommentUri"] == result["firstCommentUri"]


async def test_events_tell_a_posts_life_in_the_order_of_their_sequence(tenant: Tenant, receiver: Receiver) -> None:
    await _register(tenant.client, receiver)
    flaky = await tenant.client.sandbox_account("flaky")
    await _publish(tenant.client, flaky)
    await _publish(tenant.client, flaky, scheduledAt=soon(1.2))
    await receiver.first("post.published", count=2)
    events = sorted((sending.event for sending in receiver.got), key=lambda event: event["data"]["sequence"])
    types = [[event["type"] for event in events if event["data"].get("postId") == post] for post in _posts(events)]
    assert types == [
        ["post.retrying", "post.published"],
        ["post.queued", "post.validated", "post.retrying", "post.published"],
    ]
    sequences = [event["data"]["sequence"] for event in events]
    assert len(set(sequences)) == len(sequences)
    assert "account.connected" in [event["type"] for event in events]


def _posts(events: list[dict[str, Any]]) -> list[str]:
    """The posts of some events, as they first appear."""
    return list(dict.fromkeys(event["data"]["postId"] for event in events if "postId" in event["data"]))


async def test_endpoint_receives_its_event_types_of_its_mode_only(tenant: Tenant, receiver: Receiver) -> None:
    scoped = await tenant.key(profileId=await tenant.profile())
    await _register(tenant.client, receiver, events=["post.rejected"])
    await _register(scoped, receiver, events=["post.published"], description="only its profile's")
    refusing, good = await tenant.client.sandbox_account("rejected"), await tenant.client.sandbox_account()
    theirs = await scoped.sandbox_account()
    await _publish(tenant.client, refusing)
    await _publish(tenant.client, good)
    result = await _publish(scoped, theirs)
    await receiver.first("post.rejected")
    [published] = await receiver.first("post.published")
    await _all_sent(tenant)
    assert published.event["data"]["postId"] == result["postId"]
    assert sorted(sending.type for sending in receiver.got) == ["post.published", "post.rejected"]


async def _all_sent(tenant: Tenant) -> None:
    """Wait until every event is announced and no delivery is waiting."""
    query = """SELECT NOT EXISTS (SELECT FROM events WHERE organization_id = $1 AND position IS NULL)
               AND NOT EXISTS (SELECT FROM deliveries WHERE organization_id = $1 AND status = 'pending')"""
    await eventually(lambda: tenant.admin.one(query, tenant.uuid))


@pytest.mark.parametrize("status", [500, 503, 429, 404, 400, 408, 301, 302, 307])
async def test_failed_delivery_is_retried_after_about_five_seconds(
    tenant: Tenant, receiver: Receiver, status: int
) -> None:
    receiver.answers.append((status, {"location": receiver.url}))
    await _register(tenant.client, receiver, events=["account.connected"])
    await tenant.client.sandbox_account()
    waiting = await _recorded(tenant)
    assert waiting["last_status"] == status
    assert 3 < waiting["due_in_s"] <= 6
    assert len(receiver.got) == 1, "redirects are not followed"
    endpoint = (await tenant.client.get("/v1/webhook-endpoints")).json()["data"][0]
    assert str(status) in endpoint["lastFailureReason"]
    assert endpoint["active"] is True


async def test_retry_sends_the_same_bytes_with_a_new_signature(tenant: Tenant, receiver: Receiver) -> None:
    receiver.answers.append((500, {}))
    made = await _register(tenant.client, receiver, events=["account.connected"])
    await tenant.client.sandbox_account()
    await _recorded(tenant)
    await _make_due(tenant)
    first, second = await receiver.first("account.connected", count=2)
    assert first.body == second.body
    for name in ("webhook-id", "x-letmepost-delivery"):
        assert first.headers[name] == second.headers[name]
    assert second.is_signed_by(made["signingSecret"])
    assert (await _recorded(tenant, attempts=2, status="delivered"))["last_error"] is None


async def _make_due(tenant: Tenant) -> None:
    await tenant.admin.do(
        "UPDATE deliveries SET ready_at = now() WHERE organization_id = $1 AND status = 'pending'", tenant.uuid
    )


async def test_delivery_is_retried_until_the_schedule_ends(tenant: Tenant, receiver: Receiver) -> None:
    await _register(tenant.client, receiver, events=["account.connected"])
    receiver.answers.extend([(500, {})] * 9)
    await tenant.client.sandbox_account()
    for attempts, wait_s in enumerate((5, 30, 120, 600, 3600, 10_800, 28_800, 43_200), start=1):
        waiting = await _recorded(tenant, attempts=attempts)
        assert wait_s * 0.8 - 2 < waiting["due_in_s"] <= wait_s * 1.2, attempts
        await _make_due(tenant)
    dead = await _recorded(tenant, attempts=9, status="dead")
    assert dead["ready_at"] is None
    assert dead["finished_at"] is not None
    assert len(receiver.got) == 9
    assert len({sending.headers["webhook-id"] for sending in receiver.got}) == 1


async def test_retry_after_header_is_respected(tenant: Tenant, receiver: Receiver) -> None:
    receiver.answers.append((503, {"retry-after": "100"}))
    await _register(tenant.client, receiver, events=["account.connected"])
    await tenant.client.sandbox_account()
    assert 95 < (await _recorded(tenant))["due_in_s"] <= 100


async def test_retry_after_header_may_be_a_date(tenant: Tenant, receiver: Receiver) -> None:
    """RFC 9110, section 10.2.3: seconds, or a date."""
    date = format_datetime(SystemClock().now() + timedelta(seconds=200), usegmt=True)
    receiver.answers.append((429, {"retry-after": date}))
    await _register(tenant.client, receiver, events=["account.connected"])
    await tenant.client.sandbox_account()
    assert 150 < (await _recorded(tenant))["due_in_s"] <= 200


@pytest.mark.parametrize(
    "nonsense",
    ["soon", "-5", "1e3", "", "Sun, 06 Nov 1994 08:49:37 GMT", "Mon, 01 Jan 99999999999999999999 00:00:00 GMT"],
)
async def test_invalid_retry_after_header_is_ignored(tenant: Tenant, receiver: Receiver, nonsense: str) -> None:
    receiver.answers.append((503, {"retry-after": nonsense}))
    await _register(tenant.client, receiver, events=["account.connected"])
    await tenant.client.sandbox_account()
    assert 3 < (await _recorded(tenant))["due_in_s"] <= 6


async def test_deleted_endpoint_receives_no_events(tenant: Tenant, receiver: Receiver) -> None:
    receiver.answers.append((500, {}))
    made = await _register(tenant.client, receiver, events=["account.connected"])
    await tenant.client.sandbox_account()
    await _recorded(tenant)
    assert (await tenant.client.call("DELETE", f"/v1/webhook-endpoints/{made['id']}")).status_code == 200
    assert await _deliveries(tenant) == []


async def test_delivery_is_retried_when_the_endpoint_does_not_respond(tenant: Tenant) -> None:
    server = await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        await _register(tenant.client, Receiver(url=f"http://127.0.0.1:{port}/"), events=["account.connected"])
        await tenant.client.sandbox_account()
        waiting = await _recorded(tenant)
    assert waiting["last_status"] is None
    assert waiting["last_error"]


async def test_slow_endpoint_does_not_delay_others(tenant: Tenant, receiver: Receiver) -> None:
    release = asyncio.Event()

    async def never_answers(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await release.wait()
        writer.close()

    server = await asyncio.start_server(never_answers, "127.0.0.1", 0)
    async with server:
        slow = Receiver(url=f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/")
        await _register(tenant.client, slow, events=["account.connected"])
        await _register(tenant.client, receiver, events=["account.connected"])
        await tenant.client.sandbox_account()
        [sending] = await receiver.first("account.connected")
        assert isinstance(sending, Sending)
        release.set()


async def test_held_post_and_revoked_account_are_announced(tenant: Tenant, receiver: Receiver) -> None:
    await _register(tenant.client, receiver, events=["post.held", "token.revoked", "account.disconnected"])
    account_id = await tenant.client.sandbox_account("auth_revoked")
    result = await _publish(tenant.client, account_id)
    [held] = await receiver.first("post.held")
    [revoked] = await receiver.first("token.revoked")
    assert held.event["data"]["postId"] == result["postId"]
    assert held.event["data"]["error"]["code"] == "platform_auth_failed"
    assert revoked.event["data"]["accountId"] == account_id
    assert (await tenant.client.call("DELETE", f"/v1/accounts/{account_id}")).status_code == 200
    [gone] = await receiver.first("account.disconnected")
    assert gone.event["data"]["accountId"] == account_id


async def test_key_of_one_profile_does_not_see_endpoints_of_the_organization(
    tenant: Tenant, receiver: Receiver
) -> None:
    made = await _register(tenant.client, receiver)
    scoped = await tenant.key(profileId=await tenant.profile())
    for method in ("GET", "PATCH", "DELETE"):
        body: dict[str, Any] | None = {} if method == "PATCH" else None
        reply = await scoped.call(method, f"/v1/webhook-endpoints/{made['id']}", body)
        check_refusal(reply, 404, "not_found")
    assert (await scoped.get("/v1/webhook-endpoints")).json()["data"] == []


async def test_endpoint_on_a_private_address_is_rejected_when_configured(tenant: Tenant, receiver: Receiver) -> None:
    """Private addresses are allowed in tests, but metadata services and the sandbox never are."""
    for url in (tenant.deployment.sandbox_url, "http://169.254.169.254/", "http://[fd00:ec2::254]/"):
        async with tenant.storing_nothing():
            reply = await tenant.client.post("/v1/webhook-endpoints", {"url": url})
        check_refusal(reply, 400, "validation_failed", "url")
    assert isinstance(parse_id(Prefix.ENDPOINT, (await _register(tenant.client, receiver))["id"]), UUID)

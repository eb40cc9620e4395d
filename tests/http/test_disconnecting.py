"""Disconnecting accounts."""

from tests.deployment import Client
from tests.doubles.waiting import eventually
from tests.http.support import Tenant, check_refusal, soon


async def test_disconnect_keeps_posts_and_holds_waiting_ones(tenant: Tenant) -> None:
    client = tenant.client
    account_id = await client.sandbox_account()
    target = {"targets": [{"accountId": account_id}], "text": "Hello"}
    [done] = (await client.post("/v1/posts", target)).json()["results"]
    [waiting] = (await client.post("/v1/posts", {**target, "scheduledAt": soon(3600)})).json()["results"]
    reply = await client.call("DELETE", f"/v1/accounts/{account_id}")
    assert (reply.status_code, reply.json()) == (200, {"id": account_id, "deleted": True})
    assert (await client.get(f"/v1/accounts/{account_id}")).json()["status"] == "disconnected"
    assert (await client.get(f"/v1/posts/{done['postId']}")).json()["status"] == "published"
    held = (await client.get(f"/v1/posts/{waiting['postId']}")).json()
    assert (held["status"], held["error"]["rule"]) == ("held", "account.disconnected")
    assert held["error"]["remediation"]
    sealed = "SELECT count(*) FROM credentials WHERE organization_id = $1"
    assert await tenant.admin.one(sealed, tenant.uuid) == 0


async def test_second_disconnect_succeeds(client: Client) -> None:
    account_id = await client.sandbox_account()
    replies = [await client.call("DELETE", f"/v1/accounts/{account_id}") for _ in range(2)]
    assert [reply.status_code for reply in replies] == [200, 200]


async def test_second_disconnect_is_not_announced(client: Client) -> None:
    account_id = await client.sandbox_account()
    for _ in range(2):
        await client.call("DELETE", f"/v1/accounts/{account_id}")
    assert await _count_events(client, "account.disconnected") == 1


async def test_queued_posts_are_canceled_on_request(client: Client) -> None:
    account_id, other = await client.sandbox_account(), await client.sandbox_account()
    posts = [await _scheduled(client, account) for account in (account_id, account_id, other)]
    reply = await client.call("DELETE", f"/v1/accounts/{account_id}?cancelQueued=true")
    assert (reply.status_code, reply.json()) == (200, {"id": account_id, "deleted": True})
    assert [await _status(client, post) for post in posts] == ["canceled", "canceled", "queued"]
    assert await _count_events(client, "post.canceled") == 2
    assert await _count_events(client, "post.held") == 0


async def test_held_posts_can_be_canceled_later(client: Client) -> None:
    account_id = await client.sandbox_account()
    post = await _scheduled(client, account_id)
    await client.call("DELETE", f"/v1/accounts/{account_id}?cancelQueued=false")
    assert await _status(client, post) == "held"
    await client.call("DELETE", f"/v1/accounts/{account_id}?cancelQueued=true")
    assert await _status(client, post) == "canceled"


async def test_drafts_stay_drafts(client: Client) -> None:
    account_id = await client.sandbox_account()
    draft = await client.post("/v1/posts", {"targets": [{"accountId": account_id}], "text": "Later", "draft": True})
    await client.call("DELETE", f"/v1/accounts/{account_id}?cancelQueued=true")
    assert await _status(client, draft.json()["results"][0]["postId"]) == "draft"


async def test_post_that_was_sent_is_held_and_not_canceled(tenant: Tenant) -> None:
    """A part of it may be visible, so `canceled` would be false."""
    account_id = await tenant.client.sandbox_account()
    post = await _scheduled(tenant.client, account_id)
    sent = (
        "INSERT INTO flow_steps (organization_id, mode, post_id, revision, step, intent_sealed, intent_at)"
        " SELECT organization_id, mode, id, revision, 'post', 'sealed', now() FROM posts WHERE organization_id = $1"
    )
    await tenant.admin.do(sent, tenant.uuid)
    await tenant.client.call("DELETE", f"/v1/accounts/{account_id}?cancelQueued=true")
    assert await _status(tenant.client, post) == "held"


async def test_other_value_of_cancel_queued_is_rejected(tenant: Tenant) -> None:
    account_id = await tenant.client.sandbox_account()
    async with tenant.storing_nothing():
        reply = await tenant.client.call("DELETE", f"/v1/accounts/{account_id}?cancelQueued=maybe")
    check_refusal(reply, 400, "validation_failed", "cancelQueued")
    assert (await tenant.client.get(f"/v1/accounts/{account_id}")).json()["status"] == "active"


async def test_response_is_replayed(client: Client) -> None:
    account_id = await client.sandbox_account()
    path = f"/v1/accounts/{account_id}?cancelQueued=true"
    first, again = [await client.call("DELETE", path, idempotency_key="once") for _ in range(2)]
    assert first.content == again.content
    assert again.headers["idempotency-replayed"] == "true"


async def _scheduled(client: Client, account_id: str) -> str:
    body = {"targets": [{"accountId": account_id}], "text": "Hello", "scheduledAt": soon(3600)}
    post_id: str = (await client.post("/v1/posts", body)).json()["results"][0]["postId"]
    return post_id


async def _status(client: Client, post_id: str) -> str:
    status: str = (await client.get(f"/v1/posts/{post_id}")).json()["status"]
    return status


async def _count_events(client: Client, event_type: str) -> int:
    """Return the number of events of a type, after a marker event has arrived."""
    marker = await client.sandbox_account()

    async def has_arrived() -> bool:
        events = (await client.get("/v1/events?type=account.connected&limit=200")).json()["data"]
        return any(event["data"]["accountId"] == marker for event in events)

    await eventually(has_arrived)
    return len((await client.get(f"/v1/events?type={event_type}")).json()["data"])

"""`POST /v1/posts/{id}/duplicate`."""

from typing import Any

from tests.deployment import Client
from tests.http.support import Tenant, check_refusal, upload

COPIED = ("accountId", "profileId", "text", "mediaRefs", "firstComment", "thread", "options", "metadata")


async def published(client: Client, account_id: str, **more: Any) -> dict[str, Any]:
    """Publish a post, and return it."""
    body = {"targets": [{"accountId": account_id}], "text": "Hello", **more}
    reply = await client.post("/v1/posts", body)
    assert reply.json()["status"] == "published", reply.text
    post: dict[str, Any] = (await client.get(f"/v1/posts/{reply.json()['results'][0]['postId']}")).json()
    return post


async def test_duplicate_is_a_draft_with_the_same_content(tenant: Tenant) -> None:
    client = tenant.client
    post = await published(
        client,
        await client.sandbox_account(),
        media=[{"mediaId": await upload(client), "altText": "A dot"}],
        thread=[{"text": "Second"}],
        firstComment={"text": "Comment"},
        options={"bluesky": {"langs": ["en"]}},
        metadata={"campaign": "launch"},
        late={"withinS": 60, "then": "hold"},
    )
    reply = await client.post(f"/v1/posts/{post['id']}/duplicate")
    assert (reply.status_code, reply.headers["location"]) == (201, f"/v1/posts/{reply.json()['id']}"), reply.text
    draft = reply.json()
    assert {name: draft[name] for name in COPIED} == {name: post[name] for name in COPIED}
    assert (draft["status"], draft["scheduledAt"], draft["publishedAt"]) == ("draft", None, None)
    assert draft["batchId"] != post["batchId"]
    query = "SELECT late_within_s, late_then, ready_at, id FROM posts WHERE organization_id = $1 ORDER BY created_at"
    _, stored = await tenant.admin.rows(query, tenant.uuid)
    assert (stored["late_within_s"], stored["late_then"], stored["ready_at"]) == (60, "hold", None)
    assert await tenant.admin.one("SELECT count(*) FROM events WHERE post_id = $1", stored["id"]) == 0

    await client.post(f"/v1/batches/{draft['batchId']}/publish")
    assert (await tenant.settled(draft["id"]))["status"] == "published"
    assert [seen["text"] for seen in await tenant.followers_see()].count("Hello") == 2


async def test_post_with_a_deleted_media_item_is_not_duplicated(tenant: Tenant) -> None:
    client, media_id = tenant.client, await upload(tenant.client)
    post = await published(
        client, await client.sandbox_account(), thread=[{"text": "2", "media": [{"mediaId": media_id}]}]
    )
    assert (await client.call("DELETE", f"/v1/media/{media_id}")).status_code == 200
    async with tenant.storing_nothing():
        reply = await client.post(f"/v1/posts/{post['id']}/duplicate")
    error = check_refusal(reply, 409, "validation_failed", "post.duplicate.media_deleted")
    assert media_id in error["message"]


async def test_post_of_a_disconnected_account_is_not_duplicated(tenant: Tenant) -> None:
    client, account_id = tenant.client, await tenant.client.sandbox_account()
    post = await published(client, account_id)
    assert (await client.call("DELETE", f"/v1/accounts/{account_id}")).status_code == 200
    async with tenant.storing_nothing():
        reply = await client.post(f"/v1/posts/{post['id']}/duplicate")
    check_refusal(reply, 409, "validation_failed", "account.disconnected")

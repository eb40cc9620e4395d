"""Operations on posts after they were accepted: drafts, changes, cancellation, retries and unpublishing."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.deployment import Client
from tests.doubles.waiting import eventually
from tests.http.support import ABSENT_ID, PLATFORM, Tenant, check_refusal


def at(seconds: float) -> str:
    return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()  # noqa: TID251 - tests are callers


async def queued(client: Client, text: str = "Later", **changes: Any) -> str:
    """Schedule a post for tomorrow; return its id."""
    account_id = await client.sandbox_account()
    body = {"targets": [{"accountId": account_id}], "text": text, "scheduledAt": at(86_400), **changes}
    reply = await client.post("/v1/posts", body)
    assert reply.status_code == 202, reply.text
    post_id: str = reply.json()["results"][0]["postId"]
    return post_id


async def published(client: Client, **body: Any) -> dict[str, Any]:
    """Publish a post; return its result."""
    account_id = await client.sandbox_account()
    reply = await client.post("/v1/posts", {"targets": [{"accountId": account_id}], "text": "Now", **body})
    assert reply.json()["status"] == "published", reply.text
    result: dict[str, Any] = reply.json()["results"][0]
    return result


async def settled(client: Client, post_id: str) -> dict[str, Any]:
    """Wait until the post is settled, and return it."""

    async def look() -> dict[str, Any] | None:
        post: dict[str, Any] = (await client.get(f"/v1/posts/{post_id}")).json()
        return post if post["status"] not in {"queued", "publishing", "retrying"} else None

    found = await eventually(look)
    assert found is not None
    return found


async def test_draft_is_stored_and_not_sent_until_it_is_published(tenant: Tenant) -> None:
    client = tenant.client
    account_id = await client.sandbox_account()
    made = await client.post("/v1/posts", {"targets": [{"accountId": account_id}], "text": "Draft", "draft": True})
    assert made.status_code == 201
    assert made.json()["status"] == "draft"
    post_id = made.json()["results"][0]["postId"]
    assert await tenant.followers_see() == []
    reply = await client.post(f"/v1/batches/{made.json()['id']}/publish")
    assert reply.status_code in {200, 202}, reply.text
    assert (await settled(client, post_id))["status"] == "published"
    again = await client.post(f"/v1/batches/{made.json()['id']}/publish")
    assert (again.status_code, again.json()["error"]["rule"]) == (409, "batch.status")


async def test_canceled_post_is_not_sent_and_can_be_retried(client: Client) -> None:
    post_id = await queued(client)
    reply = await client.call("DELETE", f"/v1/posts/{post_id}")
    assert reply.json() == {"id": post_id, "status": "canceled"}
    assert (await client.call("DELETE", f"/v1/posts/{post_id}")).status_code == 409
    assert (await client.post(f"/v1/posts/{post_id}/retry")).status_code == 200
    assert (await settled(client, post_id))["status"] == "published"


@pytest.mark.parametrize("path", ["posts", "batches"])
async def test_canceled_draft_cannot_be_retried(client: Client, path: str) -> None:
    """It was never published by a request."""
    account_id = await client.sandbox_account()
    draft = (
        await client.post("/v1/posts", {"targets": [{"accountId": account_id}], "text": "x", "draft": True})
    ).json()
    post_id = draft["results"][0]["postId"]
    canceled = await client.call("DELETE", f"/v1/{path}/{post_id if path == 'posts' else draft['id']}")
    assert canceled.json()["status"] == "canceled"
    reply = await client.post(f"/v1/posts/{post_id}/retry")
    check_refusal(reply, 409, "validation_failed", "post.status")
    assert (await client.post("/v1/posts/retry", {"filter": {"status": ["canceled"]}})).json() == {"postIds": []}
    assert (await client.get(f"/v1/posts/{post_id}")).json()["status"] == "canceled"


async def test_draft_that_a_sandbox_reset_canceled_cannot_be_retried(client: Client) -> None:
    account_id = await client.sandbox_account()
    draft = (
        await client.post("/v1/posts", {"targets": [{"accountId": account_id}], "text": "x", "draft": True})
    ).json()
    assert (await client.post("/v1/sandbox/reset")).json() == {"canceledCount": 1}
    reply = await client.post(f"/v1/posts/{draft['results'][0]['postId']}/retry")
    check_refusal(reply, 409, "validation_failed", "post.status")


async def test_canceling_a_batch_cancels_its_unsent_posts(client: Client) -> None:
    accounts = [await client.sandbox_account() for _ in range(3)]
    body = {"targets": [{"accountId": account_id} for account_id in accounts], "text": "x", "scheduledAt": at(3600)}
    batch = (await client.post("/v1/posts", body)).json()
    await client.call("DELETE", f"/v1/posts/{batch['results'][0]['postId']}")
    reply = await client.call("DELETE", f"/v1/batches/{batch['id']}")
    assert reply.json()["status"] == "canceled"
    assert {result["status"] for result in reply.json()["results"]} == {"canceled"}


async def test_published_post_cannot_be_canceled_changed_or_retried(client: Client) -> None:
    post_id = (await published(client))["postId"]
    for method, path, body in (
        ("DELETE", f"/v1/posts/{post_id}", None),
        ("PATCH", f"/v1/posts/{post_id}", {"text": "other"}),
        ("POST", f"/v1/posts/{post_id}/retry", {}),
        ("POST", f"/v1/posts/{post_id}/resolve", {"outcome": "published"}),
    ):
        reply = await client.call(method, path, body)
        assert (reply.status_code, reply.json()["error"]["rule"]) == (409, "post.status"), path


async def test_changed_post_is_published_with_its_new_text_at_its_new_time(tenant: Tenant) -> None:
    client = tenant.client
    post_id = await queued(client, "Old", metadata={"campaign": "a"})
    reply = await client.call("PATCH", f"/v1/posts/{post_id}", {"text": "New", "scheduledAt": at(3600)})
    assert (reply.status_code, reply.json()["text"]) == (200, "New"), reply.text
    assert reply.json()["metadata"] == {"campaign": "a"}
    await client.post("/v1/sandbox/clock", {"advanceS": 3600})
    assert (await settled(client, post_id))["status"] == "published"
    [seen] = await tenant.followers_see()
    assert seen["text"] == "New"


async def test_change_is_checked_like_a_new_post(client: Client) -> None:
    post_id = await queued(client, "Short")
    reply = await client.call("PATCH", f"/v1/posts/{post_id}", {"text": "x" * 301})
    assert reply.json()["error"]["violations"][0]["rule"] == f"{PLATFORM}.text.max_graphemes"
    reply = await client.call("PATCH", f"/v1/posts/{post_id}", {"scheduledAt": "2001-01-01T00:00:00Z"})
    assert reply.json()["error"]["rule"] == "scheduledAt.future"
    reply = await client.call("PATCH", f"/v1/posts/{post_id}", {"txt": "misspelt"})
    assert reply.status_code == 400
    assert (await client.get(f"/v1/posts/{post_id}")).json()["text"] == "Short"


async def test_null_removes_a_field_and_omitted_fields_stay(client: Client) -> None:
    post_id = await queued(client, "Text", firstComment={"text": "comment"}, thread=[{"text": "second"}])
    changed = (await client.call("PATCH", f"/v1/posts/{post_id}", {"firstComment": None})).json()
    assert "firstComment" not in changed
    assert changed["thread"] == [{"text": "second", "media": []}]
    assert changed["text"] == "Text"


async def test_unpublished_post_is_deleted_with_its_thread_and_comment(tenant: Tenant) -> None:
    client = tenant.client
    result = await published(client, thread=[{"text": "2"}], firstComment={"text": "c"})
    assert len(await tenant.followers_see()) == 3
    for _ in range(2):  # deleting a deleted post succeeds
        reply = await client.post(f"/v1/posts/{result['postId']}/unpublish")
        assert (reply.status_code, reply.json()["status"]) == (200, "published"), reply.text
        assert reply.json()["unpublishedAt"]
    assert await tenant.followers_see() == []


async def test_validation_reports_every_violation_and_stores_nothing(tenant: Tenant) -> None:
    client = tenant.client
    account_id = await client.sandbox_account()
    before = await tenant.stored()
    bad = {"targets": [{"accountId": account_id}], "text": "x" * 3001, "thread": [{"text": "y" * 301}]}
    reply = await client.post("/v1/posts/validate", bad)
    assert reply.status_code == 200
    [target] = reply.json()["targets"]
    assert (reply.json()["valid"], target["valid"], "preview" in target) == (False, False, False)
    assert {(found["rule"], found["field"]) for found in target["violations"]} >= {
        (f"{PLATFORM}.text.max_graphemes", "text"),
        (f"{PLATFORM}.text.max_bytes", "text"),
        (f"{PLATFORM}.text.max_graphemes", "thread[0].text"),
    }
    good = await client.post("/v1/posts/validate", {"targets": [{"accountId": account_id}], "text": "Hello"})
    [target] = good.json()["targets"]
    assert good.json()["valid"]
    assert target["preview"]["method"] == "POST"
    assert target["preview"]["body"]["record"]["text"] == "Hello"
    assert "cost" not in target
    assert "authorization" not in str(target["preview"]).lower()
    assert await tenant.stored() == before
    assert await tenant.followers_see() == []


async def test_bulk_runs_each_request_independently(tenant: Tenant) -> None:
    client = tenant.client
    account_id = await client.sandbox_account()
    one = {"targets": [{"accountId": account_id}], "text": "One", "idempotencyKey": "bulk-1"}
    body = {"posts": [one, {**one, "text": "x" * 301, "idempotencyKey": "bulk-2"}, {"nonsense": 1}, one]}
    reply = await client.post("/v1/posts/bulk", body)
    assert reply.status_code == 207
    first, second, third, fourth = reply.json()["data"]
    assert first["status"] in {200, 202}
    assert (second["status"], second["body"]["error"]["code"]) == (400, "preflight_failed")
    assert (third["status"], third["body"]["error"]["code"]) == (400, "validation_failed")
    assert fourth["status"] in {200, 202, 409}
    await settled(client, first["body"]["results"][0]["postId"])
    assert len(await tenant.followers_see()) == 1


async def test_failed_posts_are_retried_by_filter(tenant: Tenant) -> None:
    client = tenant.client
    ids = []
    for _ in range(2):
        account_id = await client.sandbox_account("rejected")
        reply = await client.post("/v1/posts", {"targets": [{"accountId": account_id}], "text": "Refused"})
        ids.append(reply.json()["results"][0]["postId"])
        assert reply.json()["results"][0]["status"] == "rejected"
    kept = await queued(client)
    reply = await client.post("/v1/posts/retry", {"filter": {"status": ["rejected"]}})
    assert reply.json()["postIds"] == sorted(ids)
    assert (await client.get(f"/v1/posts/{kept}")).json()["status"] == "queued"
    for post_id in ids:
        assert len((await settled(client, post_id))["attempts"]) == 2


async def test_timeline_shows_that_a_post_was_sent_once(client: Client) -> None:
    post_id = (await published(client))["postId"]
    entries = (await client.get(f"/v1/posts/{post_id}/timeline")).json()["data"]
    kinds = [entry["kind"] for entry in entries]
    assert kinds[0] == "accepted"
    assert kinds.count("sent") == 1
    assert kinds.count("attempt.started") == 1
    assert any(entry["data"].get("type") == "post.published" for entry in entries)
    assert [entry["at"] for entry in entries] == sorted(entry["at"] for entry in entries)


async def test_post_shows_its_lateness_and_causes(client: Client) -> None:
    post_id = (await published(client))["postId"]
    lateness = (await settled(client, post_id))["lateness"]
    assert lateness["ms"] == sum(wait["ms"] for wait in lateness["waits"])
    assert "platform" in {wait["reason"] for wait in lateness["waits"]}
    entries = (await client.get(f"/v1/posts/{post_id}/timeline")).json()["data"]
    delays = [entry["data"] for entry in entries if entry["kind"] == "delayed"]
    assert sum(data["ms"] for data in delays) == lateness["ms"]
    assert "lateness" not in (await client.get(f"/v1/posts/{await queued(client)}")).json()


async def test_duplicate_text_is_rejected_when_requested(client: Client) -> None:
    account_id = await client.sandbox_account()
    body = {"targets": [{"accountId": account_id}], "text": "Twice?", "refuseDuplicatesWithinS": 3600}
    first = await client.post("/v1/posts", body)
    assert first.status_code == 200
    second = await client.post("/v1/posts", body)
    assert (second.status_code, second.json()["error"]["rule"]) == (409, "post.duplicate_content")
    assert first.json()["results"][0]["postId"] in second.json()["error"]["message"]
    assert (await client.post("/v1/posts", {**body, "text": "Another"})).status_code == 200
    assert (await client.post("/v1/posts", {**body, "refuseDuplicatesWithinS": 0})).status_code == 200


@pytest.mark.parametrize(
    ("text", "part", "is_duplicate"),
    [
        (" Caf\u00e9 open\n", "The menu", True),
        ("Cafe\u0301 open", "The menu", True),
        ("\u3000Cafe\u0301 open\u2003", "\tThe menu ", True),
        ("Caf\u00e9  open", "The menu", False),
        ("CAF\u00c9 open", "The menu", False),
        ("Caf\u00e9 open", "The menu!", False),
    ],
)
async def test_duplicates_are_compared_as_platforms_compare_them(
    client: Client, text: str, part: str, *, is_duplicate: bool
) -> None:
    """Surrounding white space and Unicode normalization are ignored; any other difference counts."""
    account_id = await client.sandbox_account()
    body = {"targets": [{"accountId": account_id}], "refuseDuplicatesWithinS": 3600, "scheduledAt": at(86_400)}
    first = await client.post("/v1/posts", {**body, "text": "Caf\u00e9 open", "thread": [{"text": "The menu"}]})
    assert first.status_code == 202, first.text
    second = await client.post("/v1/posts", {**body, "text": text, "thread": [{"text": part}]})
    assert second.status_code == (409 if is_duplicate else 202), second.text


async def test_duplicate_is_recognized_after_omissions(client: Client) -> None:
    account_id = await client.sandbox_account()
    body = {"targets": [{"accountId": account_id}], "text": "Hello", "refuseDuplicatesWithinS": 3600}
    document = {"kind": "document", "url": "https://documents.example/1.pdf"}
    assert (await client.post("/v1/posts", body)).status_code == 200
    second = await client.post("/v1/posts", {**body, "media": [document], "onUnsupported": "omit"})
    assert (second.status_code, second.json()["error"]["rule"]) == (409, "post.duplicate_content")


async def test_duplicate_is_recognized_after_a_change(client: Client) -> None:
    account_id = await client.sandbox_account()
    body = {"targets": [{"accountId": account_id}], "refuseDuplicatesWithinS": 3600, "scheduledAt": at(86_400)}
    first = await client.post("/v1/posts", {**body, "text": "One"})
    post_id = first.json()["results"][0]["postId"]
    assert (await client.call("PATCH", f"/v1/posts/{post_id}", {"text": "Two "})).status_code == 200
    assert (await client.post("/v1/posts", {**body, "text": " Two"})).status_code == 409
    assert (await client.post("/v1/posts", {**body, "text": "One"})).status_code == 202


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PATCH", "/v1/posts/{}"),
        ("DELETE", "/v1/posts/{}"),
        ("POST", "/v1/posts/{}/retry"),
        ("POST", "/v1/posts/{}/resolve"),
        ("POST", "/v1/posts/{}/unpublish"),
        ("GET", "/v1/posts/{}/timeline"),
        ("POST", "/v1/batches/{}/publish"),
        ("DELETE", "/v1/batches/{}"),
    ],
)
async def test_foreign_resource_is_not_found(client: Client, tenant: Tenant, method: str, path: str) -> None:
    noun = "batch" if "batches" in path else "post"
    stranger = await tenant.deployment.client()
    post_id = await queued(stranger)
    theirs = (await stranger.get(f"/v1/posts/{post_id}")).json()
    body = {"outcome": "published"} if path.endswith("resolve") else ({} if method != "GET" else None)
    for wanted in (f"{noun}_{ABSENT_ID}", "garbage", theirs["batchId"] if noun == "batch" else post_id):
        reply = await client.call(method, path.format(wanted), body)
        assert (reply.status_code, reply.json()["error"]["code"]) == (404, "not_found"), wanted

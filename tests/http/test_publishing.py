"""Publishing a post, from the request to the visible post."""

import asyncio
from datetime import datetime

import pytest

from tests.deployment import Client, Deployment
from tests.doubles.waiting import eventually
from tests.http.support import PLATFORM, Tenant, hang_up, moment, soon


async def test_post_is_published_and_the_response_has_its_url(deployment: Deployment) -> None:
    client = await deployment.client()
    account_id = await client.sandbox_account()
    reply = await client.post("/v1/posts", {"targets": [{"accountId": account_id}], "text": "Hello"})
    assert reply.status_code == 200, reply.text
    [result] = reply.json()["results"]
    assert result["status"] == "published"
    [seen] = (await client.get(f"/v1/sandbox/{result['platform']}/posts")).json()["data"]
    assert seen["uri"] == result["uri"]
    assert seen["text"] == "Hello"


async def test_response_has_the_documented_fields_without_nulls(tenant: Tenant) -> None:
    account_id = await tenant.client.sandbox_account()
    body = {"targets": [{"accountId": account_id}], "text": "Hello", "publishNow": True}
    reply = await tenant.client.post("/v1/posts", body)
    assert reply.headers["content-type"] == "application/json"
    batch = reply.json()
    assert set(batch) == {"id", "status", "createdAt", "results"}
    assert batch["id"].startswith("batch_")
    assert batch["status"] == "published"
    assert reply.headers["location"] == f"/v1/batches/{batch['id']}"
    [result] = batch["results"]
    assert set(result) == {"accountId", "platform", "postId", "status", "uri", "cid", "url", "publishedAt"}
    assert result["accountId"] == account_id
    assert result["platform"] == PLATFORM
    assert result["postId"].startswith("post_")
    assert result["uri"].startswith("at://did:plc:")
    assert result["url"].startswith("http")
    assert moment(batch["createdAt"]) <= moment(result["publishedAt"])


async def test_results_are_in_the_order_of_the_targets(tenant: Tenant) -> None:
    accounts = [await tenant.client.sandbox_account() for _ in range(5)]
    body = {"targets": [{"accountId": account_id} for account_id in reversed(accounts)], "text": "Hello"}
    batch = (await tenant.client.post("/v1/posts", body)).json()
    assert batch["status"] == "published"
    assert [result["accountId"] for result in batch["results"]] == accounts[::-1]
    seen = await tenant.followers_see()
    assert {post["uri"] for post in seen} == {result["uri"] for result in batch["results"]}
    assert len(seen) == 5


async def test_mixed_outcome_lists_the_failed_targets(tenant: Tenant) -> None:
    good, bad, dead = [await tenant.client.sandbox_account(scenario) for scenario in ("ok", "rejected", "auth_revoked")]
    body = {"targets": [{"accountId": account_id} for account_id in (good, bad, dead)], "text": "Hello"}
    reply = await tenant.client.post("/v1/posts", body)
    published, rejected, held = reply.json()["results"]
    assert (published["status"], rejected["status"], held["status"]) == ("published", "rejected", "held")
    assert rejected["error"]["code"] == "platform_rejected"
    assert rejected["error"]["platform"] == PLATFORM
    assert rejected["error"]["platformResponse"]["status"] == 400
    assert held["error"]["code"] == "platform_auth_failed"
    assert "uri" not in rejected
    [seen] = await tenant.followers_see()
    assert seen["uri"] == published["uri"]


async def test_published_and_failed_targets_are_a_partial_failure(tenant: Tenant) -> None:
    accounts = [await tenant.client.sandbox_account(scenario) for scenario in ("ok", "rejected")]
    body = {"targets": [{"accountId": account_id} for account_id in accounts], "text": "Hello"}
    reply = await tenant.client.post("/v1/posts", body)
    assert (reply.status_code, reply.json()["status"]) == (200, "partial_failed")


async def test_response_is_200_when_no_target_is_published(tenant: Tenant) -> None:
    account_id = await tenant.client.sandbox_account("rejected")
    reply = await tenant.client.post("/v1/posts", {"targets": [{"accountId": account_id}], "text": "Hello"})
    assert (reply.status_code, reply.json()["status"]) == (200, "failed")


async def test_platform_with_one_account_needs_no_account_id(tenant: Tenant) -> None:
    account_id = await tenant.client.sandbox_account()
    reply = await tenant.client.post("/v1/posts", {"targets": [{"platform": PLATFORM}], "text": "Hello"})
    [result] = reply.json()["results"]
    assert (result["accountId"], result["status"]) == (account_id, "published")


async def test_profile_selects_among_the_accounts_of_a_platform(tenant: Tenant) -> None:
    profile_id = await tenant.profile()
    scoped = await tenant.key(profileId=profile_id)
    await tenant.client.sandbox_account()
    own_account_id = await scoped.sandbox_account()
    for caller, body in ((scoped, {}), (scoped, {"profileId": profile_id}), (tenant.client, {"profileId": profile_id})):
        reply = await caller.post("/v1/posts", {"targets": [{"platform": PLATFORM}], "text": "Hello", **body})
        assert reply.status_code == 200, reply.text
        assert [result["accountId"] for result in reply.json()["results"]] == [own_account_id]


async def test_target_may_name_account_and_platform(tenant: Tenant) -> None:
    account_id = await tenant.client.sandbox_account()
    target = {"accountId": account_id, "platform": PLATFORM, "options": {"platform": PLATFORM}}
    reply = await tenant.client.post("/v1/posts", {"targets": [target], "text": "Hello"})
    assert reply.json()["status"] == "published"


@pytest.mark.parametrize("scenario", ["flaky", "timeout_after_publish", "token_expiring"])
async def test_temporary_failure_is_retried_and_published_once(tenant: Tenant, scenario: str) -> None:
    account_id = await tenant.client.sandbox_account(scenario)
    reply = await tenant.client.post("/v1/posts", {"targets": [{"accountId": account_id}], "text": "Hello"})
    assert (reply.status_code, reply.json()["status"]) == (200, "published"), reply.text
    assert len(await tenant.followers_see()) == 1


async def test_post_with_a_used_record_key_is_not_published(tenant: Tenant) -> None:
    account_id = await tenant.client.sandbox_account("duplicate")
    reply = await tenant.client.post("/v1/posts", {"targets": [{"accountId": account_id}], "text": "Hello"})
    [result] = reply.json()["results"]
    assert result["status"] in {"rejected", "unconfirmed"}
    assert "uri" not in result


async def test_scheduled_post_is_published_at_its_time(tenant: Tenant) -> None:
    account_id = await tenant.client.sandbox_account()
    due = soon(2.5)
    body = {"targets": [{"accountId": account_id}], "text": "Later", "scheduledAt": due}
    reply = await tenant.client.post("/v1/posts", body)
    batch = reply.json()
    assert (reply.status_code, batch["status"]) == (202, "queued")
    assert moment(batch["scheduledAt"]).timestamp() == pytest.approx(_seconds(due), abs=0.001)
    [result] = batch["results"]
    assert result["status"] == "queued"
    post = await tenant.settled(result["postId"])
    assert post["status"] == "published"
    assert post["scheduledAt"] == batch["scheduledAt"]
    [attempt] = post["attempts"]
    assert moment(attempt["startedAt"]) >= moment(post["scheduledAt"])


def _seconds(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


@pytest.mark.parametrize(
    "spelling", ["{}Z", "{}z", "{}.1Z", "{}.123456789Z", "{}+00:00", "{}-11:30", "{}+14:00"], ids=str
)
async def test_time_may_have_any_utc_offset(tenant: Tenant, spelling: str) -> None:
    account_id = await tenant.client.sandbox_account()
    scheduled_at = spelling.format(soon(40 * 3600)[:19])
    body = {"targets": [{"accountId": account_id}], "text": "Later", "scheduledAt": scheduled_at}
    reply = await tenant.client.post("/v1/posts", body)
    assert reply.status_code == 202, reply.text
    shown = moment(reply.json()["scheduledAt"])
    assert abs(shown.timestamp() - _seconds(scheduled_at.upper().replace("Z", "+00:00"))) < 0.001


async def test_time_may_have_a_space_instead_of_the_t(tenant: Tenant) -> None:
    """RFC 3339, section 5.6: applications may use a space for readability."""
    account_id = await tenant.client.sandbox_account()
    body = {"targets": [{"accountId": account_id}], "text": "Later", "scheduledAt": soon(60).replace("T", " ")}
    assert (await tenant.client.post("/v1/posts", body)).status_code == 202


@pytest.mark.parametrize("prefer", ["wait=0", "respond-async", "respond-async, wait=10"])
async def test_respond_async_responds_immediately(tenant: Tenant, prefer: str) -> None:
    account_id = await tenant.client.sandbox_account("slow")
    body = {"targets": [{"accountId": account_id}], "text": "Hello"}
    reply = await tenant.client.post("/v1/posts", body, prefer=prefer)
    batch = reply.json()
    assert (reply.status_code, batch["status"]) == (202, "publishing")
    assert reply.headers["location"] == f"/v1/batches/{batch['id']}"
    [result] = batch["results"]
    assert result["status"] in {"queued", "publishing"}


async def test_outcome_can_be_read_after_the_wait_has_ended(tenant: Tenant) -> None:
    account_id = await tenant.client.sandbox_account("slow")
    body = {"targets": [{"accountId": account_id}], "text": "Hello"}
    reply = await tenant.client.post("/v1/posts", body, prefer="wait=1")
    assert (reply.status_code, reply.json()["status"]) == (202, "publishing")

    async def published() -> bool:
        batch = await tenant.client.get(reply.headers["location"])
        assert batch.status_code == 200
        return bool(batch.json()["status"] == "published")

    await eventually(published)
    batch = (await tenant.client.get(reply.headers["location"])).json()
    assert {name: batch[name] for name in ("id", "createdAt")} == {
        name: reply.json()[name] for name in ("id", "createdAt")
    }
    assert batch["results"][0]["uri"]


async def test_client_disconnect_does_not_stop_the_post(tenant: Tenant) -> None:
    account_id = await tenant.client.sandbox_account("slow")
    body = {"targets": [{"accountId": account_id}], "text": "Hello"}
    posting = asyncio.create_task(tenant.client.post("/v1/posts", body))
    query = "SELECT count(*) FROM posts WHERE organization_id = $1 AND status = 'publishing'"
    await eventually(lambda: tenant.admin.one(query, tenant.uuid))
    await hang_up(posting)
    [post] = (await tenant.client.get("/v1/posts")).json()["data"]
    assert (await tenant.settled(post["id"]))["status"] == "published"


async def test_metadata_is_returned_and_never_sent_to_the_platform(tenant: Tenant) -> None:
    account_id = await tenant.client.sandbox_account()
    metadata = {"campaign": "spring", "k" * 40: "v" * 500}
    body = {"targets": [{"accountId": account_id}], "text": "Hello", "metadata": metadata}
    [result] = (await tenant.client.post("/v1/posts", body)).json()["results"]
    assert (await tenant.client.get(f"/v1/posts/{result['postId']}")).json()["metadata"] == metadata
    assert "spring" not in str(await tenant.followers_see())


async def test_posts_of_one_account_keep_their_order(client: Client, tenant: Tenant) -> None:
    account_id = await client.sandbox_account()
    texts = [str(number) for number in range(5)]
    for text in texts:
        body = {"targets": [{"accountId": account_id}], "text": text}
        assert (await client.post("/v1/posts", body, prefer="respond-async")).status_code == 202

    async def all_seen() -> list[str] | None:
        seen = [post["text"] for post in await tenant.followers_see()]
        return seen if len(seen) == len(texts) else None

    assert await eventually(all_seen) == texts

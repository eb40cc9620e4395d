"""Lists of posts, and single posts with their attempts."""

from typing import Any
from uuid import UUID

import pytest

from letmepost.domain.api_keys import Mode
from letmepost.domain.ids import Prefix, parse_id
from letmepost.gateways.upload_progress import UploadProgress, UploadReports
from tests.deployment import Client
from tests.http.support import ABSENT_ID, PLATFORM, Tenant, check_refusal, moment, soon


async def _post(client: Client, account_id: str, text: str = "Hello", **more: Any) -> dict[str, Any]:
    """Publish a post; return its result."""
    reply = await client.post("/v1/posts", {"targets": [{"accountId": account_id}], "text": text, **more})
    assert reply.status_code in {200, 202}, reply.text
    result: dict[str, Any] = {**reply.json()["results"][0], "batchId": reply.json()["id"]}
    return result


async def _list(client: Client, query: str = "") -> list[str]:
    reply = await client.get(f"/v1/posts{query}")
    assert reply.status_code == 200, reply.text
    return [post["id"] for post in reply.json()["data"]]


async def test_posts_are_listed_newest_first(client: Client) -> None:
    account_id = await client.sandbox_account()
    made = [(await _post(client, account_id, str(number)))["postId"] for number in range(3)]
    page = (await client.get("/v1/posts")).json()
    assert [post["id"] for post in page["data"]] == made[::-1]
    assert [post["text"] for post in page["data"]] == ["2", "1", "0"]
    assert page["nextCursor"] is None
    assert "attempts" not in page["data"][0]


async def test_posts_match_all_filters_and_any_value_of_each(tenant: Tenant) -> None:
    client, profile_id = tenant.client, await tenant.profile()
    here, refusing = await client.sandbox_account(), await client.sandbox_account("rejected")
    scoped = await tenant.key(profileId=profile_id)
    there = await scoped.sandbox_account()
    published, rejected = await _post(client, here), await _post(client, refusing)
    queued = await _post(client, there, scheduledAt=soon(3600))
    one, two, three = published["postId"], rejected["postId"], queued["postId"]
    default_profile = (await client.get(f"/v1/posts/{one}")).json()["profileId"]
    expected = {
        "": [three, two, one],
        f"?accountId={here}": [one],
        f"?accountId={here}&accountId={there}": [three, one],
        "?status=published": [one],
        "?status=published&status=queued": [three, one],
        "?status=draft": [],
        f"?platform={PLATFORM}": [three, two, one],
        f"?platform={PLATFORM}&status=rejected": [two],
        f"?profileId={profile_id}": [three],
        f"?profileId={default_profile}": [two, one],
        f"?profileId={default_profile}&profileId={profile_id}": [three, two, one],
        f"?batchId={published['batchId']}": [one],
        f"?batchId={published['batchId']}&batchId={queued['batchId']}": [three, one],
        f"?batchId={published['batchId']}&status=queued": [],
    }
    assert {query: await _list(client, query) for query in expected} == expected


async def test_posts_are_filtered_by_error_and_by_time(tenant: Tenant) -> None:
    client = tenant.client
    good, bad = await client.sandbox_account(), await client.sandbox_account("rejected")
    first = (await _post(client, good))["postId"]
    second = (await _post(client, bad))["postId"]
    at = {post_id: (await client.get(f"/v1/posts/{post_id}")).json()["createdAt"] for post_id in (first, second)}
    assert at[first] < at[second]
    expected = {
        "?errorCode=platform_rejected": [second],
        "?errorCode=platform_rejected&errorCode=platform_unavailable": [second],
        "?errorCode=platform_unavailable": [],
        f"?after={at[first]}": [second],
        f"?before={at[second]}": [first],
        f"?after={at[first]}&before={at[second]}": [],
        "?after=2020-01-01T00:00:00%2B01:00": [second, first],
        "?before=2020-01-01T00:00:00Z": [],
    }
    assert {query: await _list(client, query) for query in expected} == expected


@pytest.mark.parametrize(("query", "rule"), [("errorCode=nonsense", "errorCode"), ("after=yesterday", "after")])
async def test_invalid_filter_value_is_rejected(client: Client, query: str, rule: str) -> None:
    check_refusal(await client.get(f"/v1/posts?{query}"), 400, "validation_failed", rule)


async def test_time_without_an_offset_is_rejected(client: Client) -> None:
    reply = await client.get("/v1/posts?before=2020-01-01T00:00:00")
    check_refusal(reply, 400, "validation_failed", "before")


async def test_pages_are_stable_while_posts_are_added(client: Client) -> None:
    account_id = await client.sandbox_account()
    later = {"scheduledAt": soon(3600)}
    made = [(await _post(client, account_id, str(number), **later))["postId"] for number in range(5)]
    found: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = (await client.get(f"/v1/posts?limit=2{f'&cursor={cursor}' if cursor else ''}")).json()
        assert len(page["data"]) <= 2
        found += [post["id"] for post in page["data"]]
        cursor = page["nextCursor"]
        await _post(client, account_id, "newer", **later)
    assert found == made[::-1]


async def test_last_page_has_no_next_cursor(client: Client) -> None:
    account_id = await client.sandbox_account()
    for number in range(2):
        await _post(client, account_id, str(number), scheduledAt=soon(3600))
    assert (await client.get("/v1/posts?limit=2")).json()["nextCursor"] is None
    assert (await client.get("/v1/posts?limit=1")).json()["nextCursor"] is not None
    assert (await client.get("/v1/posts?limit=200")).json()["nextCursor"] is None


async def test_post_shows_every_attempt_and_call_without_secrets(tenant: Tenant) -> None:
    account_id = await tenant.client.sandbox_account("flaky")
    result = await _post(tenant.client, account_id)
    post = (await tenant.client.get(f"/v1/posts/{result['postId']}")).json()
    first, second = post["attempts"]
    assert [attempt["attemptNumber"] for attempt in (first, second)] == [1, 2]
    assert [attempt["outcome"] for attempt in (first, second)] == ["retrying", "published"]
    assert [attempt["succeeded"] for attempt in (first, second)] == [False, True]
    assert first["errorCode"] == first["error"]["code"] == "platform_unavailable"
    assert first["errorMessage"]
    assert not {"error", "errorCode", "errorMessage"} & set(second)
    for attempt in (first, second):
        assert attempt["id"].startswith("att_")
        assert moment(attempt["startedAt"]) <= moment(attempt["finishedAt"])
        assert attempt["waitedMs"] >= 0
        assert attempt["platformMs"] >= 0
    assert moment(first["finishedAt"]) < moment(second["startedAt"])
    [call] = [call for call in second["calls"] if call["path"].endswith("putRecord")]
    assert set(call) == {"step", "method", "host", "path", "status", "ms"}
    assert (call["method"], call["status"]) == ("POST", 200)
    shown = str(post)
    assert "eyJ" not in shown
    assert "Bearer" not in shown


async def test_retrying_post_shows_its_next_attempt_time(tenant: Tenant) -> None:
    account_id = await tenant.client.sandbox_account("unavailable")
    body = {"targets": [{"accountId": account_id}], "text": "Hello"}
    reply = await tenant.client.post("/v1/posts", body, prefer="wait=1")
    assert reply.status_code == 202
    [result] = reply.json()["results"]
    assert result["status"] == "retrying"
    assert result["error"]["code"] == "platform_unavailable"
    post = (await tenant.client.get(f"/v1/posts/{result['postId']}")).json()
    assert moment(post["nextAttemptAt"]) > moment(post["createdAt"])


async def test_batch_is_read_as_in_the_response(client: Client) -> None:
    accounts = [await client.sandbox_account() for _ in range(2)]
    body = {"targets": [{"accountId": account_id} for account_id in accounts], "text": "Hello"}
    reply = await client.post("/v1/posts", body)
    read = await client.get(f"/v1/batches/{reply.json()['id']}")
    assert (read.status_code, read.json()) == (200, reply.json())


async def test_key_of_one_profile_sees_its_posts_only(tenant: Tenant) -> None:
    one, two = [await tenant.key(profileId=await tenant.profile()) for _ in range(2)]
    result = await _post(one, await one.sandbox_account())
    paths = [f"/v1/posts/{result['postId']}", f"/v1/batches/{result['batchId']}", f"/v1/accounts/{result['accountId']}"]
    assert [(await one.get(path)).status_code for path in paths] == [200, 200, 200]
    assert [(await tenant.client.get(path)).status_code for path in paths] == [200, 200, 200]
    assert [(await two.get(path)).status_code for path in paths] == [404, 404, 404]
    assert (await _list(one), await _list(two), await _list(tenant.client)) == (
        [result["postId"]],
        [],
        [result["postId"]],
    )
    assert (await two.get("/v1/accounts")).json()["data"] == []


async def test_batch_over_several_profiles_is_hidden_from_keys_of_one_profile(tenant: Tenant) -> None:
    scoped = await tenant.key(profileId=await tenant.profile())
    accounts = [await tenant.client.sandbox_account(), await scoped.sandbox_account()]
    body = {"targets": [{"accountId": account_id} for account_id in accounts], "text": "Hello"}
    batch = (await tenant.client.post("/v1/posts", body)).json()
    check_refusal(await scoped.get(f"/v1/batches/{batch['id']}"), 404, "not_found")
    assert await _list(scoped) == [batch["results"][1]["postId"]]


async def test_live_and_test_mode_are_separate(tenant: Tenant) -> None:
    result = await _post(tenant.client, await tenant.client.sandbox_account())
    live = await tenant.key(Mode.LIVE)
    for path in (
        f"/v1/posts/{result['postId']}",
        f"/v1/batches/{result['batchId']}",
        f"/v1/accounts/{result['accountId']}",
    ):
        check_refusal(await live.get(path), 404, "not_found")
    assert await _list(live) == []
    assert await _list(live, f"?accountId={result['accountId']}") == []


async def test_id_may_be_written_in_lower_case(client: Client) -> None:
    result = await _post(client, await client.sandbox_account())
    assert (await client.get(f"/v1/posts/{result['postId'].lower()}")).status_code == 200
    check_refusal(await client.get(f"/v1/posts/post_{ABSENT_ID}"), 404, "not_found")


async def test_post_shows_how_much_of_its_media_the_platform_has(tenant: Tenant) -> None:
    post = await _post(tenant.client, await tenant.client.sandbox_account(), scheduledAt=soon(3600))
    path, post_id = f"/v1/posts/{post['postId']}", parse_id(Prefix.POST, post["postId"])
    reports: UploadReports = tenant.deployment.app.state.services.upload_reports
    reports.report(tenant.uuid, Mode.TEST, UploadProgress(post_id, UUID(int=0), "upload-0", 16, 64))
    await reports.close()
    assert "progress" not in (await tenant.client.get(path)).json(), "nothing is sent of a queued post"
    await tenant.admin.do("UPDATE posts SET status = 'publishing', ready_at = 'infinity' WHERE id = $1", post_id)
    shown = (await tenant.client.get(path)).json()["progress"]
    assert shown == {"step": "upload-0", "sentBytes": 16, "totalBytes": 64}

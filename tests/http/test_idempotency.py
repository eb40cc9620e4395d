"""Idempotency keys: a repeated request gets the same response, and a different one is rejected."""

import asyncio
from typing import Any

import httpx2
import pytest

from letmepost.domain.api_keys import Mode
from tests.deployment import Client
from tests.doubles.waiting import eventually
from tests.http.support import PLATFORM, Tenant, check_refusal, hang_up, png, soon, upload


def _body(account_id: str, text: str = "Hello") -> dict[str, Any]:
    return {"targets": [{"accountId": account_id}], "text": text}


@pytest.fixture
async def account_id(client: Client) -> str:
    return await client.sandbox_account()


def _check_replay(again: httpx2.Response, first: httpx2.Response) -> None:
    assert again.headers["idempotency-replayed"] == "true"
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert again.headers.get("location") == first.headers.get("location")
    assert again.headers["content-type"] == first.headers["content-type"]


async def test_repeated_request_gets_the_same_response_byte_for_byte(tenant: Tenant, account_id: str) -> None:
    first = await tenant.client.post("/v1/posts", _body(account_id), idempotency_key="k")
    assert first.status_code == 200
    assert "idempotency-replayed" not in first.headers
    for _ in range(2):
        _check_replay(await tenant.client.post("/v1/posts", _body(account_id), idempotency_key="k"), first)
    assert len(await tenant.followers_see()) == 1


async def test_another_key_is_an_independent_request(tenant: Tenant, account_id: str) -> None:
    for key in ("one", "One", "one ", None):
        headers = {} if key is None else {"idempotency_key": key.strip() + ("x" if key.endswith(" ") else "")}
        assert (await tenant.client.post("/v1/posts", _body(account_id), **headers)).status_code == 200
    assert len(await tenant.followers_see()) == 4


async def test_same_key_with_another_request_is_a_conflict(tenant: Tenant, account_id: str) -> None:
    assert (await tenant.client.post("/v1/posts", _body(account_id), idempotency_key="k")).status_code == 200
    async with tenant.storing_nothing():
        for path, body in (
            ("/v1/posts", _body(account_id, "Other")),
            ("/v1/api-keys", {"name": "a"}),
            ("/v1/webhook-endpoints", {"url": "http://127.0.0.1:49151/"}),
        ):
            reply = await tenant.client.post(path, body, idempotency_key="k")
            error = check_refusal(reply, 409, "idempotency_conflict", "idempotency_key.body_mismatch")
            assert error["remediation"]
    assert len(await tenant.followers_see()) == 1


async def test_requests_are_compared_byte_by_byte(tenant: Tenant, account_id: str) -> None:
    headers = {
        "authorization": f"Bearer {tenant.client.key}",
        "content-type": "application/json",
        "idempotency-key": "k",
    }
    bodies = [f'{{"targets":[{{"accountId":"{account_id}"}}],"text":{gap}"Hello"}}' for gap in ("", " ")]
    statuses = [
        (await tenant.deployment.http.post("/v1/posts", content=body, headers=headers)).status_code for body in bodies
    ]
    assert statuses == [200, 409]


async def test_repeated_request_for_a_scheduled_post_gets_the_same_response(tenant: Tenant, account_id: str) -> None:
    body = {**_body(account_id), "scheduledAt": soon(1.2)}
    first = await tenant.client.post("/v1/posts", body, idempotency_key="k")
    assert first.status_code == 202
    await tenant.settled(first.json()["results"][0]["postId"])
    again = await tenant.client.post("/v1/posts", body, idempotency_key="k")
    _check_replay(again, first)
    assert again.json()["status"] == "queued"
    now = await tenant.client.get(again.headers["location"])
    assert now.json()["status"] == "published"


async def test_repeated_request_without_waiting_gets_the_same_response(tenant: Tenant) -> None:
    account_id = await tenant.client.sandbox_account("slow")
    first = await tenant.client.post("/v1/posts", _body(account_id), idempotency_key="k", prefer="respond-async")
    assert first.status_code == 202
    again = await tenant.client.post("/v1/posts", _body(account_id), idempotency_key="k")
    _check_replay(again, first)


async def test_twenty_concurrent_identical_requests_publish_once(tenant: Tenant, account_id: str) -> None:
    posting = [tenant.client.post("/v1/posts", _body(account_id), idempotency_key="k") for _ in range(20)]
    replies = await asyncio.gather(*posting)
    answered = [reply for reply in replies if reply.status_code == 200]
    for reply in replies:
        if reply.status_code != 200:
            check_refusal(reply, 409, "idempotency_conflict", "idempotency_key.in_progress")
            assert int(reply.headers["retry-after"]) > 0
    assert len({reply.content for reply in answered}) == 1
    assert len(await tenant.followers_see()) == 1
    assert (await tenant.stored())["batches"] == 1


async def test_two_hundred_concurrent_identical_requests_create_one_batch(tenant: Tenant, account_id: str) -> None:
    """They are more than the database connections, so that they queue in every order."""
    body = {**_body(account_id), "scheduledAt": soon(3600)}
    posting = [tenant.client.post("/v1/posts", body, idempotency_key="k") for _ in range(200)]
    replies = await asyncio.gather(*posting)
    answered = {reply.content for reply in replies if reply.status_code == 202}
    refused = {reply.json()["error"].get("rule") for reply in replies if reply.status_code != 202}
    assert (len(answered), refused - {"idempotency_key.in_progress"}) == (1, set())
    stored = await tenant.stored()
    assert (stored["batches"], stored["posts"], stored["idempotency_keys"]) == (1, 1, 1)


async def test_second_request_waits_for_the_first_response(tenant: Tenant) -> None:
    account_id = await tenant.client.sandbox_account("slow")
    posting = [tenant.client.post("/v1/posts", _body(account_id), idempotency_key="k") for _ in range(2)]
    first, second = await asyncio.gather(*posting)
    assert (first.status_code, second.status_code) == (200, 200)
    assert first.content == second.content
    assert len(await tenant.followers_see()) == 1


async def test_second_request_that_does_not_wait_gets_a_conflict(tenant: Tenant) -> None:
    account_id = await tenant.client.sandbox_account("slow")
    first = asyncio.create_task(tenant.client.post("/v1/posts", _body(account_id), idempotency_key="k"))
    await _accepted(tenant)
    second = await tenant.client.post("/v1/posts", _body(account_id), idempotency_key="k", prefer="wait=0")
    check_refusal(second, 409, "idempotency_conflict", "idempotency_key.in_progress")
    assert int(second.headers["retry-after"]) > 0
    assert (await first).status_code == 200
    _check_replay(await tenant.client.post("/v1/posts", _body(account_id), idempotency_key="k"), await first)


async def _accepted(tenant: Tenant) -> None:
    await eventually(lambda: tenant.admin.one("SELECT count(*) FROM batches WHERE organization_id = $1", tenant.uuid))


async def test_repeated_request_responds_for_a_batch_of_a_crashed_one(
    tenant: Tenant,
) -> None:
    """The key is stored with the batch, so there is either neither of them or a batch with an outcome."""
    account_id = await tenant.client.sandbox_account("slow")
    died = asyncio.create_task(tenant.client.post("/v1/posts", _body(account_id), idempotency_key="k"))
    await _accepted(tenant)
    await hang_up(died)
    answer = "SELECT status FROM idempotency_keys WHERE organization_id = $1 AND batch_id IS NOT NULL"
    assert await tenant.admin.one(answer, tenant.uuid) is None
    first = await tenant.client.post("/v1/posts", _body(account_id), idempotency_key="k")
    assert (first.status_code, first.json()["status"]) == (200, "published")
    assert await tenant.admin.one(answer, tenant.uuid) == 200
    _check_replay(await tenant.client.post("/v1/posts", _body(account_id), idempotency_key="k"), first)
    assert len(await tenant.followers_see()) == 1


async def test_rejected_request_is_evaluated_again(tenant: Tenant, account_id: str) -> None:
    """It changed nothing, and its cause may be gone."""
    body = {"targets": [{"platform": PLATFORM}], "text": "Hello"}
    other = await tenant.client.sandbox_account()
    refused = await tenant.client.post("/v1/posts", body, idempotency_key="k")
    check_refusal(refused, 400, "validation_failed", "target.account.ambiguous")
    assert (await tenant.client.call("DELETE", f"/v1/accounts/{other}")).status_code == 200
    reply = await tenant.client.post("/v1/posts", body, idempotency_key="k")
    assert (reply.status_code, reply.json()["results"][0]["accountId"]) == (200, account_id)


async def test_key_belongs_to_a_mode_and_a_profile(tenant: Tenant) -> None:
    callers = [
        tenant.client,
        await tenant.key(profileId=await tenant.profile()),
        await tenant.key(Mode.LIVE),
        await tenant.deployment.client(),
    ]
    for caller in callers:
        reply = await caller.post("/v1/webhook-endpoints", {"url": "http://127.0.0.1:49151/"}, idempotency_key="k")
        assert (reply.status_code, reply.headers.get("idempotency-replayed")) == (201, None)


async def test_another_api_key_of_the_same_mode_gets_the_same_response(tenant: Tenant, account_id: str) -> None:
    first = await tenant.client.post("/v1/posts", _body(account_id), idempotency_key="k")
    colleague = await tenant.key()
    _check_replay(await colleague.post("/v1/posts", _body(account_id), idempotency_key="k"), first)


async def test_key_can_be_used_again_after_a_day(tenant: Tenant, account_id: str) -> None:
    assert (await tenant.client.post("/v1/posts", _body(account_id), idempotency_key="k")).status_code == 200
    await _age(tenant, "24 hours 1 second")
    reply = await tenant.client.post("/v1/posts", _body(account_id, "Other"), idempotency_key="k")
    assert (reply.status_code, reply.headers.get("idempotency-replayed")) == (200, None)
    assert len(await tenant.followers_see()) == 2


async def _age(tenant: Tenant, interval: str) -> None:
    query = "UPDATE idempotency_keys SET created_at = created_at - $2::text::interval WHERE organization_id = $1"
    await tenant.admin.do(query, tenant.uuid, interval)


@pytest.mark.parametrize(
    ("path", "body", "secret"),
    [
        ("/v1/api-keys", {"name": "new"}, "key"),
        ("/v1/webhook-endpoints", {"url": "http://127.0.0.1:49151/"}, "signingSecret"),
    ],
)
async def test_response_with_a_secret_is_replayed_to_the_same_key_for_ten_minutes(
    tenant: Tenant, path: str, body: dict[str, Any], secret: str
) -> None:
    first = await tenant.client.post(path, body, idempotency_key="k")
    assert first.status_code == 201
    stored = await tenant.admin.one("SELECT body FROM idempotency_keys WHERE organization_id = $1", tenant.uuid)
    assert first.json()[secret].encode() not in stored
    _check_replay(await tenant.client.post(path, body, idempotency_key="k"), first)
    colleague = await tenant.key()
    expired = "idempotency_key.secret_expired"
    check_refusal(await colleague.post(path, body, idempotency_key="k"), 409, "idempotency_conflict", expired)
    await _age(tenant, "10 minutes 1 second")
    check_refusal(await tenant.client.post(path, body, idempotency_key="k"), 409, "idempotency_conflict", expired)
    assert (await tenant.stored())[path.removeprefix("/v1/").replace("-", "_")] <= 3


async def test_repeated_retry_is_replayed_after_its_time_has_passed(tenant: Tenant, account_id: str) -> None:
    """The earlier response is looked up before the request is checked: its time may be in the past by then."""
    draft = await tenant.client.post("/v1/posts", {**_body(account_id), "scheduledAt": soon(3600)})
    post_id = draft.json()["results"][0]["postId"]
    assert (await tenant.client.call("DELETE", f"/v1/posts/{post_id}")).status_code == 200
    path, body = f"/v1/posts/{post_id}/retry", {"scheduledAt": soon(1.2)}
    first = await tenant.client.post(path, body, idempotency_key="k")
    assert first.status_code == 200
    await tenant.settled(post_id)
    _check_replay(await tenant.client.post(path, body, idempotency_key="k"), first)


async def test_repeated_check_is_replayed_after_the_account_was_disconnected(tenant: Tenant, account_id: str) -> None:
    path = f"/v1/accounts/{account_id}/check"
    first = await tenant.client.post(path, idempotency_key="k")
    assert (await tenant.client.call("DELETE", f"/v1/accounts/{account_id}")).status_code == 200
    _check_replay(await tenant.client.post(path, idempotency_key="k"), first)


async def test_stored_response_contains_no_readable_media_url(tenant: Tenant) -> None:
    media_id = await upload(tenant.client, png(), **{"idempotency-key": "k"})
    url = (await tenant.client.get(f"/v1/media/{media_id}")).json()["url"]
    stored = await tenant.admin.one("SELECT body FROM idempotency_keys WHERE organization_id = $1", tenant.uuid)
    assert stored
    assert b"/media/" not in stored
    assert url.encode() not in stored


async def test_upload_is_identified_by_its_bytes(tenant: Tenant) -> None:
    first = await upload(tenant.client, png(), **{"idempotency-key": "k"})
    assert await upload(tenant.client, png(), **{"idempotency-key": "k"}) == first
    headers = {"authorization": f"Bearer {tenant.client.key}", "idempotency-key": "k"}
    other = await tenant.deployment.http.post("/v1/media", files={"file": ("a.png", png(9, 9))}, headers=headers)
    check_refusal(other, 409, "idempotency_conflict", "idempotency_key.body_mismatch")
    stored = await tenant.stored()
    assert (stored["media"], stored["files"]) == (1, 1)


async def test_concurrent_uploads_with_one_key_store_one_file(tenant: Tenant) -> None:
    made = await asyncio.gather(*[upload(tenant.client, png(), **{"idempotency-key": "k"}) for _ in range(5)])
    assert len(set(made)) == 1
    stored = await tenant.stored()
    assert (stored["media"], stored["files"]) == (1, 1)

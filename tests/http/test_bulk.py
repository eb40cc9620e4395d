"""`POST /v1/posts/bulk`: every item runs once, however often the request is sent."""

import asyncio
from collections.abc import Mapping
from typing import Any

import httpx2
import pytest

from tests.http.support import Tenant, check_refusal, soon


@pytest.fixture
async def account_id(tenant: Tenant) -> str:
    return await tenant.client.sandbox_account()


def _item(account_id: str, text: str = "One", **more: Any) -> dict[str, Any]:
    return {"targets": [{"accountId": account_id}], "text": text, "scheduledAt": soon(3600), **more}


async def _send(tenant: Tenant, *items: Mapping[str, Any], key: str | None = "bulk") -> httpx2.Response:
    headers = {} if key is None else {"idempotency_key": key}
    return await tenant.client.post("/v1/posts/bulk", {"posts": items}, **headers)


def _statuses(reply: httpx2.Response) -> list[int]:
    assert reply.status_code == 207, reply.text
    return [item["status"] for item in reply.json()["data"]]


async def _batches(tenant: Tenant) -> int:
    return (await tenant.stored())["batches"]


async def test_repeated_request_returns_the_first_response_byte_for_byte(tenant: Tenant, account_id: str) -> None:
    items = _item(account_id), _item(account_id, "Two"), {"nonsense": 1}
    first = await _send(tenant, *items)
    assert _statuses(first) == [202, 202, 400]
    assert "idempotency-replayed" not in first.headers
    for _ in range(2):
        again = await _send(tenant, *items)
        assert (again.status_code, again.content) == (207, first.content)
        assert again.headers["idempotency-replayed"] == "true"
    assert await _batches(tenant) == 2


async def test_header_with_another_body_is_a_conflict(tenant: Tenant, account_id: str) -> None:
    await _send(tenant, _item(account_id))
    async with tenant.storing_nothing():
        reply = await _send(tenant, _item(account_id, "Other"))
    check_refusal(reply, 409, "idempotency_conflict", "idempotency_key.body_mismatch")


async def test_header_that_was_used_for_a_single_post_is_a_conflict(tenant: Tenant, account_id: str) -> None:
    await tenant.client.post("/v1/posts", _item(account_id), idempotency_key="bulk")
    async with tenant.storing_nothing():
        reply = await _send(tenant, _item(account_id))
    check_refusal(reply, 409, "idempotency_conflict", "idempotency_key.body_mismatch")


async def test_own_key_of_an_item_wins_over_the_header(tenant: Tenant, account_id: str) -> None:
    item = _item(account_id, idempotencyKey="launch")
    [first] = (await _send(tenant, item)).json()["data"]
    [again] = (await _send(tenant, item, key="another")).json()["data"]
    assert again == first
    [without] = (await _send(tenant, item, key=None)).json()["data"]
    assert without == first
    assert await _batches(tenant) == 1


async def test_own_key_of_an_item_with_another_body_is_a_conflict(tenant: Tenant, account_id: str) -> None:
    await _send(tenant, _item(account_id, idempotencyKey="launch"))
    reply = await _send(tenant, _item(account_id, "Other", idempotencyKey="launch"), key="second")
    assert _statuses(reply) == [409]
    assert await _batches(tenant) == 1


async def test_item_may_repeat_the_key_of_the_header(tenant: Tenant, account_id: str) -> None:
    item = _item(account_id, idempotencyKey="bulk")
    first = await _send(tenant, item)
    assert _statuses(first) == [202]
    assert (await _send(tenant, item)).content == first.content
    later = await _send(tenant, item, key="second")
    assert _statuses(later) == [409]
    assert await _batches(tenant) == 1


async def test_equal_items_without_keys_are_different_posts(tenant: Tenant, account_id: str) -> None:
    item = _item(account_id)
    assert _statuses(await _send(tenant, item, item)) == [202, 202]
    assert await _batches(tenant) == 2


async def test_same_own_key_twice_in_one_request_runs_once(tenant: Tenant, account_id: str) -> None:
    item = _item(account_id, idempotencyKey="launch")
    first, second = (await _send(tenant, item, item)).json()["data"]
    assert first == second
    assert await _batches(tenant) == 1


async def test_concurrent_identical_requests_run_every_item_once(tenant: Tenant, account_id: str) -> None:
    items = [_item(account_id, f"Number {number}") for number in range(5)]
    replies = await asyncio.gather(*[_send(tenant, *items) for _ in range(8)])
    assert {reply.status_code for reply in replies} == {207}
    assert len({reply.content for reply in replies}) == 1
    assert await _batches(tenant) == 5


async def test_response_with_an_exceeded_quota_is_not_stored(tenant: Tenant, account_id: str) -> None:
    """The repeated request returns the accepted item, and runs the one that may succeed now."""
    await _limit(tenant, 1)
    items = _item(account_id), _item(account_id, "Two")
    first = await _send(tenant, *items)
    assert _statuses(first) == [202, 429]
    await _limit(tenant, 2)
    again = await _send(tenant, *items)
    assert _statuses(again) == [202, 202]
    assert "idempotency-replayed" not in again.headers
    assert again.json()["data"][0] == first.json()["data"][0]
    assert await _batches(tenant) == 2
    assert (await _send(tenant, *items)).headers["idempotency-replayed"] == "true"


async def test_conflict_of_the_header_holds_although_the_response_was_not_stored(
    tenant: Tenant, account_id: str
) -> None:
    await _limit(tenant, 1)
    assert _statuses(await _send(tenant, _item(account_id), _item(account_id, "Two"))) == [202, 429]
    check_refusal(
        await _send(tenant, _item(account_id, "Other")), 409, "idempotency_conflict", "idempotency_key.body_mismatch"
    )


async def test_request_without_any_key_runs_every_time(tenant: Tenant, account_id: str) -> None:
    for _ in range(2):
        assert _statuses(await _send(tenant, _item(account_id), key=None)) == [202]
    assert await _batches(tenant) == 2


async def test_malformed_header_is_rejected(tenant: Tenant, account_id: str) -> None:
    async with tenant.storing_nothing():
        reply = await _send(tenant, _item(account_id), key="a b")
    check_refusal(reply, 400, "validation_failed", "idempotency_key.format")


async def test_bulk_accepts_bodies_of_several_mebibytes(tenant: Tenant, account_id: str) -> None:
    """Inline media is allowed in every request that creates posts."""
    long = _item(account_id, "x" * 99_000)
    assert _statuses(await _send(tenant, *[long] * 30)) == [400] * 30


async def _limit(tenant: Tenant, posts_per_month: int) -> None:
    await tenant.admin.do("UPDATE organizations SET posts_per_month = $2 WHERE id = $1", tenant.uuid, posts_per_month)

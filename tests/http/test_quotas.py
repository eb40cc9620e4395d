"""Quotas of organizations, over HTTP."""

import asyncio
from base64 import b64encode
from datetime import datetime, timedelta
from typing import Any

import httpx2

from letmepost.domain.api_keys import Mode
from letmepost.gateways.clock import SystemClock
from tests.deployment import OPERATOR_TOKEN, Client
from tests.doubles.waiting import eventually
from tests.http.support import PLATFORM, Tenant, check_refusal, moment, png, soon

_DAY_S = 86_400


async def _allow(tenant: Tenant, **quotas: int | None) -> None:
    operator = Client(tenant.deployment.http, OPERATOR_TOKEN)
    reply = await operator.call("PATCH", f"/v1/organizations/{tenant.id}", {"quotas": quotas})
    assert reply.status_code == 200, reply.text


async def _usage(client: Client) -> dict[str, dict[str, Any]]:
    caps = (await client.get("/v1/usage")).json()["data"]
    return {cap["name"] + cap.get("accountId", ""): cap for cap in caps}


async def _later(client: Client, account_id: str, seconds: float = 400 * 60, **body: Any) -> httpx2.Response:
    wanted = {"targets": [{"accountId": account_id}], "text": "Later", "scheduledAt": soon(seconds), **body}
    return await client.post("/v1/posts", wanted)


async def _draft(client: Client, account_id: str) -> str:
    body = {"targets": [{"accountId": account_id}], "text": "Draft", "draft": True}
    reply = await client.post("/v1/posts", body)
    assert reply.status_code == 201, reply.text
    batch_id: str = reply.json()["id"]
    return batch_id


async def test_post_over_the_quota_is_rejected_with_the_quota(tenant: Tenant) -> None:
    account_id = await tenant.client.sandbox_account()
    await _allow(tenant, postsPerAccountDay=2)
    for _ in range(2):
        assert (await _later(tenant.client, account_id)).status_code == 202
    before = await tenant.stored()
    asked_at = SystemClock().now()
    reply = await _later(tenant.client, account_id, metadata={"a": "b"})
    error = check_refusal(reply, 429, "quota_exceeded", "quota.postsPerAccountDay")
    resets_at = error["quota"].pop("resetsAt")
    answered_at = moment(resets_at) - timedelta(seconds=int(reply.headers["retry-after"]))
    assert asked_at - timedelta(seconds=1) < answered_at <= SystemClock().now()
    assert moment(resets_at).time().isoformat() == "00:00:00"
    assert error["quota"] == {"name": "postsPerAccountDay", "accountId": account_id, "used": 2, "limit": 2}
    assert resets_at[:10] in error["remediation"]
    after = await tenant.stored()
    assert {name for name in before if before[name] != after[name]} == {"events"}, "only the event is stored"


async def test_quota_error_is_not_stored_under_the_idempotency_key(tenant: Tenant) -> None:
    """Otherwise the next request would be rejected for a day, even after the quota has reset."""
    account_id = await tenant.client.sandbox_account()
    body = {"targets": [{"accountId": account_id}], "text": "Later", "scheduledAt": soon(_DAY_S)}
    await _allow(tenant, postsPerMonth=0)
    check_refusal(
        await tenant.client.post("/v1/posts", body, idempotency_key="k"),
        429,
        "quota_exceeded",
        "quota.postsPerMonth",
    )
    await _allow(tenant, postsPerMonth=None)
    assert (await tenant.client.post("/v1/posts", body, idempotency_key="k")).status_code == 202


async def test_invalid_request_uses_no_quota(tenant: Tenant) -> None:
    """The quota is charged only after the time was checked."""
    account_id = await tenant.client.sandbox_account()
    await _allow(tenant, postsPerMonth=1000)
    check_refusal(await _later(tenant.client, account_id, -1), 400, "validation_failed", "scheduledAt.future")
    assert (await _usage(tenant.client))["postsPerMonth"]["used"] == 0


async def test_repeated_request_is_counted_once(tenant: Tenant) -> None:
    account_id = await tenant.client.sandbox_account()
    await _allow(tenant, postsPerAccountDay=1)
    body = {"targets": [{"accountId": account_id}], "text": "Now"}
    first = await tenant.client.post("/v1/posts", body, idempotency_key="k")
    again = await tenant.client.post("/v1/posts", body, idempotency_key="k")
    assert (first.status_code, again.content) == (200, first.content)


async def test_each_request_of_a_bulk_is_counted_independently(tenant: Tenant) -> None:
    account_id = await tenant.client.sandbox_account()
    await _allow(tenant, postsPerMonth=1)
    post = {"targets": [{"accountId": account_id}], "text": "Later", "scheduledAt": soon(60)}
    reply = await tenant.client.post("/v1/posts/bulk", {"posts": [post, post]})
    assert [answer["status"] for answer in reply.json()["data"]] == [202, 429]
    assert reply.json()["data"][1]["body"]["error"]["quota"]["limit"] == 1


async def test_canceled_post_returns_its_quota_until_it_is_retried(tenant: Tenant) -> None:
    client, account_id = tenant.client, await tenant.client.sandbox_account()
    await _allow(tenant, postsPerMonth=1)
    when = soon(120)
    first = await _later(client, account_id, scheduledAt=when)
    post_id = first.json()["results"][0]["postId"]
    assert (await client.call("DELETE", f"/v1/posts/{post_id}")).status_code == 200
    second = await _later(client, account_id, scheduledAt=when)
    assert second.status_code == 202
    refused = await client.post(f"/v1/posts/{post_id}/retry", {"scheduledAt": when})
    check_refusal(refused, 429, "quota_exceeded", "quota.postsPerMonth")
    assert (await client.call("DELETE", f"/v1/batches/{second.json()['id']}")).status_code == 200
    assert (await client.post(f"/v1/posts/{post_id}/retry", {"scheduledAt": when})).status_code == 200


async def test_draft_counts_when_it_is_published(tenant: Tenant) -> None:
    client, account_id = tenant.client, await tenant.client.sandbox_account()
    await _allow(tenant, postsPerMonth=1)
    one, other = await _draft(client, account_id), await _draft(client, account_id)
    when = {"scheduledAt": soon(60)}
    assert (await client.post(f"/v1/batches/{one}/publish", when)).status_code == 202
    reply = await client.post(f"/v1/batches/{other}/publish", when)
    check_refusal(reply, 429, "quota_exceeded", "quota.postsPerMonth")
    assert (await client.get(f"/v1/batches/{other}")).json()["status"] == "draft"


async def test_rescheduled_post_counts_on_its_new_day(tenant: Tenant) -> None:
    client, account_id = tenant.client, await tenant.client.sandbox_account()
    await _allow(tenant, postsPerAccountDay=1)
    days = [soon((2 + number) * _DAY_S) for number in range(2)]
    posts = [(await _later(client, account_id, scheduledAt=day)).json()["results"][0]["postId"] for day in days]
    reply = await client.call("PATCH", f"/v1/posts/{posts[0]}", {"scheduledAt": days[1]})
    check_refusal(reply, 429, "quota_exceeded", "quota.postsPerAccountDay")
    assert (await client.call("PATCH", f"/v1/posts/{posts[0]}", {"scheduledAt": soon(9 * _DAY_S)})).status_code == 200
    assert (await _later(client, account_id, scheduledAt=days[0])).status_code == 202


async def test_file_over_the_quota_is_rejected_and_not_stored(tenant: Tenant) -> None:
    size = len(png())
    await _allow(tenant, mediaBytes=2 * size)
    headers = {"authorization": f"Bearer {tenant.client.key}"}

    async def upload() -> httpx2.Response:
        files = {"file": ("picture.png", png())}
        return await tenant.deployment.http.post("/v1/media", files=files, headers=headers)

    replies = await asyncio.gather(*[upload() for _ in range(4)])
    assert sorted(reply.status_code for reply in replies) == [201, 201, 429, 429]
    [error] = [reply.json()["error"] for reply in replies if reply.status_code == 429][:1]
    assert error["quota"] == {"name": "mediaBytes", "used": 2 * size, "limit": 2 * size}
    stored = await tenant.stored()
    assert (stored["media"], stored["files"]) == (2, 2)


async def test_media_inside_a_request_count_toward_the_quota(tenant: Tenant) -> None:
    account_id = await tenant.client.sandbox_account()
    await _allow(tenant, mediaBytes=1)
    media = [{"kind": "image", "altText": "A", "bytesBase64": b64encode(png()).decode()}]
    reply = await _later(tenant.client, account_id, media=media)
    check_refusal(reply, 429, "quota_exceeded", "quota.mediaBytes")
    assert "retry-after" not in reply.headers, "this quota does not reset"
    stored = await tenant.stored()
    assert (stored["batches"], stored["media"], stored["files"]) == (0, 0, 0)


async def test_exhausted_quota_is_announced(tenant: Tenant) -> None:
    account_id = await tenant.client.sandbox_account()
    await _allow(tenant, postsPerMonth=1)
    when = soon(60)
    for _ in range(3):
        await _later(tenant.client, account_id, scheduledAt=when)

    async def announced() -> list[dict[str, Any]] | None:
        events = (await tenant.client.get("/v1/events?type=quota.warning&type=quota.exceeded")).json()["data"]
        return events if len(events) == 2 else None

    warning, exceeded = await eventually(announced) or []
    assert (warning["type"], exceeded["type"]) == ("quota.warning", "quota.exceeded")
    for event in (warning, exceeded):
        facts = {name: event["data"][name] for name in ("name", "used", "limit", "left")}
        assert facts == {"name": "postsPerMonth", "used": 1, "limit": 1, "left": 0}
        assert moment(event["data"]["resetsAt"])


async def test_usage_shows_every_limit(tenant: Tenant) -> None:
    client, account_id = tenant.client, await tenant.client.sandbox_account()
    assert list(await _usage(client)) == ["requestsPerMinute"], "by default there are no quotas"
    await _allow(tenant, postsPerMonth=10, postsPerAccountDay=5, mediaBytes=1000)
    reply = await client.post("/v1/posts", {"targets": [{"accountId": account_id}], "text": "Now"})
    assert reply.status_code == 200
    found = await _usage(client)
    requests = found.pop("requestsPerMinute")
    assert (requests["used"] + requests["left"], requests["limit"]) == (100_000, 100_000)
    assert requests["used"] > 0
    assert moment(requests["resetsAt"])
    month, day = found.pop("postsPerMonth"), found.pop(f"postsPerAccountDay{account_id}")
    assert (month.pop("resetsAt")[7:], day.pop("resetsAt")[10:]) == ("-01T00:00:00.000Z", "T00:00:00.000Z")
    assert month == {"name": "postsPerMonth", "used": 1, "limit": 10, "left": 9}
    assert day == {"name": "postsPerAccountDay", "accountId": account_id, "used": 1, "limit": 5, "left": 4}
    assert found == {"mediaBytes": {"name": "mediaBytes", "used": 0, "limit": 1000, "left": 1000}}


async def test_usage_shows_the_costs_of_live_calls(tenant: Tenant) -> None:
    live = await tenant.key(Mode.LIVE)
    today = SystemClock().now().date()
    insert = "INSERT INTO usage (organization_id, mode, subject, period_start, used) VALUES ($1, 'live', $2, $3, $4)"
    for day, amount in ((today, 15_000), (today - timedelta(days=1), 99)):
        await tenant.admin.do(insert, tenant.uuid, f"cost:{PLATFORM}:micro_usd", day, amount)
    midnight = f"{today + timedelta(days=1)}T00:00:00.000Z"
    counted = {"platform": PLATFORM, "unit": "micro_usd", "amount": 15_000, "resetsAt": midnight}
    assert (await live.get("/v1/usage")).json()["costs"] == [counted]
    assert (await tenant.client.get("/v1/usage")).json()["costs"] == []


async def test_usage_is_that_of_the_mode_and_profile(tenant: Tenant) -> None:
    account_id = await tenant.client.sandbox_account()
    await _allow(tenant, postsPerMonth=10, postsPerAccountDay=5)
    assert (await _later(tenant.client, account_id, 60)).status_code == 202
    live = await _usage(await tenant.key(Mode.LIVE))
    assert set(live) == {"requestsPerMinute", "postsPerMonth"}
    assert live["postsPerMonth"]["used"] == 0
    scoped = await tenant.key(profileId=await tenant.profile(), requestsPerMinute=50)
    assert set(await _usage(scoped)) == {"requestsPerMinute", "postsPerMonth"}
    assert (await _usage(scoped))["requestsPerMinute"]["limit"] == 50


async def test_usage_shows_throttled_platforms_and_their_end(tenant: Tenant) -> None:
    client, limited = tenant.client, await tenant.client.sandbox_account("rate_limited")
    await client.sandbox_account()
    assert (await client.get("/v1/usage")).json()["throttles"] == []
    before = soon(0)
    await client.post("/v1/posts", {"targets": [{"accountId": limited}], "text": "Now"}, prefer="respond-async")

    async def held() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (await client.get("/v1/usage")).json()["throttles"]
        return found

    [throttle] = await eventually(held) or []
    assert moment(throttle.pop("until")) > datetime.fromisoformat(before)
    assert throttle == {"platform": PLATFORM, "accountId": limited, "reason": "limit"}
    scoped = await tenant.key(profileId=await tenant.profile())
    assert (await scoped.get("/v1/usage")).json()["throttles"] == []


async def test_usage_shows_the_rest_of_platform_rate_limits(tenant: Tenant) -> None:
    client, account_id = tenant.client, await tenant.client.sandbox_account()
    assert (await client.get("/v1/usage")).json()["budgets"] == []
    await client.post("/v1/posts", {"targets": [{"accountId": account_id}], "text": "Now"})

    async def reported() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (await client.get("/v1/usage")).json()["budgets"]
        return found

    [budget] = await eventually(reported) or []
    assert moment(budget.pop("resetsAt")) > datetime.fromisoformat(soon(0))
    assert (budget.pop("platform"), budget.pop("accountId")) == (PLATFORM, account_id)
    assert 0 < budget["remaining"] < budget["limit"]
    scoped = await tenant.key(profileId=await tenant.profile())
    assert (await scoped.get("/v1/usage")).json()["budgets"] == []

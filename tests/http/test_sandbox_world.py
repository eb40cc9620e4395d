"""The clock and the reset of the test world."""

import asyncio
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

import pytest

from letmepost.bootstrap.page_clock import clock_of_api
from letmepost.domain.api_keys import Mode
from letmepost.domain.ids import Prefix, format_id, parse_id
from letmepost.gateways.clock import SystemClock
from letmepost.sandbox.pages.front import ClockRefusedError
from letmepost.services.events import timestamp
from tests.deployment import SANDBOX_TOKEN, Client, serving
from tests.doubles.waiting import eventually
from tests.http.receiver import Receiver
from tests.http.support import PLATFORM, Tenant, check_refusal, moment, soon, upload

DAY_S = 86_400.0

_PUT_OFF = "SELECT ready_at FROM deliveries WHERE organization_id = $1 AND lease_token IS NULL AND attempt_count = $2"
_DELIVERED = "SELECT true FROM deliveries WHERE organization_id = $1 AND status = 'delivered'"


async def advance(client: Client, seconds: float) -> dict[str, Any]:
    reply = await client.post("/v1/sandbox/clock", {"advanceS": seconds})
    assert reply.status_code == 200, reply.text
    moved: dict[str, Any] = reply.json()
    return moved


async def post(client: Client, account_id: str, **more: Any) -> str:
    body = {"targets": [{"accountId": account_id}], "text": "Hello", **more}
    reply = await client.post("/v1/posts", body, prefer="respond-async")
    assert reply.status_code == 202, reply.text
    post_id: str = reply.json()["results"][0]["postId"]
    return post_id


async def until(tenant: Tenant, post_id: str, status: str) -> dict[str, Any]:
    async def look() -> dict[str, Any] | None:
        found: dict[str, Any] = (await tenant.client.get(f"/v1/posts/{post_id}")).json()
        return found if found["status"] == status and "outcome" in found["attempts"][-1] else None

    found = await eventually(look)
    assert found is not None
    return found


async def test_scheduled_post_is_published_when_the_clock_has_moved(tenant: Tenant) -> None:
    account_id = await tenant.client.sandbox_account()
    media = [{"kind": "image", "mediaId": await upload(tenant.client)}]
    post_id = await post(tenant.client, account_id, scheduledAt=soon(3 * DAY_S), media=media)
    moved = await advance(tenant.client, DAY_S)
    assert moved["aheadS"] == DAY_S
    assert (await tenant.client.get(f"/v1/posts/{post_id}")).json()["status"] == "queued"
    assert (await advance(tenant.client, 2 * DAY_S))["aheadS"] == 3 * DAY_S
    assert (await tenant.settled(post_id))["status"] == "published"
    assert len(await tenant.followers_see()) == 1


async def test_page_of_the_sandbox_moves_the_clock_of_its_organization(tenant: Tenant) -> None:
    account_id = await tenant.client.sandbox_account()
    post_id = await post(tenant.client, account_id, scheduledAt=soon(DAY_S / 2))
    async with serving(tenant.deployment.app) as url:
        await clock_of_api(url, SANDBOX_TOKEN)(tenant.id, DAY_S)
        assert (await tenant.client.get("/v1/sandbox/clock")).json()["aheadS"] == DAY_S
        assert (await tenant.settled(post_id))["status"] == "published"
        with pytest.raises(ClockRefusedError):
            await clock_of_api(url, "another-token-than-that")(tenant.id, DAY_S)
        with pytest.raises(ClockRefusedError):
            await clock_of_api(url, SANDBOX_TOKEN)(format_id(Prefix.ORGANIZATION, UUID(int=1)), DAY_S)
        for _ in range(9):
            await clock_of_api(url, SANDBOX_TOKEN)(tenant.id, 366 * DAY_S)
        with pytest.raises(ClockRefusedError, match="ahead"):
            await clock_of_api(url, SANDBOX_TOKEN)(tenant.id, 366 * DAY_S)
    with pytest.raises(ClockRefusedError, match="does not respond"):
        await clock_of_api(url, SANDBOX_TOKEN)(tenant.id, DAY_S)
    assert (await tenant.client.get("/v1/sandbox/clock")).json()["aheadS"] == (1 + 9 * 366) * DAY_S


async def test_scheduled_time_is_shown_as_it_was_sent_when_the_clock_moves(tenant: Tenant) -> None:
    account_id, now = await tenant.client.sandbox_account(), SystemClock().now()
    sent, later = timestamp(now + timedelta(days=10)), timestamp(now + timedelta(days=20))
    body = {"targets": [{"accountId": account_id}], "text": "Hello", "scheduledAt": sent}
    batch = (await tenant.client.post("/v1/posts", body)).json()
    post_id = batch["results"][0]["postId"]
    for _ in range(2):
        await advance(tenant.client, DAY_S)
        assert (await tenant.client.get(f"/v1/posts/{post_id}")).json()["scheduledAt"] == sent
        assert (await tenant.client.get(f"/v1/batches/{batch['id']}")).json()["scheduledAt"] == sent
    changed = await tenant.client.call("PATCH", f"/v1/posts/{post_id}", {"scheduledAt": later})
    assert changed.json()["scheduledAt"] == later
    await advance(tenant.client, 25 * DAY_S)
    done = await tenant.settled(post_id)
    assert (done["status"], done["scheduledAt"]) == ("published", later)

    async def due_times() -> dict[str, str] | None:
        events = (await tenant.client.get("/v1/events?type=post.queued,post.published")).json()["data"]
        found = {event["type"]: event["data"]["dueAt"] for event in events}
        return found if "post.published" in found else None

    assert await eventually(due_times) == {"post.queued": sent, "post.published": later}


async def test_post_due_during_a_jump_is_published_and_not_late(tenant: Tenant) -> None:
    """A jump may exceed the lateness of a post that a worker would have published in time."""
    account_id = await tenant.client.sandbox_account()
    posts = [await post(tenant.client, account_id, scheduledAt=soon(days * DAY_S)) for days in (1, 2, 3)]
    await advance(tenant.client, 30 * DAY_S)
    assert [(await tenant.settled(post_id))["status"] for post_id in posts] == ["published"] * 3


async def test_retry_that_the_platform_postponed_runs_when_the_clock_has_moved(tenant: Tenant) -> None:
    """The platform's clock is far ahead of real time."""
    await advance(tenant.client, 100 * DAY_S)
    account_id = await tenant.client.sandbox_account("unavailable")
    post_id = await post(tenant.client, account_id)
    waiting = await until(tenant, post_id, "retrying")
    retry_in = moment(waiting["nextAttemptAt"]) - moment(waiting["updatedAt"])
    assert timedelta() < retry_in < timedelta(minutes=1), "it is shown in real time"
    await advance(tenant.client, 60)
    assert (await tenant.settled(post_id))["status"] == "published"
    assert len(await tenant.followers_see()) == 1


async def test_reset_time_of_a_limit_is_converted_to_real_time(tenant: Tenant) -> None:
    await advance(tenant.client, 100 * DAY_S)
    account_id = await tenant.client.sandbox_account("rate_limited")
    post_id = await post(tenant.client, account_id)
    assert (await tenant.settled(post_id))["status"] == "published"


async def test_token_that_expires_during_a_jump_is_refreshed(tenant: Tenant) -> None:
    account_id = await tenant.client.sandbox_account()
    await tenant.settled(await post(tenant.client, account_id))
    await advance(tenant.client, DAY_S)
    done = await tenant.settled(await post(tenant.client, account_id))
    assert done["status"] == "published"
    assert len([call for call in done["attempts"][0]["calls"] if "refresh" in call["path"]]) <= 1


async def test_expiry_of_a_token_moves_with_the_clock(tenant: Tenant) -> None:
    account_id = await tenant.client.sandbox_account()
    row = parse_id(Prefix.ACCOUNT, account_id)
    await tenant.admin.do("UPDATE accounts SET token_expires_at = now() + interval '10 days' WHERE id = $1", row)
    await advance(tenant.client, 7 * DAY_S)
    left = await tenant.admin.one("SELECT token_expires_at - now() FROM accounts WHERE id = $1", row)
    assert timedelta(days=2, hours=23) < left <= timedelta(days=3)


async def test_failed_webhook_is_resent_when_the_clock_has_moved(tenant: Tenant, receiver: Receiver) -> None:
    receiver.answers.extend([(500, {}), (500, {}), (503, {"retry-after": "3600"})])
    made = await tenant.client.post("/v1/webhook-endpoints", {"url": receiver.url, "events": ["post.published"]})
    assert made.status_code == 201, made.text
    await tenant.settled(await post(tenant.client, await tenant.client.sandbox_account()))
    for tries in (1, 2, 3):
        await receiver.first("post.published", tries)
        await eventually(partial(tenant.admin.one, _PUT_OFF, tenant.uuid, tries))
        await advance(tenant.client, 3 * 3600)
    [*_, last] = await receiver.first("post.published", 4)
    await eventually(partial(tenant.admin.one, _DELIVERED, tenant.uuid))
    assert last.event["data"]["status"] == "published"


async def test_clock_belongs_to_one_organization(tenant: Tenant) -> None:
    other = await tenant.deployment.client()
    account_id = await other.sandbox_account()
    post_id = await post(other, account_id, scheduledAt=soon(DAY_S))
    before = (await other.get(f"/v1/posts/{post_id}")).json()
    await advance(tenant.client, 10 * DAY_S)
    assert (await other.get(f"/v1/posts/{post_id}")).json() == before


async def test_clock_can_be_read_and_set_to_a_time(tenant: Tenant) -> None:
    read = (await tenant.client.get("/v1/sandbox/clock")).json()
    assert read["aheadS"] == 0
    assert abs(moment(read["now"]) - SystemClock().now()) < timedelta(minutes=1)
    post_id = await post(tenant.client, await tenant.client.sandbox_account(), scheduledAt=soon(DAY_S))
    to = moment(read["now"]) + timedelta(days=2)
    reply = await tenant.client.post("/v1/sandbox/clock", {"to": to.isoformat()})
    assert reply.status_code == 200, reply.text
    assert timedelta() <= moment(reply.json()["now"]) - to < timedelta(minutes=1)
    assert (await tenant.settled(post_id))["status"] == "published"
    read = (await tenant.client.get("/v1/sandbox/clock")).json()
    assert read["aheadS"] == reply.json()["aheadS"]
    assert moment(read["now"]) >= moment(reply.json()["now"])


async def test_clock_set_to_a_time_stays_there_when_the_request_is_repeated(tenant: Tenant) -> None:
    body = {"to": soon(7 * DAY_S)}
    first = await tenant.client.post("/v1/sandbox/clock", body, idempotency_key="once")
    again = await tenant.client.post("/v1/sandbox/clock", body, idempotency_key="once")
    assert first.status_code == 200, first.text
    assert (again.status_code, again.content) == (200, first.content)


@pytest.mark.parametrize("seconds", [-60.0, 0.0, 367 * DAY_S])
async def test_clock_is_set_to_a_later_time_within_a_year(tenant: Tenant, seconds: float) -> None:
    await advance(tenant.client, 10 * DAY_S)
    async with tenant.storing_nothing():
        reply = await tenant.client.post("/v1/sandbox/clock", {"to": soon(10 * DAY_S + seconds)})
    check_refusal(reply, 400, "validation_failed", "to")
    assert (await tenant.client.get("/v1/sandbox/clock")).json()["aheadS"] == 10 * DAY_S


@pytest.mark.parametrize("body", [{}, {"advanceS": 60, "to": "2030-01-01T00:00:00Z"}])
async def test_clock_request_needs_exactly_one_of_its_fields(tenant: Tenant, body: dict[str, Any]) -> None:
    error = check_refusal(await tenant.client.post("/v1/sandbox/clock", body), 400, "validation_failed", "advanceS")
    assert error["message"] == "Exactly one of `advanceS` and `to` is required."


async def test_clock_can_be_read_by_every_test_key(tenant: Tenant) -> None:
    scoped = await tenant.key(profileId=await tenant.profile())
    assert (await scoped.get("/v1/sandbox/clock")).status_code == 200
    live = await tenant.key(Mode.LIVE)
    check_refusal(await live.get("/v1/sandbox/clock"), 403, "unauthorized", "sandbox.test_key")


async def test_sandbox_posts_have_the_ids_of_accounts_and_respect_the_profile_of_the_key(tenant: Tenant) -> None:
    scoped = await tenant.key(profileId=await tenant.profile())
    mine, other = await scoped.sandbox_account(), await tenant.client.sandbox_account()
    for client, account_id in ((scoped, mine), (tenant.client, other)):
        await tenant.settled(await post(client, account_id))
    assert [seen["accountId"] for seen in await tenant.followers_see()] == [mine, other]
    [seen] = (await scoped.get(f"/v1/sandbox/{PLATFORM}/posts")).json()["data"]
    assert seen["accountId"] == mine
    assert (await tenant.client.call("DELETE", f"/v1/accounts/{mine}")).status_code == 200
    assert [seen["accountId"] for seen in await tenant.followers_see()] == [mine, other]


async def test_jump_runs_once_per_idempotency_key(tenant: Tenant) -> None:
    first = await tenant.client.post("/v1/sandbox/clock", {"advanceS": 60}, idempotency_key="once")
    again = await tenant.client.post("/v1/sandbox/clock", {"advanceS": 60}, idempotency_key="once")
    assert (first.json()["aheadS"], again.content) == (60, first.content)
    assert (await advance(tenant.client, 1))["aheadS"] == 61


async def test_clock_jumps_at_the_same_time_add_up(tenant: Tenant) -> None:
    jumps = await asyncio.gather(*[advance(tenant.client, 60) for _ in range(4)])
    assert sorted(jump["aheadS"] for jump in jumps) == [60, 120, 180, 240]


async def test_clock_jumps_at_the_same_time_with_one_key_move_it_once(tenant: Tenant) -> None:
    body = {"advanceS": 60}
    jumping = [tenant.client.post("/v1/sandbox/clock", body, idempotency_key="once") for _ in range(4)]
    replies = await asyncio.gather(*jumping)
    assert {reply.content for reply in replies} == {replies[0].content}
    assert replies[0].json()["aheadS"] == 60
    assert (await tenant.client.get("/v1/sandbox/clock")).json()["aheadS"] == 60


@pytest.mark.parametrize("seconds", [0, -1, 366 * DAY_S + 1, "60", None, 1e300])
async def test_jump_backwards_or_too_far_is_rejected(tenant: Tenant, seconds: object) -> None:
    async with tenant.storing_nothing():
        reply = await tenant.client.post("/v1/sandbox/clock", {"advanceS": seconds})
    check_refusal(reply, 400, "validation_failed", "advanceS")


async def test_clock_moves_at_most_ten_years_until_a_reset(tenant: Tenant) -> None:
    for _ in range(10):
        await advance(tenant.client, 366 * DAY_S)
    reply = await tenant.client.post("/v1/sandbox/clock", {"advanceS": 1})
    check_refusal(reply, 400, "validation_failed", "advanceS")
    assert (await tenant.client.post("/v1/sandbox/reset")).status_code == 200
    assert (await advance(tenant.client, 1))["aheadS"] == 1


@pytest.mark.parametrize("path", ["/v1/sandbox/clock", "/v1/sandbox/reset"])
async def test_test_world_requires_a_test_key_of_the_whole_organization(tenant: Tenant, path: str) -> None:
    body = {"advanceS": 60} if path.endswith("clock") else {}
    live = await tenant.key(Mode.LIVE)
    check_refusal(await live.post(path, body), 403, "unauthorized", "sandbox.test_key")
    scoped = await tenant.key(profileId=await tenant.profile())
    check_refusal(await scoped.post(path, body), 403, "unauthorized", "profile.key_limited")


async def test_reset_cancels_waiting_posts_and_empties_the_simulators(tenant: Tenant) -> None:
    account_id = await tenant.client.sandbox_account()
    published = await post(tenant.client, account_id)
    await tenant.settled(published)
    waiting = await post(tenant.client, account_id, scheduledAt=soon(DAY_S))
    await advance(tenant.client, 60)
    reply = await tenant.client.post("/v1/sandbox/reset")
    assert (reply.status_code, reply.json()) == (200, {"canceledCount": 1})
    assert await tenant.followers_see() == []
    assert (await tenant.client.get(f"/v1/posts/{waiting}")).json()["status"] == "canceled"
    assert (await tenant.client.get(f"/v1/posts/{published}")).json()["status"] == "published"
    assert (await tenant.client.get(f"/v1/accounts/{account_id}")).json()["status"] == "disconnected"
    again = await tenant.settled(await post(tenant.client, await tenant.client.sandbox_account()))
    assert again["status"] == "published"
    assert len(await tenant.followers_see()) == 1

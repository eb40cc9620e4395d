"""Pausing and resuming publishing, over HTTP."""

import asyncio

import pytest

from letmepost.domain.ids import Prefix, format_id
from tests.deployment import OPERATOR_TOKEN, Client
from tests.http.support import ABSENT_ID, PLATFORM, Tenant, check_refusal


def operator(tenant: Tenant) -> Client:
    return Client(tenant.deployment.http, OPERATOR_TOKEN)


async def test_posts_of_a_paused_organization_are_held_until_it_is_resumed(tenant: Tenant) -> None:
    scope = {"organizationId": tenant.id}
    paused = await operator(tenant).post("/v1/pauses", {**scope, "reason": "Incident"})
    assert {**scope, "reason": "Incident"}.items() <= paused.json()["data"][-1].items()
    account_id = await tenant.client.sandbox_account()
    reply = await tenant.client.post("/v1/posts", {"targets": [{"accountId": account_id}], "text": "Hello"})
    [result] = reply.json()["results"]
    assert (result["status"], result["error"]["rule"]) == ("held", "publishing.paused")
    assert (await operator(tenant).post("/v1/pauses/resume", scope)).json() == {"released": 1}
    assert (await tenant.settled(result["postId"]))["status"] in {"held", "published"}


async def test_identical_resume_requests_sent_together_get_the_same_response(tenant: Tenant) -> None:
    scope = {"organizationId": tenant.id}
    await operator(tenant).post("/v1/pauses", scope)
    account_id = await tenant.client.sandbox_account()
    await tenant.client.post("/v1/posts", {"targets": [{"accountId": account_id}], "text": "Hello"})
    key = f"resume-{tenant.id}"
    replies = await asyncio.gather(
        *(operator(tenant).post("/v1/pauses/resume", scope, idempotency_key=key) for _ in range(10))
    )
    assert [(reply.status_code, reply.json()) for reply in replies] == [(200, {"released": 1})] * 10


async def test_scope_that_is_not_paused_cannot_be_resumed(tenant: Tenant) -> None:
    absent = {"organizationId": format_id(Prefix.ORGANIZATION, tenant.uuid), "accountId": f"acc_{ABSENT_ID}"}
    check_refusal(await operator(tenant).post("/v1/pauses/resume", absent), 404, "not_found")


async def test_unknown_platform_cannot_be_paused(tenant: Tenant) -> None:
    refused = await operator(tenant).post("/v1/pauses", {"platform": "nowhere"})
    check_refusal(refused, 400, "validation_failed", "platform.unknown")
    assert (await operator(tenant).get("/v1/pauses")).json() == {"data": []}


async def test_unknown_organization_or_account_cannot_be_paused(tenant: Tenant) -> None:
    for scope in (
        {"organizationId": f"org_{ABSENT_ID}"},
        {"organizationId": tenant.id, "accountId": f"acc_{ABSENT_ID}"},
    ):
        check_refusal(await operator(tenant).post("/v1/pauses", scope), 404, "not_found")
    assert (await operator(tenant).get("/v1/pauses")).json() == {"data": []}


@pytest.mark.parametrize(
    ("scope", "said"),
    [
        ({}, "publishing is paused"),
        ({"platform": PLATFORM}, f"paused in part: {PLATFORM}"),
        ({"organizationId": "own"}, "paused in part: some tenants"),
    ],
)
async def test_pause_is_shown_by_readiness(tenant: Tenant, scope: dict[str, str], said: str) -> None:
    scope = {"organizationId": tenant.id} if "organizationId" in scope else scope
    http = tenant.client.http  # another part may not be ready: posts of other tests can be overdue on a busy machine
    before = await http.get("/ready")
    assert before.json()["parts"]["pauses"] == "ok"
    await operator(tenant).post("/v1/pauses", scope)
    try:
        paused = await http.get("/ready")
        assert (paused.status_code, paused.json()["parts"]["pauses"]) == (before.status_code, said)
    finally:
        await operator(tenant).post("/v1/pauses/resume", scope)

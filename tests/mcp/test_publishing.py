"""Agents that publish over streamable HTTP."""

import pytest

from tests.http.support import PLATFORM, Tenant, soon
from tests.mcp.support import call, connected, refusal


@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_agent_publishes_and_reads_a_post(tenant: Tenant, mode: str) -> None:
    account = await tenant.client.sandbox_account()
    async with connected(tenant.deployment.app, tenant.client.key, mode=mode) as agent:
        assert [found["id"] for found in (await call(agent, "list_accounts"))["data"]] == [account]
        made = await call(
            agent, "create_post", targets=[{"account_id": account}], text="Hello", idempotency_key="first"
        )
        [target] = made["targets"]
        assert (made["mode"], made["all_published"], made["in_progress"]) == ("test", True, False)
        assert (target["status"], target["is_published"]) == ("published", True)
        assert made["summary"] == "Published on 1 of 1 targets."
        post = await call(agent, "get_post", post_id=target["post_id"])
        assert (post["text"], post["status"], post["url"]) == ("Hello", "published", target["url"])
        assert [attempt["outcome"] for attempt in post["attempts"]] == ["published"]
        listed = await call(agent, "list_posts", status=["published"])
        assert [found["id"] for found in listed["data"]] == [target["post_id"]]
        events = await call(agent, "list_events", types=["post.published"])
        assert [event["data"]["post_id"] for event in events["data"]] == [target["post_id"]]
    assert [seen["text"] for seen in await tenant.followers_see()] == ["Hello"]


async def test_repeated_idempotency_key_publishes_once(tenant: Tenant) -> None:
    account = await tenant.client.sandbox_account()
    given = {"targets": [{"account_id": account}], "text": "Once", "idempotency_key": "same"}
    async with connected(tenant.deployment.app, tenant.client.key) as agent:
        first, second = await call(agent, "create_post", **given), await call(agent, "create_post", **given)
        assert first == second
        error = await refusal(agent, "create_post", **{**given, "text": "Another"})
        assert (error["code"], error["rule"]) == ("idempotency_conflict", "idempotency_key.body_mismatch")
    assert [seen["text"] for seen in await tenant.followers_see()] == ["Once"]


async def test_create_post_states_that_a_post_is_not_published_yet(tenant: Tenant) -> None:
    account = await tenant.client.sandbox_account("slow")
    async with connected(tenant.deployment.app, tenant.client.key) as agent:
        given = {"targets": [{"account_id": account}], "text": "Slow", "wait_s": 0, "idempotency_key": "slow"}
        made = await call(agent, "create_post", **given)
        assert (made["all_published"], made["in_progress"]) == (False, True)
        assert made["summary"].startswith("Not finished. Published on 0 of 1 targets.")
        assert made["targets"][0]["is_published"] is False


async def test_repeated_key_returns_the_current_outcome_of_an_unfinished_post(tenant: Tenant) -> None:
    account = await tenant.client.sandbox_account()
    given = {"targets": [{"account_id": account}], "text": "Later", "wait_s": 0, "idempotency_key": "later"}
    async with connected(tenant.deployment.app, tenant.client.key) as agent:
        made = await call(agent, "create_post", **given)
        await tenant.settled(made["targets"][0]["post_id"])
        assert (await call(agent, "create_post", **given))["all_published"] is True


async def test_rejected_target_is_not_reported_as_published(tenant: Tenant) -> None:
    good, bad = await tenant.client.sandbox_account(), await tenant.client.sandbox_account("rejected")
    async with connected(tenant.deployment.app, tenant.client.key) as agent:
        targets = [{"account_id": good}, {"account_id": bad}]
        made = await call(agent, "create_post", targets=targets, text="Half", idempotency_key="half")
        assert (made["all_published"], made["in_progress"]) == (False, False)
        assert made["summary"] == "Published on 1 of 2 targets. Read `status` and `error` of the others."
        assert [target["is_published"] for target in made["targets"]] == [True, False]
        assert made["targets"][1]["error"]["code"] == "platform_rejected"


async def test_scheduled_post_can_be_canceled_and_retried(tenant: Tenant) -> None:
    account = await tenant.client.sandbox_account()
    async with connected(tenant.deployment.app, tenant.client.key) as agent:
        given = {"targets": [{"account_id": account}], "text": "Soon", "idempotency_key": "soon"}
        made = await call(agent, "schedule_post", **given, scheduled_at=soon(3600))
        [target] = made["targets"]
        assert made["summary"].endswith("Nothing is published yet.")
        assert (target["status"], target["is_published"]) == ("queued", False)
        assert (await call(agent, "cancel_post", post_id=target["post_id"]))["status"] == "canceled"
        retried = await call(agent, "retry_post", post_id=target["post_id"], idempotency_key="again")
        assert retried["is_published"] is False
        assert (await tenant.settled(target["post_id"]))["status"] == "published"
        assert (await refusal(agent, "cancel_post", post_id=target["post_id"]))["rule"] == "post.status"


async def test_wall_clock_time_of_a_zone_is_scheduled(tenant: Tenant) -> None:
    account = await tenant.client.sandbox_account()
    async with connected(tenant.deployment.app, tenant.client.key) as agent:
        given = {"targets": [{"account_id": account}], "text": "Soon", "idempotency_key": "zone"}
        made = await call(agent, "schedule_post", **given, schedule={"at": f"{soon(86400)[:16]}", "zone": "Etc/UTC"})
        assert made["scheduled_at"].endswith(":00Z")
        error = await refusal(agent, "schedule_post", **given)
        assert error["message"].startswith("Pass either `scheduled_at` or `schedule`.")


async def test_validation_shows_the_broken_limit_and_its_fix(tenant: Tenant) -> None:
    account = await tenant.client.sandbox_account()
    async with connected(tenant.deployment.app, tenant.client.key) as agent:
        targets = [{"account_id": account}]
        [good] = (await call(agent, "validate_post", targets=targets, text="Hello"))["targets"]
        assert good["preview"]["method"] == "POST"
        checked = await call(agent, "validate_post", targets=targets, text="a" * 400)
        [violation] = checked["targets"][0]["violations"]
        assert (checked["valid"], violation["field"], violation["limit"]) == (False, "text", 300)
        assert violation["fix"]
        async with tenant.storing_nothing():
            error = await refusal(agent, "create_post", targets=targets, text="a" * 400, idempotency_key="long")
    assert error["code"] == "preflight_failed"
    assert error["fix"]
    assert error["doc_url"].endswith("/docs/errors/preflight_failed")
    assert [broken["field"] for broken in error["violations"]] == ["text"]


WRONG = {
    "no key": ({"text": "Hello"}, "idempotency_key"),
    "wrong name": (
        {"text": "Hello", "idempotency_key": "k", "sheduled_at": "2027-01-01T00:00:00Z"},
        "sheduled_at",
    ),
    "key with a space": ({"text": "Hello", "idempotency_key": "a b"}, "idempotency_key"),
}


@pytest.mark.parametrize("wrong", WRONG)
async def test_wrong_arguments_are_rejected_before_anything_is_published(tenant: Tenant, wrong: str) -> None:
    arguments, field = WRONG[wrong]
    account = await tenant.client.sandbox_account()
    async with connected(tenant.deployment.app, tenant.client.key) as agent, tenant.storing_nothing():
        error = await refusal(agent, "create_post", targets=[{"account_id": account}], **arguments)
    assert (error["code"], [broken["field"] for broken in error["violations"]]) == ("invalid_arguments", [field])


async def test_null_of_a_target_removes_a_default(tenant: Tenant) -> None:
    account = await tenant.client.sandbox_account()
    async with connected(tenant.deployment.app, tenant.client.key) as agent:
        targets = [{"account_id": account, "first_comment": None}]
        made = await call(
            agent, "create_post", targets=targets, text="Hello", first_comment="Nice", idempotency_key="null"
        )
        assert made["all_published"]
    assert [seen["text"] for seen in await tenant.followers_see()] == ["Hello"]


async def test_limits_and_options_of_one_platform_are_described(tenant: Tenant) -> None:
    async with connected(tenant.deployment.app, tenant.client.key) as agent:
        every = (await call(agent, "list_platforms"))["data"]
        assert all("limits" not in found for found in every)
        [one] = (await call(agent, "list_platforms", platform=PLATFORM))["data"]
        assert one["limits"][0]["rule"].startswith(PLATFORM)
        assert one["options_schema"]["properties"]
        assert PLATFORM in (await refusal(agent, "list_platforms", platform="nowhere"))["message"]

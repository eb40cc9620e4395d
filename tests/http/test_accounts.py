"""Connecting, reading and disconnecting accounts."""

import asyncio

import pytest

from letmepost.domain.api_keys import Mode
from tests.deployment import Client
from tests.doubles.waiting import eventually
from tests.http.support import PLATFORM, Tenant, check_refusal, moment, soon

_COMPLETE = f"/v1/accounts/connect/{PLATFORM}/complete"


async def test_start_returns_the_schema_of_the_credentials(client: Client) -> None:
    reply = await client.post(f"/v1/accounts/connect/{PLATFORM}")
    assert reply.status_code == 200
    described = reply.json()
    assert (described["platform"], described["state"]) == (PLATFORM, "stable")
    assert set(described["descriptor"]["required"]) == {"identifier", "appPassword"}
    assert described["descriptor"]["properties"]["appPassword"]["format"] == "password"


async def test_new_account_is_connected_and_can_be_read(tenant: Tenant) -> None:
    given = await tenant.credentials()
    reply = await tenant.client.post(_COMPLETE, given)
    assert reply.status_code == 201, reply.text
    account = reply.json()
    assert account["id"].startswith("acc_")
    assert account["profileId"].startswith("prof_")
    assert account["platform"] == PLATFORM
    assert account["platformAccountId"].startswith("did:plc:")
    assert account["handle"] == given["identifier"]
    assert account["status"] == "active"
    assert account["tokenExpiresAt"] is None
    assert account["health"] == {"state": "unchecked"}
    assert account["createdAt"] == account["updatedAt"]
    assert moment(account["createdAt"])
    assert (await tenant.client.get(f"/v1/accounts/{account['id']}")).json() == account
    assert (await tenant.client.get("/v1/accounts")).json()["data"] == [account]
    assert given["appPassword"] not in reply.text


async def test_accounts_are_listed_newest_first(client: Client) -> None:
    made = [await client.sandbox_account() for _ in range(3)]
    listed = [account["id"] for account in (await client.get("/v1/accounts")).json()["data"]]
    assert listed == made[::-1]


async def test_list_is_paged_and_stable_while_accounts_are_added(client: Client) -> None:
    made = [await client.sandbox_account() for _ in range(3)]
    first = (await client.get("/v1/accounts?limit=2")).json()
    await client.sandbox_account()
    second = (await client.get(f"/v1/accounts?limit=2&cursor={first['nextCursor']}")).json()
    assert [account["id"] for account in [*first["data"], *second["data"]]] == made[::-1]
    assert second["nextCursor"] is None
    check_refusal(await client.get("/v1/accounts?limit=0"), 400, "validation_failed", "limit")
    check_refusal(await client.get("/v1/accounts?cursor=nonsense"), 400, "validation_failed", "cursor")


async def test_list_is_filtered_by_profile(tenant: Tenant) -> None:
    """A malformed id, and the id of a profile that the key cannot access, match nothing."""
    profile_id = await tenant.profile()
    there = await tenant.client.post(_COMPLETE, {**await tenant.credentials(), "profileId": profile_id})
    here = await tenant.client.sandbox_account()
    scoped = await tenant.key(profileId=profile_id)
    elsewhere = (await tenant.client.get(f"/v1/accounts/{here}")).json()["profileId"]
    for caller, wanted, found in (
        (tenant.client, profile_id, [there.json()["id"]]),
        (tenant.client, elsewhere, [here]),
        (tenant.client, "nonsense", []),
        (scoped, profile_id, [there.json()["id"]]),
        (scoped, elsewhere, []),
    ):
        reply = await caller.get(f"/v1/accounts?profileId={wanted}")
        assert [account["id"] for account in reply.json()["data"]] == found


async def test_reconnect_updates_the_account(tenant: Tenant) -> None:
    given = await tenant.credentials()
    first = await tenant.client.post(_COMPLETE, given)
    again = await tenant.client.post(_COMPLETE, given)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json()["id"] == first.json()["id"]
    assert again.json()["createdAt"] == first.json()["createdAt"]
    assert again.json()["updatedAt"] > first.json()["updatedAt"]
    assert len((await tenant.client.get("/v1/accounts")).json()["data"]) == 1


async def test_concurrent_connects_create_one_account(tenant: Tenant) -> None:
    given = await tenant.credentials()
    replies = await asyncio.gather(*[tenant.client.post(_COMPLETE, given) for _ in range(8)])
    assert {reply.status_code for reply in replies} <= {200, 201}, [reply.text for reply in replies]
    assert len({reply.json()["id"] for reply in replies}) == 1
    assert [reply.status_code for reply in replies].count(201) == 1


async def test_account_belongs_to_one_profile(tenant: Tenant) -> None:
    given, profile_id = await tenant.credentials(), await tenant.profile()
    assert (await tenant.client.post(_COMPLETE, given)).status_code == 201
    async with tenant.storing_nothing():
        reply = await tenant.client.post(_COMPLETE, {**given, "profileId": profile_id})
    check_refusal(reply, 409, "validation_failed", "account.other_profile")
    scoped = await tenant.key(profileId=profile_id)
    check_refusal(await scoped.post(_COMPLETE, given), 409, "validation_failed", "account.other_profile")


async def test_account_is_connected_to_the_requested_profile(tenant: Tenant) -> None:
    profile_id = await tenant.profile()
    reply = await tenant.client.post(_COMPLETE, {**await tenant.credentials(), "profileId": profile_id})
    assert (reply.status_code, reply.json()["profileId"]) == (201, profile_id)


@pytest.mark.parametrize("profile_id", ["nonsense", "prof_00000000000000000000000001"])
async def test_unknown_profile_is_rejected(tenant: Tenant, profile_id: str) -> None:
    given = await tenant.credentials()
    async with tenant.storing_nothing():
        reply = await tenant.client.post(_COMPLETE, {**given, "profileId": profile_id})
    check_refusal(reply, 400, "validation_failed", "profileId")


async def test_wrong_password_is_rejected(tenant: Tenant) -> None:
    given = await tenant.credentials()
    async with tenant.storing_nothing():
        reply = await tenant.client.post(_COMPLETE, {**given, "appPassword": "wrong"})
    error = check_refusal(reply, 400, "platform_rejected")
    assert error["platform"] == PLATFORM
    assert error["platformResponse"]["status"] == 401
    assert "wrong" not in reply.text.replace("wrong password", "")


async def test_unknown_handle_is_rejected(tenant: Tenant) -> None:
    async with tenant.storing_nothing():
        reply = await tenant.client.post(_COMPLETE, {"identifier": "unknown.test", "appPassword": "a-b-c-d"})
    check_refusal(reply, 400, "platform_rejected", f"{PLATFORM}.connect.handle_unresolved")


async def test_malformed_handle_is_a_validation_error(tenant: Tenant) -> None:
    async with tenant.storing_nothing():
        reply = await tenant.client.post(_COMPLETE, {"identifier": "not a handle", "appPassword": "a-b-c-d"})
    check_refusal(reply, 400, "validation_failed", "identifier")


@pytest.mark.parametrize(
    ("scenario", "status", "code", "rule"),
    [
        ("directory_gone", 400, "platform_rejected", f"{PLATFORM}.connect.did_unresolved"),
        ("directory_rate_limited", 503, "platform_unavailable", None),
        ("directory_unavailable", 503, "platform_unavailable", None),
    ],
)
async def test_account_is_not_connected_when_the_directory_does_not_confirm_it(
    tenant: Tenant, scenario: str, status: int, code: str, rule: str | None
) -> None:
    given = await tenant.credentials(scenario)
    for form in (given, {**given, "pdsUrl": f"{tenant.deployment.sandbox_url}/{tenant.id}/{PLATFORM}"}):
        async with tenant.storing_nothing():
            reply = await tenant.client.post(_COMPLETE, form)
        check_refusal(reply, status, code, rule)


async def test_test_key_calls_only_the_sandbox(tenant: Tenant) -> None:
    given = await tenant.credentials()
    for url in ("http://127.0.0.1:9/", "http://169.254.169.254/", "https://bsky.social/"):
        async with tenant.storing_nothing():
            reply = await tenant.client.post(_COMPLETE, {**given, "pdsUrl": url})
        check_refusal(reply, 400, "platform_rejected", f"{PLATFORM}.connect.not_a_server")


async def test_live_key_never_calls_the_sandbox(tenant: Tenant) -> None:
    live = await tenant.key(Mode.LIVE)
    given = {**await tenant.credentials(), "pdsUrl": tenant.deployment.sandbox_url}
    check_refusal(await live.post(_COMPLETE, given), 400, "platform_rejected", f"{PLATFORM}.connect.not_a_server")
    for reply in (
        await live.post("/v1/sandbox/accounts", {"platform": PLATFORM}),
        await live.get(f"/v1/sandbox/{PLATFORM}/posts"),
    ):
        check_refusal(reply, 403, "unauthorized", "sandbox.test_key")


async def test_scenario_determines_the_behavior_of_a_simulated_account(client: Client) -> None:
    reply = await client.post("/v1/sandbox/accounts", {"platform": PLATFORM, "scenario": "slow"})
    assert reply.status_code == 201
    assert "slow" in reply.json()["displayName"]


async def test_reconnect_queues_held_posts(tenant: Tenant) -> None:
    given = await tenant.credentials()
    account_id = (await tenant.client.post(_COMPLETE, given)).json()["id"]
    body = {"targets": [{"accountId": account_id}], "text": "Hello", "scheduledAt": soon(3600)}
    [waiting] = (await tenant.client.post("/v1/posts", body)).json()["results"]
    assert (await tenant.client.call("DELETE", f"/v1/accounts/{account_id}")).status_code == 200
    again = await tenant.client.post(_COMPLETE, given)
    assert (again.status_code, again.json()["status"]) == (200, "active")
    post = (await tenant.client.get(f"/v1/posts/{waiting['postId']}")).json()
    assert post["status"] == "queued"
    assert "error" not in post


async def test_post_of_a_revoked_account_is_held_until_a_reconnect(
    tenant: Tenant,
) -> None:
    account_id = await tenant.client.sandbox_account("auth_revoked")
    body = {"targets": [{"accountId": account_id}], "text": "Hello"}
    reply = await tenant.client.post("/v1/posts", body)
    [result] = reply.json()["results"]
    assert (reply.status_code, reply.json()["status"], result["status"]) == (202, "held", "held")
    assert (await tenant.client.get(f"/v1/batches/{reply.json()['id']}")).json()["status"] == "held"
    assert (await tenant.client.get(f"/v1/accounts/{account_id}")).json()["status"] == "reauth_required"


async def test_scheduled_post_of_a_revoked_account_is_accepted_with_a_warning(
    tenant: Tenant,
) -> None:
    account_id = await tenant.client.sandbox_account("auth_revoked")
    body = {"targets": [{"accountId": account_id}], "text": "Hello"}
    await tenant.client.post("/v1/posts", body)
    reply = await tenant.client.post("/v1/posts", {**body, "scheduledAt": soon(1.2)})
    assert reply.status_code == 202, reply.text
    [result] = reply.json()["results"]
    assert [warning["code"] for warning in result["warnings"]] == ["account.reauth_required"]

    async def is_held() -> bool:
        return bool((await tenant.client.get(f"/v1/posts/{result['postId']}")).json()["status"] == "held")

    await eventually(is_held)


async def test_account_of_another_tenant_is_not_found(tenant: Tenant, client: Client) -> None:
    other = await tenant.deployment.client()
    account_id = await client.sandbox_account()
    check_refusal(await other.get(f"/v1/accounts/{account_id}"), 404, "not_found")
    check_refusal(await other.call("DELETE", f"/v1/accounts/{account_id}"), 404, "not_found")
    assert (await client.get(f"/v1/accounts/{account_id}")).json()["status"] == "active"

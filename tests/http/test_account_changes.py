"""Changes and health checks of accounts."""

import pytest

from tests.deployment import Client
from tests.doubles.waiting import eventually
from tests.http.support import ABSENT_ID, PLATFORM, Tenant, check_refusal, moment, soon


async def test_account_is_renamed(client: Client) -> None:
    account_id = await client.sandbox_account()
    before = (await client.get(f"/v1/accounts/{account_id}")).json()
    reply = await client.call("PATCH", f"/v1/accounts/{account_id}", {"displayName": "Brand, main"})
    assert reply.status_code == 200, reply.text
    changed = reply.json()
    assert changed["displayName"] == "Brand, main"
    assert changed["updatedAt"] > before["updatedAt"]
    assert {**changed, "displayName": None, "updatedAt": None} == {**before, "displayName": None, "updatedAt": None}
    assert (await client.get(f"/v1/accounts/{account_id}")).json() == changed


async def test_account_is_moved_to_another_profile(tenant: Tenant) -> None:
    account_id, profile_id = await tenant.client.sandbox_account(), await tenant.profile()
    scoped = await tenant.key(profileId=profile_id)
    check_refusal(await scoped.get(f"/v1/accounts/{account_id}"), 404, "not_found")
    reply = await tenant.client.call("PATCH", f"/v1/accounts/{account_id}", {"profileId": profile_id})
    assert (reply.status_code, reply.json()["profileId"]) == (200, profile_id)
    assert (await scoped.get(f"/v1/accounts/{account_id}")).json() == reply.json()


async def test_account_with_waiting_posts_cannot_be_moved(tenant: Tenant) -> None:
    client, profile_id = tenant.client, await tenant.profile()
    account_id = await client.sandbox_account()
    body = {"targets": [{"accountId": account_id}], "text": "Hello", "scheduledAt": soon(3600)}
    batch = (await client.post("/v1/posts", body)).json()
    wanted = {"profileId": profile_id}
    async with tenant.storing_nothing():
        reply = await client.call("PATCH", f"/v1/accounts/{account_id}", wanted)
    check_refusal(reply, 409, "validation_failed", "account.posts_waiting")
    await client.call("DELETE", f"/v1/batches/{batch['id']}")
    assert (await client.call("PATCH", f"/v1/accounts/{account_id}", wanted)).status_code == 200


async def test_moving_an_account_to_its_own_profile_changes_nothing(client: Client) -> None:
    account_id = await client.sandbox_account()
    before = (await client.get(f"/v1/accounts/{account_id}")).json()
    body = {"targets": [{"accountId": account_id}], "text": "Hello", "scheduledAt": soon(3600)}
    await client.post("/v1/posts", body)
    for change in ({"profileId": before["profileId"]}, {}):
        reply = await client.call("PATCH", f"/v1/accounts/{account_id}", change)
        assert (reply.status_code, reply.json()) == (200, before)


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"displayname": "Brand"}, "displayname"),
        ({"displayName": ""}, "displayName"),
        ({"displayName": "x" * 201}, "displayName"),
        ({"displayName": None}, "displayName"),
        ({"displayName": 7}, "displayName"),
        ({"profileId": None}, "profileId"),
        ({"profileId": "nonsense"}, "profileId"),
        ({"profileId": f"prof_{ABSENT_ID}"}, "profileId"),
        ({"status": "active"}, "status"),
    ],
)
async def test_invalid_change_is_rejected(tenant: Tenant, change: object, rule: str) -> None:
    account_id = await tenant.client.sandbox_account()
    before = (await tenant.client.get(f"/v1/accounts/{account_id}")).json()
    async with tenant.storing_nothing():
        reply = await tenant.client.call("PATCH", f"/v1/accounts/{account_id}", change)
    check_refusal(reply, 400, "validation_failed", rule)
    assert (await tenant.client.get(f"/v1/accounts/{account_id}")).json() == before


async def test_key_of_one_profile_cannot_move_an_account_out_of_it(tenant: Tenant) -> None:
    account_id, other = await tenant.client.sandbox_account(), await tenant.profile()
    home = (await tenant.client.get(f"/v1/accounts/{account_id}")).json()["profileId"]
    scoped = await tenant.key(profileId=home)
    reply = await scoped.call("PATCH", f"/v1/accounts/{account_id}", {"profileId": other})
    check_refusal(reply, 400, "validation_failed", "profile.scope_mismatch")
    stranger = await tenant.key(profileId=other)
    for call in (
        stranger.call("PATCH", f"/v1/accounts/{account_id}", {"displayName": "Mine"}),
        stranger.post(f"/v1/accounts/{account_id}/check"),
        stranger.call("DELETE", f"/v1/accounts/{account_id}?cancelQueued=true"),
    ):
        check_refusal(await call, 404, "not_found")


async def test_change_runs_once_per_idempotency_key(client: Client) -> None:
    account_id = await client.sandbox_account()
    path = f"/v1/accounts/{account_id}"
    first = await client.call("PATCH", path, {"displayName": "One"}, idempotency_key="once")
    await client.call("PATCH", path, {"displayName": "Two"})
    again = await client.call("PATCH", path, {"displayName": "One"}, idempotency_key="once")
    assert first.content == again.content
    assert (await client.get(path)).json()["displayName"] == "Two"


async def test_reconnect_restores_the_name_from_the_platform(tenant: Tenant) -> None:
    given = await tenant.credentials()
    complete = f"/v1/accounts/connect/{PLATFORM}/complete"
    account = (await tenant.client.post(complete, given)).json()
    await tenant.client.call("PATCH", f"/v1/accounts/{account['id']}", {"displayName": "Brand"})
    assert (await tenant.client.post(complete, given)).json()["displayName"] == account["displayName"]


async def test_account_is_checked_on_request(client: Client) -> None:
    account_id = await client.sandbox_account()
    reply = await client.post(f"/v1/accounts/{account_id}/check")
    assert reply.status_code == 200, reply.text
    health = reply.json()["health"]
    assert set(health) == {"state", "checkedAt"}
    assert health["state"] == "healthy"
    assert moment(health["checkedAt"])
    assert (await client.get(f"/v1/accounts/{account_id}")).json() == reply.json()


async def test_check_detects_a_revoked_account(client: Client) -> None:
    account_id = await client.sandbox_account("auth_revoked")
    for _ in range(2):
        checked = (await client.post(f"/v1/accounts/{account_id}/check")).json()
        assert checked["status"] == "reauth_required"
        assert checked["health"]["state"] == "refused"
        assert checked["health"]["error"]["code"] == "platform_auth_failed"
        assert checked["health"]["error"]["remediation"]
    body = {"targets": [{"accountId": account_id}], "text": "Hello"}
    check_refusal(await client.post("/v1/posts", body), 400, "validation_failed", "account.reauth_required")

    async def event_was_received() -> list[object]:
        events = (await client.get("/v1/events?type=token.revoked")).json()["data"]
        return [event for event in events if event["data"]["accountId"] == account_id]

    assert len(await eventually(event_was_received)) == 1


async def test_disconnected_account_cannot_be_checked(client: Client) -> None:
    account_id = await client.sandbox_account()
    await client.call("DELETE", f"/v1/accounts/{account_id}")
    reply = await client.post(f"/v1/accounts/{account_id}/check")
    check_refusal(reply, 409, "validation_failed", "account.disconnected")
    assert (await client.get(f"/v1/accounts/{account_id}")).json()["health"] == {"state": "unchecked"}

"""API keys: they have at most the rights of their creator, and are shown once."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest

from letmepost.domain.api_keys import EVERY_SCOPE, Mode
from tests.deployment import OPERATOR_TOKEN, Client
from tests.http.support import ABSENT_ID, Tenant, check_refusal, moment, soon


async def _mint(maker: Client, **wanted: Any) -> dict[str, Any]:
    reply = await maker.post("/v1/api-keys", {"name": "new", **wanted})
    assert reply.status_code == 201, reply.text
    made: dict[str, Any] = reply.json()
    return made


async def _listed(client: Client) -> list[str]:
    return [key["id"] for key in (await client.get("/v1/api-keys")).json()["data"]]


async def test_new_key_is_shown_once_and_works(tenant: Tenant) -> None:
    made = await _mint(tenant.client, expiresAt=soon(3600), requestsPerMinute=50)
    assert made["id"].startswith("key_")
    assert made["key"].startswith("lmp_test_")
    assert len(made["key"]) == len("lmp_test_") + 38
    assert (made["name"], made["prefix"], made["last4"]) == ("new", "lmp_test_", made["key"][-4:])
    assert set(made["scopes"]) == set(EVERY_SCOPE)
    assert made["profileId"] is None
    assert made["lastUsedAt"] is None
    assert made["revokedAt"] is None
    assert moment(made["expiresAt"]) > moment(made["createdAt"])
    reply = await tenant.client.get("/v1/api-keys")
    [shown] = [key for key in reply.json()["data"] if key["id"] == made["id"]]
    assert shown == {name: value for name, value in made.items() if name != "key"}
    assert made["key"] not in reply.text
    used = Client(tenant.deployment.http, made["key"])
    page = await used.get("/v1/posts")
    assert (page.status_code, page.headers["ratelimit-limit"]) == (200, "50")


async def test_key_is_stored_only_as_a_hash(tenant: Tenant) -> None:
    made = await _mint(tenant.client)
    [row] = await tenant.admin.rows("SELECT * FROM api_keys WHERE organization_id = $1 AND name = 'new'", tenant.uuid)
    assert made["key"].encode() not in str(row).encode()
    assert made["key"][9:41] not in str(row)


async def test_use_of_a_key_is_recorded(tenant: Tenant) -> None:
    assert (await tenant.client.get("/v1/posts")).status_code == 200
    [key] = (await tenant.client.get("/v1/api-keys")).json()["data"]
    assert moment(key["lastUsedAt"]) >= moment(key["createdAt"])


@pytest.mark.parametrize("scopes", [[], None])
async def test_key_without_scopes_has_those_of_its_creator(tenant: Tenant, scopes: list[str] | None) -> None:
    maker = await tenant.key(scopes=["keys:write", "posts:read"])
    wanted = {} if scopes is None else {"scopes": scopes}
    assert set((await _mint(maker, **wanted))["scopes"]) == {"keys:write", "posts:read"}


async def test_star_means_every_scope(tenant: Tenant) -> None:
    assert set((await _mint(tenant.client, scopes=["*"]))["scopes"]) == set(EVERY_SCOPE)
    maker = await tenant.key(scopes=["keys:write", "posts:read"])
    reply = await maker.post("/v1/api-keys", {"name": "more", "scopes": ["*"]})
    check_refusal(reply, 403, "unauthorized", "api_key.escalation")


async def test_key_cannot_mint_a_key_with_more_rights(tenant: Tenant) -> None:
    profile_id = await tenant.profile()
    narrow = await tenant.key(scopes=["keys:write", "posts:read"])
    scoped = await tenant.key(profileId=profile_id)
    async with tenant.storing_nothing():
        for maker, wanted, rule in (
            (narrow, {"scopes": ["posts:write"]}, "api_key.escalation"),
            (narrow, {"scopes": ["posts:read", "media:read"]}, "api_key.escalation"),
            (tenant.client, {"prefix": "lmp_live_"}, "api_key.escalation"),
        ):
            reply = await maker.post("/v1/api-keys", {"name": "more", **wanted})
            error = check_refusal(reply, 403, "unauthorized", rule)
            assert "lmp_" not in error["message"]
        other = await scoped.post("/v1/api-keys", {"name": "more", "profileId": f"prof_{ABSENT_ID}"})
        check_refusal(other, 403, "unauthorized", "api_key.escalation")


@pytest.mark.parametrize(
    "wanted",
    [
        {"expiresAt": soon(7200)},
        {"requestsPerMinute": 61},
    ],
    ids=["later expiry", "higher rate limit"],
)
async def test_key_with_more_rights_than_its_creator_is_rejected(tenant: Tenant, wanted: dict[str, Any]) -> None:
    maker = await tenant.key(expiresAt=soon(3600), requestsPerMinute=60)
    async with tenant.storing_nothing():
        reply = await maker.post("/v1/api-keys", {"name": "more", **wanted})
        error = check_refusal(reply, 403, "unauthorized", "api_key.escalation")
        assert next(iter(wanted)) in error["message"]


async def test_rate_limit_above_the_default_is_rejected_when_the_creator_has_no_limit_of_its_own(
    tenant: Tenant,
) -> None:
    default = tenant.deployment.settings.requests_per_minute
    reply = await tenant.client.post("/v1/api-keys", {"name": "more", "requestsPerMinute": default + 1})
    check_refusal(reply, 403, "unauthorized", "api_key.escalation")
    assert (await _mint(tenant.client, requestsPerMinute=default))["name"] == "new"


async def test_omitted_limits_of_a_new_key_are_those_of_its_creator(tenant: Tenant) -> None:
    end = soon(3600)
    maker = await tenant.key(expiresAt=end, requestsPerMinute=60)
    made = await _mint(maker)
    assert abs(moment(made["expiresAt"]) - datetime.fromisoformat(end)) < timedelta(milliseconds=1)
    page = await Client(tenant.deployment.http, made["key"]).get("/v1/posts")
    assert page.headers["ratelimit-limit"] == "60"


async def test_key_of_a_creator_without_limits_has_the_default_rate_limit_and_no_expiry(tenant: Tenant) -> None:
    made = await _mint(tenant.client)
    assert made.get("expiresAt") is None
    page = await Client(tenant.deployment.http, made["key"]).get("/v1/posts")
    assert page.headers["ratelimit-limit"] == str(tenant.deployment.settings.requests_per_minute)


async def test_operator_key_is_not_limited_by_the_default_rate_limit(tenant: Tenant) -> None:
    fast = await tenant.key(requestsPerMinute=tenant.deployment.settings.requests_per_minute + 1)
    assert (await fast.get("/v1/posts")).status_code == 200


_WIDER: list[dict[str, Any]] = [
    {"scopes": ["posts:write"], "expiresAt": soon(3600), "requestsPerMinute": 60},
    {"scopes": ["keys:write"], "requestsPerMinute": 60},
    {"scopes": ["keys:write"], "expiresAt": soon(7200), "requestsPerMinute": 60},
    {"scopes": ["keys:write"], "expiresAt": soon(3600), "requestsPerMinute": 61},
    {"scopes": ["keys:write"], "expiresAt": soon(3600)},
]


@pytest.mark.parametrize("wider", _WIDER, ids=["scope", "no expiry", "later expiry", "higher rate", "default rate"])
async def test_key_with_fewer_rights_cannot_revoke_or_rotate_a_key(tenant: Tenant, wider: dict[str, Any]) -> None:
    narrow = await tenant.key(scopes=["keys:write", "keys:read"], expiresAt=soon(3700), requestsPerMinute=60)
    await tenant.key(name="wide", **wider)
    [wide] = [key for key in (await narrow.get("/v1/api-keys")).json()["data"] if key["name"] == "wide"]
    async with tenant.storing_nothing():
        for method, path in (("DELETE", wide["id"]), ("POST", f"{wide['id']}/rotate")):
            reply = await narrow.call(method, f"/v1/api-keys/{path}")
            check_refusal(reply, 403, "unauthorized", "api_key.escalation")
    [now] = [key for key in (await narrow.get("/v1/api-keys")).json()["data"] if key["name"] == "wide"]
    assert (now["revokedAt"], now.get("expiresAt")) == (None, wide.get("expiresAt"))


async def test_rotation_keeps_the_expiry_and_the_overlap_never_exceeds_it(tenant: Tenant) -> None:
    made = await _mint(tenant.client, expiresAt=soon(3600))
    reply = await tenant.client.post(f"/v1/api-keys/{made['id']}/rotate", {"overlapHours": 168})
    assert reply.status_code == 201
    assert reply.json()["expiresAt"] == made["expiresAt"]
    [old] = [key for key in (await tenant.client.get("/v1/api-keys")).json()["data"] if key["id"] == made["id"]]
    assert old["expiresAt"] == made["expiresAt"]


@pytest.mark.parametrize("ending", ["revoked_at = now()", "expires_at = now()"])
@pytest.mark.parametrize("action", ["create", "rotate", "revoke"])
async def test_ended_key_changes_no_keys_while_a_process_still_accepts_it(
    tenant: Tenant, action: str, ending: str
) -> None:
    other = await _mint(tenant.client)
    caller = await tenant.key()
    assert (await caller.get("/v1/me")).status_code == 200, "the process caches the key for a second"
    end = f"UPDATE api_keys SET {ending} WHERE organization_id = $1 AND last4 = $2"  # noqa: S608 - parameters above
    await tenant.admin.do(end, tenant.uuid, caller.key[-4:])
    async with tenant.storing_nothing():
        reply = await {
            "create": lambda: caller.post("/v1/api-keys", {"name": "late"}),
            "rotate": lambda: caller.post(f"/v1/api-keys/{other['id']}/rotate"),
            "revoke": lambda: caller.call("DELETE", f"/v1/api-keys/{other['id']}"),
        }[action]()
        check_refusal(reply, 401, "unauthenticated")
    [still] = [key for key in (await tenant.client.get("/v1/api-keys")).json()["data"] if key["id"] == other["id"]]
    assert still == {name: value for name, value in other.items() if name != "key"}


async def test_two_keys_that_revoke_each_other_at_the_same_time_do_not_deadlock(tenant: Tenant) -> None:
    first, second = await _mint(tenant.client), await _mint(tenant.client)
    replies = await asyncio.gather(
        *(
            Client(tenant.deployment.http, own["key"]).call("DELETE", f"/v1/api-keys/{other['id']}")
            for own, other in ((first, second), (second, first))
        )
    )
    assert sorted(reply.status_code for reply in replies) == [200, 401]


async def test_key_of_one_profile_mints_keys_of_that_profile(tenant: Tenant) -> None:
    profile_id = await tenant.profile()
    scoped = await tenant.key(profileId=profile_id)
    assert (await _mint(scoped))["profileId"] == profile_id


async def test_live_key_mints_keys_of_both_modes(tenant: Tenant) -> None:
    live = await tenant.key(Mode.LIVE)
    assert [(await _mint(live, **wanted))["prefix"] for wanted in ({}, {"prefix": "lmp_test_"})] == [
        "lmp_live_",
        "lmp_test_",
    ]


async def test_keys_are_listed_by_mode_and_profile(tenant: Tenant) -> None:
    live, scoped = await tenant.key(Mode.LIVE), await tenant.key(profileId=await tenant.profile())
    everything = await _listed(live)
    assert len(everything) == 3
    assert everything == sorted(everything, reverse=True)
    assert len(await _listed(tenant.client)) == 2
    assert len(await _listed(scoped)) == 1
    [live_id] = set(everything) - set(await _listed(tenant.client))
    check_refusal(await tenant.client.call("DELETE", f"/v1/api-keys/{live_id}"), 404, "not_found")


async def test_revoked_key_is_listed_with_its_first_revocation_time(tenant: Tenant) -> None:
    made = await _mint(tenant.client)
    reply = await tenant.client.call("DELETE", f"/v1/api-keys/{made['id']}")
    assert (reply.status_code, reply.json()["id"], reply.json()["deleted"]) == (200, made["id"], True)
    assert moment(reply.json()["revokedAt"])
    first = [key for key in (await tenant.client.get("/v1/api-keys")).json()["data"] if key["id"] == made["id"]]
    assert moment(first[0]["revokedAt"])
    assert (await tenant.client.call("DELETE", f"/v1/api-keys/{made['id']}")).status_code == 200
    again = [key for key in (await tenant.client.get("/v1/api-keys")).json()["data"] if key["id"] == made["id"]]
    assert again == first


async def test_key_can_revoke_itself(tenant: Tenant) -> None:
    maker = await tenant.key()
    made = await _mint(maker)
    itself = Client(tenant.deployment.http, made["key"])
    assert (await itself.call("DELETE", f"/v1/api-keys/{made['id']}")).status_code == 200


async def test_key_of_another_tenant_cannot_be_revoked(tenant: Tenant) -> None:
    other = await tenant.deployment.client()
    [theirs] = await _listed(other)
    check_refusal(await tenant.client.call("DELETE", f"/v1/api-keys/{theirs}"), 404, "not_found")
    assert (await other.get("/v1/posts")).status_code == 200


async def test_operator_creates_tenants_and_their_first_keys(tenant: Tenant) -> None:
    operator = Client(tenant.deployment.http, OPERATOR_TOKEN)
    made = await operator.post("/v1/organizations", {"name": "Brand new"})
    assert made.status_code == 201
    organization = made.json()
    assert organization["id"].startswith("org_")
    assert organization["name"] == "Brand new"
    assert organization in (await operator.get("/v1/organizations")).json()["data"]
    reply = await operator.post(f"/v1/organizations/{organization['id']}/api-keys", {"name": "first"})
    assert reply.status_code == 201
    first = Client(tenant.deployment.http, reply.json()["key"])
    assert (await first.get("/v1/posts")).json() == {"data": [], "nextCursor": None}

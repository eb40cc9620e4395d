"""Profiles, key rotation, `/v1/me` and `/v1/platforms`."""

from datetime import datetime

from letmepost.domain.api_keys import Mode
from letmepost.platforms import discover
from tests.http.support import PLATFORM, Tenant, moment, soon


async def test_profile_is_created_renamed_and_deleted(tenant: Tenant) -> None:
    client = tenant.client
    [default] = (await client.get("/v1/profiles")).json()["data"]
    assert default["isDefault"]
    made = await client.post("/v1/profiles", {"name": "Brand"})
    assert made.status_code == 201
    path = f"/v1/profiles/{made.json()['id']}"
    assert (await client.call("PATCH", path, {"name": "Other"})).json()["name"] == "Other"
    assert (await client.get(path)).json()["name"] == "Other"
    assert (await client.call("DELETE", path)).json() == {"id": made.json()["id"], "deleted": True}
    assert (await client.get(path)).status_code == 404


async def test_profile_in_use_cannot_be_deleted(tenant: Tenant) -> None:
    client = tenant.client
    [default] = (await client.get("/v1/profiles")).json()["data"]
    reply = await client.call("DELETE", f"/v1/profiles/{default['id']}")
    assert (reply.status_code, reply.json()["error"]["rule"]) == (409, "profile.in_use")
    used = (await client.post("/v1/profiles", {"name": "Used"})).json()["id"]
    await tenant.key(profileId=used)
    reply = await client.call("DELETE", f"/v1/profiles/{used}")
    assert (reply.status_code, reply.json()["error"]["rule"]) == (409, "profile.in_use")
    assert (await client.get(f"/v1/profiles/{used}")).status_code == 200


async def test_key_of_one_profile_sees_that_profile_only(tenant: Tenant) -> None:
    own = (await tenant.client.post("/v1/profiles", {"name": "Own"})).json()["id"]
    key = await tenant.key(profileId=own)
    assert [found["id"] for found in (await key.get("/v1/profiles")).json()["data"]] == [own]
    [default] = [found for found in (await tenant.client.get("/v1/profiles")).json()["data"] if found["isDefault"]]
    assert (await key.get(f"/v1/profiles/{default['id']}")).status_code == 404
    assert (await key.post("/v1/profiles", {"name": "More"})).status_code == 403


async def test_rotated_key_works_until_its_overlap_ends(tenant: Tenant) -> None:
    old = await tenant.key(name="ci", scopes=["keys:write", "keys:read", "posts:read"])
    [row] = [found for found in (await old.get("/v1/api-keys")).json()["data"] if found["name"] == "ci"]
    reply = await old.post(f"/v1/api-keys/{row['id']}/rotate", {"overlapHours": 1})
    assert reply.status_code == 201
    assert reply.json()["scopes"] == row["scopes"]
    assert (await old.get("/v1/posts")).status_code == 200
    new = tenant.client  # the old key now expires, so it cannot rotate its successor
    again = await new.post(f"/v1/api-keys/{reply.json()['id']}/rotate", {"overlapHours": 0})
    assert again.status_code == 201
    ended = await new.post(f"/v1/api-keys/{reply.json()['id']}/rotate", {"overlapHours": 0})
    assert (ended.status_code, ended.json()["error"]["rule"]) == (409, "api_key.ended")


async def test_rotated_key_can_be_revoked_before_its_overlap_ends(tenant: Tenant) -> None:
    old = await tenant.key(name="leaked", scopes=["posts:read"])
    [row] = [found for found in (await tenant.client.get("/v1/api-keys")).json()["data"] if found["name"] == "leaked"]
    await tenant.client.post(f"/v1/api-keys/{row['id']}/rotate", {"overlapHours": 24})
    revoked = await tenant.client.call("DELETE", f"/v1/api-keys/{row['id']}")
    assert moment(revoked.json()["revokedAt"]) <= datetime.fromisoformat(soon(1))
    assert (await old.get("/v1/posts")).status_code == 401


async def test_key_can_read_itself(tenant: Tenant) -> None:
    key = await tenant.key(Mode.LIVE, name="reader", scopes=["posts:read"])
    me = (await key.get("/v1/me")).json()
    assert (me["mode"], me["organization"]["id"], me["key"]["scopes"]) == ("live", tenant.id, ["posts:read"])
    assert key.key not in str(me)


async def test_every_platform_shows_its_limits_with_their_sources(tenant: Tenant) -> None:
    [found] = [
        platform
        for platform in (await tenant.client.get("/v1/platforms")).json()["data"]
        if platform["platform"] == PLATFORM
    ]
    assert all(limit["sourceUrl"].startswith("https://") and limit["checkedOn"] for limit in found["limits"])
    assert found["optionsSchema"]["additionalProperties"] is False
    versions = (await tenant.client.http.get("/v1/platform-versions")).json()["data"]  # without a key
    assert {version["platform"]: (version["apiVersion"], version["sunset"]) for version in versions} == {
        name: (platform.api_version, None if platform.sunset is None else platform.sunset.isoformat())
        for name, platform in discover().items()
    }
    assert "sunset" in found


async def test_profile_with_ended_keys_can_be_deleted(tenant: Tenant) -> None:
    profile_id = (await tenant.client.post("/v1/profiles", {"name": "Brand"})).json()["id"]
    key_id = (await tenant.client.post("/v1/api-keys", {"name": "ci", "profileId": profile_id})).json()["id"]
    reply = await tenant.client.call("DELETE", f"/v1/profiles/{profile_id}")
    assert (reply.status_code, reply.json()["error"]["rule"]) == (409, "profile.in_use")
    await tenant.client.call("DELETE", f"/v1/api-keys/{key_id}")
    assert (await tenant.client.call("DELETE", f"/v1/profiles/{profile_id}")).status_code == 200
    assert (await tenant.client.get(f"/v1/profiles/{profile_id}")).status_code == 404

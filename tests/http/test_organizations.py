"""Organizations: the operator creates, changes and deletes them."""

import asyncio
from collections.abc import Mapping
from typing import Any

import httpx2
import pytest

from letmepost.domain.api_keys import Mode
from letmepost.domain.ids import Prefix, parse_id
from letmepost.services.tenants.api_keys import REVOCATION_LAG_S
from letmepost.storage.database import DEPLOYMENT
from letmepost.worker.services import WorkerServices
from tests.deployment import OPERATOR_TOKEN, Client
from tests.doubles.waiting import eventually
from tests.http.support import ABSENT_ID, Tenant, check_refusal, path_of, png, soon, upload
from tests.storage.rows import TABLES

_NEWEST_RECORDS = "SELECT organization_id, key_hash, fingerprint, body FROM idempotency_keys ORDER BY created_at DESC"


@pytest.fixture
def operator(tenant: Tenant) -> Client:
    return Client(tenant.deployment.http, OPERATOR_TOKEN)


@pytest.fixture
def path(tenant: Tenant) -> str:
    return f"/v1/organizations/{tenant.id}"


async def test_change_sets_the_given_fields_only(operator: Client, path: str) -> None:
    bare = (await operator.get(path)).json()
    assert (bare["name"], bare["quotas"], "late" in bare) == ("Tenant", {}, False)
    late, quotas = {"withinS": 60, "then": "hold"}, {"postsPerMonth": 5, "mediaBytes": 10}
    changed = (await operator.call("PATCH", path, {"late": late, "quotas": quotas})).json()
    assert changed == {**bare, "late": late, "quotas": quotas}
    changed = (await operator.call("PATCH", path, {"name": "Other", "quotas": {"mediaBytes": None}})).json()
    assert changed == {**bare, "name": "Other", "late": late, "quotas": {"postsPerMonth": 5}}
    assert (await operator.get(path)).json() == changed
    assert changed in (await operator.get("/v1/organizations")).json()["data"]
    assert (await operator.call("PATCH", path, {"late": None, "quotas": None})).json() == {**bare, "name": "Other"}
    assert (await operator.call("PATCH", path, {})).json() == {**bare, "name": "Other"}


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        ({"name": ""}, "name"),
        ({"name": None}, "name"),
        ({"nmae": "x"}, "nmae"),
        ({"quotas": {"postsPerMonth": -1}}, "quotas.postsPerMonth"),
        ({"quotas": {"postsPerYear": 1}}, "quotas.postsPerYear"),
        ({"quotas": {"mediaBytes": 2**60}}, "quotas.mediaBytes"),
        ({"late": {"withinS": 1}}, "late.then"),
        ({"late": {"withinS": 604_801, "then": "skip"}}, "late.withinS"),
        ({"late": {"withinS": 1, "then": "maybe"}}, "late.then"),
    ],
)
async def test_invalid_change_is_rejected(operator: Client, path: str, body: Mapping[str, Any], rule: str) -> None:
    before = (await operator.get(path)).json()
    check_refusal(await operator.call("PATCH", path, body), 400, "validation_failed", rule)
    assert (await operator.get(path)).json() == before


async def test_lateness_rule_of_the_organization_is_the_default(tenant: Tenant, operator: Client, path: str) -> None:
    account_id = await tenant.client.sandbox_account()
    query = "SELECT late_within_s, late_then FROM posts WHERE organization_id = $1 ORDER BY id"
    wanted = {"targets": [{"accountId": account_id}], "text": "Later", "scheduledAt": soon(3600)}
    await tenant.client.post("/v1/posts", wanted)
    await operator.call("PATCH", path, {"late": {"withinS": 0, "then": "publish"}})
    await tenant.client.post("/v1/posts", wanted)
    await tenant.client.post("/v1/posts", {**wanted, "late": {"withinS": 5}})
    found = [tuple(row.values()) for row in await tenant.admin.rows(query, tenant.uuid)]
    assert found == [(86_400, "skip"), (0, "publish"), (5, "skip")]


async def test_deleted_organization_is_not_found_immediately(tenant: Tenant, operator: Client, path: str) -> None:
    account_id = await tenant.client.sandbox_account()
    body = {"targets": [{"accountId": account_id}], "text": "Later", "scheduledAt": soon(3600)}
    assert (await tenant.client.post("/v1/posts", body)).status_code == 202
    reply = await operator.call("DELETE", path)
    assert (reply.status_code, reply.json()) == (200, {"id": tenant.id, "deleted": True})
    for method in ("GET", "PATCH", "DELETE"):
        check_refusal(await operator.call(method, path, None if method != "PATCH" else {}), 404, "not_found")
    check_refusal(await operator.post(f"{path}/api-keys", {"name": "late"}), 404, "not_found")
    assert tenant.id not in (await operator.get("/v1/organizations")).text
    query = "SELECT status, ready_at FROM posts WHERE organization_id = $1"
    assert await tenant.admin.rows(query, tenant.uuid) == [{"status": "canceled", "ready_at": None}]
    query = "SELECT status, credential_id FROM accounts WHERE organization_id = $1"
    assert await tenant.admin.rows(query, tenant.uuid) == [{"status": "disconnected", "credential_id": None}]


async def test_media_of_a_deleted_organization_cannot_be_read_or_uploaded(
    tenant: Tenant, operator: Client, path: str
) -> None:
    """Signed URLs are valid for a week, and the rows and bytes are removed by a later sweep."""
    http = tenant.deployment.http
    media_id = await upload(tenant.client, png())
    read = path_of((await tenant.client.get(f"/v1/media/{media_id}")).json()["url"])
    started = await tenant.client.post("/v1/media/uploads", {"sizeBytes": len(png())})
    put = path_of(started.json()["upload"]["url"])
    assert (await http.get(read)).status_code == 200
    assert (await operator.call("DELETE", path)).status_code == 200
    check_refusal(await http.get(read), 404, "not_found")
    assert (await http.head(read)).status_code == 404
    check_refusal(await http.put(put, content=png()), 404, "not_found")
    reply = await tenant.client.get(f"/v1/media/{media_id}")
    assert reply.status_code in {401, 404}, "its key stops working within a second"
    assert (await tenant.stored())["files"] == 1


async def test_keys_of_a_deleted_organization_stop_working_within_a_second(
    tenant: Tenant, operator: Client, path: str
) -> None:
    live = await tenant.key(Mode.LIVE)
    for client in (tenant.client, live):
        assert (await client.get("/v1/posts")).status_code == 200
    assert (await operator.call("DELETE", path)).status_code == 200

    async def both_end() -> bool:
        return all([(await client.get("/v1/posts")).status_code == 401 for client in (tenant.client, live)])

    await eventually(both_end, within_s=10 * REVOCATION_LAG_S)


async def test_data_of_a_deleted_organization_is_removed_except_the_audit_log(
    tenant: Tenant, operator: Client, services: WorkerServices, path: str
) -> None:
    client = tenant.client
    await client.post("/v1/webhook-endpoints", {"url": "http://127.0.0.1:49151/"})
    account_id = await client.sandbox_account()
    media = [{"kind": "image", "altText": "A", "mediaId": await upload(client, png())}]
    wanted = {"targets": [{"accountId": account_id}], "text": "Now", "media": media}
    assert (await client.post("/v1/posts", wanted, idempotency_key="k")).status_code == 200
    bystander = await tenant.deployment.client()
    assert (await operator.call("DELETE", path)).status_code == 200
    await services.removal.sweep()
    assert (await tenant.stored())["files"] == 1, "an earlier request may still be running"
    await tenant.admin.do(
        "UPDATE organizations SET deleted_at = deleted_at - interval '1 hour' WHERE id = $1", tenant.uuid
    )
    await services.removal.sweep()
    for table in TABLES:
        column = "id" if table.name == "organizations" else "organization_id"
        query = f'SELECT count(*) FROM "{table.name}" WHERE {column} = $1'  # noqa: S608 - our own tables
        assert (await tenant.admin.one(query, tenant.uuid) > 0) is (table.name == "audit_log"), table.name
    assert (await tenant.stored())["files"] == 0
    assert (await bystander.get("/v1/posts")).status_code == 200


async def test_request_of_the_operator_runs_once_per_idempotency_key(tenant: Tenant, operator: Client) -> None:
    made = await operator.post("/v1/organizations", {"name": "Once"}, idempotency_key=f"make-{tenant.id}")
    again = await operator.post("/v1/organizations", {"name": "Once"}, idempotency_key=f"make-{tenant.id}")
    assert (again.status_code, again.content) == (made.status_code, made.content)
    assert (again.headers["idempotency-replayed"], "idempotency-replayed" in made.headers) == ("true", False)
    path = f"/v1/organizations/{made.json()['id']}"
    for method, place, body in (
        ("PATCH", path, {"name": "Other"}),
        ("POST", f"{path}/api-keys", {"name": "first"}),
        ("DELETE", path, None),
    ):
        key = f"{method}-{tenant.id}"
        first = await operator.call(method, place, body, idempotency_key=key)
        assert first.status_code in {200, 201}, first.text
        repeated = await operator.call(method, place, body, idempotency_key=key)
        assert (repeated.status_code, repeated.content) == (first.status_code, first.content)
        assert repeated.headers["idempotency-replayed"] == "true"
    query = "SELECT count(*) FROM audit_log WHERE organization_id = $1"
    assert await tenant.admin.one(query, parse_id(Prefix.ORGANIZATION, made.json()["id"])) == 4


async def test_concurrent_identical_requests_of_the_operator_create_one_organization(
    tenant: Tenant, operator: Client
) -> None:
    name = f"Once {tenant.id}"
    making = [operator.post("/v1/organizations", {"name": name}, idempotency_key=name[-20:]) for _ in range(10)]
    replies = await asyncio.gather(*making)
    assert {reply.status_code for reply in replies} == {201}
    assert len({reply.content for reply in replies}) == 1
    assert await tenant.admin.one("SELECT count(*) FROM organizations WHERE name = $1", name) == 1


async def test_idempotency_key_of_the_operator_belongs_to_one_request(tenant: Tenant, operator: Client) -> None:
    key = f"k-{tenant.id}"
    assert (await operator.post("/v1/organizations", {"name": "One"}, idempotency_key=key)).status_code == 201
    reply = await operator.post("/v1/organizations", {"name": "Two"}, idempotency_key=key)
    check_refusal(reply, 409, "idempotency_conflict", "idempotency_key.body_mismatch")
    await _age(tenant, key_age="24 hours 1 second")
    assert (await operator.post("/v1/organizations", {"name": "Two"}, idempotency_key=key)).status_code == 201


async def test_rejected_request_of_the_operator_is_evaluated_again(tenant: Tenant, operator: Client) -> None:
    absent = f"/v1/organizations/org_{ABSENT_ID}"
    for _ in range(2):
        reply = await operator.call("DELETE", absent, idempotency_key=f"gone-{tenant.id}")
        check_refusal(reply, 404, "not_found")


async def test_response_with_a_new_key_is_replayed_for_ten_minutes(tenant: Tenant, operator: Client, path: str) -> None:
    key, place = f"mint-{tenant.id}", f"{path}/api-keys"
    first = await operator.post(place, {"name": "first"}, idempotency_key=key)
    record = (await tenant.admin.rows(_NEWEST_RECORDS))[0]
    assert record["organization_id"] == DEPLOYMENT.organization_id
    assert first.json()["key"].encode() not in record["body"]
    assert (await operator.post(place, {"name": "first"}, idempotency_key=key)).content == first.content
    await _age(tenant, key_age="10 minutes 1 second")
    reply = await operator.post(place, {"name": "first"}, idempotency_key=key)
    check_refusal(reply, 409, "idempotency_conflict", "idempotency_key.secret_expired")


async def test_request_of_the_operator_is_replayed_after_its_organization_is_removed(
    tenant: Tenant, operator: Client, path: str, services: WorkerServices
) -> None:
    async def change_and_delete() -> list[httpx2.Response]:
        return [
            await operator.call("PATCH", path, {"name": "Other"}, idempotency_key=f"change-{tenant.id}"),
            await operator.call("DELETE", path, idempotency_key=f"delete-{tenant.id}"),
        ]

    first = await change_and_delete()
    assert [reply.status_code for reply in first] == [200, 200]
    await tenant.admin.do(
        "UPDATE organizations SET deleted_at = deleted_at - interval '1 hour' WHERE id = $1", tenant.uuid
    )
    await services.removal.sweep()
    assert await tenant.admin.one("SELECT count(*) FROM organizations WHERE id = $1", tenant.uuid) == 0
    again = await change_and_delete()
    assert [reply.content for reply in again] == [reply.content for reply in first]
    assert [reply.headers["idempotency-replayed"] for reply in again] == ["true", "true"]


async def test_operator_and_organization_can_use_the_same_idempotency_key(
    tenant: Tenant, operator: Client, path: str
) -> None:
    key, body = f"same-{tenant.id}", {"name": "Same", "prefix": "lmp_test_"}
    of_tenant = await tenant.client.post("/v1/api-keys", body, idempotency_key=key)
    of_operator = await operator.post(f"{path}/api-keys", body, idempotency_key=key)
    assert (of_tenant.status_code, of_operator.status_code) == (201, 201)
    assert of_tenant.json()["id"] != of_operator.json()["id"]
    assert (await tenant.client.post("/v1/api-keys", body, idempotency_key=key)).content == of_tenant.content
    again = await operator.post(f"{path}/api-keys", body, idempotency_key=key)
    assert again.content == of_operator.content
    records = (await tenant.admin.rows(_NEWEST_RECORDS))[:2]
    assert {record["organization_id"] for record in records} == {tenant.uuid, DEPLOYMENT.organization_id}
    assert len({record["key_hash"] for record in records}) == 2


@pytest.mark.parametrize("change", ["delete", "change"])
async def test_organization_is_changed_in_both_modes_or_in_none(
    tenant: Tenant, operator: Client, path: str, change: str
) -> None:
    """Both modes change in the transaction that stores the response. Here the response cannot be stored."""
    key = f"{change}-{tenant.id}"
    await tenant.admin.do(
        "INSERT INTO usage (organization_id, mode, subject, period_start, used)"
        " SELECT $1, mode, 'posts', '2026-11-01', 1 FROM unnest(ARRAY['test', 'live']) AS modes (mode)",
        tenant.uuid,
    )
    before = await tenant.admin.everything("organizations", "api_keys", "usage", "audit_log")
    await tenant.admin.do("ALTER TABLE idempotency_keys ADD CONSTRAINT no_more CHECK (false) NOT VALID")
    try:
        method, body = ("DELETE", None) if change == "delete" else ("PATCH", {"quotas": {"postsPerMonth": 5}})
        assert (await operator.call(method, path, body, idempotency_key=key)).status_code == 500
    finally:
        await tenant.admin.do("ALTER TABLE idempotency_keys DROP CONSTRAINT no_more")
    assert await tenant.admin.everything("organizations", "api_keys", "usage", "audit_log") == before
    assert (await operator.call(method, path, body, idempotency_key=key)).status_code == 200
    counters = await tenant.admin.one("SELECT count(*) FROM usage WHERE organization_id = $1", tenant.uuid)
    assert counters == (2 if change == "delete" else 0)


async def _age(tenant: Tenant, *, key_age: str) -> None:
    await tenant.admin.do("UPDATE idempotency_keys SET created_at = created_at - $1::text::interval", key_age)


async def test_changes_are_recorded_in_the_audit_log(tenant: Tenant, operator: Client, path: str) -> None:
    client = tenant.client
    [own] = (await client.get("/v1/api-keys")).json()["data"]
    minted = (await client.post("/v1/api-keys", {"name": "new"})).json()
    await client.post(f"/v1/api-keys/{minted['id']}/rotate")
    await client.call("DELETE", f"/v1/api-keys/{minted['id']}")
    account_id = await client.sandbox_account()
    await client.call("DELETE", f"/v1/accounts/{account_id}")
    made = (await client.post("/v1/webhook-endpoints", {"url": "http://127.0.0.1:49151/"})).json()
    await client.post(f"/v1/webhook-endpoints/{made['id']}/rotate-secret")
    await client.call("DELETE", f"/v1/webhook-endpoints/{made['id']}")
    await operator.call("PATCH", path, {"quotas": {"postsPerMonth": 5}})
    await operator.call("DELETE", path)
    query = "SELECT actor, action, subject FROM audit_log WHERE organization_id = $1 ORDER BY id"
    found = [tuple(row.values()) for row in await tenant.admin.rows(query, tenant.uuid)]
    assert found == [
        ("operator", "organization.created", tenant.id),
        ("operator", "key.minted", own["id"]),
        (own["id"], "key.minted", minted["id"]),
        (own["id"], "key.rotated", minted["id"]),
        (own["id"], "key.revoked", minted["id"]),
        (own["id"], "account.connected", account_id),
        (own["id"], "account.disconnected", account_id),
        (own["id"], "endpoint.created", made["id"]),
        (own["id"], "endpoint.secret_rotated", made["id"]),
        (own["id"], "endpoint.deleted", made["id"]),
        ("operator", "organization.changed", tenant.id),
        ("operator", "organization.deleted", tenant.id),
    ]
    whole = str(await tenant.admin.rows("SELECT * FROM audit_log WHERE organization_id = $1", tenant.uuid))
    assert minted["key"] not in whole
    assert made["signingSecret"] not in whole


async def test_rejected_change_is_not_recorded(tenant: Tenant, operator: Client) -> None:
    query = "SELECT count(*) FROM audit_log WHERE organization_id = $1"
    before = await tenant.admin.one(query, tenant.uuid)
    narrow = await tenant.key(scopes=["keys:write"])
    check_refusal(
        await narrow.post("/v1/api-keys", {"name": "more", "scopes": ["*"]}), 403, "unauthorized", "api_key.escalation"
    )
    assert await tenant.admin.one(query, tenant.uuid) == before + 1, "only the creation of the key is recorded"

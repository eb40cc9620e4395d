"""Missing and invalid API keys, and missing scopes."""

import pytest

from letmepost.domain.api_keys import ENTROPY_BYTES, Mode, mint
from tests.deployment import OPERATOR_TOKEN, Client
from tests.doubles.waiting import eventually
from tests.http.support import PLATFORM, Tenant, check_refusal

_BODY = {"targets": [{"platform": PLATFORM}], "text": "Hello"}


async def _unauthenticated(tenant: Tenant, authorization: str | None) -> str:
    """Send a request that must be unauthenticated; return the message of the error."""
    headers = [] if authorization is None else [(b"authorization", authorization.encode("latin-1"))]
    async with tenant.storing_nothing():
        reply = await tenant.deployment.http.post("/v1/posts", json=_BODY, headers=headers)
    error = check_refusal(reply, 401, "unauthenticated")
    assert "ratelimit-limit" not in reply.headers
    assert reply.headers["www-authenticate"] == 'Bearer realm="letmepost"'
    return f"{error['message']} {error['remediation']}"


async def test_every_invalid_key_gets_the_same_message(tenant: Tenant) -> None:
    """The message does not reveal why a guessed key is invalid."""
    key = tenant.client.key
    expired, revoked = await tenant.key(), await tenant.key()
    expire = "UPDATE api_keys SET expires_at = now() WHERE last4 = $1 AND organization_id = $2"
    await tenant.admin.do(expire, expired.key[-4:], tenant.uuid)
    revoke = "UPDATE api_keys SET revoked_at = now() WHERE last4 = $1 AND organization_id = $2"
    await tenant.admin.do(revoke, revoked.key[-4:], tenant.uuid)
    typo = key[:20] + ("a" if key[20] != "a" else "b") + key[21:]
    strangers = [
        "Bearer",
        "Bearer ",
        f"Bearer {key} {key}",
        f"Bearer {key}x",
        f"Bearer {key[:-1]}",
        f"Bearer {typo}",
        f"Bearer {key.upper()}",
        f"Bearer {key.replace('lmp_test_', 'lmp_live_')}",
        f"Bearer {key.replace('lmp_test_', 'sk_test_')}",
        f"Bearer {key.replace('lmp_test_', '')}",
        f"Bearer {mint(Mode.TEST, bytes(ENTROPY_BYTES))}",
        f"Bearer {expired.key}",
        f"Bearer {revoked.key}",
        f"Bearer {OPERATOR_TOKEN}",
        "Bearer lmp_test_" + "é" * 38,
        "Bearer " + "a" * 10_000,
    ]
    assert len({await _unauthenticated(tenant, stranger) for stranger in strangers}) == 1


async def test_bearer_scheme_is_case_insensitive(tenant: Tenant) -> None:
    for word in ("bearer", "BEARER", "Bearer "):
        reply = await tenant.deployment.http.get("/v1/posts", headers={"authorization": f"{word} {tenant.client.key}"})
        assert reply.status_code == 200


async def test_expired_key_is_rejected_within_a_second(tenant: Tenant) -> None:
    used = await tenant.key()
    assert (await used.get("/v1/posts")).status_code == 200
    expire = "UPDATE api_keys SET expires_at = now() WHERE last4 = $1 AND organization_id = $2"
    await tenant.admin.do(expire, used.key[-4:], tenant.uuid)
    await _is_rejected_within_a_second(used)


async def test_revoked_key_is_rejected_within_a_second(tenant: Tenant) -> None:
    used = await tenant.key(name="used")
    assert (await used.get("/v1/posts")).status_code == 200
    [found] = [key for key in (await tenant.client.get("/v1/api-keys")).json()["data"] if key["name"] == "used"]
    assert (await tenant.client.call("DELETE", f"/v1/api-keys/{found['id']}")).status_code == 200
    await _is_rejected_within_a_second(used)


async def _is_rejected_within_a_second(client: Client) -> None:
    async def is_rejected() -> bool:
        return (await client.get("/v1/posts")).status_code == 401

    assert await eventually(is_rejected, within_s=1.5)


async def test_missing_scope_is_named(tenant: Tenant) -> None:
    reader = await tenant.key(scopes=["posts:read"])
    async with tenant.storing_nothing():
        error = check_refusal(await reader.post("/v1/posts", _BODY), 403, "unauthorized", "scope.missing")
    assert "posts:write" in error["message"]
    assert "posts:write" in error["remediation"]


async def test_missing_scope_is_reported_before_other_errors(tenant: Tenant) -> None:
    reader = await tenant.key(scopes=["posts:read"])
    check_refusal(await reader.post("/v1/posts", {"nonsense": 1}), 403, "unauthorized", "scope.missing")


@pytest.mark.parametrize(
    "token", ["", "Bearer", f"Basic {OPERATOR_TOKEN}", f"Bearer {OPERATOR_TOKEN}x", "Bearer " + "é" * 38]
)
@pytest.mark.parametrize(("method", "path"), [("GET", "/v1/organizations"), ("POST", "/v1/organizations")])
async def test_operator_routes_require_the_operator_token(tenant: Tenant, method: str, path: str, token: str) -> None:
    headers = [(b"authorization", token.encode("latin-1"))]
    reply = await tenant.deployment.http.request(method, path, json={"name": "Tenant"}, headers=headers)
    check_refusal(reply, 401, "unauthenticated")


async def test_api_key_is_not_an_operator_token(tenant: Tenant) -> None:
    check_refusal(await tenant.client.get("/v1/organizations"), 401, "unauthenticated")


@pytest.mark.parametrize("organization_id", ["nonsense", "org_00000000000000000000000001"])
async def test_unknown_organization_is_not_found(tenant: Tenant, organization_id: str) -> None:
    operator = Client(tenant.deployment.http, OPERATOR_TOKEN)
    reply = await operator.post(f"/v1/organizations/{organization_id}/api-keys", {"name": "a"})
    check_refusal(reply, 404, "not_found")


@pytest.mark.parametrize("body", [{}, {"name": ""}, {"name": "a" * 201}, {"name": 1}, {"name": "a", "id": "org_mine"}])
async def test_invalid_organization_is_rejected(tenant: Tenant, body: dict[str, object]) -> None:
    operator = Client(tenant.deployment.http, OPERATOR_TOKEN)
    before = await tenant.admin.one("SELECT count(*) FROM organizations")
    assert (await operator.post("/v1/organizations", body)).status_code == 400
    assert await tenant.admin.one("SELECT count(*) FROM organizations") == before

"""Unknown or invalid routes, methods, headers and query parameters."""

import pytest

from tests.deployment import Client
from tests.http.support import ABSENT_ID, PLATFORM, Tenant, check_refusal

_BODY = {"targets": [{"platform": PLATFORM}], "text": "Hello"}


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/v1",
        "/v2/posts",
        "/v1/post",
        "/v1/posts/a/b/c/d",
        "/v1/posts%00",
        "/v1/%F0%9F%91%8B",
        "/v1/%ff",
        "/v1/../v1/nothing",
        "/docs/errors/nonsense",
        "/docs/preflight/nonsense",
        "/docs/errors/%00",
        "/v1/" + "a" * 10_000,
    ],
)
async def test_unknown_route_is_not_found(client: Client, path: str) -> None:
    check_refusal(await client.get(path), 404, "not_found")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", "/v1/posts"),
        ("DELETE", "/v1/posts"),
        ("TRACE", "/v1/posts"),
        ("INVENTED", "/v1/posts"),
        ("PUT", f"/v1/posts/post_{ABSENT_ID}"),
        ("POST", "/v1/accounts"),
        ("GET", "/v1/accounts/connect/bluesky/complete"),
        ("PUT", "/v1/webhook-endpoints"),
        ("POST", "/health"),
    ],
)
async def test_wrong_method_gets_the_allowed_methods(client: Client, method: str, path: str) -> None:
    reply = await client.call(method, path)
    check_refusal(reply, 405, "validation_failed", "method.not_allowed")
    assert reply.headers["allow"]
    assert method not in reply.headers["allow"]


@pytest.mark.parametrize("resource", ["posts", "batches", "accounts", "webhook-endpoints"])
@pytest.mark.parametrize(
    "spelled", ["nonsense", "%00", "%F0%9F%91%8B", "..%2f..", f"req_{ABSENT_ID}", ABSENT_ID, "a" * 5_000]
)
async def test_malformed_id_is_not_found(client: Client, resource: str, spelled: str) -> None:
    reply = await client.get(f"/v1/{resource}/{spelled}")
    check_refusal(reply, 404, "not_found")


@pytest.mark.parametrize("path", ["/v1/posts", "/v1/media"])
@pytest.mark.parametrize("limit", ["0", "201", "-1", "1.5", "ten", "", " 5", "1e2", "٣", "1" * 5_000, "%00", "0x10"])
async def test_limit_outside_1_to_200_is_rejected(client: Client, path: str, limit: str) -> None:
    rule = "limit"
    check_refusal(await client.get(f"{path}?limit={limit}"), 400, "validation_failed", rule)


@pytest.mark.parametrize("path", ["/v1/posts", "/v1/media"])
@pytest.mark.parametrize("cursor", ["", "nonsense", ABSENT_ID, f"acc_{ABSENT_ID}", "%00", "a" * 5_000])
async def test_invalid_cursor_is_rejected(client: Client, path: str, cursor: str) -> None:
    check_refusal(await client.get(f"{path}?cursor={cursor}"), 400, "validation_failed", "cursor")


@pytest.mark.parametrize("parameter", ["accountId", "profileId", "batchId", "platform", "status"])
async def test_filter_with_a_nul_character_is_rejected(client: Client, parameter: str) -> None:
    check_refusal(await client.get(f"/v1/posts?{parameter}=a%00"), 400, "validation_failed", parameter)


async def test_filter_by_an_unknown_id_returns_an_empty_page(client: Client) -> None:
    for query in ("accountId=nonsense", "batchId=acc_1", f"profileId=prof_{ABSENT_ID}"):
        reply = await client.get(f"/v1/posts?{query}")
        assert (reply.status_code, reply.json()) == (200, {"data": [], "nextCursor": None}), query


async def test_unknown_status_is_rejected(client: Client) -> None:
    for status in ("posted", "PUBLISHED", ""):
        check_refusal(await client.get(f"/v1/posts?status={status}"), 400, "validation_failed", "status")


async def test_key_of_one_profile_cannot_list_posts_of_another(tenant: Tenant) -> None:
    scoped = await tenant.key(profileId=await tenant.profile())
    reply = await scoped.get(f"/v1/posts?profileId={await tenant.profile()}")
    check_refusal(reply, 400, "validation_failed", "profile.scope_mismatch")


@pytest.mark.parametrize("key", ["", " ", "a b", "a" * 256, "é", "a\tb", "\x7f"])
@pytest.mark.parametrize("path", ["/v1/posts", "/v1/api-keys", "/v1/webhook-endpoints", "/v1/sandbox/accounts"])
async def test_malformed_idempotency_key_is_rejected(tenant: Tenant, path: str, key: str) -> None:
    body = {
        "/v1/posts": _BODY,
        "/v1/api-keys": {"name": "a"},
        "/v1/webhook-endpoints": {"url": "http://127.0.0.1:9/"},
        "/v1/sandbox/accounts": {"platform": PLATFORM},
    }[path]
    headers = [(b"authorization", f"Bearer {tenant.client.key}".encode()), (b"idempotency-key", key.encode("latin-1"))]
    async with tenant.storing_nothing():
        reply = await tenant.deployment.http.post(path, json=body, headers=headers)
    check_refusal(reply, 400, "validation_failed", "idempotency_key.format")


@pytest.mark.parametrize(
    "prefer",
    ["", "wait", "wait=", "wait=-1", "wait=soon", "wait=1.5", "wait=99999999999999999999", "return=minimal", ",;=\xff"],
)
async def test_unknown_preference_is_ignored(tenant: Tenant, prefer: str) -> None:
    """RFC 7240, section 2: a server ignores unknown preferences."""
    account_id = await tenant.client.sandbox_account()
    headers = [(b"authorization", f"Bearer {tenant.client.key}".encode()), (b"prefer", prefer.encode("latin-1"))]
    body = {"targets": [{"accountId": account_id}], "text": "Hello"}
    reply = await tenant.deployment.http.post("/v1/posts", json=body, headers=headers)
    assert (reply.status_code, reply.json()["status"]) == (200, "published")


@pytest.mark.parametrize("given", ["", "a b", "a" * 129, "é", "\x7f", "a\tb"])
async def test_invalid_request_id_is_replaced(tenant: Tenant, given: str) -> None:
    headers = [(b"authorization", f"Bearer {tenant.client.key}".encode()), (b"x-request-id", given.encode("latin-1"))]
    reply = await tenant.deployment.http.get("/v1/posts", headers=headers)
    assert reply.headers["x-request-id"].startswith("req_")


@pytest.mark.parametrize("platform", ["nonsense", "%00", "%F0%9F%91%8B", "BLUESKY", "bluesky%20"])
async def test_unknown_platform_is_not_found(client: Client, platform: str) -> None:
    check_refusal(await client.get(f"/v1/sandbox/{platform}/posts"), 404, "not_found")
    check_refusal(await client.post(f"/v1/accounts/connect/{platform}"), 404, "not_found")
    check_refusal(await client.post(f"/v1/accounts/connect/{platform}/complete"), 404, "not_found")

"""Rate limits, request ids, health, readiness, and pages that errors link to."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest
from structlog.contextvars import merge_contextvars
from structlog.testing import capture_logs

from letmepost.domain.errors import ErrorCode
from letmepost.platforms import discover
from tests.database import DatabaseURLs
from tests.deployment import OPERATOR_TOKEN, Client, Deployment, deployed
from tests.doubles.waiting import eventually
from tests.http.support import PLATFORM, Tenant, check_refusal, make_tenant
from tests.storage.support import Admin

_RULES = [rule for platform in discover().values() for rule in platform.rules]


async def test_authenticated_response_has_rate_limit_headers(tenant: Tenant) -> None:
    caller = await tenant.key(requestsPerMinute=1000)
    for path, status in (("/v1/posts", 200), ("/v1/posts/nonsense", 404), ("/v1/posts?limit=0", 400)):
        reply = await caller.get(path)
        assert reply.status_code == status
        assert reply.headers["ratelimit-limit"] == "1000"
        for name in ("limit", "remaining", "reset"):
            assert reply.headers[f"x-ratelimit-{name}"] == reply.headers[f"ratelimit-{name}"]
        assert 990 <= int(reply.headers["ratelimit-remaining"]) < 1000
        assert 1 <= int(reply.headers["ratelimit-reset"]) <= 60
    stranger = await tenant.deployment.http.get("/v1/posts")
    assert "ratelimit-limit" not in stranger.headers


async def test_request_over_the_rate_limit_is_rejected_with_retry_after(tenant: Tenant) -> None:
    """Five requests fall into at most two windows, so one window has at least three of them."""
    caller = await tenant.key(requestsPerMinute=2)
    replies = [await caller.get("/v1/posts") for _ in range(5)]
    refused = [reply for reply in replies if reply.status_code != 200]
    assert refused
    for reply in refused:
        error = check_refusal(reply, 429, "rate_limited")
        assert reply.headers["retry-after"] == reply.headers["ratelimit-reset"]
        assert reply.headers["retry-after"] in error["remediation"]
        assert reply.headers["ratelimit-remaining"] == "0"
    assert (await tenant.client.get("/v1/posts")).status_code == 200


async def test_concurrent_requests_have_their_own_rate_limit_headers(tenant: Tenant) -> None:
    """If a new minute starts in between, there are two windows."""
    caller = await tenant.key(requestsPerMinute=20)
    replies = await asyncio.gather(*[caller.get("/v1/posts") for _ in range(30)])
    allowed = [reply.headers for reply in replies if reply.status_code == 200]
    assert len(allowed) >= 20
    windows = [(int(headers["ratelimit-reset"]) > 30, headers["ratelimit-remaining"]) for headers in allowed]
    assert len(set(windows)) == len(allowed)
    for reply in replies:
        if reply.status_code != 200:
            check_refusal(reply, 429, "rate_limited")
            assert reply.headers["ratelimit-remaining"] == "0"


async def test_request_over_the_rate_limit_changes_nothing(tenant: Tenant) -> None:
    caller = await tenant.key(requestsPerMinute=1)
    account_id = await tenant.client.sandbox_account()
    body = {"targets": [{"accountId": account_id}], "text": "Hello"}
    replies = [await caller.post("/v1/posts", body) for _ in range(3)]
    published = [reply.status_code for reply in replies].count(200)
    assert published < 3
    assert len(await tenant.followers_see()) == published


async def test_request_id_of_the_caller_is_used(tenant: Tenant) -> None:
    for given in ("abc", "~!#$%&'*+-.^_`|", "x" * 128):
        reply = await tenant.client.get("/v1/posts/nonsense", x_request_id=given)
        check_refusal(reply, 404, "not_found")
        assert reply.headers["x-request-id"] == given


async def test_request_without_an_id_gets_a_new_one(client: Client) -> None:
    ids = [(await client.get("/v1/posts")).headers["x-request-id"] for _ in range(3)]
    assert len(set(ids)) == 3
    assert all(request_id.startswith("req_") for request_id in ids)


async def test_public_pages_have_request_ids_too(client: Client) -> None:
    for path in ("/health", "/ready", "/openapi.json", "/docs/errors/not_found"):
        reply = await client.http.get(path)
        assert (reply.status_code, bool(reply.headers["x-request-id"])) == (200, True), path


@pytest.mark.parametrize("code", sorted(ErrorCode))
async def test_every_error_code_has_a_page(client: Client, code: str) -> None:
    reply = await client.http.get(f"/docs/errors/{code}")
    assert reply.status_code == 200
    assert reply.headers["content-type"].startswith("text/html")
    assert code in reply.text


@pytest.mark.parametrize("rule", _RULES, ids=lambda rule: str(rule.id))
async def test_every_rule_of_every_platform_has_a_page(client: Client, rule: object) -> None:
    found = next(each for each in _RULES if each is rule)
    reply = await client.http.get(f"/docs/preflight/{found.id.replace('.', '-')}")
    assert reply.status_code == 200
    assert found.id in reply.text
    assert found.source.url.partition("#")[0].replace("&", "&amp;") in reply.text
    assert str(found.source.checked_on) in reply.text


async def test_links_of_errors_lead_to_pages(tenant: Tenant) -> None:
    account_id = await tenant.client.sandbox_account()
    for reply in (
        await tenant.client.get("/v1/posts/nonsense"),
        await tenant.client.post("/v1/posts", {}),
        await tenant.client.post("/v1/posts", {"targets": [{"accountId": account_id}], "text": "a" * 301}),
        await tenant.client.post("/v1/posts", {"targets": [{"accountId": account_id}]}),
    ):
        error = reply.json()["error"]
        links = [error[name] for name in ("docUrl", "ruleUrl") if name in error]
        assert len(links) == (1 if error["rule"] == "targets" else 2)
        for link in links:
            page = await tenant.deployment.http.get(urlsplit(link).path)
            assert page.status_code == 200, link


async def test_error_of_a_target_is_the_same_in_every_response(tenant: Tenant) -> None:
    account_id = await tenant.client.sandbox_account("rejected")
    reply = await tenant.client.post("/v1/posts", {"targets": [{"accountId": account_id}], "text": "Hello"})
    [result] = reply.json()["results"]
    post = (await tenant.client.get(f"/v1/posts/{result['postId']}")).json()
    [attempt] = post["attempts"]
    assert result["error"] == post["error"] == attempt["error"]
    assert {"code", "message", "platform", "platformResponse"} <= set(result["error"])


async def test_health_returns_ok(client: Client) -> None:
    reply = await client.http.get("/health")
    assert (reply.status_code, reply.json()) == (200, {"status": "ok"})


async def test_deployment_with_a_worker_is_ready(service: Deployment) -> None:
    async def is_ready() -> bool:
        return (await service.http.get("/ready")).status_code == 200

    await eventually(is_ready)
    found = (await service.http.get("/ready")).json()
    assert found["status"] == "ready"
    assert found["parts"] == dict.fromkeys(("database", "migrations", "redis", "worker", "overdue", "pauses"), "ok")


async def test_deployment_without_a_worker_is_not_ready(
    database_urls: DatabaseURLs, redis_url: str, tmp_path: Path
) -> None:
    """It has its own Redis database, because workers of other deployments use the first one."""
    own_redis = f"{redis_url.rstrip('/').removesuffix('/0')}/9"
    async with deployed(database_urls, own_redis, tmp_path, with_worker=False) as lonely:
        reply = await lonely.http.get("/ready")
        assert (reply.status_code, reply.json()["status"]) == (503, "not_ready")
        assert reply.json()["parts"]["worker"] != "ok"
        assert reply.json()["parts"]["database"] == "ok"


async def test_deployment_with_an_old_schema_is_not_ready(
    database_urls: DatabaseURLs, redis_url: str, tmp_path: Path
) -> None:
    async with (
        deployed(database_urls, redis_url, tmp_path) as behind,
        _tenant_of(behind, database_urls) as tenant,
    ):
        await tenant.admin.do("UPDATE alembic_version SET version_num = '20000101'")
        reply = await behind.http.get("/ready")
        assert (reply.status_code, reply.json()["status"]) == (503, "not_ready")
        assert "letmepost migrate" in reply.json()["parts"]["migrations"]
        assert reply.json()["parts"]["database"] == "ok"
        await tenant.admin.do("DROP TABLE alembic_version")
        assert (await behind.http.get("/ready")).json()["parts"]["migrations"] != "ok"


async def test_late_posts_are_reported_as_degraded(database_urls: DatabaseURLs, redis_url: str, tmp_path: Path) -> None:
    """Posts that wait for another post of their account are not late."""
    async with (
        deployed(database_urls, redis_url, tmp_path, with_worker=False) as slow,
        _tenant_of(slow, database_urls) as tenant,
    ):
        account_id = await tenant.client.sandbox_account()
        body = {"targets": [{"accountId": account_id}], "text": "Hello"}
        for _ in range(2):
            await tenant.client.post("/v1/posts", body, prefer="respond-async")
        await tenant.admin.do("UPDATE posts SET ready_at = ready_at - interval '2 minutes'")
        late = (await slow.http.get("/ready")).json()["parts"]["overdue"]
        assert "12" in late
        lease = "lease_token = gen_random_uuid(), lease_until = now() + interval '1 minute'"
        await tenant.admin.do(f"UPDATE posts SET {lease} WHERE id = (SELECT min(id::text)::uuid FROM posts)")  # noqa: S608 - ours
        assert (await slow.http.get("/ready")).json()["parts"]["overdue"] == "ok"


@asynccontextmanager
async def _tenant_of(deployment: Deployment, urls: DatabaseURLs) -> AsyncIterator[Tenant]:
    connection = await asyncpg.connect(urls.admin)
    yield await make_tenant(deployment, Admin(connection), {"authorization": f"Bearer {OPERATOR_TOKEN}"})
    await connection.close()


async def test_posts_are_published_without_redis(database_urls: DatabaseURLs, tmp_path: Path) -> None:
    """Without Redis, posts take a sweep interval longer, and requests are not limited."""
    async with (
        deployed(database_urls, "redis://127.0.0.1:1/0", tmp_path) as running,
        _tenant_of(running, database_urls) as tenant,
    ):
        account_id = await tenant.client.sandbox_account()
        body = {"targets": [{"accountId": account_id}], "text": "Hello"}
        reply = await tenant.client.post("/v1/posts", body)
        assert (reply.status_code, reply.json()["status"]) == (200, "published")
        assert reply.headers["ratelimit-limit"]
        with capture_logs() as logs:
            ready = await running.http.get("/ready")
        assert (ready.status_code, ready.json()["status"]) == (200, "degraded")
        parts = ready.json()["parts"]
        assert {name for name, said in parts.items() if said != "ok"} == {"redis", "worker"}
        assert "redis.lost" in {entry["event"] for entry in logs}
        assert (await running.http.get("/health")).status_code == 200


async def test_internal_error_contains_only_its_request_id(
    database_urls: DatabaseURLs, redis_url: str, tmp_path: Path
) -> None:
    async with (
        deployed(database_urls, redis_url, tmp_path, with_worker=False) as broken,
        _tenant_of(broken, database_urls) as tenant,
    ):
        await tenant.admin.do("ALTER TABLE posts RENAME TO renamed_posts")
        with capture_logs(processors=[merge_contextvars]) as logs:
            reply = await tenant.client.get("/v1/posts", x_request_id="find-me")
        error = check_refusal(reply, 500, "internal_error")
        assert reply.headers["x-request-id"] == error["requestId"] == "find-me"
        assert set(error) == {"code", "message", "remediation", "fixableBy", "retryable", "docUrl", "requestId"}
        assert "posts" not in error["message"]
        [logged] = [entry for entry in logs if entry["event"] == "request.defect"]
        assert (logged["request_id"], logged["path"]) == ("find-me", "/v1/posts")


async def test_operator_routes_do_not_exist_without_an_operator_token(
    database_urls: DatabaseURLs, redis_url: str, tmp_path: Path
) -> None:
    async with deployed(database_urls, redis_url, tmp_path, with_worker=False, operator_token=None) as closed:
        for token in (OPERATOR_TOKEN, "None", ""):
            reply = await closed.http.get("/v1/organizations", headers={"authorization": f"Bearer {token}"})
            check_refusal(reply, 404, "not_found")


async def test_test_key_cannot_publish_without_a_sandbox(
    database_urls: DatabaseURLs, redis_url: str, tmp_path: Path
) -> None:
    async with (
        deployed(database_urls, redis_url, tmp_path, with_worker=False, sandbox_token=None) as plain,
        _tenant_of(plain, database_urls) as tenant,
    ):
        reply = await tenant.client.post("/v1/sandbox/accounts", {"platform": PLATFORM})
        check_refusal(reply, 403, "platform_not_enabled")


async def test_many_concurrent_requests_get_a_response(tenant: Tenant) -> None:
    replies = await asyncio.gather(*[tenant.client.get("/v1/posts") for _ in range(50)])
    assert {reply.status_code for reply in replies} == {200}

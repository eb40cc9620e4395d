"""`GET /metrics`, on its own port."""

import re
from pathlib import Path

import asyncpg
import httpx2
import pytest

from letmepost.cli.dev.processes import free_port
from letmepost.domain.ids import Prefix
from letmepost.gateways.metrics import QueueState
from letmepost.gateways.prometheus import PrometheusMetrics
from tests.database import DatabaseURLs
from tests.deployment import Deployment, deployed
from tests.doubles.waiting import PATIENCE_S, eventually
from tests.http.receiver import Receiver
from tests.http.support import soon


async def _read(port: int) -> dict[str, float]:
    """Return every sample, by its name with labels."""
    async with httpx2.AsyncClient(timeout=PATIENCE_S) as client:
        reply = await client.get(f"http://127.0.0.1:{port}/metrics")
    assert reply.status_code == 200
    assert reply.headers["content-type"].startswith("text/plain")
    lines = (line for line in reply.text.splitlines() if line and not line.startswith("#"))
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}


async def _start_worker(deployment: Deployment) -> int:
    """Start a worker with metrics on its own port; return the port."""
    port = free_port()
    deployment.settings = deployment.settings.model_copy(update={"metrics_port": port})
    await deployment.start_worker()
    return port


async def test_requests_are_counted_by_the_path_template_of_their_route(
    database_urls: DatabaseURLs, redis_url: str, tmp_path: Path
) -> None:
    """Paths contain ids, which would create unlimited labels and reveal tenants."""
    port = free_port()
    async with deployed(database_urls, redis_url, tmp_path, with_worker=False, metrics_port=port) as running:
        client = await running.client()
        for path in ("/v1/posts/nonsense", "/v1/posts/other", "/v1/posts", "/nowhere", "/nowhere/else"):
            await client.get(path)
        await client.call("BREW", "/v1/posts")
        found = await _read(port)
    counted = {name: int(value) for name, value in found.items() if name.startswith("letmepost_http_request_seconds_c")}

    def count(method: str, route: str, status: int) -> int:
        labels = f'method="{method}",route="{route}",status="{status}"'
        return counted[f"letmepost_http_request_seconds_count{{{labels}}}"]

    assert count("GET", "/v1/posts/{post_id}", 404) == 2
    assert count("GET", "/v1/posts", 200) == 1
    assert count("GET", "none", 404) == 2
    assert not any("BREW" in name or "nowhere" in name or "nonsense" in name for name in found)


async def test_reads_by_platforms_are_counted_by_status() -> None:
    port = free_port()
    metrics = PrometheusMetrics(port)

    async def read_queue() -> QueueState:
        return QueueState(posts={}, oldest_overdue_s=0)

    async with metrics.served(read_queue):
        for status, sent_bytes in ((200, 500), (206, 20), (206, 3), (404, 0)):
            metrics.media_pulled(status, sent_bytes)
        found = await _read(port)
    counts = [found[f'letmepost_media_pulls_total{{status="{status}"}}'] for status in (200, 206, 404)]
    assert (counts, found["letmepost_media_pulled_bytes_total"]) == ([1, 2, 1], 523)


async def test_work_of_a_worker_is_counted(
    database_urls: DatabaseURLs, redis_url: str, tmp_path: Path, receiver: Receiver
) -> None:
    async with deployed(database_urls, redis_url, tmp_path, with_worker=False) as running:
        port = await _start_worker(running)
        client = await running.client()
        accounts = [await client.sandbox_account(), await client.sandbox_account("rejected")]
        await client.post("/v1/webhook-endpoints", {"url": receiver.url})
        for account in accounts:
            await client.post("/v1/posts", {"targets": [{"accountId": account}], "text": "Hello"})

        async def has_been_sent() -> bool:
            return (await _read(port)).get('letmepost_deliveries_total{outcome="delivered"}', 0) >= 2

        await eventually(has_been_sent)
        found = await _read(port)
    platform = re.escape(next(name for name in found if name.startswith("letmepost_posts_total")).split('"')[3])
    for name in ("attempts", "posts"):
        for outcome in ("published", "rejected"):
            assert found[f'letmepost_{name}_total{{outcome="{outcome}",platform="{platform}"}}'] == 1
    assert found["letmepost_post_claim_lateness_seconds_count"] == 2
    assert found[f'letmepost_platform_call_seconds_count{{platform="{platform}",status="2xx"}}'] >= 1
    assert found[f'letmepost_platform_call_seconds_count{{platform="{platform}",status="4xx"}}'] >= 1


async def test_queue_gauge_shows_the_current_state(database_urls: DatabaseURLs, redis_url: str, tmp_path: Path) -> None:
    port = free_port()
    async with deployed(database_urls, redis_url, tmp_path, with_worker=False, metrics_port=port) as running:
        client = await running.client()
        kept, lost = await client.sandbox_account(), await client.sandbox_account()
        await client.post("/v1/posts", {"targets": [{"accountId": kept}], "text": "Now"}, prefer="respond-async")
        later = {"targets": [{"accountId": lost}], "text": "Later", "scheduledAt": soon(3600)}
        await client.post("/v1/posts", later)
        await client.call("DELETE", f"/v1/accounts/{lost}")
        found = await _read(port)
    assert found['letmepost_queue_posts{state="due"}'] == 1
    assert found['letmepost_queue_posts{state="held"}'] == 1
    assert found['letmepost_queue_posts{state="in_doubt"}'] == 0
    assert found["letmepost_oldest_overdue_post_seconds"] > 0


async def test_no_sample_contains_a_tenant(database_urls: DatabaseURLs, redis_url: str, tmp_path: Path) -> None:
    async with deployed(database_urls, redis_url, tmp_path, with_worker=False) as running:
        port = await _start_worker(running)
        client = await running.client()
        await client.post("/v1/posts", {"targets": [{"accountId": await client.sandbox_account()}], "text": "Hello"})
        found = await _read(port)
    assert not any(f'"{prefix}_' in name for name in found for prefix in Prefix)


async def test_unreachable_redis_is_counted(database_urls: DatabaseURLs, tmp_path: Path) -> None:
    port = free_port()
    away = "redis://127.0.0.1:1/0"
    async with deployed(database_urls, away, tmp_path, with_worker=False, metrics_port=port) as running:
        client = await running.client()
        before = (await _read(port))["letmepost_rate_limit_fallbacks_total"]
        replies = [await client.get("/v1/posts") for _ in range(3)]
        assert [reply.status_code for reply in replies] == [200, 200, 200]
        assert (await _read(port))["letmepost_rate_limit_fallbacks_total"] == before + 3


async def test_unreachable_database_removes_the_queue_gauges_only(
    database_urls: DatabaseURLs, redis_url: str, tmp_path: Path
) -> None:
    """The gauges are omitted: a zero would look healthy."""
    port = free_port()
    async with deployed(database_urls, redis_url, tmp_path, with_worker=False, metrics_port=port) as running:
        await running.http.get("/health")
        admin = await asyncpg.connect(database_urls.admin)
        await admin.execute("ALTER TABLE posts RENAME TO renamed_posts")
        await admin.close()
        found = await _read(port)
    assert not any(name.startswith("letmepost_queue_posts") for name in found)
    assert any(name.startswith("letmepost_http_request_seconds") for name in found)


async def test_api_port_has_no_metrics(service: Deployment) -> None:
    assert (await service.http.get("/metrics")).status_code == 404


@pytest.mark.parametrize("path", ["/", "/v1/posts"])
async def test_metrics_port_serves_nothing_else(
    database_urls: DatabaseURLs, redis_url: str, tmp_path: Path, path: str
) -> None:
    port = free_port()
    async with (
        deployed(database_urls, redis_url, tmp_path, with_worker=False, metrics_port=port),
        httpx2.AsyncClient(timeout=PATIENCE_S) as stranger,
    ):
        assert (await stranger.get(f"http://127.0.0.1:{port}{path}")).status_code == 404

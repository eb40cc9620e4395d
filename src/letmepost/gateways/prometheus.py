"""Metrics as Prometheus reads them, on a port of their own."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import structlog
from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from prometheus_client.exposition import generate_latest

from letmepost.gateways.metrics import Metrics, QueueState

_ANSWER_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
_CALL_S = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 60, 120)
_LATE_S = (0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 300, 3600)
_QUEUE_WITHIN_S = 5.0
# Anybody may send any word as a method; each one that is a label is kept for ever.
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

log = structlog.get_logger()


class PrometheusMetrics(Metrics):
    """Counts, and answers `GET /metrics` on every address of this machine."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        self._requests = Histogram(
            "letmepost_http_request_seconds",
            "From a request to its answer's first byte.",
            ["route", "method", "status"],
            buckets=_ANSWER_S,
            registry=registry,
        )
        self._unlimited = Counter(
            "letmepost_rate_limit_fallbacks",
            "Requests let through uncounted because Redis did not answer.",
            registry=registry,
        )
        self._lateness = Histogram(
            "letmepost_post_claim_lateness_seconds",
            "From a post being ready to a worker taking it.",
            buckets=_LATE_S,
            registry=registry,
        )
        self._attempts = Counter("letmepost_attempts", "Tries of posts.", ["platform", "outcome"], registry=registry)
        self._posts = Counter(
            "letmepost_posts", "Posts that came to an end.", ["platform", "outcome"], registry=registry
        )
        self._calls = Histogram(
            "letmepost_platform_call_seconds",
            "Calls to platforms; a status of `none` got no answer.",
            ["platform", "status"],
            buckets=_CALL_S,
            registry=registry,
        )
        self._deliveries = Counter("letmepost_deliveries", "Webhooks sent.", ["outcome"], registry=registry)
        self._pulls = Counter("letmepost_media_pulls", "Reads of media that platforms fetch.", registry=registry)
        self._queue = Gauge("letmepost_queue_posts", "Posts that wait.", ["state"], registry=registry)
        self._overdue = Gauge("letmepost_oldest_overdue_post_seconds", "Age of the oldest one.", registry=registry)

    def request_answered(self, method: str, route: str, status: int, seconds: float) -> None:
        known = method if method in _METHODS else "other"
        self._requests.labels(route, known, status).observe(seconds)

    def request_not_limited(self) -> None:
        self._unlimited.inc()

    def post_claimed(self, late_s: float) -> None:
        self._lateness.observe(late_s)

    def post_tried(self, platform: str, outcome: str, *, is_end: bool) -> None:
        self._attempts.labels(platform, outcome).inc()
        if is_end:
            self._posts.labels(platform, outcome).inc()

    def platform_called(self, platform: str, status: int | None, seconds: float) -> None:
        self._calls.labels(platform, "none" if status is None else f"{status // 100}xx").observe(seconds)

    def delivery_tried(self, outcome: str) -> None:
        self._deliveries.labels(outcome).inc()

    def media_pulled(self) -> None:
        self._pulls.inc()

    @asynccontextmanager
    async def served(self, read_queue: Callable[[], Awaitable[QueueState]]) -> AsyncIterator[None]:
        async def answer(_request: web.Request) -> web.Response:
            await self._look(read_queue)
            return web.Response(body=generate_latest(self._registry), headers={"Content-Type": CONTENT_TYPE_LATEST})

        application = web.Application()
        application.router.add_get("/metrics", answer)
        runner = web.AppRunner(application, access_log=None)
        await runner.setup()
        try:
            await web.TCPSite(runner, port=self._port).start()
            yield
        finally:
            await runner.cleanup()

    async def _look(self, read_queue: Callable[[], Awaitable[QueueState]]) -> None:
        """Bring the gauges up to date; without a database they are gone, which is not the same as zero."""
        try:
            async with asyncio.timeout(_QUEUE_WITHIN_S):
                state = await read_queue()
        except Exception as error:  # noqa: BLE001 - whatever it was, the counters are worth having
            log.warning("metrics.queue_unknown", error=str(error))
            state = QueueState({}, float("nan"))
        self._queue.clear()
        for name, count in state.posts.items():
            self._queue.labels(name).set(count)
        self._overdue.set(state.oldest_overdue_s)

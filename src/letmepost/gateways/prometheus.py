"""Serves metrics for Prometheus on a separate port."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import structlog
from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram, ProcessCollector
from prometheus_client.exposition import generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily

from letmepost.gateways.metrics import Metrics, QueueState, SharedMetrics
from letmepost.gateways.prometheus_sharing import EveryProcess, Families, count_together

_ANSWER_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
_CALL_S = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 60, 120)
_LATE_S = (0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 300, 3600)
_QUEUE_WITHIN_S = 5.0
# A client may send any method, and each label value is kept until the process ends.
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

log = structlog.get_logger()


class PrometheusMetrics(Metrics):
    """Counts, and serves `GET /metrics` on every address of this machine.

    With shared metrics, each process reports the sums of all. The state of the queue is the same for all: the process
    that receives the request reads it from the database.
    """

    def __init__(self, port: int, shared: SharedMetrics | None = None) -> None:
        self._port, self._shared = port, shared
        registry = CollectorRegistry()
        self._collector: CollectorRegistry | EveryProcess = registry
        if shared is None:
            ProcessCollector(registry=registry)
        else:
            count_together(shared)
            self._collector = EveryProcess(shared.directory)
        self._requests = Histogram(
            "letmepost_http_request_seconds",
            "From a request to the first byte of its response.",
            ["route", "method", "status"],
            buckets=_ANSWER_S,
            registry=registry,
        )
        self._unlimited = Counter(
            "letmepost_rate_limit_fallbacks",
            "Requests without a rate limit because Redis did not answer.",
            registry=registry,
        )
        self._lateness = Histogram(
            "letmepost_post_claim_lateness_seconds",
            "From a post being ready to its claim by a worker.",
            buckets=_LATE_S,
            registry=registry,
        )
        self._attempts = Counter("letmepost_attempts", "Attempts of posts.", ["platform", "outcome"], registry=registry)
        self._posts = Counter("letmepost_posts", "Finished posts.", ["platform", "outcome"], registry=registry)
        self._calls = Histogram(
            "letmepost_platform_call_seconds",
            "Calls to platforms. Without a reply, the status is `none`.",
            ["platform", "status"],
            buckets=_CALL_S,
            registry=registry,
        )
        self._deliveries = Counter("letmepost_deliveries", "Delivery attempts.", ["outcome"], registry=registry)
        self._pulls = Counter("letmepost_media_pulls", "Fetches of media by platforms.", ["status"], registry=registry)
        self._pulled = Counter("letmepost_media_pulled_bytes", "Bytes that platforms fetched.", registry=registry)

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

    def media_pulled(self, status: int, sent_bytes: int) -> None:
        self._pulls.labels(status).inc()
        self._pulled.inc(sent_bytes)

    @asynccontextmanager
    async def served(self, read_queue: Callable[[], Awaitable[QueueState]]) -> AsyncIterator[None]:
        async def answer(_request: web.Request) -> web.Response:
            queue = await _read(read_queue)
            # In a thread: reading the files of many processes would block the event loop for too long.
            body = await asyncio.to_thread(lambda: generate_latest(self._collector) + generate_latest(queue))
            return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_LATEST})

        application = web.Application()
        application.router.add_get("/metrics", answer)
        runner = web.AppRunner(application, access_log=None)
        await runner.setup()
        try:
            await self._site(runner).start()
            yield
        finally:
            await runner.cleanup()

    def _site(self, runner: web.AppRunner) -> web.BaseSite:
        if self._shared is None:
            return web.TCPSite(runner, port=self._port)
        return web.SockSite(runner, socket.socket(fileno=self._shared.listener))


async def _read(read_queue: Callable[[], Awaitable[QueueState]]) -> Families:
    """Return the gauges of the queue. Without a database they are missing, which differs from zero."""
    try:
        async with asyncio.timeout(_QUEUE_WITHIN_S):
            state = await read_queue()
    except Exception as error:  # noqa: BLE001 - the counters are useful without the queue
        log.warning("metrics.queue_unknown", error=str(error))
        state = QueueState({}, float("nan"))
    waiting = GaugeMetricFamily("letmepost_queue_posts", "Waiting posts.", labels=["state"])
    for name, count in state.posts.items():
        waiting.add_metric([name], count)
    overdue = "letmepost_oldest_overdue_post_seconds"
    return Families(waiting, GaugeMetricFamily(overdue, "Age of the oldest overdue post.", state.oldest_overdue_s))

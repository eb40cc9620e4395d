"""`letmepost serve` with two processes on one port."""

import signal
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import psutil
import pytest

from letmepost.cli.serve_together import media_processes_of
from tests.cli.served import Served, get, make_key, only, served
from tests.cli.support import environment_of, run
from tests.database import DatabaseURLs
from tests.doubles.waiting import eventually

HEALTH_COUNT = 'letmepost_http_request_seconds_count{method="GET",route="/health",status="200"}'


@pytest.fixture
async def running(database_urls: DatabaseURLs, redis_url: str, tmp_path: Path) -> AsyncIterator[Served]:
    async with served(database_urls, redis_url, tmp_path, LETMEPOST_EVENT_STREAMS_PER_KEY="1") as command:
        yield command


async def test_every_process_answers_requests_and_reports_the_metrics_of_all(running: Served) -> None:
    reports = []
    for child in running.children():
        with only(running, child):
            for _ in range(3):
                assert (await get(running, "/health")).status_code == 200
    for child in running.children():
        with only(running, child):
            reports.append(await running.samples())
    assert [report[HEALTH_COUNT] for report in reports] == [6, 6]
    for report in reports:
        assert report['letmepost_queue_posts{state="due"}'] == 0
        assert all(report[f'process_resident_memory_bytes{{process="{number}"}}'] > 0 for number in (0, 1))


async def test_killed_process_is_replaced_and_its_counts_are_kept(running: Served) -> None:
    killed, other = running.children()
    with only(running, killed):
        await get(running, "/health")
    killed.kill()
    assert (await get(running, "/health")).status_code == 200
    await running.until_ready(3)
    (replacement,) = (child for child in running.children() if child.pid != other.pid)
    with only(running, replacement):
        assert (await get(running, "/health")).status_code == 200
        assert (await running.samples())[HEALTH_COUNT] == 3


async def test_stream_limit_holds_across_processes(running: Served) -> None:
    key = await make_key(running)
    first, second = running.children()
    headers = {"authorization": f"Bearer {key}"}
    async with httpx2.AsyncClient(base_url=running.url, timeout=60) as http:
        with only(running, first):
            stream = http.stream("GET", "/v1/events/stream", headers=headers)
            reply = await stream.__aenter__()
        assert reply.status_code == 200
        with only(running, second):
            refused = await get(running, "/v1/events/stream", key)
        assert (refused.status_code, refused.json()["error"]["rule"]) == (429, "events.streams_max")
        await stream.__aexit__(None, None, None)


async def test_revoked_key_stops_working_in_every_process(running: Served) -> None:
    key = await make_key(running)
    first, second = running.children()
    for child in (first, second):
        with only(running, child):
            own = await get(running, "/v1/me", key)
            assert own.status_code == 200
    with only(running, first):
        async with httpx2.AsyncClient(base_url=running.url, timeout=30) as http:
            path = f"/v1/api-keys/{own.json()['key']['id']}"
            assert (await http.delete(path, headers={"authorization": f"Bearer {key}"})).status_code == 200

    async def is_rejected() -> bool:
        return (await get(running, "/v1/me", key)).status_code == 401

    with only(running, second):
        await eventually(is_rejected)


async def test_sigterm_ends_streams_and_every_process_with_status_0(running: Served) -> None:
    key = await make_key(running)
    children = running.children()
    directory = next(Path(word) for word in children[0].cmdline() if "letmepost-metrics-" in word)
    assert directory.is_dir()
    headers = {"authorization": f"Bearer {key}"}
    async with (
        httpx2.AsyncClient(base_url=running.url, timeout=60) as http,
        http.stream("GET", "/v1/events/stream", headers=headers) as reply,
    ):
        assert reply.status_code == 200
        running.process.send_signal(signal.SIGTERM)
        async for _ in reply.aiter_lines():
            pass  # until the server ends the stream
    assert await running.process.wait() == 0
    assert not any(child.is_running() for child in children)
    assert not directory.exists()
    assert "Traceback" not in "".join(running.log)


async def test_processes_end_when_the_command_is_killed(running: Served) -> None:
    children = running.children()
    running.process.kill()
    await running.process.wait()

    async def are_gone() -> bool:
        return not any(child.is_running() and child.status() != psutil.STATUS_ZOMBIE for child in children)

    await eventually(are_gone)


async def test_single_process_has_no_parent_and_ends_with_status_0(
    database_urls: DatabaseURLs, redis_url: str, tmp_path: Path
) -> None:
    async with served(database_urls, redis_url, tmp_path, workers=1) as running:

        async def is_served() -> bool:
            assert running.process.returncode is None, "".join(running.log)
            try:
                return (await get(running, "/health")).status_code == 200
            except httpx2.TransportError:
                return False

        await eventually(is_served, within_s=90)
        assert running.children() == []
        running.process.send_signal(signal.SIGTERM)
        assert await running.process.wait() == 0


def test_login_role_with_too_many_rights_is_reported_in_one_line(database_urls: DatabaseURLs) -> None:
    failed = run(environment_of(database_urls.admin), "serve", "--workers", "2")
    assert (failed.code, len(failed.error.splitlines())) == (1, 1)
    assert "letmepost migrate" in failed.error


def test_occupied_port_is_reported_in_one_line(database_urls: DatabaseURLs) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        failed = run(environment_of(database_urls.api), "serve", "--workers", "2", "--port", port)
    assert (failed.code, len(failed.error.splitlines())) == (1, 1)
    assert f"Cannot listen on 127.0.0.1:{port}" in failed.error


@pytest.mark.parametrize("count", ["0", "65"])
def test_number_of_processes_is_limited(count: str) -> None:
    assert run(environment_of(), "serve", "--workers", count).code == 2
    failed = run(environment_of(LETMEPOST_SERVE_WORKERS=count), "serve")
    assert (failed.code, "LETMEPOST_SERVE_WORKERS" in failed.error) == (1, True)


@pytest.mark.parametrize(
    ("total", "count", "shares"), [(4, 2, [2, 2]), (3, 2, [2, 1]), (2, 4, [1, 1, 1, 1]), (1, 1, [1])]
)
def test_media_processes_are_divided_among_api_processes(total: int, count: int, shares: list[int]) -> None:
    assert [media_processes_of(total, number, count) for number in range(count)] == shares

"""`letmepost serve` in its own process, with access to each of its processes."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import psutil

from letmepost.cli.dev.processes import free_port
from tests.cli.support import environment_of
from tests.database import DatabaseURLs
from tests.deployment import OPERATOR_TOKEN, Client
from tests.doubles.output import read_lines
from tests.doubles.waiting import eventually

START_WITHIN_S = 90.0


@dataclass
class Served:
    """A running command. `log`: everything that it and its processes have written to standard error."""

    process: asyncio.subprocess.Process
    url: str
    metrics_url: str
    log: list[str]

    def children(self) -> list[psutil.Process]:
        """Return the processes that serve."""
        return psutil.Process(self.process.pid).children()

    def ready_pids(self) -> list[int]:
        """Return the pids of ready processes, in the order in which they became ready."""
        lines = [json.loads(line) for line in self.log if "serve.process_ready" in line]
        return [line["pid"] for line in lines]

    async def until_ready(self, count: int) -> None:
        """Wait until this many processes have become ready since the start."""

        async def are_ready() -> bool:
            assert self.process.returncode is None, "".join(self.log)
            return len(self.ready_pids()) >= count

        await eventually(are_ready, within_s=START_WITHIN_S)

    async def samples(self) -> dict[str, float]:
        """Return every sample of the metrics, by its name with labels."""
        async with httpx2.AsyncClient(timeout=30) as http:
            text = (await http.get(f"{self.metrics_url}/metrics")).text
        lines = (line for line in text.splitlines() if line and not line.startswith("#"))
        return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}


@asynccontextmanager
async def served(
    urls: DatabaseURLs, redis_url: str, directory: Path, *, workers: int = 2, **settings: str
) -> AsyncIterator[Served]:
    """Start the command, wait until all of its processes serve, and end it unless the test has."""
    port, metrics_port = free_port(), free_port()
    environment = {
        **os.environ,
        **environment_of(urls.api, redis_url),
        "LETMEPOST_OPERATOR_TOKEN": OPERATOR_TOKEN,
        "LETMEPOST_MEDIA_DIR": str(directory / "media"),
        "LETMEPOST_METRICS_PORT": str(metrics_port),
        **settings,
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "letmepost", "serve", "--port", str(port), "--workers", str(workers)),
        env=environment,
        stderr=asyncio.subprocess.PIPE,
    )
    log: list[str] = []
    reading = asyncio.create_task(read_lines(process.stderr, log))
    running = Served(process, f"http://127.0.0.1:{port}", f"http://127.0.0.1:{metrics_port}", log)
    try:
        if workers > 1:
            await running.until_ready(workers)
        yield running
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        await process.wait()
        await reading


@contextmanager
def only(running: Served, child: psutil.Process) -> Iterator[None]:
    """Stop the other processes, so that this one gets every new connection."""
    others = [other for other in running.children() if other.pid != child.pid]
    try:
        for other in others:
            other.suspend()
        yield
    finally:
        for other in others:
            other.resume()


async def get(running: Served, path: str, key: str | None = None) -> httpx2.Response:
    """Send a request on a new connection."""
    headers = {} if key is None else {"authorization": f"Bearer {key}"}
    async with httpx2.AsyncClient(base_url=running.url, timeout=30) as http:
        return await http.get(path, headers=headers)


async def make_key(running: Served) -> str:
    """Create an organization and a key. Return the key."""
    async with httpx2.AsyncClient(base_url=running.url, timeout=30) as http:
        operator = Client(http, OPERATOR_TOKEN)
        organization: dict[str, Any] = (await operator.post("/v1/organizations", {"name": "Tenant"})).json()
        path = f"/v1/organizations/{organization['id']}/api-keys"
        key: str = (await operator.post(path, {"name": "test", "prefix": "lmp_test_"})).json()["key"]
        return key

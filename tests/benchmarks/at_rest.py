"""How long an immediate post takes from the request to the platform, when nothing else is going on.

    python -m tests.benchmarks.at_rest [posts]

Starts `letmepost dev`, and a simulated platform in this process that notes when each request arrives.
"""

import asyncio
import json
import os
import statistics
import sys
import time
from pathlib import Path
from typing import Any

import aiohttp
from starlette.types import ASGIApp, Receive, Scope, Send

from letmepost.gateways.clock import SystemClock
from letmepost.platforms import discover
from letmepost.sandbox.app import create_app
from letmepost.sandbox.store import open_store
from tests.deployment import serving
from tests.doubles.waiting import eventually
from tests.servers import open_directory

PLATFORM = "bluesky"
TOKEN = "benchmark-benchmark"
WORLD = "world"
PUBLISHING_PATH = "com.atproto.repo.putRecord"


class Arrivals:
    """Notes when each publishing request arrives."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.at_s: list[float] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].endswith(PUBLISHING_PATH):
            self.at_s.append(time.perf_counter())
        await self._app(scope, receive, send)


async def main(posts: int) -> None:
    clock = SystemClock()
    sandbox = create_app(
        discover(), open_store(None), token=TOKEN, now=clock.now, entropy=clock.entropy, sleep=asyncio.sleep
    )
    arrivals = Arrivals(sandbox)
    with open_directory() as directory:
        async with serving(arrivals) as platform_url:
            base = f"{platform_url}/{WORLD}/{PLATFORM}"
            settings = discover()[PLATFORM].simulator.settings(base).model_dump(mode="json")  # type: ignore[arg-type]
            names = {f"LETMEPOST_{PLATFORM.upper()}_{name.upper()}": str(value) for name, value in settings.items()}
            process, ready = await _start_dev(directory, names)
            try:
                async with aiohttp.ClientSession() as session:
                    await _measure(session, ready, platform_url, arrivals, posts)
            finally:
                process.terminate()
                await process.wait()


async def _start_dev(directory: Path, names: dict[str, str]) -> tuple[asyncio.subprocess.Process, dict[str, Any]]:
    ready_file = directory / "ready.json"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "letmepost", "dev", "--port", "0"),
        *("--data-dir", str(directory / "data"), "--ready-file", str(ready_file)),
        env={**os.environ, **names},
        stdout=asyncio.subprocess.DEVNULL,
    )
    await eventually(lambda: _exists(ready_file), within_s=120)
    return process, json.loads(ready_file.read_text())


async def _exists(file: Path) -> bool:
    return file.exists()


async def _measure(
    session: aiohttp.ClientSession, ready: dict[str, Any], platform_url: str, arrivals: Arrivals, posts: int
) -> None:
    headers = {"authorization": f"Bearer {ready['liveKey']}"}
    control = f"{platform_url}/control/{WORLD}/{PLATFORM}/accounts"
    async with session.post(control, json={"scenario": "ok"}, headers={"authorization": f"Bearer {TOKEN}"}) as made:
        given = (await made.json())["connectInput"]
    async with session.post(
        f"{ready['api']}/v1/accounts/connect/{PLATFORM}/complete", json=given, headers=headers
    ) as connected:
        account_id = (await connected.json())["id"]
    to_wire_ms, answered_ms = [], []
    for number in range(posts + 5):
        body = {"targets": [{"accountId": account_id}], "text": f"Post {number}"}
        sent_s = time.perf_counter()
        async with session.post(f"{ready['api']}/v1/posts", json=body, headers=headers) as reply:
            assert (await reply.json())["status"] == "published"
        if number >= 5:  # the first ones open connections
            to_wire_ms.append((arrivals.at_s[-1] - sent_s) * 1000)
            answered_ms.append((time.perf_counter() - sent_s) * 1000)
        await asyncio.sleep(0.2)  # at rest: nothing may be left of the one before
    print(f"{posts} posts, one at a time, at rest            p50      p99")
    for name, values in (("request to first byte at the platform", to_wire_ms), ("request to answer", answered_ms)):
        ordered = sorted(values)
        print(f"{name:40} {statistics.median(values):6.1f}   {ordered[int(len(ordered) * 0.99)]:6.1f} ms")


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 100))

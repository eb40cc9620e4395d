"""Shared by benchmarks of a whole deployment: `letmepost dev`, and simulated platforms that record requests."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import psutil
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
CLOCK = SystemClock()
PUBLISHING_PATH = "com.atproto.repo.putRecord"


class Arrivals:
    """Records when each publishing request arrives, by its text, and delays its response."""

    def __init__(self, app: ASGIApp, latency_s: float) -> None:
        self._app = app
        self._latency_s = latency_s
        self.at: dict[str, float] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        arrived_at = CLOCK.now().timestamp()
        if scope["type"] != "http" or not scope["path"].endswith(PUBLISHING_PATH):
            await self._app(scope, receive, send)
            return
        message = await receive()
        assert not message.get("more_body")
        text = json.loads(message["body"])["record"]["text"]
        assert text not in self.at, f"{text!r} was sent twice"
        self.at[text] = arrived_at
        await asyncio.sleep(self._latency_s)
        unread = [message]

        async def replay() -> Any:
            return unread.pop() if unread else await receive()

        await self._app(scope, replay, send)


@dataclass
class Stand:
    """A running deployment. `ready` is the content of its ready file."""

    ready: Mapping[str, Any]
    session: aiohttp.ClientSession
    arrivals: Arrivals
    platform_url: str
    process: psutil.Process

    async def call(self, method: str, path: str, key: str, body: object = None, **headers: str) -> Any:
        """Send a request to the API, which must succeed. Header names may contain underscores instead of hyphens."""
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        headers = {"authorization": f"Bearer {key}", **names}
        async with self.session.request(method, self.ready["api"] + path, json=body, headers=headers) as reply:
            found = await reply.json()
            assert reply.status < 300, found
            return found

    async def tenant(self, name: str) -> str:
        """Create an organization, and return a live key of it."""
        operator = self.ready["operatorToken"]
        made = await self.call("POST", "/v1/organizations", operator, {"name": name})
        body = {"name": "live", "prefix": "lmp_live_", "requestsPerMinute": 1_000_000}
        key = await self.call("POST", f"/v1/organizations/{made['id']}/api-keys", operator, body)
        found: str = key["key"]
        return found

    async def account(self, key: str) -> str:
        """Create a simulated account, connect it like a real one for the key's organization, and return its id."""
        url = f"{self.platform_url}/control/{WORLD}/{PLATFORM}/accounts"
        control = {"authorization": f"Bearer {TOKEN}"}
        async with self.session.post(url, json={"scenario": "ok"}, headers=control) as made:
            given = (await made.json())["connectInput"]
        connected = await self.call("POST", f"/v1/accounts/connect/{PLATFORM}/complete", key, given)
        found: str = connected["id"]
        return found

    async def accounts(self, key: str, number: int) -> list[str]:
        """Connect this many simulated accounts for the key's organization, and return their ids."""
        return await asyncio.gather(*(self.account(key) for _ in range(number)))

    def child(self, word: str) -> psutil.Process:
        """Return the process of the deployment that runs this command."""
        [found] = [child for child in self.process.children() if word in child.cmdline()]
        return found


@asynccontextmanager
async def running(*, latency_s: float = 0.0, **settings: str) -> AsyncIterator[Stand]:
    """Start everything. `settings` are environment variables."""
    sandbox = create_app(
        discover(), open_store(None), token=TOKEN, now=CLOCK.now, entropy=CLOCK.entropy, sleep=asyncio.sleep
    )
    arrivals = Arrivals(sandbox, latency_s)
    with open_directory() as directory:
        async with serving(arrivals) as platform_url, aiohttp.ClientSession() as session:
            base: Any = f"{platform_url}/{WORLD}/{PLATFORM}"
            hosts = discover()[PLATFORM].simulator.settings(base).model_dump(mode="json")
            names = {f"LETMEPOST_{PLATFORM.upper()}_{name.upper()}": str(value) for name, value in hosts.items()}
            process, ready = await _start_dev(directory, {**names, **settings})
            try:
                yield Stand(ready, session, arrivals, platform_url, psutil.Process(process.pid))
            finally:
                process.terminate()
                await process.wait()


async def _start_dev(directory: Path, names: Mapping[str, str]) -> tuple[asyncio.subprocess.Process, dict[str, Any]]:
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

"""The deployment of the fault runs: each part in its own process, with the servers of `make dev`."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import httpx2
from sqlalchemy.engine import make_url

from letmepost.cli.dev.processes import free_port
from letmepost.cli.embedded import RunningServer, start_postgres, start_valkey
from letmepost.storage.migrating import migrate
from tests.database import LOGIN_ROLE, DatabaseURLs
from tests.deployment import SANDBOX_TOKEN
from tests.doubles.waiting import eventually
from tests.faults.children import Child, Nursery, Place, Spec, open_nursery
from tests.faults.knobs import PATH, Knobs

LEASE_S = 2.0
SLOTS = 2
WITHIN_S = 60.0


@dataclass(kw_only=True)
class Stage:
    """The running processes, and operations on them."""

    directory: Path
    seed: int
    nursery: Nursery
    postgres: RunningServer
    valkey: RunningServer
    urls: DatabaseURLs
    admin: "asyncpg.Pool[asyncpg.Record]"
    http: httpx2.AsyncClient
    apis: list[str] = field(default_factory=lambda: [f"http://127.0.0.1:{free_port()}" for _ in range(2)])
    sandbox_url: str = field(default_factory=lambda: f"http://127.0.0.1:{free_port()}")
    api_places: list[Place] = field(default_factory=list)
    worker_places: list[Place] = field(default_factory=list)
    _sandbox: Child | None = None
    _keepers: list["asyncio.Task[None]"] = field(default_factory=list)

    def worker_spec(self, **more: Any) -> Spec:
        """Return the specification of a worker. `more` may be a failpoint or a wrong clock."""
        return {"role": "worker", "settings": self._settings(), "log": self._log("worker"), **more}

    def api_spec(self, url: str, **more: Any) -> Spec:
        """Return the specification of the API at one of `apis`."""
        return {"role": "api", "settings": self._settings(), "log": self._log("api"), "port": _port(url), **more}

    async def start(self, *, workers: int) -> None:
        """Start sandbox, APIs and workers, and wait until they answer."""
        await self.start_sandbox()
        self.api_places += [Place(self.nursery, partial(self.api_spec, url)) for url in self.apis]
        self.worker_places += [Place(self.nursery, self.worker_spec) for _ in range(workers)]
        self._keepers += [asyncio.create_task(place.keep()) for place in self.api_places + self.worker_places]
        for url in self.apis:
            await self._until_answered(f"{url}/ready")

    async def start_sandbox(self) -> None:
        """Start the sandbox with its state from before the stop."""
        state = str(self.directory / "sandbox.sqlite")
        own = {"port": _port(self.sandbox_url), "state": state, "token": SANDBOX_TOKEN, "seed": self.seed}
        self._sandbox = await self.nursery.fork({"role": "sandbox", "log": self._log("sandbox"), **own})
        await self._until_answered(f"{self.sandbox_url}/health")

    async def stop_sandbox(self) -> None:
        """Stop the sandbox: connections to the simulated networks are refused from now on."""
        assert self._sandbox is not None
        self._sandbox.signal(signal.SIGTERM)
        await self._sandbox.died

    async def turn(self, knobs: Knobs) -> None:
        """Set how the simulated networks misbehave."""
        (await self.http.put(f"{self.sandbox_url}{PATH}", content=knobs.encode())).raise_for_status()

    async def restart_postgres(self) -> None:
        """Stop PostgreSQL without letting it finish anything, and start it again."""
        await _end(self.postgres, signal.SIGQUIT)
        self.postgres = await start_postgres(self.directory, port=urlsplit(self.postgres.url).port)

    async def restart_valkey(self) -> None:
        """Kill Valkey, and start it empty."""
        await _end(self.valkey, signal.SIGKILL)
        self.valkey = await start_valkey(self.directory, port=urlsplit(self.valkey.url).port, durable=False)

    @asynccontextmanager
    async def more_workers(self, *specs: Spec) -> AsyncIterator[list[Child]]:
        """Run more workers during the context."""
        children = [await self.nursery.fork(spec) for spec in specs]
        try:
            yield children
        finally:
            for child in children:
                child.signal(signal.SIGCONT)
                child.signal(signal.SIGTERM)
            await asyncio.gather(*(child.died for child in children))

    async def query(self, sql: str, *arguments: object) -> list[asyncpg.Record]:
        """Query the database directly, as a superuser."""
        rows: list[asyncpg.Record] = await self.admin.fetch(sql, *arguments)
        return rows

    async def stop(self) -> None:
        """Stop everything except the servers."""
        for keeper in self._keepers:
            keeper.cancel()
        await asyncio.gather(*self._keepers, return_exceptions=True)

    def _settings(self) -> dict[str, Any]:
        return {
            "login": self.urls.login,
            "redis_url": self.valkey.url,
            "media_dir": str(self.directory / "media"),
            "sandbox_url": self.sandbox_url,
            "lease_s": LEASE_S,
            "worker_slots": SLOTS,
            "requests_per_minute": 1_000_000,
        }

    def count_logged(self, text: str, log: Path | None = None) -> int:
        """Return the number of lines with this text in a log, by default of the workers."""
        path = log or Path(self._log("worker"))
        with path.open(encoding="utf-8", errors="replace") as lines:
            return sum(text in line for line in lines)

    def _log(self, name: str) -> str:
        return str(self.directory / f"{name}.log")

    async def _until_answered(self, url: str) -> None:
        async def look() -> bool:
            try:
                return (await self.http.get(url)).status_code == 200
            except httpx2.TransportError:
                return False

        await eventually(look, within_s=WITHIN_S)


@asynccontextmanager
async def open_stage(directory: Path, seed: int, *, workers: int) -> AsyncIterator[Stage]:
    """Start a deployment with two APIs, and its own PostgreSQL and Valkey in `directory`."""
    async with AsyncExitStack() as stack:
        postgres = await start_postgres(directory)
        valkey = await start_valkey(directory, durable=False)
        urls = DatabaseURLs(postgres.url, _login_url(postgres.url))
        await migrate(urls.admin, urls.api, urls.login)
        stage = Stage(
            directory=directory,
            seed=seed,
            nursery=await stack.enter_async_context(open_nursery()),
            postgres=postgres,
            valkey=valkey,
            urls=urls,
            admin=await stack.enter_async_context(asyncpg.create_pool(urls.admin, min_size=0, max_size=2)),
            http=await stack.enter_async_context(httpx2.AsyncClient(timeout=30, trust_env=False)),
        )
        try:
            await stage.start(workers=workers)
            yield stage
        finally:
            await stage.stop()
            await stage.valkey.stop()
            await stage.postgres.stop()


async def _end(server: RunningServer, number: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(server.pid, number)
    await server.wait()
    await server.stop()


def _login_url(admin_url: str) -> str:
    url = make_url(admin_url).set(username=LOGIN_ROLE, password="only-on-loopback")
    return url.render_as_string(hide_password=False)


def _port(url: str) -> int:
    port = urlsplit(url).port
    assert port is not None
    return port

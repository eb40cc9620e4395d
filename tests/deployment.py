"""A whole deployment in one test: API, worker and sandbox on one event loop, with their own database.

The API is called in process. The sandbox and webhook receivers listen on loopback, because the worker calls them over
the network.
"""

import asyncio
import base64
import socket
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import httpx2
import pytest
import uvicorn
from fastapi import FastAPI
from pydantic import AnyHttpUrl
from starlette.types import ASGIApp

from letmepost.bootstrap.api import OpenMCP, make_api
from letmepost.bootstrap.worker import open_worker
from letmepost.domain.api_keys import Mode
from letmepost.gateways.clock import SystemClock
from letmepost.mcp.endpoint import open_endpoint
from letmepost.platforms import discover
from letmepost.platforms.contract import Platform
from letmepost.sandbox.app import create_app as create_sandbox
from letmepost.sandbox.pages.access import PageAccess
from letmepost.sandbox.store import open_store
from letmepost.settings import Settings
from letmepost.worker.main import run_worker
from letmepost.worker.services import WorkerServices
from tests.database import DatabaseURLs
from tests.documented import DocumentedStatuses

OPERATOR_TOKEN = "operator-token-operator-token-operator"
SANDBOX_TOKEN = "sandbox-token-sandbox"
LINK_KEY = "the-key-of-links-to-pages"


@asynccontextmanager
async def serving(app: ASGIApp, port: int = 0) -> AsyncIterator[str]:
    """Serve an application on a loopback port (a free one by default); yield its URL."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        listener.listen()  # clients that connect before the server is ready wait
        # As in `letmepost serve`: longer than clients, so that no connection is closed while a request is sent on it.
        server = uvicorn.Server(
            uvicorn.Config(app, log_level="warning", lifespan="off", access_log=False, timeout_keep_alive=75)
        )
        task = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            await task


@dataclass
class Client:
    """A caller with one API key. It checks the request id and the error envelope of every response."""

    http: httpx2.AsyncClient
    key: str

    async def call(self, method: str, path: str, body: object = None, **headers: str) -> httpx2.Response:
        """Send a request. Header names may have underscores."""
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        sent = {"authorization": f"Bearer {self.key}", **names}
        reply = (
            await self.http.request(method, path, json=body, headers=sent)
            if body is not None
            else (await self.http.request(method, path, headers=sent))
        )
        assert reply.headers["x-request-id"]
        assert reply.headers.get_list("x-content-type-options") == ["nosniff"]
        if reply.status_code >= 400:
            error = reply.json()["error"]
            assert error["code"], error
            assert error["message"]
            assert error["requestId"] == reply.headers["x-request-id"]
        return reply

    async def get(self, path: str, **headers: str) -> httpx2.Response:
        return await self.call("GET", path, None, **headers)

    async def post(self, path: str, body: object = None, **headers: str) -> httpx2.Response:
        return await self.call("POST", path, {} if body is None else body, **headers)

    async def sandbox_account(self, scenario: str = "ok", *, platform: str | None = None) -> str:
        """Connect a simulated account, on the first platform unless another is given; return its id."""
        platform = platform or next(iter(discover()))
        reply = await self.post("/v1/sandbox/accounts", {"platform": platform, "scenario": scenario})
        assert reply.status_code == 201, reply.text
        account_id: str = reply.json()["id"]
        return account_id


@dataclass
class Deployment:
    """A running deployment."""

    settings: Settings
    environment: Mapping[str, str]
    app: FastAPI
    http: httpx2.AsyncClient
    sandbox_url: str
    platforms: Mapping[str, Platform]
    _workers: list[tuple["asyncio.Task[None]", asyncio.Event]] = field(default_factory=list)

    async def client(self, mode: Mode = Mode.TEST, organization_id: str | None = None, **key: Any) -> Client:
        """Return a caller with a new key, of a new organization unless one is given."""
        operator = {"authorization": f"Bearer {OPERATOR_TOKEN}"}
        if organization_id is None:
            made = await self.http.post("/v1/organizations", json={"name": "Tenant"}, headers=operator)
            organization_id = made.json()["id"]
        body = {"name": "test", "prefix": mode.key_prefix, **key}
        reply = await self.http.post(f"/v1/organizations/{organization_id}/api-keys", json=body, headers=operator)
        assert reply.status_code == 201, reply.text
        return Client(self.http, reply.json()["key"])

    async def start_worker(self) -> WorkerServices:
        """Start another worker; return its services."""
        stop, opened = asyncio.Event(), asyncio.get_running_loop().create_future()

        async def work() -> None:
            async with open_worker(self.settings, self.platforms, self.environment) as services:
                opened.set_result(services)
                await run_worker(services, stop)

        worker = asyncio.create_task(work())
        await asyncio.wait({worker, opened}, return_when=asyncio.FIRST_COMPLETED)
        if worker.done():
            await worker  # raises the error that kept it from starting
        self._workers.append((worker, stop))
        services: WorkerServices = await opened
        return services

    async def stop_workers(self) -> None:
        """Stop every worker as SIGTERM would."""
        for task, stop in self._workers:
            stop.set()
            await task
        self._workers.clear()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop_workers()


def settings_for(
    urls: DatabaseURLs, redis_url: str, media_dir: Path, *, sandbox_url: str | None = None, **changes: Any
) -> Settings:
    """Return the settings of a deployment on loopback."""
    given = {
        "DATABASE_URL": urls.api,
        "worker_database_url": urls.login,
        "REDIS_URL": redis_url,
        "keys": f"k1:{base64.b64encode(bytes(range(32))).decode()}",
        "operator_token": OPERATOR_TOKEN,
        "sandbox_token": SANDBOX_TOKEN,
        "sandbox_link_key": LINK_KEY,
        "sandbox_url": None if sandbox_url is None else AnyHttpUrl(sandbox_url),
        "media_dir": media_dir,
        "allow_private_addresses": True,
        "requests_per_minute": 100_000,
        "lease_s": 5.0,
        "shutdown_grace_s": 5.0,
        **changes,
    }
    return Settings.model_validate(given)


@asynccontextmanager
async def deployed(
    urls: DatabaseURLs,
    redis_url: str,
    directory: Path,
    *,
    environment: Mapping[str, str] | None = None,
    platforms: Mapping[str, Platform] | None = None,
    with_worker: bool = True,
    before_sandbox: Callable[[str], AbstractAsyncContextManager[str]] = nullcontext,
    open_mcp: OpenMCP = open_endpoint,
    **changes: Any,
) -> AsyncIterator[Deployment]:
    """Run a deployment.

    Args:
        platforms: the platforms of the deployment; by default all.
        before_sandbox: puts a proxy in front of the sandbox, and yields the URL of the proxy.
        open_mcp: opens the endpoint of MCP clients.
        changes: settings.
    """
    known = discover() if platforms is None else platforms
    clock = SystemClock()
    store = open_store(None)
    sandbox = create_sandbox(
        known,
        store,
        token=SANDBOX_TOKEN,
        now=clock.now,
        entropy=clock.entropy,
        sleep=asyncio.sleep,
        pages=PageAccess(key=LINK_KEY),
    )
    async with serving(sandbox) as own_url, before_sandbox(own_url) as sandbox_url:
        settings = settings_for(urls, redis_url, directory / "media", sandbox_url=sandbox_url, **changes)
        app = make_api(settings, known, environment or {}, open_mcp=open_mcp)
        transport = httpx2.ASGITransport(app, raise_app_exceptions=False)
        hooks = {"response": [DocumentedStatuses.load().check]}
        async with (
            app.router.lifespan_context(app),
            httpx2.AsyncClient(
                transport=transport, base_url="http://letmepost.test", timeout=60, event_hooks=hooks
            ) as http,
            Deployment(settings, environment or {}, app, http, sandbox_url, known) as deployment,
        ):
            if with_worker:
                await deployment.start_worker()
            yield deployment
    store.close()


@asynccontextmanager
async def served(urls: DatabaseURLs, redis_url: str, directory: Path) -> AsyncIterator[Deployment]:
    """Run a deployment with an API that listens on loopback, at `settings.public_url`."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    async with (
        deployed(urls, redis_url, directory, public_url=f"http://127.0.0.1:{port}") as running,
        serving(running.app, port),
    ):
        yield running


@pytest.fixture
async def deployment(database_urls: DatabaseURLs, redis_url: str, tmp_path: Path) -> AsyncIterator[Deployment]:
    """Run a deployment with one worker."""
    async with deployed(database_urls, redis_url, tmp_path) as running:
        yield running

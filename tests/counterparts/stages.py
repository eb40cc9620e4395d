"""Simulators at the addresses that the clients of other authors expect."""

import asyncio
import socket
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from tests.counterparts.certificates import Certificate, make_certificate
from tests.counterparts.scripts import run_script
from tests.counterparts.tunnel import tunnel
from tests.deployment import SANDBOX_TOKEN, serving

CONTROL = {"authorization": f"Bearer {SANDBOX_TOKEN}"}


@dataclass(frozen=True, slots=True)
class Rooted:
    """An application that serves one simulator of a sandbox at the root, where the real platform is.

    Links that the simulator made, which have its path in the sandbox, lead to the same place.
    """

    sandbox: ASGIApp
    root: str

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Forward a request."""
        assert scope["type"] == "http"
        path = scope["path"] if scope["path"].startswith(f"{self.root}/") else f"{self.root}{scope['path']}"
        await self.sandbox({**scope, "path": path}, receive, send)


@dataclass(frozen=True, slots=True)
class Publication:
    """What a client printed, and what followers see afterwards.

    Attributes:
        printed: has the ids of the client's posts, by names, as `posts`.
    """

    printed: Mapping[str, Any]
    posts: Sequence[Mapping[str, Any]]

    def post(self, name: str) -> Mapping[str, Any]:
        """Return a post of the client."""
        post_id = self.printed["posts"][name]
        [found] = [post for post in self.posts if post["uri"] == post_id or post["uri"].endswith(f"/{post_id}")]
        return found

    def texts(self) -> list[str]:
        """Return the texts that followers read, oldest first."""
        return [post["text"] for post in self.posts]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One simulator, and the environment in which a client reaches it.

    Attributes:
        url: its address without TLS.
        environment: the variables of a process for which the hosts of the platform are this simulator.
    """

    url: str
    environment: Mapping[str, str]
    _http: httpx2.AsyncClient
    _root: str

    async def new_account(self, scenario: str = "ok") -> Mapping[str, str]:
        """Return the input that connects a new account."""
        reply = await self._http.post(f"/control{self._root}/accounts", json={"scenario": scenario}, headers=CONTROL)
        assert reply.status_code == 201, reply.text
        found: Mapping[str, str] = reply.json()["connectInput"]
        return found

    async def run(self, program: Path, script: Path, /, **given: Any) -> Publication:
        """Run a script that takes JSON as its argument, publishes, and prints JSON.

        Raises:
            AssertionError: it failed, or tried to reach another host.
        """
        printed = await run_script(program, script, self.environment, given)
        reply = await self._http.get(f"/control{self._root}/posts", headers=CONTROL)
        return Publication(printed, reply.json()["posts"])


@asynccontextmanager
async def staged(
    sandbox: ASGIApp, *, platform: str, world: str, hosts: Sequence[str], directory: Path, folder: str = ""
) -> AsyncIterator[Stage]:
    """Serve a simulator, without TLS and as these hosts. `folder`: that of the hosts, if each has one of its own."""
    root = f"/{world}/{platform}"
    app = Rooted(sandbox, f"{root}{folder}")
    certificate = make_certificate(hosts, directory)
    async with (
        serving(app) as url,
        _serving_securely(app, certificate) as secure_port,
        tunnel(hosts, secure_port) as proxy_url,
        httpx2.AsyncClient(transport=httpx2.ASGITransport(sandbox), base_url="http://sandbox.test") as http,
    ):
        trusted = str(certificate.authority)
        environment = {
            "HTTP_PROXY": proxy_url,
            "HTTPS_PROXY": proxy_url,
            "NO_PROXY": "127.0.0.1",
            "SSL_CERT_FILE": trusted,
            "REQUESTS_CA_BUNDLE": trusted,
        }
        yield Stage(url=url, environment=environment, _http=http, _root=root)


@asynccontextmanager
async def _serving_securely(app: ASGIApp, certificate: Certificate) -> AsyncIterator[int]:
    """Serve an application with TLS on a free port of loopback; yield the port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        config = uvicorn.Config(
            app,
            log_level="critical",
            lifespan="off",
            access_log=False,
            ws="none",
            ssl_certfile=certificate.chain,
            ssl_keyfile=certificate.key,
        )
        server = uvicorn.Server(config)
        task = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            yield listener.getsockname()[1]
        finally:
            server.should_exit = True
            await task

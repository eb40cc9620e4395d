"""The only outgoing HTTP client.

Why aiohttp: `python -m tests.benchmarks.http_client`, Python 3.11 on two cores, POSTs of 1 KB answered after 50 ms.
Milliseconds of processor time per call, with 60 and with 200 concurrent calls and little other load (three runs with
other load gave 0.37 to 0.51 for this client):

    bare aiohttp 3.14   0.23   0.21
    this client         0.35   0.39
    bare httpx2 2.16    1.23   1.92
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager
from types import MappingProxyType, TracebackType
from typing import Self
from urllib.parse import urljoin

import aiohttp
from yarl import URL

from letmepost.domain.errors import NoReply
from letmepost.gateways.addresses import AddressGuard
from letmepost.gateways.clock import Clock
from letmepost.gateways.connections import IN_PROGRESS, Pool, Progress
from letmepost.gateways.destinations import AddressRefused, Destination, quote_odd
from letmepost.gateways.http_bodies import BodyMeter, incoming_chunks, outgoing_body
from letmepost.gateways.http_failures import translate_failures
from letmepost.gateways.http_messages import (
    Download,
    Durations,
    Incoming,
    Outgoing,
    Patience,
    ReplyTooLarge,
    headers_as_text,
    redirect_location,
)

__all__ = ["Download", "Durations", "HTTPClient", "Incoming", "Outgoing", "Patience", "ReplyTooLarge"]

MAX_REDIRECTS = 5
MAX_HEADER_BYTES = 16 * 1024  # of one header, twice aiohttp's default; it takes 128 of them

_NOTHING: Mapping[str, str] = MappingProxyType({})
_PATIENCE = Patience()


class HTTPClient:
    """Sends requests to allowed addresses, and reports exactly if they may have been executed.

    It uses no proxy from the environment, stores no cookies and repeats no request. Create it in a running event loop,
    once for each mode (live, test) with the guard of that mode, and close it at the end.

    Args:
        user_agent: `letmepost/<version>`.
        tls: the trusted authorities; by default those of the machine.
        connect_timeout_s: for a free place in the pool, the look-up, the connection and TLS together.
        connections: the limit of concurrent connections. Further requests wait.
        keep_alive_s: how long an idle connection is kept. Shorter than on servers, which could close it while a
            request is sent.
    """

    def __init__(
        self,
        *,
        guard: AddressGuard,
        clock: Clock,
        user_agent: str,
        tls: ssl.SSLContext | None = None,
        connect_timeout_s: float = 10.0,
        connections: int = 500,
        connections_per_host: int = 250,
        keep_alive_s: float = 15.0,
    ) -> None:
        self._guard = guard
        self._clock = clock
        self._connect_timeout_s = connect_timeout_s
        self._session = aiohttp.ClientSession(
            connector=Pool(
                guard=guard,
                clock=clock,
                tls=tls or ssl.create_default_context(),
                connections=connections,
                connections_per_host=connections_per_host,
                keep_alive_s=keep_alive_s,
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"User-Agent": user_agent, "Accept-Encoding": "identity"},
            skip_auto_headers=["Content-Type"],
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=None),  # the deadlines are in Progress
            auto_decompress=False,
            trust_env=False,
            max_line_size=MAX_HEADER_BYTES,
            max_field_size=MAX_HEADER_BYTES,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close every connection. Running requests fail."""
        await self._session.close()

    def check_url(self, url: str) -> None:
        """Check that a URL may be called, as far as possible without a look-up.

        Raises:
            AddressRefused: the URL is malformed or forbidden.
        """
        self._guard.admit(url)

    async def send(self, request: Outgoing) -> Incoming:
        """Send a request and return the complete reply, regardless of its status.

        Raises:
            AddressRefused: a NotSent that is permanent: the URL or its address is forbidden.
            NotSent: surely not executed: no address, no connection, no TLS.
            NoReply: perhaps executed: no complete reply in time.
            ReplyTooLarge: a NoReply: the reply's body is longer than `max_reply_bytes`.
        """
        where, headers = self._guard.admit(request.url), request.headers
        for _ in range(MAX_REDIRECTS + 1):
            incoming = await self._send_once(request, where, headers)
            location = redirect_location(incoming.status, incoming.headers) if request.follow_redirects else None
            if location is None:
                return incoming
            where, headers = self._redirect(where, location, headers)
        raise NoReply(f"{where.origin} redirected more than {MAX_REDIRECTS} times.")

    @asynccontextmanager
    async def stream(
        self, url: str, *, max_bytes: int, headers: Mapping[str, str] = _NOTHING, patience: Patience = _PATIENCE
    ) -> AsyncIterator[Download]:
        """GET a body that is too large for memory, regardless of the status. Up to five redirects are followed.

        Args:
            max_bytes: the limit of the body, as sent and after decompression.
            headers: for the first origin only.

        Raises:
            AddressRefused, NotSent, NoReply: as `send`; NoReply also while the chunks are read.
            ReplyTooLarge: the body is longer than `max_bytes`, or its announced length is.
        """
        where = self._guard.admit(url)
        for _ in range(MAX_REDIRECTS + 1):
            response = await self._open(where, headers, patience)
            try:
                found = headers_as_text(response.raw_headers)
                location = redirect_location(response.status, found)
                if location is None:
                    meter = BodyMeter(response, max_bytes)
                    async with aclosing(incoming_chunks(response, meter, where.origin, patience)) as chunks:
                        yield Download(status=response.status, headers=found, origin=where.origin, chunks=chunks)
                    return
            finally:
                response.close()
            where, headers = self._redirect(where, location, headers)
        raise NoReply(f"{where.origin} redirected more than {MAX_REDIRECTS} times.")

    async def _send_once(self, request: Outgoing, where: Destination, headers: Mapping[str, str]) -> Incoming:
        started_s = self._clock.monotonic_s()
        deadline = asyncio.timeout(self._connect_timeout_s)
        progress = Progress(deadline, request.timeout_s, request.not_after_s)
        body, length = outgoing_body(request, progress)
        headers = {**headers, **length}
        with translate_failures(where.origin, progress):
            async with deadline, self._exchange(progress, request.method, where, headers, body) as response:
                first_byte_s = self._clock.monotonic_s()
                progress.expect_within(None)
                progress.is_answered = True
                meter = BodyMeter(response, request.max_reply_bytes)
                pieces = [piece async for data in response.content.iter_any() for piece in meter.pieces(data)]
                meter.finish()
        return Incoming(
            status=response.status,
            headers=headers_as_text(response.raw_headers),
            body=b"".join(pieces),
            received_at=self._clock.now(),
            durations=Durations(
                connect_ms=((progress.connected_at_s or first_byte_s) - started_s) * 1000,
                first_byte_ms=(first_byte_s - started_s) * 1000,
                total_ms=(self._clock.monotonic_s() - started_s) * 1000,
            ),
        )

    async def _open(self, where: Destination, headers: Mapping[str, str], patience: Patience) -> aiohttp.ClientResponse:
        deadline = asyncio.timeout(self._connect_timeout_s)
        progress = Progress(deadline, patience.header_s)
        with translate_failures(where.origin, progress):
            async with deadline:
                return await self._exchange(progress, "GET", where, headers, None)

    def _exchange(
        self,
        progress: Progress,
        method: str,
        where: Destination,
        headers: Mapping[str, str],
        body: bytes | AsyncIterator[bytes] | None,
    ) -> "aiohttp.client._RequestContextManager":
        IN_PROGRESS.set(progress)
        url = URL(str(where), encoded=True)
        return self._session.request(method, url, data=body, headers=headers, allow_redirects=False)

    def _redirect(
        self, where: Destination, location: str, headers: Mapping[str, str]
    ) -> tuple[Destination, Mapping[str, str]]:
        """Return the checked destination of a redirect, and the headers that may be sent there."""
        try:
            url = urljoin(str(where), quote_odd(location.encode("latin-1")))
        except ValueError as error:
            raise AddressRefused(f"{where.origin} redirected to a malformed URL.") from error
        there = self._guard.admit(url)
        return there, headers if there.origin == where.origin else _NOTHING

"""Connections to checked addresses, and the distinction between "not sent" and "perhaps executed".

A request that fails before it has a connection was surely not executed. From then on, bytes may have been sent.
`Pool.connect` makes the distinction, because the HTTP library calls it at this moment.
"""

import asyncio
import math
import select
import socket
import ssl
from contextvars import ContextVar
from dataclasses import dataclass
from typing import cast
from weakref import WeakSet

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.client_proto import ResponseHandler
from aiohttp.connector import Connection
from aiohttp.tracing import Trace

from letmepost.domain.errors import NoReply, NotSent
from letmepost.gateways.addresses import AddressGuard
from letmepost.gateways.clock import Clock


@dataclass(slots=True)
class Progress:
    """The progress of one request.

    Args:
        deadline: first for connecting, then for the request, or for the next piece of its body.
        timeout_s: the duration of the request.
        not_after_s: by the monotonic clock, the latest time at which the request may begin.
        connected_at_s: by the monotonic clock; None while nothing can have been sent.
        is_answered: True once the reply has begun. It can begin before the end of the body.
    """

    deadline: asyncio.Timeout
    timeout_s: float
    not_after_s: float = math.inf
    connected_at_s: float | None = None
    ends_at_s: float = math.inf
    idle_s: float | None = None
    is_answered: bool = False

    def connected(self, now_s: float) -> None:
        """Start the time of the request."""
        self.connected_at_s = now_s
        self.ends_at_s = asyncio.get_running_loop().time() + self.timeout_s
        self.deadline.reschedule(self.ends_at_s)

    def expect_within(self, idle_s: float | None) -> None:
        """Fail unless the server accepts the next piece of the body within `idle_s`; None after the last piece."""
        if self.is_answered:
            return
        self.idle_s = idle_s
        limit_s = math.inf if idle_s is None else asyncio.get_running_loop().time() + idle_s
        self.deadline.reschedule(min(limit_s, self.ends_at_s))

    @property
    def is_stalled(self) -> bool:
        """True if the time for a piece of the body ended before that of the request."""
        return self.idle_s is not None and asyncio.get_running_loop().time() < self.ends_at_s


IN_PROGRESS: ContextVar[Progress] = ContextVar("IN_PROGRESS")


class Pool(aiohttp.TCPConnector):
    """aiohttp's pool of connections, with three changes.

    - A request gets only one connection. aiohttp itself sends a GET, PUT or DELETE again if a connection breaks before
      the reply, which cannot be switched off (https://github.com/aio-libs/aiohttp/issues/10790). A PUT may be the last
      part of an upload: here it fails as "perhaps executed", and the caller decides.
    - A connection is not used again if the server has closed it, or has sent unexpected bytes. Servers close idle
      connections all the time. If that is detected before sending, the request is not in doubt.
    - The guard resolves a name once, and the connection uses the addresses that it checked.
    """

    def __init__(
        self,
        *,
        guard: AddressGuard,
        clock: Clock,
        tls: ssl.SSLContext,
        connections: int,
        connections_per_host: int,
        keep_alive_s: float,
    ) -> None:
        super().__init__(
            resolver=_GuardedResolver(guard),
            ssl=tls,
            limit=connections,
            limit_per_host=connections_per_host,
            keepalive_timeout=keep_alive_s,
        )
        self._clock = clock
        self._known: WeakSet[ResponseHandler] = WeakSet()

    async def connect(
        self,
        req: aiohttp.ClientRequest,
        traces: list[Trace],
        timeout: aiohttp.ClientTimeout,  # noqa: ASYNC109
    ) -> Connection:
        progress = IN_PROGRESS.get()
        if progress.connected_at_s is not None:
            raise NoReply(f"{req.url.origin()} closed the connection before it responded.")
        while True:
            connection = await super().connect(req, traces, timeout)
            protocol = cast("ResponseHandler", connection.protocol)
            if protocol not in self._known:
                self._known.add(protocol)
                break
            if not (protocol.should_close or _has_received(connection.transport)):
                break
            connection.close()
        now_s = self._clock.monotonic_s()
        if now_s > progress.not_after_s:
            connection.release()
            raise NotSent(f"The connection to {req.url.origin()} was established too late.")
        progress.connected(now_s)
        return connection


def _has_received(transport: asyncio.Transport | None) -> bool:
    """Return True if an idle connection was closed by the server, or has received unexpected bytes.

    The event loop may have been too busy to detect it, so this asks the kernel.
    """
    if transport is None:
        return True
    poll = select.poll()
    poll.register(transport.get_extra_info("socket").fileno(), select.POLLIN)
    return bool(poll.poll(0))


class _GuardedResolver(AbstractResolver):
    """The guard as a resolver of aiohttp."""

    def __init__(self, guard: AddressGuard) -> None:
        self._guard = guard

    async def resolve(
        self,
        host: str,
        port: int = 0,
        family: socket.AddressFamily = socket.AF_UNSPEC,  # noqa: ARG002
    ) -> list[ResolveResult]:
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=socket.IPPROTO_TCP,
                flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
            )
            for address in await self._guard.addresses(host, port)
        ]

    async def close(self) -> None:
        pass

"""Connections to checked addresses, and the line between "not sent" and "perhaps executed".

Everything that fails before a connection is in hand was surely not executed; from then on bytes may have
left. The line is drawn here, in `Pool.connect`, because that is where the HTTP library passes it.
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
    """How far one request has come.

    Args:
        deadline: runs for the connecting, then anew for the request itself.
        timeout_s: what it is then set to.
        not_after_s: by the monotonic clock, the last moment at which the request may begin.
        connected_at_s: by the monotonic clock; None as long as nothing can have been sent.
    """

    deadline: asyncio.Timeout
    timeout_s: float
    not_after_s: float = math.inf
    connected_at_s: float | None = None


IN_PROGRESS: ContextVar[Progress] = ContextVar("IN_PROGRESS")


class Pool(aiohttp.TCPConnector):
    """aiohttp's pool of connections, made exact in three ways.

    - A request gets one connection and never a second. By itself aiohttp sends a GET, PUT or DELETE again
    when a
      connection breaks before the reply, and that cannot be switched off
      (https://github.com/aio-libs/aiohttp/issues/10790). A PUT may be the last part of an upload: here it
      fails as "perhaps executed", and the caller decides.
    - A connection that the server has closed, or on which it has spoken out of turn, is not used again.
      Servers close idle connections all the time: what is noticed before sending need not be doubted
      afterwards.
    - A name is resolved by the guard, once, and the connection goes to the addresses that it judged.
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
            raise NoReply(f"{req.url.origin()} closed the connection before it answered.")
        while True:
            connection = await super().connect(req, traces, timeout)
            protocol = cast("ResponseHandler", connection.protocol)
            if protocol not in self._known:
                self._known.add(protocol)
                break
            if not (protocol.should_close or _has_news(connection.transport)):
                break
            connection.close()
        now_s = self._clock.monotonic_s()
        if now_s > progress.not_after_s:
            connection.release()
            raise NotSent(f"The connection to {req.url.origin()} came too late.")
        progress.connected_at_s = now_s
        progress.deadline.reschedule(asyncio.get_running_loop().time() + progress.timeout_s)
        return connection


def _has_news(transport: asyncio.Transport | None) -> bool:
    """Whether something has arrived on an idle connection: its end, or bytes that nobody asked for.

    The event loop may be too busy to have seen it; the kernel knows.
    """
    if transport is None:
        return True
    poll = select.poll()
    poll.register(transport.get_extra_info("socket").fileno(), select.POLLIN)
    return bool(poll.poll(0))


class _GuardedResolver(AbstractResolver):
    """The guard, as aiohttp asks for names."""

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

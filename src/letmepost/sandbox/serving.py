"""Serves simulated networks over HTTP: late replies are delayed, lost replies break the connection."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import TypeAlias

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from letmepost.domain.received import Received, Receiving
from letmepost.platforms.contract import Platform
from letmepost.platforms.simulation import SimulatedCall, SimulatedReply
from letmepost.sandbox.calls.recent import RecentCalls
from letmepost.sandbox.clock import SimulatedClock
from letmepost.sandbox.faults import Faults
from letmepost.sandbox.paths import platform_of, world_of
from letmepost.sandbox.store import Store
from letmepost.sandbox.worlds import WorldStates

ENTROPY_BYTES = 32

Sleep: TypeAlias = Callable[[float], Awaitable[object]]


class Serving:
    """Responds to requests to a simulated network."""

    def __init__(
        self,
        platforms: Mapping[str, Platform],
        store: Store,
        worlds: WorldStates,
        clock: SimulatedClock,
        entropy: Callable[[int], bytes],
        sleep: Sleep,
        calls: RecentCalls,
        faults: Faults,
    ) -> None:
        self._platforms = platforms
        self._store = store
        self._worlds = worlds
        self._clock = clock
        self._entropy = entropy
        self._sleep = sleep
        self._calls = calls
        self._faults = faults

    async def answer(self, request: Request) -> Response:
        """Return the response of the platform's simulator, after its changes are committed."""
        world, platform = world_of(request), platform_of(request, self._platforms)
        received = await _receive(request)
        now = await self._clock.now(world)
        async with self._worlds.visit(world, platform.name) as state:
            call = SimulatedCall(
                method=request.method,
                root=f"{request.base_url}{world}/{platform.name}",
                path=f"/{request.path_params['path']}",
                query=tuple(request.query_params.multi_items()),
                headers=dict(request.headers.items()),
                body=received.content or b"",
                streamed=received,
                now=now,
                entropy=self._entropy(ENTROPY_BYTES),
            )
            reply = self._faults.answer(world, platform.name, platform.simulator, state, call)
            if reply.stored:  # before the state that names them is committed
                await self._store.save_files(world, platform.name, reply.stored)
        self._calls.add(world, platform.name, call, reply)
        if reply.files:
            content = await self._store.read_files(world, platform.name, reply.files)
            reply = replace(reply, body=reply.body + content)
        return SimulatedResponse(reply, self._sleep)


async def _receive(request: Request) -> Received:
    """Receive a body of any size in bounded memory."""
    receiving = Receiving()
    async for piece in request.stream():
        receiving.add(piece)
    return receiving.end()


class SimulatedResponse(Response):
    """A simulator's reply, delayed or lost as it specifies."""

    def __init__(self, reply: SimulatedReply, sleep: Sleep) -> None:
        super().__init__(reply.body, reply.status, dict(reply.headers))
        self._reply = reply
        self._sleep = sleep

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the reply, unless the client disconnects first."""
        if self._reply.delay_s and not await self._is_awaited(receive):
            return
        if self._reply.dropped:
            await self._drop(send)
        else:
            await super().__call__(scope, receive, send)

    async def _is_awaited(self, receive: Receive) -> bool:
        """Wait for the delay, or until the client disconnects. Return True if the client is still connected."""
        slept = asyncio.ensure_future(self._sleep(self._reply.delay_s))
        left = asyncio.ensure_future(receive())  # the body has been read, so only a disconnect can follow
        try:
            await asyncio.wait((slept, left), return_when=asyncio.FIRST_COMPLETED)
            return slept.done()
        finally:
            slept.cancel()
            left.cancel()

    async def _drop(self, send: Send) -> None:
        """Announce a body and end without one, so that the server can only close the connection."""
        self.headers["content-length"] = str(max(len(self.body), 1))
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})

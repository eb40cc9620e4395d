"""Shares the outgoing bandwidth of a worker between tenants."""

import asyncio
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable, Hashable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from typing import TypeAlias

PartTurn: TypeAlias = Callable[[], AbstractAsyncContextManager[None]]
"""Returns the context in which one part of an upload is sent."""


class UploadTurns:
    """While several owners upload, each sends one part at a time, so that they have equal shares of the bandwidth.

    An owner that uploads alone sends the parts of all its uploads concurrently.
    """

    def __init__(self) -> None:
        self._uploads: Counter[Hashable] = Counter()
        self._sending: Counter[Hashable] = Counter()
        self._waiting: deque[tuple[Hashable, asyncio.Future[None]]] = deque()

    @asynccontextmanager
    async def upload(self, owner: Hashable) -> AsyncIterator[PartTurn]:
        """Count an upload of an owner while the context is open."""
        self._uploads[owner] += 1
        try:
            yield partial(self._part, owner)
        finally:
            self._drop(self._uploads, owner)
            self._hand_out()

    @asynccontextmanager
    async def _part(self, owner: Hashable) -> AsyncIterator[None]:
        if self._may_send(owner) and not any(waiting == owner for waiting, _ in self._waiting):
            self._sending[owner] += 1
        else:
            await self._wait(owner)
        try:
            yield
        finally:
            self._drop(self._sending, owner)
            self._hand_out()

    async def _wait(self, owner: Hashable) -> None:
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append((owner, turn))
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():  # it got its turn at the same time
                self._drop(self._sending, owner)
                self._hand_out()
            raise

    def _may_send(self, owner: Hashable) -> bool:
        return not self._sending[owner] or len(self._uploads) == 1

    def _hand_out(self) -> None:
        """Give turns to those that waited longest. A later owner is not held back by an earlier one."""
        for _ in range(len(self._waiting)):
            owner, turn = self._waiting.popleft()
            if turn.cancelled():
                continue
            if self._may_send(owner):
                self._sending[owner] += 1
                turn.set_result(None)
            else:
                self._waiting.append((owner, turn))

    @staticmethod
    def _drop(counter: Counter[Hashable], owner: Hashable) -> None:
        counter[owner] -= 1
        if not counter[owner]:
            del counter[owner]

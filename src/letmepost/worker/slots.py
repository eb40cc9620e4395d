"""A loop that takes what is due and carries it out, a bounded number at a time."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, Protocol, TypeVar

import structlog

SWEEP_S = 1.0
"""How often a loop looks without having been told to: what losing every hint costs."""

GATHER_S = 0.02
"""How long ended tasks and soft hints are gathered before the loop looks: one look then serves them all."""

REST_SHARE, REST_MAX_S = 1.0, 0.05
"""How many times as long as a look took nothing is looked for: under load a loop works more than it looks."""

T = TypeVar("T")

log = structlog.get_logger()


class Source(Protocol[T]):
    """Where work comes from."""

    async def claim(self, limit: int) -> list[T]:
        """Take up to `limit` of what is due."""

    async def due_in_s(self) -> float | None:
        """Seconds until more is due; None when nothing is waiting."""

    async def carry_out(self, work: T) -> None:
        """Do it."""

    async def hand_back(self, work: T) -> None:
        """It was cut short: let someone else do it at once."""


class Slots(Generic[T]):
    """Runs a source's work in up to `count` tasks.

    Wakes when hinted, when a task has ended, when the next thing is due (by PostgreSQL's clock, so that a scheduled
    post leaves on its millisecond whatever this machine's clock says), and after a sweep interval in any case.
    """

    def __init__(self, name: str, source: Source[T], count: int, *, sweep_s: float = SWEEP_S) -> None:
        self._name = name
        self._source = source
        self._count = count
        self._sweep_s = sweep_s
        self._running: dict[asyncio.Task[None], T] = {}
        self._hint = asyncio.Event()
        self._gathering: asyncio.TimerHandle | None = None

    @property
    def is_busy(self) -> bool:
        """Whether at least half of the tasks are under way."""
        return 2 * len(self._running) >= self._count

    def wake(self) -> None:
        """Look now."""
        self._hint.set()

    def wake_soon(self) -> None:
        """Look within `GATHER_S`."""
        if self._gathering is None:
            self._gathering = asyncio.get_running_loop().call_later(GATHER_S, self._end_gathering)

    def _end_gathering(self) -> None:
        self._gathering = None
        self._hint.set()

    async def run(self, stop: asyncio.Event, *, grace_s: float) -> None:
        """Work until `stop` is set; then finish what is under way, for up to `grace_s`, and hand back the rest.

        Cancelled, it takes its work down with it: nothing goes on that might use what its owner closes.
        """
        try:
            time = asyncio.get_running_loop().time
            while not stop.is_set():
                self._hint.clear()
                began_s = time()
                seconds = await self._look()
                rest_s = min(REST_SHARE * (time() - began_s), REST_MAX_S)
                await asyncio.sleep(rest_s)
                await self._wait(stop, seconds - rest_s)
            await self._finish(grace_s)
        finally:
            for task in self._running:
                task.cancel()
            await asyncio.gather(*self._running, return_exceptions=True)
            if self._gathering is not None:
                self._gathering.cancel()

    async def _look(self) -> float:
        """Take what is due; seconds until the next look."""
        free = self._count - len(self._running)
        try:
            # A source that gave less than it could has no more for now.
            return 0.0 if free and await self._take(free) == free else await self._next_look_s()
        except Exception:
            log.exception("loop.failed", loop=self._name)
            return self._sweep_s

    async def _take(self, free: int) -> int:
        found = await self._source.claim(free)
        for work in found:
            task = asyncio.create_task(self._carry_out(work), name=f"{self._name}")
            self._running[task] = work
            task.add_done_callback(self._done)
        return len(found)

    async def _carry_out(self, work: T) -> None:
        try:
            await self._source.carry_out(work)
        except Exception:
            # Nothing is lost: its lease runs out and it is claimed again.
            log.exception("work.failed", loop=self._name)

    async def _next_look_s(self) -> float:
        if len(self._running) >= self._count:
            return self._sweep_s
        due_in_s = await self._source.due_in_s()
        return self._sweep_s if due_in_s is None else max(0.0, min(due_in_s, self._sweep_s))

    async def _wait(self, stop: asyncio.Event, seconds: float) -> None:
        if seconds <= 0:
            return
        stopping = asyncio.ensure_future(stop.wait())
        hinted = asyncio.ensure_future(self._hint.wait())
        try:
            await asyncio.wait({stopping, hinted}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            stopping.cancel()
            hinted.cancel()

    def _done(self, task: asyncio.Task[None]) -> None:
        self._running.pop(task, None)
        self.wake_soon()

    async def _finish(self, grace_s: float) -> None:
        left = dict(self._running)
        if not left:
            return
        log.info("loop.finishing", loop=self._name, tasks=len(left))
        _, unfinished = await asyncio.wait(left, timeout=grace_s)
        for task in unfinished:
            task.cancel()
        await asyncio.gather(*unfinished, return_exceptions=True)
        for task in unfinished:
            try:
                await self._source.hand_back(left[task])
            except Exception:
                log.exception("work.kept", loop=self._name)  # until its lease runs out


async def every(seconds: float, name: str, action: Callable[[], Awaitable[object]], stop: asyncio.Event) -> None:
    """Do something now and then until `stop` is set; a failure is logged and does not end it."""
    while not stop.is_set():
        try:
            await action()
        except Exception:
            log.exception("loop.failed", loop=name)
        try:
            await asyncio.wait_for(stop.wait(), seconds)
        except TimeoutError:
            continue

"""Claims work for the free slots of this process, and starts it through the job queue."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import count as count_up
from typing import Generic, Protocol, TypeAlias, TypeVar

import structlog

SWEEP_S = 1.0
"""The longest time between two looks: the delay if every hint is lost."""

STARTS_WITHIN_S = 1.0
"""A job that has not started this long after it was enqueued counts as lost, and is enqueued again."""

GATHER_S = 0.02
"""How long finished tasks and soft hints are collected before a look, so that one look serves them all."""

REST_SHARE, REST_MAX_S = 1.0, 0.05
"""The pause after a look, in proportion to its duration, and its maximum: most of the time is left for the work."""

T = TypeVar("T")

Ticket: TypeAlias = tuple[str, int]
"""The arguments of a job: the id of a post or delivery, and the number of its claim in this process."""

Enqueue: TypeAlias = Callable[[str, Sequence[Ticket]], Awaitable[None]]
"""Enqueues one job of this name per ticket. Raises any exception if the queue is unavailable."""

log = structlog.get_logger()


class Source(Protocol[T]):
    """A source of work."""

    async def claim(self, limit: int) -> list[T]:
        """Claim up to `limit` items that are due."""

    async def due_in_s(self) -> float | None:
        """Return the seconds until more is due; None if nothing is waiting."""

    def id_of(self, work: T) -> str:
        """Return the public id of an item."""

    async def carry_out(self, work: T) -> None:
        """Do the work."""

    def finish_soon(self) -> None:
        """Shorten the work that is being done, because this worker is about to stop."""

    async def hand_back(self, work: T) -> None:
        """Release the claim of work that was interrupted, so that another worker can take it immediately."""


@dataclass(frozen=True, slots=True)
class _Enqueued(Generic[T]):
    """A claim that no job has started yet."""

    work: T
    lost_at_s: float


class Dispatcher(Generic[T]):
    """Claims work from a source for up to `slots` concurrent tasks, and enqueues one job per claim.

    A job has no data: the claims of this process are in memory, and the truth is in PostgreSQL. The first job with the
    ticket of a claim starts it, and another job with the same ticket does nothing. If the queue is unavailable, the
    dispatcher starts the claims itself.

    It looks for work when `wake` is called, when a task has ended, every `sweep_s`, and when the next item is due. That
    time is by PostgreSQL's clock, so a scheduled post starts on its millisecond even if this machine's clock is wrong.
    """

    def __init__(
        self,
        job: str,
        source: Source[T],
        slots: int,
        enqueue: Enqueue,
        *,
        sweep_s: float = SWEEP_S,
        starts_within_s: float = STARTS_WITHIN_S,
    ) -> None:
        self._job = job
        self._source = source
        self._slots = slots
        self._enqueue = enqueue
        self._sweep_s = sweep_s
        self._starts_within_s = starts_within_s
        self._numbers = count_up()
        self._enqueued: dict[Ticket, _Enqueued[T]] = {}  # the oldest first
        self._running: dict[asyncio.Task[None], T] = {}
        self._enqueueing: set[asyncio.Task[None]] = set()
        self._hint = asyncio.Event()
        self._gathering: asyncio.TimerHandle | None = None

    @property
    def is_busy(self) -> bool:
        """Return True if at least half of the slots are taken."""
        return 2 * self._taken >= self._slots

    @property
    def _taken(self) -> int:
        return len(self._running) + len(self._enqueued)

    def wake(self) -> None:
        """Look for work now."""
        self._hint.set()

    def wake_soon(self) -> None:
        """Look for work within `GATHER_S`."""
        if self._gathering is None:
            self._gathering = asyncio.get_running_loop().call_later(GATHER_S, self._end_gathering)

    def _end_gathering(self) -> None:
        self._gathering = None
        self._hint.set()

    async def carry_out(self, item_id: str, number: int) -> None:
        """Do the work with this ticket, unless it has been started already.

        The work continues if the job that called this is canceled. It ends with its lease, or with the process.
        """
        enqueued = self._enqueued.pop((item_id, number), None)
        if enqueued is not None:
            await asyncio.wait({self._start(enqueued.work)})

    async def run(self, stop: asyncio.Event, *, grace_s: float) -> None:
        """Dispatch until `stop` is set; then finish what was claimed, for up to `grace_s`, and hand back the rest.

        If this is canceled, its tasks are canceled too, because its owner then closes what they use.
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
            tasks = (*self._enqueueing, *self._running)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            if self._gathering is not None:
                self._gathering.cancel()

    async def _look(self) -> float:
        """Claim due work. Return the seconds until the next look."""
        try:
            self._enqueue_lost()
            free = self._slots - self._taken
            # A source that returned fewer items than asked for has no more for now.
            return 0.0 if free and await self._claim(free) == free else await self._next_look_s()
        except Exception:
            log.exception("loop.failed", loop=self._job)
            return self._sweep_s

    async def _claim(self, free: int) -> int:
        claims = await self._source.claim(free)
        if claims:
            self._dispatch(claims)
        return len(claims)

    def _enqueue_lost(self) -> None:
        """Enqueue claims again if their job was lost, for example because Redis was flushed."""
        now_s = asyncio.get_running_loop().time()
        lost = [ticket for ticket, enqueued in self._enqueued.items() if enqueued.lost_at_s <= now_s]
        if lost:
            log.warning("jobs.lost", job=self._job, count=len(lost))
            self._dispatch([self._enqueued.pop(ticket).work for ticket in lost])

    def _dispatch(self, claims: Iterable[T]) -> None:
        lost_at_s = asyncio.get_running_loop().time() + self._starts_within_s
        enqueued = {(self._source.id_of(work), next(self._numbers)): _Enqueued(work, lost_at_s) for work in claims}
        self._enqueued |= enqueued
        # The next look does not wait for Redis.
        task = asyncio.create_task(self._enqueue_or_start(list(enqueued)))
        self._enqueueing.add(task)
        task.add_done_callback(self._enqueueing.discard)

    async def _enqueue_or_start(self, tickets: Sequence[Ticket]) -> None:
        try:
            await self._enqueue(self._job, tickets)
        except Exception as error:  # noqa: BLE001 - publishing must not depend on the queue
            log.info("jobs.run_without_queue", job=self._job, count=len(tickets), error=repr(error))
            self._start_enqueued(tickets)

    def _start_enqueued(self, tickets: Iterable[Ticket]) -> None:
        """Start claims in this process, except those that a job has started already."""
        for ticket in tickets:
            enqueued = self._enqueued.pop(ticket, None)
            if enqueued is not None:
                self._start(enqueued.work)

    def _start(self, work: T) -> "asyncio.Task[None]":
        task = asyncio.create_task(self._carry_out(work), name=self._job)
        self._running[task] = work
        task.add_done_callback(self._done)
        return task

    async def _carry_out(self, work: T) -> None:
        try:
            await self._source.carry_out(work)
        except Exception:
            # Nothing is lost: the lease expires, and the work is claimed again.
            log.exception("work.failed", job=self._job)

    async def _next_look_s(self) -> float:
        limits_s = [self._sweep_s]
        if self._taken < self._slots and (due_in_s := await self._source.due_in_s()) is not None:
            limits_s.append(due_in_s)
        if oldest := next(iter(self._enqueued.values()), None):
            limits_s.append(oldest.lost_at_s - asyncio.get_running_loop().time())
        return max(0.0, min(limits_s))

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
        self._start_enqueued(list(self._enqueued))
        left = dict(self._running)
        if not left:
            return
        self._source.finish_soon()
        log.info("loop.finishing", loop=self._job, tasks=len(left))
        _, unfinished = await asyncio.wait(left, timeout=grace_s)
        for task in unfinished:
            task.cancel()
        await asyncio.gather(*unfinished, return_exceptions=True)
        for task in unfinished:
            try:
                await self._source.hand_back(left[task])
            except Exception:
                log.exception("work.kept", loop=self._job)  # until its lease expires

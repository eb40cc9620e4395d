"""The dispatcher, with a source and a queue that the tests control, and without a real clock."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from letmepost.worker.dispatcher import Dispatcher, Ticket
from letmepost.worker.main import every
from tests.doubles.waiting import eventually

NEVER_S = 3600.0


@dataclass
class Source:
    """A source of numbered work. Each item takes until `finish` is called for it."""

    ready: deque[int] = field(default_factory=deque)
    asked: list[int] = field(default_factory=list)
    begun: list[int] = field(default_factory=list)
    done: list[int] = field(default_factory=list)
    handed_back: list[int] = field(default_factory=list)
    finishes_soon: bool = False
    most_at_once: int = 0
    due_s: float | None = None
    claim_fails: int = 0
    due_fails: int = 0
    broken: set[int] = field(default_factory=set)
    cannot_hand_back: set[int] = field(default_factory=set)
    before_claim: Callable[[], None] = lambda: None
    _may_end: dict[int, asyncio.Event] = field(default_factory=dict)

    async def claim(self, limit: int) -> list[int]:
        self.asked.append(limit)
        self.before_claim()
        if self.claim_fails:
            self.claim_fails -= 1
            raise ConnectionError
        return [self.ready.popleft() for _ in range(min(limit, len(self.ready)))]

    async def due_in_s(self) -> float | None:
        if self.due_fails:
            self.due_fails -= 1
            raise ConnectionError
        return self.due_s

    def id_of(self, work: int) -> str:
        return f"item {work}"

    def finish_soon(self) -> None:
        self.finishes_soon = True

    async def carry_out(self, work: int) -> None:
        self.begun.append(work)
        self.most_at_once = max(self.most_at_once, len(self.begun) - len(self.done))
        if work in self.broken:
            self.done.append(work)
            raise ZeroDivisionError
        await self._event(work).wait()
        self.done.append(work)

    async def hand_back(self, work: int) -> None:
        if work in self.cannot_hand_back:
            raise ConnectionError
        self.handed_back.append(work)

    def finish(self, *works: int) -> None:
        for work in works:
            self._event(work).set()

    def _event(self, work: int) -> asyncio.Event:
        return self._may_end.setdefault(work, asyncio.Event())


@dataclass
class Queue:
    """A queue that starts a job as soon as it is enqueued.

    Args:
        loses: how many times it loses the jobs that it receives.
        fails: how many times it is unavailable.
        may_answer: when it begins to answer; immediately by default.
    """

    loses: int = 0
    fails: int = 0
    may_answer: asyncio.Event | None = None
    given: list[Ticket] = field(default_factory=list)
    dispatcher: Dispatcher[int] | None = None
    jobs: set["asyncio.Task[None]"] = field(default_factory=set)

    async def enqueue(self, job: str, tickets: Sequence[Ticket]) -> None:
        assert job == "test"
        if self.may_answer is not None:
            await self.may_answer.wait()
        if self.fails:
            self.fails -= 1
            raise ConnectionError
        self.given += tickets
        if self.loses:
            self.loses -= 1
            return
        self.start(*tickets)

    def start(self, *tickets: Ticket) -> None:
        """Start jobs, repeatedly if given repeatedly."""
        assert self.dispatcher is not None
        self.jobs |= {asyncio.create_task(self.dispatcher.carry_out(*ticket)) for ticket in tickets}


@dataclass
class Loop:
    """A running dispatcher."""

    source: Source
    queue: Queue
    dispatcher: Dispatcher[int]
    stop: asyncio.Event
    task: "asyncio.Task[None]"

    async def until(self, condition: Callable[[], bool]) -> None:
        async def look() -> bool:
            assert not self.task.done(), "the loop has ended"
            return condition()

        await eventually(look)

    async def ended(self) -> None:
        async with asyncio.timeout(20):
            await self.task


@asynccontextmanager
async def running(
    source: Source,
    slots: int = 2,
    *,
    queue: Queue | None = None,
    grace_s: float = NEVER_S,
    sweep_s: float = NEVER_S,
    starts_within_s: float = NEVER_S,
) -> AsyncIterator[Loop]:
    """Run a dispatcher that only looks when it has a reason, not because time has passed."""
    queue, stop = queue or Queue(), asyncio.Event()
    dispatcher = Dispatcher("test", source, slots, queue.enqueue, sweep_s=sweep_s, starts_within_s=starts_within_s)
    queue.dispatcher = dispatcher
    loop = Loop(source, queue, dispatcher, stop, asyncio.create_task(dispatcher.run(stop, grace_s=grace_s)))
    try:
        yield loop
    finally:
        loop.task.cancel()
        await asyncio.gather(loop.task, *queue.jobs, return_exceptions=True)


async def test_dispatcher_claims_at_most_as_many_items_as_it_has_slots() -> None:
    async with running(Source(deque(range(10))), slots=3) as loop:
        await loop.until(lambda: len(loop.source.begun) == 3)
        assert loop.source.asked == [3]
        loop.source.finish(1)
        await loop.until(lambda: len(loop.source.begun) == 4)
        assert loop.source.asked == [3, 1], "a free slot is filled immediately"
        loop.source.finish(*range(10))
        await loop.until(lambda: len(loop.source.done) == 10)
        assert loop.source.most_at_once == 3
    assert sorted(loop.source.done) == list(range(10))


async def test_hint_causes_a_look() -> None:
    async with running(Source()) as loop:
        await loop.until(lambda: loop.source.asked == [2])
        loop.source.ready.append(7)
        loop.dispatcher.wake()
        await loop.until(lambda: loop.source.begun == [7])


async def test_hint_during_a_look_causes_another_look() -> None:
    """Work that is committed just after the claim must not wait for a sweep."""
    source = Source()

    async with running(source) as loop:
        await loop.until(lambda: len(source.asked) == 1)

        def add() -> None:
            source.before_claim = lambda: None
            source.ready.append(7)

        def hint() -> None:
            source.before_claim = add
            loop.dispatcher.wake()

        source.before_claim = hint
        loop.dispatcher.wake()
        await loop.until(lambda: source.begun == [7])


async def test_dispatcher_looks_when_the_next_item_is_due() -> None:
    """A scheduled post is published on its millisecond, not at the next sweep."""
    source = Source(due_s=0.01)
    async with running(source) as loop:
        await loop.until(lambda: len(source.asked) > 2)
        source.ready.append(7)
        await loop.until(lambda: source.begun == [7])


async def test_dispatcher_looks_after_every_sweep_interval() -> None:
    """This is the delay if every hint is lost."""
    source = Source()
    async with running(source, sweep_s=0.01) as loop:
        await loop.until(lambda: len(source.asked) > 2)
        source.ready.append(7)
        await loop.until(lambda: source.begun == [7])


@pytest.mark.parametrize("failing", [Source(claim_fails=3), Source(due_fails=3)], ids=["claim", "due"])
async def test_failing_look_does_not_end_the_loop(failing: Source) -> None:
    """PostgreSQL is unavailable for a short time."""
    async with running(failing, sweep_s=0.01) as loop:
        await loop.until(lambda: len(failing.asked) > 3)
        failing.ready.append(7)
        await loop.until(lambda: failing.begun == [7])


async def test_failing_work_does_not_end_the_loop_and_frees_its_slot() -> None:
    async with running(Source(deque(range(5)), broken={0, 1, 2, 3}), slots=1) as loop:
        await loop.until(lambda: loop.source.begun == [0, 1, 2, 3, 4])


async def test_stop_finishes_running_work_and_claims_nothing_new() -> None:
    source = Source(deque([1, 2, 3]))
    async with running(source) as loop:
        await loop.until(lambda: source.begun == [1, 2])
        loop.stop.set()
        source.finish(1, 2)
        await loop.ended()
    assert (source.done, source.handed_back, list(source.ready)) == ([1, 2], [], [3])


async def test_stop_hands_back_work_that_does_not_finish_in_time() -> None:
    source = Source(deque([1, 2]))
    async with running(source, grace_s=0.01) as loop:
        await loop.until(lambda: source.begun == [1, 2])
        source.finish(1)
        assert not source.finishes_soon
        loop.stop.set()
        await loop.ended()
    assert source.finishes_soon
    assert (source.done, source.handed_back) == ([1], [2])


async def test_work_claimed_during_the_stop_is_handed_back() -> None:
    source, stop, queue = Source(deque([1])), asyncio.Event(), Queue(loses=1)
    source.before_claim = stop.set
    await Dispatcher("test", source, 2, queue.enqueue, sweep_s=NEVER_S).run(stop, grace_s=0.01)
    assert (source.begun, source.handed_back) == ([1], [1])


async def test_failing_hand_back_does_not_affect_other_work() -> None:
    """Its lease expires; the other work can continue immediately."""
    source = Source(deque([1, 2, 3]), cannot_hand_back={1, 2})
    async with running(source, slots=3, grace_s=0.01) as loop:
        await loop.until(lambda: source.begun == [1, 2, 3])
        loop.stop.set()
        await loop.ended()
    assert source.handed_back == [3]


async def test_stop_ends_an_idle_loop_immediately() -> None:
    async with running(Source()) as loop:
        await loop.until(lambda: loop.source.asked == [2])
        loop.stop.set()
        await loop.ended()


async def test_canceling_the_loop_cancels_its_work() -> None:
    """Otherwise, the work would use connections that its owner closes."""
    source = Source(deque([1]))
    async with running(source) as loop:
        await loop.until(lambda: source.begun == [1])
    assert [task for task in asyncio.all_tasks() if task.get_name() == "test"] == []
    assert source.done == []


# The queue


async def test_duplicate_job_does_nothing() -> None:
    async with running(Source(deque([1]))) as loop:
        await loop.until(lambda: loop.source.begun == [1])
        [ticket] = loop.queue.given
        loop.queue.start(ticket, ticket)
        loop.source.finish(1)
        await loop.until(lambda: all(job.done() for job in loop.queue.jobs))
        loop.queue.start(ticket)
        await loop.until(lambda: all(job.done() for job in loop.queue.jobs))
    assert (loop.source.begun, loop.source.done) == ([1], [1])


async def test_job_of_another_process_does_nothing() -> None:
    async with running(Source(deque([1]))) as loop:
        await loop.dispatcher.carry_out("item 1", 99)
        await loop.dispatcher.carry_out("item 2", 0)
        await loop.until(lambda: loop.source.begun == [1])


async def test_lost_job_is_enqueued_again() -> None:
    queue = Queue(loses=2)
    async with running(Source(deque([1, 2, 3])), queue=queue, starts_within_s=0.01) as loop:
        await loop.until(lambda: loop.source.begun == [1, 2])
        first, second, third = queue.given[:2], queue.given[2:4], queue.given[4:]
        assert [item_id for item_id, _ in first + second + third] == ["item 1", "item 2"] * 3
        assert len({number for _, number in queue.given}) == 6, "a late job must not start a later claim"
        assert loop.source.asked == [2], "a claim with a lost job keeps its slot"


async def test_late_job_that_was_enqueued_again_starts_the_work_once() -> None:
    queue = Queue(loses=1)
    async with running(Source(deque([1])), queue=queue, starts_within_s=0.01) as loop:
        await loop.until(lambda: loop.source.begun == [1])
        queue.start(*queue.given)
        loop.source.finish(1)
        await loop.until(lambda: all(job.done() for job in queue.jobs))
    assert loop.source.begun == [1]


async def test_claims_are_carried_out_without_the_queue_when_it_is_unavailable() -> None:
    queue = Queue(fails=1)
    async with running(Source(deque([1, 2, 3])), queue=queue) as loop:
        await loop.until(lambda: loop.source.begun == [1, 2])
        assert queue.given == []
        loop.source.finish(1)
        await loop.until(lambda: loop.source.begun == [1, 2, 3])
        assert [item_id for item_id, _ in queue.given] == ["item 3"]


async def test_next_look_does_not_wait_for_the_queue() -> None:
    """Redis may take a second to fail, and other posts become due in this time."""
    may_answer = asyncio.Event()
    queue = Queue(may_answer=may_answer)
    async with running(Source(deque([1])), slots=2, queue=queue) as loop:
        await loop.until(lambda: loop.source.asked == [2])
        loop.source.ready.append(2)
        loop.dispatcher.wake()
        await loop.until(lambda: len(loop.source.asked) == 2)
        assert loop.source.asked == [2, 1], "a claim takes its slot before the queue has its job"
        may_answer.set()
        await loop.until(lambda: sorted(loop.source.begun) == [1, 2])


async def test_work_continues_when_its_job_is_canceled() -> None:
    """arq cancels a job at its timeout. Only a lease ends the work."""
    async with running(Source(deque([1, 2])), slots=1) as loop:
        await loop.until(lambda: loop.source.begun == [1])
        [job] = loop.queue.jobs
        job.cancel()
        await loop.until(job.done)
        assert loop.source.begun == [1], "its slot is still taken"
        loop.source.finish(1)
        await loop.until(lambda: loop.source.done == [1])
        await loop.until(lambda: loop.source.begun == [1, 2])


async def test_claim_without_a_started_job_is_carried_out_when_the_loop_stops() -> None:
    source, queue = Source(deque([1])), Queue(loses=1)
    async with running(source, queue=queue) as loop:
        await loop.until(lambda: len(queue.given) == 1)
        source.finish(1)
        loop.stop.set()
        await loop.ended()
    assert (source.done, source.handed_back) == ([1], [])


@pytest.mark.parametrize(("taken", "is_busy"), [(1, False), (2, True), (3, True)])
async def test_loop_is_busy_when_half_of_its_slots_are_taken(taken: int, *, is_busy: bool) -> None:
    async with running(Source(deque(range(taken))), slots=4) as loop:
        await loop.until(lambda: len(loop.source.begun) == taken)
        assert loop.dispatcher.is_busy is is_busy


async def test_periodic_action_continues_after_a_failure() -> None:
    done: list[int] = []
    stop = asyncio.Event()

    async def act() -> None:
        done.append(len(done))
        if len(done) == 3:
            stop.set()
        raise ConnectionError

    async with asyncio.timeout(20):
        await every(0.001, "test", act, stop)
    assert done == [0, 1, 2]


async def test_periodic_action_stops_immediately() -> None:
    stop = asyncio.Event()

    async def act() -> None:
        stop.set()

    async with asyncio.timeout(20):
        await every(NEVER_S, "test", act, stop)

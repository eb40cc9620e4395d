"""Periodic work on items that are due."""

import asyncio

from letmepost.services.sweeps import Sweep


class Desk:
    """Works on the due items until they are let go. `begun`: the items in the order in which the work on them began."""

    def __init__(self, *due: str) -> None:
        self.due = list(due)
        self.begun: list[str] = []
        self.ends: dict[str, asyncio.Event] = {}
        self.sweep = Sweep[str]("test", self.work)

    async def work(self, item: str) -> None:
        self.begun.append(item)
        await self.ends.setdefault(item, asyncio.Event()).wait()
        self.due.remove(item)

    async def find(self, most: int) -> list[str]:
        return self.due[:most]

    async def start(self, *due: str, at_once: int = 3) -> "asyncio.Task[None]":
        self.due = [*due]
        task = asyncio.create_task(self.sweep.run(self.find, at_once, until_done=True))
        for _ in range(3):
            await asyncio.sleep(0)
        return task

    async def let_go(self, *items: str) -> None:
        for item in items:
            self.ends[item].set()
        for _ in range(5):
            await asyncio.sleep(0)


async def test_item_that_takes_long_does_not_delay_the_items_of_the_next_run() -> None:
    desk = Desk()
    await desk.start("slow")
    await desk.start("slow", "next")
    assert desk.begun == ["slow", "next"]


async def test_runs_together_do_not_exceed_the_limit() -> None:
    desk = Desk()
    await desk.start("a", "b")
    await desk.start("a", "b", "c", "d")
    assert desk.begun == ["a", "b", "c"]
    await desk.start("a", "b", "c", "d", at_once=2)
    assert desk.begun == ["a", "b", "c"]


async def test_run_continues_with_the_next_items_after_a_full_round() -> None:
    desk = Desk()
    run = await desk.start("a", "b", "c", at_once=2)
    await desk.let_go("a", "b")
    assert desk.begun == ["a", "b", "c"]
    await desk.let_go("c")
    assert run.done()


async def test_item_is_worked_on_again_when_it_is_due_again() -> None:
    desk = Desk()
    first = await desk.start("a", "b")
    await desk.let_go("a")
    desk.ends["a"].clear()
    await desk.start("a", "b")
    assert desk.begun == ["a", "b", "a"]
    assert not first.done(), "it still waits for b"


async def test_items_that_stay_due_are_tried_once_in_a_run() -> None:
    begun: list[str] = []

    async def fail(item: str) -> None:
        begun.append(item)
        raise ZeroDivisionError

    async def find(_most: int) -> list[str]:
        return ["a", "b"]

    sweep = Sweep[str]("test", fail)
    for _ in range(2):
        await sweep.run(find, 2, until_done=True)
    assert begun == ["a", "b"] * 2


async def test_canceled_item_is_no_longer_in_progress() -> None:
    desk = Desk()
    run = await desk.start("a", at_once=1)
    run.cancel()
    await asyncio.gather(run, return_exceptions=True)
    await desk.start("a", at_once=1)
    assert desk.begun == ["a", "a"]

"""Periodic work on items that are due."""

import asyncio

from letmepost.services.sweeps import Sweep


class Desk:
    """Works on items until they are let go. `begun`: the items in the order in which the work on them began."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.ends: dict[str, asyncio.Event] = {}
        self.sweep = Sweep[str]("test", self.work)

    async def work(self, item: str) -> None:
        self.begun.append(item)
        await self.ends.setdefault(item, asyncio.Event()).wait()

    async def start(self, *due: str, at_once: int = 3) -> "asyncio.Task[None]":
        task = asyncio.create_task(self.sweep.run(due, at_once))
        for _ in range(3):
            await asyncio.sleep(0)
        return task


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


async def test_item_is_worked_on_again_when_it_is_due_again() -> None:
    desk = Desk()
    first = await desk.start("a", "b")
    desk.ends["a"].set()
    await asyncio.sleep(0)
    await desk.start("a", "b")
    assert desk.begun == ["a", "b", "a"]
    assert not first.done(), "it still waits for b"


async def test_failed_or_canceled_item_is_no_longer_in_progress() -> None:
    begun: list[str] = []

    async def fail(item: str) -> None:
        begun.append(item)
        raise ZeroDivisionError

    sweep = Sweep[str]("test", fail)
    await sweep.run(["a", "b"], 2)
    await sweep.run(["a", "b"], 2)
    assert begun == ["a", "b"] * 2
    desk = Desk()
    run = asyncio.create_task(desk.sweep.run(["a"], 1))
    await asyncio.sleep(0)
    run.cancel()
    await asyncio.gather(run, return_exceptions=True)
    await desk.start("a", at_once=1)
    assert desk.begun[-1:] == ["a"]

"""Periodic work on items that are due, each of which may wait for the network."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import Generic, TypeVar

import structlog

ItemT = TypeVar("ItemT", bound=Hashable)

log = structlog.get_logger()


class Sweep(Generic[ItemT]):
    """Works on due items in runs that may overlap.

    A run leaves out the items that earlier runs are still working on, so an item that takes long delays only itself.
    """

    def __init__(self, name: str, work: Callable[[ItemT], Awaitable[None]]) -> None:
        """`name`: of the work, for the log."""
        self._name = name
        self._work = work
        self._in_progress: set[ItemT] = set()

    async def run(
        self, find: Callable[[int], Awaitable[Sequence[ItemT]]], at_once: int, *, until_done: bool = False
    ) -> None:
        """Work on due items, concurrently: on at most `at_once` in all runs together, and on each once in this run.

        A failure is logged, and does not stop the work on other items.

        Args:
            find: returns up to this many due items, the most urgent first.
            until_done: True to go on while many items are due. Otherwise the next run does.
        """
        tried: set[ItemT] = set()
        while True:
            new = [item for item in await find(at_once) if item not in self._in_progress | tried]
            begun = new[: max(at_once - len(self._in_progress), 0)]
            await asyncio.gather(*[self._start(item) for item in begun])
            if not until_done or len(begun) < at_once:
                return  # the others are in progress, or nothing else is due
            tried.update(begun)

    def _start(self, item: ItemT) -> "asyncio.Task[None]":
        self._in_progress.add(item)
        task = asyncio.create_task(self._work_on(item))
        task.add_done_callback(lambda _: self._in_progress.discard(item))
        return task

    async def _work_on(self, item: ItemT) -> None:
        try:
            await self._work(item)
        except Exception:
            log.exception("sweep.failed", sweep=self._name, item=str(item))

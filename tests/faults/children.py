"""Starts processes through the nursery, and keeps replacing them when they end."""

import asyncio
import itertools
import json
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

_ROOT = Path(__file__).parents[2]
Spec: TypeAlias = Mapping[str, Any]


@dataclass(eq=False, kw_only=True)
class Child:
    """A forked process. `died` is its exit code, negative for the signal that killed it."""

    pid: int
    died: asyncio.Future[int]
    stopped: asyncio.Event = field(default_factory=asyncio.Event)

    def signal(self, number: int) -> None:
        """Send a signal, unless the process has ended: its number may be reused."""
        if not self.died.done():
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)


class Nursery:
    """Forks processes with `tests.faults.nursery`."""

    def __init__(self, process: Process) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._asked, self._events = process.stdin, process.stdout
        self._numbers = itertools.count()
        self._expected: dict[int, asyncio.Future[Child]] = {}
        self._children: dict[int, Child] = {}

    async def fork(self, spec: Spec) -> Child:
        """Fork a process."""
        number = next(self._numbers)
        self._expected[number] = asyncio.get_running_loop().create_future()
        self._asked.write(json.dumps({**spec, "number": number}).encode() + b"\n")
        return await self._expected[number]

    async def listen(self) -> None:
        """Record starts, stops and ends of processes until the nursery ends."""
        async for line in self._events:
            match json.loads(line):
                case {"born": number, "pid": pid}:
                    child = Child(pid=pid, died=asyncio.get_running_loop().create_future())
                    self._children[pid] = child
                    self._expected.pop(number).set_result(child)
                case {"stopped": pid}:
                    self._children[pid].stopped.set()
                case {"died": pid, "code": code}:
                    self._children.pop(pid).died.set_result(code)


@asynccontextmanager
async def open_nursery() -> AsyncIterator[Nursery]:
    """Start a nursery, which ends its children when it ends."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.faults.nursery", stdin=PIPE, stdout=PIPE, cwd=_ROOT
    )
    nursery = Nursery(process)
    listening = asyncio.create_task(nursery.listen())
    try:
        yield nursery
    finally:
        assert process.stdin is not None
        process.stdin.close()
        await process.wait()
        listening.cancel()


class Place:
    """Keeps one process running: when it ends, the next is forked immediately.

    Args:
        make_spec: returns the specification of the next process.
    """

    def __init__(self, nursery: Nursery, make_spec: Callable[[], Spec]) -> None:
        self._nursery = nursery
        self.make_spec = make_spec
        self.count_death: Callable[[Spec, int], None] = lambda _spec, _code: None
        self.child: Child | None = None

    async def keep(self) -> None:
        """Replace the process until canceled."""
        while True:
            spec = self.make_spec()
            self.child = await self._nursery.fork(spec)
            if "dies_after_s" in spec:
                asyncio.get_running_loop().call_later(spec["dies_after_s"], self.child.signal, signal.SIGKILL)
            code = await asyncio.shield(self.child.died)
            self.count_death(spec, code)  # which may have changed in the meantime

    def signal(self, number: int = signal.SIGKILL) -> None:
        """Send a signal to the current process."""
        if self.child is not None:
            self.child.signal(number)

"""Measures the processor time of every process of a deployment during requests."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

import psutil

from tests.benchmarks.cpu.bare import PATH, select_by_key
from tests.benchmarks.cpu.cases import API, POSTGRESQL, WORKER, Case
from tests.benchmarks.cpu.closed_loop import ClosedLoop, encode_request
from tests.benchmarks.cpu.statements import SETTLE_S
from tests.benchmarks.stand import Stand

WARM_UP, SLICES = 200, 4
SELECTS, BARE_REQUESTS = 2_000, 4_000
BARE, SELECT, SELECT_POSTGRESQL = "bare route", "bare SELECT", "its PostgreSQL"
_BARE_REQUEST = encode_request("GET", PATH, authorization="Bearer none")


@dataclass(slots=True)
class Cost:
    """The cost of the requests of one case, and of the bare route and the bare `SELECT` in the same time."""

    requests: int
    took_s: float = 0.0
    used_ms: dict[str, float] = field(default_factory=dict)
    """Milliseconds of processor time per request, by process."""

    def add(self, name: str, used_s: float, number: int) -> None:
        """Add the processor time of this many requests. The figures are per request of the whole measurement."""
        self.used_ms[name] = self.used_ms.get(name, 0.0) + 1000 * used_s / number


@dataclass
class Measurement:
    """A deployment, the load generators of its API and of the bare route, and the idle load of each process."""

    stand: Stand
    postgres: psutil.Process
    bare_api: psutil.Process
    client: ClosedLoop
    bare_client: ClosedLoop
    idle: Mapping[str, float] = field(default_factory=dict)

    def used_s(self) -> Mapping[str, float]:
        """Return the processor time of each process so far."""
        api, worker = self.stand.child("serve"), self.stand.child("worker")
        return {API: used_by(api), POSTGRESQL: used_by(self.postgres), WORKER: used_by(worker)}

    async def measure_idle(self, seconds: float) -> None:
        """Store the processor time that each process uses in a second while it is idle."""
        await self.bare_client.send([_BARE_REQUEST] * WARM_UP, 200)
        before = self.used_s()
        await asyncio.sleep(seconds)
        self.idle = {name: (used - before[name]) / seconds for name, used in self.used_s().items()}

    async def measure(self, case: Case, database_url: str, divisor: int) -> Cost:
        """Send the requests of a case, after some that are not measured.

        Slices of them and of bare requests alternate, so that a temporary slowdown of the machine affects both.
        """
        await self.client.send(case.make(WARM_UP), case.status)
        cost = Cost(case.requests // divisor)
        for _ in range(SLICES):
            await self._measure_bare(cost, BARE_REQUESTS // divisor)
            await self._measure_slice(case, cost)
        await self._measure_bare(cost, BARE_REQUESTS // divisor)
        cost.used_ms[BARE] /= SLICES + 1
        await self._measure_select(cost, database_url, SELECTS)
        return cost

    async def _measure_slice(self, case: Case, cost: Cost) -> None:
        requests = case.make(cost.requests // SLICES)
        await asyncio.sleep(SETTLE_S)
        before = self.used_s()
        took_s = await self.client.send(requests, case.status)
        await asyncio.sleep(SETTLE_S)
        after, lasted_s = self.used_s(), took_s + SETTLE_S
        cost.took_s += took_s
        for name in after:
            cost.add(name, after[name] - before[name] - self.idle[name] * lasted_s, cost.requests)

    async def _measure_bare(self, cost: Cost, number: int) -> None:
        before = used_by(self.bare_api)
        await self.bare_client.send([_BARE_REQUEST] * number, 200)
        cost.add(BARE, used_by(self.bare_api) - before, number)

    async def _measure_select(self, cost: Cost, database_url: str, number: int) -> None:
        """Select a row by its key. The figure of PostgreSQL includes opening one connection."""
        before = used_by(self.postgres)
        cost.add(SELECT, await select_by_key(database_url, number), number)
        await asyncio.sleep(SETTLE_S)
        cost.add(SELECT_POSTGRESQL, used_by(self.postgres) - before, number)


def used_by(process: psutil.Process) -> float:
    """Return the processor time in seconds of a process and of all its children, including ended ones."""
    return sum(sum(one.cpu_times()[:4]) for one in (process, *process.children(recursive=True)))

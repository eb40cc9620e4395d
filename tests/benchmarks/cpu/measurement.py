"""Reads the processor time of every process of a deployment before and after requests are sent."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

import psutil

from tests.benchmarks.cpu.bare import PATH, bare_api, select_by_key
from tests.benchmarks.cpu.cases import API, POSTGRESQL, WORKER, Case
from tests.benchmarks.cpu.closed_loop import ClosedLoop, closed_loop, encode_request
from tests.benchmarks.cpu.statements import SETTLE_S
from tests.benchmarks.stand import Stand

WARM_UP = 200


@dataclass(frozen=True, slots=True)
class Cost:
    """Milliseconds of processor time per request, by process."""

    name: str
    used_ms: Mapping[str, float]
    requests_per_s: float | None = None


@dataclass
class Measurement:
    """A deployment, the load generator of its API, and the load that each process has while nothing happens."""

    stand: Stand
    postgres: psutil.Process
    client: ClosedLoop
    idle: Mapping[str, float]

    def used_s(self) -> Mapping[str, float]:
        """Return the processor time of each process so far."""
        api, worker = self.stand.child("serve"), self.stand.child("worker")
        return {API: used_by(api), POSTGRESQL: used_by(self.postgres), WORKER: used_by(worker)}

    async def measure_idle(self, seconds: float) -> None:
        """Store the processor time that each process uses in a second while nothing happens."""
        before = self.used_s()
        await asyncio.sleep(seconds)
        self.idle = {name: (used - before[name]) / seconds for name, used in self.used_s().items()}

    async def measure(self, case: Case, number: int) -> Cost:
        """Send that many requests, after some that are not measured."""
        requests = case.make(number)
        await self.client.send(case.make(WARM_UP), case.status)
        await asyncio.sleep(SETTLE_S)
        before = self.used_s()
        took_s = await self.client.send(requests, case.status)
        await asyncio.sleep(SETTLE_S)
        after, lasted_s = self.used_s(), took_s + SETTLE_S
        used_ms = {name: 1000 * (after[name] - before[name] - self.idle[name] * lasted_s) / number for name in after}
        return Cost(case.name, used_ms, number / took_s)

    async def measure_select(self, url: str, number: int) -> Cost:
        """Select a row by its key that often. The figure of PostgreSQL includes opening one connection."""
        before = used_by(self.postgres)
        client_s = await select_by_key(url, number)
        await asyncio.sleep(SETTLE_S)
        used_ms = {API: 1000 * client_s / number, POSTGRESQL: 1000 * (used_by(self.postgres) - before) / number}
        return Cost("bare SELECT by key", used_ms)


def used_by(process: psutil.Process) -> float:
    """Return the processor time in seconds of a process and of all its children, those that have ended included."""
    return sum(sum(one.cpu_times()[:4]) for one in (process, *process.children(recursive=True)))


async def measure_bare(number: int) -> Cost:
    """Measure the cheapest route."""
    request = encode_request("GET", PATH, authorization="Bearer none")
    async with bare_api() as (url, process), closed_loop(url) as client:
        await client.send([request] * WARM_UP, 200)
        before = used_by(process)
        took_s = await client.send([request] * number, 200)
        return Cost("bare FastAPI route", {API: 1000 * (used_by(process) - before) / number}, number / took_s)

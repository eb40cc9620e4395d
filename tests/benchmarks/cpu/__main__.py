"""The processor time that a request costs the API, PostgreSQL and the worker, beside the cheapest possible request.

    python -m tests.benchmarks.cpu [--quick] [--statements] [case ...]

One API process and one worker. A process of its own sends the requests: 16 connections, the keys of 8 organizations,
200 accounts in turn. What a process uses while nothing happens is subtracted.
"""

import argparse
import asyncio
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from statistics import mean

import psutil

from tests.benchmarks.cpu.cases import API, NAMES, POSTGRESQL, WORKER, Case, cases_for, create_tenants
from tests.benchmarks.cpu.closed_loop import ClosedLoop, closed_loop
from tests.benchmarks.cpu.measurement import Cost, Measurement, measure_bare
from tests.benchmarks.cpu.statements import count, counting_postgres, show_statements, total
from tests.benchmarks.stand import running
from tests.benchmarks.tables import show_row
from tests.servers import open_directory

COUNTED, IDLE_S = 50, 10.0
BARE_REQUESTS = 10_000
BARE_MS = 0.09
"""What a bare FastAPI route costs on the machine for which the goals were set."""
STATEMENTS_MAX, TRANSACTIONS_MAX = 20, 6
PUBLISH = NAMES[-1]


async def main(names: Sequence[str], divisor: int, *, with_statements: bool) -> None:
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(counting_postgres(stack.enter_context(open_directory())))
        stand = await stack.enter_async_context(running(DATABASE_URL=server.url))
        cases = [case for case in cases_for(await create_tenants(stand)) if case.name in names]
        client = await stack.enter_async_context(closed_loop(stand.ready["api"]))
        measurement = Measurement(stand, psutil.Process(server.pid), client, {})
        await measurement.measure_idle(IDLE_S)
        bare = [await measure_bare(BARE_REQUESTS // divisor)]
        select = await measurement.measure_select(server.url, BARE_REQUESTS // divisor)
        costs = [await measurement.measure(case, case.requests // divisor) for case in cases]
        bare.append(await measure_bare(BARE_REQUESTS // divisor))  # twice, as the machine may have become slower
        _show(measurement.idle, [*bare, select], list(zip(cases, costs, strict=True)))
        for case in cases:
            if with_statements or case.name == PUBLISH:
                await _count(client, case, server.url, with_list=with_statements)


def _show(idle: Mapping[str, float], bare: Sequence[Cost], costs: Sequence[tuple[Case, Cost]]) -> None:
    at_rest = ", ".join(f"{name} {1000 * used:.1f}" for name, used in idle.items())
    bare_ms = mean(cost.used_ms[API] for cost in bare if POSTGRESQL not in cost.used_ms)
    factor = bare_ms / BARE_MS
    print("processor milliseconds per request; in parentheses the most it should be")
    print(f"  goals are multiplied by {factor:.2f}: a bare route costs {bare_ms:.3f} ms here, {BARE_MS} ms there")
    print(f"  subtracted, milliseconds per second at rest: {at_rest}")
    show_row("", (API, POSTGRESQL, WORKER, "requests/s"))
    for cost in bare:
        _show_cost(cost, {}, factor)
    for case, cost in costs:
        _show_cost(cost, case.goals, factor)


def _show_cost(cost: Cost, goals: Mapping[str, float], factor: float) -> None:
    cells = [_cell(cost.used_ms.get(name), goals.get(name), factor) for name in (API, POSTGRESQL, WORKER)]
    show_row(cost.name, (*cells, "" if cost.requests_per_s is None else f"{cost.requests_per_s:.0f}"))


def _cell(used_ms: float | None, goal_ms: float | None, factor: float) -> str:
    if used_ms is None:
        return ""
    if goal_ms is None:
        return f"{used_ms:.3f}"
    return f"{used_ms:.3f} ({goal_ms * factor:.2f}) {verdict(used_ms, goal_ms * factor)}"


def verdict(value: float, most: float) -> str:
    """Return whether a goal is met."""
    return "met" if value <= most else "missed"


async def _count(client: ClosedLoop, case: Case, url: str, *, with_list: bool) -> None:
    requests = case.make(COUNTED)
    found = await count(url, lambda: client.send(requests, case.status))
    statements, transactions = (number / COUNTED for number in total(found))
    goals = ""
    if case.name == PUBLISH:
        goals = f" ({STATEMENTS_MAX}) {verdict(statements, STATEMENTS_MAX)}, ({TRANSACTIONS_MAX}) "
        goals += verdict(transactions, TRANSACTIONS_MAX)
    print(f"{case.name}: {statements:.1f} SQL statements in {transactions:.1f} transactions per request{goals}")
    if with_list:
        show_statements(found, COUNTED)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("cases", nargs="*", default=NAMES, metavar="case", help=", ".join(NAMES))
    parser.add_argument("--quick", action="store_true", help="send a tenth of the requests")
    parser.add_argument("--statements", action="store_true", help="list the SQL statements of each case")
    given = parser.parse_args()
    if unknown := set(given.cases) - set(NAMES):
        parser.error(f"unknown case: {', '.join(unknown)}")
    asyncio.run(main(given.cases, 10 if given.quick else 1, with_statements=given.statements))

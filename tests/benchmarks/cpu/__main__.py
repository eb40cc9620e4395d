"""The processor time of a request in the API, PostgreSQL and the worker, compared with a minimal request.

    python -m tests.benchmarks.cpu [--quick] [--statements] [case ...]

There are one API process and one worker. A separate process sends the requests: 16 connections, the keys of 8
organizations, 200 accounts in turn. The processor time of idle processes is subtracted.
"""

import argparse
import asyncio
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack

import psutil

from tests.benchmarks.cpu.bare import bare_api
from tests.benchmarks.cpu.cases import API, NAMES, POSTGRESQL, WORKER, Case, cases_for, create_tenants
from tests.benchmarks.cpu.closed_loop import ClosedLoop, closed_loop
from tests.benchmarks.cpu.measurement import BARE, SELECT, SELECT_POSTGRESQL, Cost, Measurement
from tests.benchmarks.cpu.statements import count, counting_postgres, show_statements, total
from tests.benchmarks.stand import running
from tests.benchmarks.tables import show_row
from tests.servers import open_directory

COUNTED, IDLE_S = 50, 10.0
BARE_MS = 0.09
"""The cost of a minimal FastAPI route on the machine for which the goals were set."""
STATEMENTS_MAX, TRANSACTIONS_MAX = 20, 6
PUBLISH = NAMES[-1]
COLUMNS = (API, POSTGRESQL, WORKER, BARE, SELECT, SELECT_POSTGRESQL)


async def main(names: Sequence[str], divisor: int, *, with_statements: bool) -> None:
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(counting_postgres(stack.enter_context(open_directory())))
        stand = await stack.enter_async_context(running(DATABASE_URL=server.url))
        bare_url, bare_process = await stack.enter_async_context(bare_api())
        client = await stack.enter_async_context(closed_loop(stand.ready["api"]))
        bare_client = await stack.enter_async_context(closed_loop(bare_url))
        cases = [case for case in cases_for(await create_tenants(stand)) if case.name in names]
        measurement = Measurement(stand, psutil.Process(server.pid), bare_process, client, bare_client)
        await measurement.measure_idle(IDLE_S)
        _show_head(measurement.idle)
        for case in cases:
            _show(case, await measurement.measure(case, server.url, divisor))
        for case in cases:
            if with_statements or case.name == PUBLISH:
                await _count(client, case, server.url, with_list=with_statements)


def _show_head(idle: Mapping[str, float]) -> None:
    at_rest = ", ".join(f"{name} {1000 * used:.1f}" for name, used in idle.items())
    print("processor milliseconds per request, beside those of a bare FastAPI route and a bare SELECT by key")
    print(
        f"  in parentheses the goal: it is multiplied by what the bare route costs meanwhile, divided by {BARE_MS} ms"
    )
    print(f"  subtracted, in milliseconds per second: {at_rest}")
    show_row("", (*COLUMNS, "requests/s"))


def _show(case: Case, cost: Cost) -> None:
    factor = cost.used_ms[BARE] / BARE_MS
    cells = [_cell(cost.used_ms[name], case.goals.get(name), factor) for name in COLUMNS]
    show_row(case.name, (*cells, f"{cost.requests / cost.took_s:.0f}"))


def _cell(used_ms: float, goal_ms: float | None, factor: float) -> str:
    if goal_ms is None:
        return f"{used_ms:.3f}"
    return f"{used_ms:.2f} ({goal_ms * factor:.2f}) {verdict(used_ms, goal_ms * factor)}"


def verdict(value: float, most: float) -> str:
    """Return a text that tells if a goal is met."""
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

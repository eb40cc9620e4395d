"""Compares the worker of another checkout with this one's, in alternating pairs of runs.

    git worktree add /tmp/base <commit>
    python -m tests.benchmarks.pairs /tmp/base [--pairs 10] [--at-rest 200] [--due 1000]

Both sides run in this environment, with the same versions of everything, and with this checkout's simulator. Processor
time depends on the load of the machine, so the worker's is also shown in proportion to that of PostgreSQL and the
simulated platform in the same run.
"""

import argparse
import asyncio
import json
import statistics
from collections.abc import Mapping
from pathlib import Path

import psutil

from tests.benchmarks import at_rest, due_at_once
from tests.benchmarks.cpu.measurement import used_by
from tests.benchmarks.stand import Stand, running

IDLE_S = 15.0
SETTLE_S = 5.0
HERE = Path(__file__).parents[2]
ROWS = {
    "first byte at rest, p50, ms": 0.10,
    "first byte at rest, p99, ms": None,
    "first byte at rest, max, ms": None,
    "idle worker, % of a core": None,
    "worker CPU per post, ms": None,
    "PostgreSQL CPU per post, ms": None,
    "platform CPU per post, ms": None,
    "worker CPU / (PostgreSQL + platform)": 0.25,
    "another tenant's post, late, ms": 0.25,
    "drain, s": 0.10,
}
"""The measurements, and by how much each may exceed that of the other side."""


async def measure(checkout: Path, posts_at_rest: int, posts_due: int) -> dict[str, float]:
    """Run the deployment of a checkout once."""
    source = str(checkout / "src")
    async with running(PYTHONPATH=source) as stand:
        to_wire_s, _ = await at_rest.measure(stand, posts_at_rest)
        await asyncio.sleep(SETTLE_S)
        idle = await _measure_idle(stand)
    async with running(latency_s=due_at_once.LATENCY_S, PYTHONPATH=source) as stand:
        drain = await due_at_once.measure(stand, posts_due)
    ordered, used_ms = sorted(to_wire_s), drain.used_ms
    others_ms = used_ms["PostgreSQL"] + used_ms["platform"]
    values = (
        1000 * statistics.median(ordered),
        1000 * ordered[int(0.99 * len(ordered))],
        1000 * ordered[-1],
        idle,
        used_ms["worker"],
        used_ms["PostgreSQL"],
        used_ms["platform"],
        used_ms["worker"] / others_ms,
        1000 * drain.other_late_s,
        drain.done_s,
    )
    return dict(zip(ROWS, values, strict=True))


async def _measure_idle(stand: Stand) -> float:
    worker: psutil.Process = stand.child("worker")
    before_s = used_by(worker)
    await asyncio.sleep(IDLE_S)
    return 100 * (used_by(worker) - before_s) / IDLE_S


async def compare(base: Path, pairs: int, posts_at_rest: int, posts_due: int) -> None:
    """Run pairs, alternating the first side, and print all runs and their medians."""
    runs: dict[Path, list[Mapping[str, float]]] = {base: [], HERE: []}
    for number in range(pairs):
        for checkout in (base, HERE) if number % 2 == 0 else (HERE, base):
            runs[checkout].append(await measure(checkout, posts_at_rest, posts_due))
            print(f"pair {number + 1}, {checkout}: {json.dumps(runs[checkout][-1])}", flush=True)
    print(f"\n{'':40}{'base':>10}{'here':>10}{'change':>10}{'allowed':>10}")
    for row, allowed in ROWS.items():
        before, after = (statistics.median(run[row] for run in runs[checkout]) for checkout in (base, HERE))
        limit = "" if allowed is None else f"{allowed:+.0%}"
        print(f"{row:40}{before:10.2f}{after:10.2f}{after / before - 1:+10.1%}{limit:>10}")
        for name, checkout in (("base", base), ("here", HERE)):
            print(f"    {name}: " + "  ".join(f"{run[row]:.2f}" for run in runs[checkout]))


def main() -> None:
    words = argparse.ArgumentParser(prog="python -m tests.benchmarks.pairs")
    words.add_argument("base", type=Path, help="the checkout to compare with")
    words.add_argument("--pairs", type=int, default=10)
    words.add_argument("--at-rest", type=int, default=200, help="posts at rest, in each run")
    words.add_argument("--due", type=int, default=1000, help="posts that are due at one instant, in each run")
    given = words.parse_args()
    asyncio.run(compare(given.base.resolve(), given.pairs, given.at_rest, given.due))


if __name__ == "__main__":
    main()

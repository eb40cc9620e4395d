"""How long `letmepost sandbox` takes until every network is ready.

    python -m tests.benchmarks.emulator_start [starts]

A start ends when the ready file exists. The processor time is that of the process; it shows what the start costs on a
machine that is busy, too. For comparison: a Python process that imports nothing.
"""

import asyncio
import statistics
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil

from tests.benchmarks.stand import CLOCK
from tests.emulated import emulated


async def main(starts: int) -> None:
    ready_s, cpu_s, python_s = [], [], []
    for _ in range(starts):
        with TemporaryDirectory() as directory:
            began = CLOCK.monotonic_s()
            async with emulated(Path(directory)) as running:
                ready_s.append(CLOCK.monotonic_s() - began)
                cpu_s.append(sum(psutil.Process(running.process.pid).cpu_times()[:2]))
                count = len(running.ready["networks"])
        python_s.append(_bare_python_s())
    print(f"{count} networks, {starts} starts, medians")
    print(f"  until ready             {statistics.median(ready_s):6.2f} s")
    print(f"  processor time          {statistics.median(cpu_s):6.2f} s")
    print(f"  a bare Python process   {statistics.median(python_s):6.2f} s")


def _bare_python_s() -> float:
    began = CLOCK.monotonic_s()
    subprocess.run([sys.executable, "-c", "pass"], check=True)
    return CLOCK.monotonic_s() - began


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 10))

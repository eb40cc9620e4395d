"""The number of processor cores that this process may use."""

import os
import sys
from math import ceil
from pathlib import Path

CPU_LIMIT_FILE = Path("/sys/fs/cgroup/cpu.max")
"""`QUOTA PERIOD` in microseconds, or `max PERIOD`: https://docs.kernel.org/admin-guide/cgroup-v2.html (2026-11-29)."""


def usable_cores(cpu_limit_file: Path = CPU_LIMIT_FILE) -> int:
    """Return the cores that the scheduler and the control group (version 2) of this process allow, at least 1."""
    cores = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
    return max(1, min(cores, _limit(cpu_limit_file) or cores))


def _limit(file: Path) -> int | None:
    """Return the limit of the control group in whole cores, rounded up; None without one."""
    try:
        quota, period = file.read_text(encoding="ascii").split()
        return ceil(int(quota) / int(period))
    except (OSError, ValueError):  # no such file, or `max`
        return None

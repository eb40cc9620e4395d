"""The supervisor of `letmepost serve`, with small scripts as its processes."""

import asyncio
import os
import sys
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from letmepost.cli.supervisor import CannotStart, ProcessGroup, Supervisor
from tests.doubles.waiting import eventually

READY = "print('ready', flush=True)"
NOTE_PID = "import os, sys; starts = open(sys.argv[1], 'a+'); starts.write(f'{os.getpid()}\\n'); starts.flush()"
COUNT = "starts.seek(0); count = len(starts.readlines())"
WAIT = "import signal; signal.pause()"


@pytest.fixture
def starts(tmp_path: Path) -> Path:
    """Return the file to which scripts write their pids."""
    file = tmp_path / "starts"
    file.touch()
    return file


def supervisor_of(
    starts: Path, script: Callable[[int], str], *, count: int = 1, stop_within_s: float = 30
) -> Supervisor:
    """Return a supervisor of scripts, by their number."""
    group = ProcessGroup(
        count=count,
        command=lambda number: [sys.executable, "-c", script(number), str(starts)],
        environment=lambda _number: os.environ,
        sockets=[],
        retry_delay_s=0,
        stop_within_s=stop_within_s,
    )
    return Supervisor(group)


def pids_in(starts: Path) -> list[int]:
    return [int(line) for line in starts.read_text().splitlines()]


async def test_supervisor_fails_and_ends_the_others_when_a_process_does_not_start(starts: Path) -> None:
    """The second process fails only while the first one runs."""
    fail = "import sys, time\nwhile not open(sys.argv[1]).read(): time.sleep(0.01)\nraise SystemExit(3)"
    supervisor = supervisor_of(starts, lambda number: fail if number else f"{NOTE_PID}; {READY}; {WAIT}", count=2)
    with pytest.raises(CannotStart, match="2 of 2 ended with status 3"):
        await supervisor.run()
    (pid,) = pids_in(starts)
    assert not psutil.pid_exists(pid)


async def test_supervisor_replaces_a_process_that_ends(starts: Path) -> None:
    """Three processes end as soon as they are ready; the fourth one stays."""
    script = "; ".join((NOTE_PID, READY, COUNT, f"exec({WAIT!r} if count > 3 else 'raise SystemExit(7)')"))
    supervisor = supervisor_of(starts, lambda _number: script)
    running = asyncio.create_task(supervisor.run())

    async def is_replaced() -> bool:
        return len(pids_in(starts)) == 4

    await eventually(is_replaced, within_s=60)
    supervisor.stop()
    await running
    assert not any(psutil.pid_exists(pid) for pid in pids_in(starts))


async def test_supervisor_fails_when_no_process_runs_and_replacements_keep_failing(starts: Path) -> None:
    script = "; ".join((NOTE_PID, COUNT, f"exec({READY!r} if count == 1 else 'raise SystemExit(3)')"))
    with pytest.raises(CannotStart, match="1 of 1 ended with status 3"):
        await supervisor_of(starts, lambda _number: script).run()
    assert len(pids_in(starts)) == 5


async def test_supervisor_kills_a_process_that_does_not_stop(starts: Path) -> None:
    ignore = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)"
    supervisor = supervisor_of(
        starts,
        lambda _number: "; ".join((ignore, NOTE_PID, READY, f"exec({'while True: signal.pause()'!r})")),
        stop_within_s=0.1,
    )
    running = asyncio.create_task(supervisor.run())

    async def is_running() -> bool:
        return bool(pids_in(starts))

    await eventually(is_running, within_s=60)
    supervisor.stop()
    await running
    assert not psutil.pid_exists(*pids_in(starts))

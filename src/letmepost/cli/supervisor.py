"""Keeps several processes running that accept connections on the same sockets.

uvicorn's own supervisor (uvicorn/supervisors/multiprocess.py, 0.54, read 2026-11-29) does not fit. It runs only
`uvicorn.Server`, restarts a crashing process without a delay, stops everything when one replacement does not start,
and exits with 0 if nothing could be started. Its processes go on if it is killed.
"""

import asyncio
import os
import signal
import socket
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import structlog

from letmepost.cli import leash

_READY = b"ready\n"
_STABLE_AFTER_S = 10.0
_DELAY_MAX_S = 30.0
_FAILURES_MAX = 5

log = structlog.get_logger()


class CannotStart(Exception):
    """No process starts. The message names the one that failed; the process itself has reported why."""


def report_ready() -> None:
    """Report to the supervisor that this process accepts connections. Redirect standard output to standard error."""
    os.write(sys.stdout.fileno(), _READY)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessGroup:
    """The processes to run.

    Args:
        command: returns the command of a process, by its number from 0.
        environment: returns the environment of a process, by its number.
        sockets: inherited by the processes. They are closed here when the processes are asked to stop, so that new
            connections are refused from then on.
        retry_delay_s: delay before a process that ended soon after its start is replaced. Doubles each time.
        stop_within_s: when to kill a process that was asked to stop. By default later than a server aborts open
            requests (30 s), and earlier than `stop_grace_period` in docker-compose.yml.
    """

    count: int
    command: Callable[[int], Sequence[str]]
    environment: Callable[[int], Mapping[str, str]]
    sockets: Sequence[socket.socket]
    retry_delay_s: float = 1.0
    stop_within_s: float = 37.0


class Supervisor:
    """Starts the processes of a group, replaces those that end, and stops them in order.

    The processes end with this one, even if it is killed (see `leash`).
    """

    def __init__(self, group: ProcessGroup) -> None:
        self._group = group
        self._processes: dict[int, Process] = {}
        self._ready: set[int] = set()
        self._started: set[int] = set()
        self._stop = asyncio.Event()

    async def run(self) -> None:
        """Run until SIGTERM or SIGINT, and until every process has ended.

        Raises:
            CannotStart: a process ended before it was ready when all were started, or none runs and the replacements
                keep failing.
        """
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stop, number)
        keepers = [asyncio.create_task(self._keep(number)) for number in range(self._group.count)]
        stopping = asyncio.create_task(self._stop.wait())
        try:
            done, _ = await asyncio.wait({stopping, *keepers}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (stopping, *keepers):
                task.cancel()
            await asyncio.gather(stopping, *keepers, return_exceptions=True)
            await self._end()
        for failed in done - {stopping}:
            await failed

    def stop(self, number: signal.Signals = signal.SIGTERM) -> None:
        """Let `run` stop every process. A second SIGINT (Ctrl-C) aborts open requests."""
        if self._stop.is_set() and number == signal.SIGINT:
            self._send(signal.SIGINT)
        self._stop.set()

    async def _keep(self, number: int) -> None:
        """Run one process after another with the same number."""
        failures = 0
        while True:
            is_stable, exit_code = await self._run_once(number)
            failures = 0 if is_stable else failures + 1
            has_started_before = len(self._started) == self._group.count
            if not has_started_before or (failures >= _FAILURES_MAX and not self._ready):
                raise CannotStart(f"API process {number + 1} of {self._group.count} ended with status {exit_code}.")
            delay_s = min(self._group.retry_delay_s * 2 ** (failures - 1), _DELAY_MAX_S) if failures else 0.0
            log.error("serve.process_died", number=number, exit_code=exit_code, replaced_in_s=delay_s)
            await asyncio.sleep(delay_s)

    async def _run_once(self, number: int) -> tuple[bool, int]:
        """Run a process until it ends. Return True if it was ready for a while, and its exit code."""
        clock = asyncio.get_running_loop().time
        self._processes[number] = process = await self._spawn(number)
        ready_at_s = None
        if await _is_ready(process):
            ready_at_s = clock()
            self._ready.add(number)
            self._started.add(number)
            log.info("serve.process_ready", number=number, pid=process.pid)
        exit_code = await process.wait()
        self._ready.discard(number)
        return ready_at_s is not None and clock() - ready_at_s >= _STABLE_AFTER_S, exit_code

    async def _spawn(self, number: int) -> Process:
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-I", "-S", str(Path(leash.__file__))),
            *map(str, (os.getpid(), signal.SIGTERM.value, os.geteuid(), os.getegid())),
            *self._group.command(number),
            env=dict(self._group.environment(number)),
            pass_fds=[shared.fileno() for shared in self._group.sockets],
            stdin=DEVNULL,
            stdout=PIPE,
        )

    async def _end(self) -> None:
        for shared in self._group.sockets:
            shared.close()
        self._send(signal.SIGTERM)
        with suppress(TimeoutError):
            async with asyncio.timeout(self._group.stop_within_s):
                await asyncio.gather(*(process.wait() for process in self._processes.values()))
        self._send(signal.SIGKILL)
        await asyncio.gather(*(process.wait() for process in self._processes.values()))

    def _send(self, number: signal.Signals) -> None:
        for process in self._processes.values():
            if process.returncode is None:
                with suppress(ProcessLookupError):
                    process.send_signal(number)


async def _is_ready(process: Process) -> bool:
    """Wait until a process is ready. Return False if it ends first."""
    if process.stdout is not None:
        async for line in process.stdout:
            if line == _READY:
                return True
    return False

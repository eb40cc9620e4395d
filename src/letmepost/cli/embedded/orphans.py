"""Stops servers that outlived the process that started them: after a kill on macOS, or still stopping on Linux."""

import asyncio
import signal
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import psutil

from letmepost.cli.embedded.children import EmbeddedServerError

_POLL_S = 0.02


async def end_orphan(
    pid_file: Path, program: str, *, working_in: Path, stop_signals: Mapping[signal.Signals, float]
) -> None:
    """Stop the server that `pid_file` names, if it still runs, and remove the file.

    The caller holds the claim on the directory, so no process uses that server. The process number may have been
    reused since: only a process that is `program` and works in that directory is stopped.

    Raises:
        EmbeddedServerError: the server does not stop.
    """
    orphan = _find(pid_file, program, working_in)
    for number, patience_s in stop_signals.items():
        if orphan is None or _is_gone(orphan):
            break
        with suppress(psutil.NoSuchProcess, TimeoutError):
            orphan.send_signal(number)
            await asyncio.wait_for(_until_gone(orphan), patience_s)
    if orphan is not None and not _is_gone(orphan):
        msg = f"{program} (process {orphan.pid}) still runs in {working_in} and does not stop. End it."
        raise EmbeddedServerError(msg)
    # PostgreSQL takes any process with that number for a running server, and would not start.
    pid_file.unlink(missing_ok=True)


def _find(pid_file: Path, program: str, working_in: Path) -> psutil.Process | None:
    try:
        process = psutil.Process(int(pid_file.read_text().partition("\n")[0]))
        is_it = process.name() == program and Path(process.cwd()) == working_in
    except (FileNotFoundError, ValueError, psutil.NoSuchProcess):
        return None
    return process if is_it else None


def _is_gone(process: psutil.Process) -> bool:
    """Return True if the process has ended, or is a zombie, which stays if process 1 is not an init."""
    try:
        return not process.is_running() or bool(process.status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True


async def _until_gone(process: psutil.Process) -> None:
    while not _is_gone(process):  # noqa: ASYNC110 - only its parent, which has ended, could wait for it
        await asyncio.sleep(_POLL_S)

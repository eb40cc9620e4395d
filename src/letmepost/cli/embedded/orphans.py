"""Servers that outlived the process that started them: killed on macOS, or on Linux still stopping."""

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
    """Stop the server that `pid_file` names, if it lives, and remove the file.

    The caller holds the claim on its directory, so nobody needs that server any more. A process that was
    given the same number since is left alone: it must be `program`, at work in that directory.

    Raises:
        EmbeddedServerError: it does not stop.
    """
    orphan = _find(pid_file, program, working_in)
    for number, patience_s in stop_signals.items():
        if orphan is None or _is_gone(orphan):
            break
        with suppress(psutil.NoSuchProcess, TimeoutError):
            orphan.send_signal(number)
            await asyncio.wait_for(_until_gone(orphan), patience_s)
    if orphan is not None and not _is_gone(orphan):
        msg = f"{program} (process {orphan.pid}) was left over in {working_in} and does not stop. End it."
        raise EmbeddedServerError(msg)
    # PostgreSQL takes any process of that number for a living server, and would refuse to start.
    pid_file.unlink(missing_ok=True)


def _find(pid_file: Path, program: str, working_in: Path) -> psutil.Process | None:
    try:
        process = psutil.Process(int(pid_file.read_text().partition("\n")[0]))
        is_it = process.name() == program and Path(process.cwd()) == working_in
    except (FileNotFoundError, ValueError, psutil.NoSuchProcess):
        return None
    return process if is_it else None


def _is_gone(process: psutil.Process) -> bool:
    """True too for a zombie, which nobody may ever collect where process 1 is not an init."""
    try:
        return not process.is_running() or bool(process.status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True


async def _until_gone(process: psutil.Process) -> None:
    while not _is_gone(process):  # noqa: ASYNC110 - only its parent is told when a process ends, and that is dead
        await asyncio.sleep(_POLL_S)

"""Runs the API in several processes that share its port."""

import asyncio
import os
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

from letmepost.cli.listening import EVERY_ADDRESS, listen
from letmepost.cli.logs import configure_logs
from letmepost.cli.output import fail
from letmepost.cli.supervisor import CannotStart, ProcessGroup, Supervisor
from letmepost.gateways.media.probes import default_processes
from letmepost.settings import Settings

_MEMORY = Path("/dev/shm")  # noqa: S108 - a directory with a random name is made there, readable for this user only


def serve_together(environment: Mapping[str, str], settings: Settings, count: int, host: str, port: int) -> None:
    """Serve until SIGTERM or Ctrl-C.

    Args:
        environment: for the processes.
        count: number of processes.
    """
    configure_logs(as_json=not sys.stderr.isatty())
    with ExitStack() as stack:
        sockets = [stack.enter_context(listen(host, port))]
        metrics: list[str] = []
        if settings.metrics_port is not None:
            sockets.append(stack.enter_context(listen(EVERY_ADDRESS, settings.metrics_port)))
            directory = stack.enter_context(_open_directory())
            metrics = [str(sockets[1].fileno()), directory]
        words = [str(sockets[0].fileno()), *metrics]
        media_processes = settings.media_processes or default_processes()

        def environment_of(number: int) -> dict[str, str]:
            share = media_processes_of(media_processes, number, count)
            return {**environment, "LETMEPOST_MEDIA_PROCESSES": str(share)}

        group = ProcessGroup(
            count=count,
            command=lambda number: [sys.executable, "-m", "letmepost", "serve-process", str(number), *words],
            environment=environment_of,
            sockets=sockets,
        )
        try:
            asyncio.run(_supervise(group))
        except CannotStart as error:
            fail(str(error))


def media_processes_of(total: int, number: int, count: int) -> int:
    """Return how many media processes an API process may have: its share of the total, at least one."""
    return max(1, total // count + (number < total % count))


async def _supervise(group: ProcessGroup) -> None:
    await Supervisor(group).run()


def _open_directory() -> TemporaryDirectory[str]:
    """Create a directory for files that change at each request: in memory, if the system supports that."""
    return TemporaryDirectory(prefix="letmepost-metrics-", dir=_MEMORY if os.access(_MEMORY, os.W_OK) else None)

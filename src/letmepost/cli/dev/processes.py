"""Runs the service's own processes as children: starts them, prints their output, and stops them in order."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from letmepost.cli import leash

STOP_WITHIN_S = 30.0
_LOOPBACK = "127.0.0.1"


class PortUnavailableError(RuntimeError):
    """A port cannot be listened on. The message names it and says what to do."""


class Child:
    """A process of the service."""

    def __init__(self, name: str, process: asyncio.subprocess.Process, printing: "asyncio.Task[None]") -> None:
        self.name = name
        self._process = process
        self._printing = printing

    async def wait(self) -> int:
        """Return the exit code, once the process has exited."""
        return await self._process.wait()

    async def stop(self) -> None:
        """Ask the process to stop; kill it after `STOP_WITHIN_S`."""
        with suppress(ProcessLookupError):
            self._process.send_signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(self._process.wait(), STOP_WITHIN_S)
        except TimeoutError:
            self._process.kill()
            await self._process.wait()
        await self._printing


async def start_child(name: str, words: list[str], environment: Mapping[str, str], say: Callable[[str], None]) -> Child:
    """Run `letmepost <words>`. Each line of its output is passed to `say`, after its name."""
    command = [sys.executable, "-m", "letmepost", *words]
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-I", "-S"),
        str(Path(leash.__file__)),
        *map(str, (os.getpid(), signal.SIGTERM.value, os.geteuid(), os.getegid())),
        *command,
        env=dict(environment),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )

    async def pass_on() -> None:
        if process.stdout is not None:
            async for line in process.stdout:
                say(f"{name:8} {line.decode(errors='replace').rstrip()}")

    return Child(name, process, asyncio.create_task(pass_on()))


def free_port() -> int:
    """Return a port that is free at the moment."""
    with socket.socket() as probe:
        probe.bind((_LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port


def check_port(port: int, owner: str, remedy: str) -> None:
    """Check that a process could listen on a port.

    Args:
        port: 0 for any free one, which is always available.
        owner: the part of the service that uses the port.
        remedy: what to do if it is not free.

    Raises:
        PortUnavailableError: the port is in use, or this user may not listen on it.
    """
    with socket.socket() as probe:
        # As servers do: a connection that was closed a moment ago does not keep the port.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((_LOOPBACK, port))
        except OSError as error:
            message = f"Port {port} is not available for the {owner}: {os.strerror(error.errno or 0)}. {remedy}"
            raise PortUnavailableError(message) from error

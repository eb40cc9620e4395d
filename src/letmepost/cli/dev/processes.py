"""The service's own processes as children: started on a leash, their lines passed on, stopped in order."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from letmepost.cli.embedded import leash

STOP_WITHIN_S = 30.0


class Child:
    """One process of the service."""

    def __init__(self, name: str, process: asyncio.subprocess.Process, printing: "asyncio.Task[None]") -> None:
        self.name = name
        self._process = process
        self._printing = printing

    async def wait(self) -> int:
        """Its exit code, once it has exited."""
        return await self._process.wait()

    async def stop(self) -> None:
        """Ask it to stop; end it when it does not."""
        with suppress(ProcessLookupError):
            self._process.send_signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(self._process.wait(), STOP_WITHIN_S)
        except TimeoutError:
            self._process.kill()
            await self._process.wait()
        await self._printing


async def start_child(name: str, words: list[str], environment: Mapping[str, str], say: Callable[[str], None]) -> Child:
    """Run `letmepost <words>`; every line that it prints is said with its name in front."""
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
    """A port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port

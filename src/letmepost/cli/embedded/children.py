"""Runs a server as a child of this process: starts it on a free port, waits until it answers, stops it in order."""

import asyncio
import fcntl
import os
import signal
import socket
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Self

from letmepost.cli import leash
from letmepost.cli.embedded.account import Account

LOOPBACK = "127.0.0.1"
_LEASH = Path(leash.__file__)
_UNWANTED = ("LANG", "LC_", "PG")
_POLL_S = 0.02
_LOG_TAIL_BYTES = 2_000
_PORT_TRIES = 5


class EmbeddedServerError(RuntimeError):
    """An embedded server cannot run. The message contains the cause and the fix."""


class PortTaken(EmbeddedServerError):
    """The requested port is in use by another program."""

    def __init__(self, port: int) -> None:
        super().__init__(f"Port {port} on {LOOPBACK} is in use by another program. Choose another one.")


class DirectoryBusy(EmbeddedServerError):
    """Another process runs a server on this directory."""

    def __init__(self, directory: Path) -> None:
        super().__init__(f"{directory} is in use by another letmepost. Stop it, or choose another directory.")


class DidNotStart(EmbeddedServerError):
    """The server exited, or did not answer in time. The message ends with the end of its log."""

    def __init__(self, name: str, happened: str, log: Path) -> None:
        tail = log.read_bytes()[-_LOG_TAIL_BYTES:].decode(errors="replace").strip()
        super().__init__(f"{name} {happened}. The end of {log}:\n{tail}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """How to run one kind of server.

    `stop_signals` are sent one after another until the server has ended, each with the seconds to wait after it. The
    server also receives the first one if this process dies.
    """

    name: str
    home: Path
    account: Account
    command: Callable[[int], Sequence[str | Path]]
    url: Callable[[int], str]
    answers: Callable[[str], Awaitable[bool]]
    stop_signals: Mapping[signal.Signals, float]

    @property
    def log(self) -> Path:
        """Return the file that receives all output of the server, across starts."""
        return self.home / "log"


@dataclass(slots=True, kw_only=True)
class RunningServer:
    """A server that answers at `url` until `stop`. The URL contains its password."""

    url: str
    pid: int
    _process: asyncio.subprocess.Process = field(repr=False)
    _stop_signals: Mapping[signal.Signals, float] = field(repr=False)
    _held: ExitStack = field(repr=False, default_factory=ExitStack)

    def keep(self, held: ExitStack) -> Self:
        """Close `held` once the server is stopped."""
        self._held = held
        return self

    async def wait(self) -> int:
        """Return the exit code, once the server has exited for any reason."""
        return await self._process.wait()

    async def stop(self) -> None:
        """Stop the server and wait until it has ended. A second call does nothing."""
        for number, patience_s in self._stop_signals.items():
            if self._process.returncode is not None:
                break
            with suppress(ProcessLookupError):
                self._process.send_signal(number)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._process.wait(), patience_s)
        self._held.close()


def package_dir(package: str, *, instead: str) -> Path:
    """Return the directory of the wheel that contains a server.

    The package is not imported: its Python code would read the environment, print warnings and load unused code.

    Raises:
        EmbeddedServerError: the package is not installed. The message names the environment variable `instead`.
    """
    found = find_spec(package)
    if found is None or found.origin is None:
        msg = f"{package} is missing. Install letmepost[dev-servers], or set {instead} to the URL of your own server."
        raise EmbeddedServerError(msg)
    return Path(found.origin).parent


def hold(data_dir: Path, name: str) -> ExitStack:
    """Claim `data_dir` for the server `name`, until the returned stack is closed or this process dies.

    Raises:
        DirectoryBusy: another running process has the claim.
    """
    data_dir.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        lock = stack.enter_context((data_dir / f"{name}.lock").open("w"))
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as held:
            raise DirectoryBusy(data_dir) from held
        return stack.pop_all()


async def spawn(program: Program, command: Sequence[str | Path]) -> asyncio.subprocess.Process:
    """Run `command` as the program's account in its home, on a leash, printing to its log.

    The locale, time zone and PostgreSQL variables of this process are not passed on, so it behaves the same everywhere.
    """
    environment = {name: value for name, value in os.environ.items() if not name.startswith(_UNWANTED)}
    death_signal = next(iter(program.stop_signals)).value
    arguments = (_LEASH, os.getpid(), death_signal, program.account.uid, program.account.gid)
    with program.log.open("ab") as log:
        return await asyncio.create_subprocess_exec(
            sys.executable,
            *("-I", "-S"),  # the leash needs only the standard library; starts faster
            *map(str, arguments),
            *map(str, command),
            cwd=program.home,
            env=environment | {"LC_ALL": "C", "TZ": "UTC"},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=log,
            stderr=asyncio.subprocess.STDOUT,
        )


async def run(program: Program, command: Sequence[str | Path]) -> None:
    """Run `command` like `spawn`, and wait until it ends.

    Raises:
        DidNotStart: it failed.
    """
    process = await spawn(program, command)
    try:
        if code := await process.wait():
            raise DidNotStart(Path(command[0]).name, f"exited with code {code}", program.log)
    finally:
        if process.returncode is None:
            process.kill()


async def start(program: Program, *, port: int | None, within_s: float) -> RunningServer:
    """Start `program` on `port`, or on a free one, and wait until it answers.

    Raises:
        PortTaken: `port` was given and is in use.
        DidNotStart: the server exited, or did not answer within `within_s`.
    """
    for _ in range(_PORT_TRIES - 1):
        chosen = _free_port(port)
        try:
            return await _start_once(program, chosen, within_s)
        except DidNotStart:
            # Another program may have taken the port between the check and the start of the server.
            if port or _is_free(chosen):
                raise
    return await _start_once(program, _free_port(port), within_s)


async def _start_once(program: Program, port: int, within_s: float) -> RunningServer:
    process = await spawn(program, program.command(port))
    server = RunningServer(url=program.url(port), pid=process.pid, _process=process, _stop_signals=program.stop_signals)
    try:
        await _until_it_answers(program, server, within_s)
    except BaseException:
        await server.stop()
        raise
    return server


async def _until_it_answers(program: Program, server: RunningServer, within_s: float) -> None:
    exited = asyncio.create_task(server.wait())
    try:
        async with asyncio.timeout(within_s):
            while not await program.answers(server.url):
                await asyncio.wait([exited], timeout=_POLL_S)
                if exited.done():
                    raise DidNotStart(program.name, f"exited with code {exited.result()}", program.log)
    except TimeoutError as silence:
        raise DidNotStart(program.name, f"did not answer within {within_s:g} s", program.log) from silence
    finally:
        exited.cancel()


def _free_port(wanted: int | None) -> int:
    """Return `wanted` if it is free, or any free port if it is None or 0."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, wanted or 0))
        except OSError as taken:
            raise PortTaken(wanted or 0) from taken
        port: int = probe.getsockname()[1]
        return port


def _is_free(port: int) -> bool:
    try:
        return _free_port(port) == port
    except PortTaken:
        return False

"""Installs the real Bluesky server with npm: once, in whichever run is first, and never into the source tree."""

import fcntl
import hashlib
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

HERE = Path(__file__).parent / "server"
OLDEST_NODE = 20

_SAY_EVERY_S = 15
_LOG_TAIL_LINES = 40

Say: TypeAlias = Callable[[str], None]
"""Reports progress in one line."""


class CannotInstallError(Exception):
    """The server cannot be installed. The message states why and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """The Node in the search path, and what its native modules must match."""

    node: str
    npm: str
    version: str
    headers: Path | None


def find_node() -> Node:
    """Return Node and npm.

    Raises:
        CannotInstallError: one of them is missing, or too old.
    """
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        missing = " and ".join(name for name, path in (("node", node), ("npm", npm)) if path is None)
        raise CannotInstallError(f"{missing} not found: these tests run a real Bluesky server, which needs {_wanted()}")
    version = subprocess.run([node, "--version"], check=True, capture_output=True, text=True).stdout.strip()
    if int(version.removeprefix("v").partition(".")[0]) < OLDEST_NODE:
        raise CannotInstallError(f"{node} is Node {version}: the Bluesky server needs {_wanted()}")
    prefix = Path(node).resolve().parent.parent
    has_headers = (prefix / "include" / "node" / "node.h").is_file()
    return Node(node=node, npm=npm, version=version, headers=prefix if has_headers else None)


def _wanted() -> str:
    return f"Node {OLDEST_NODE} or later with npm (https://nodejs.org)."


def install(node: Node, cache: Callable[[str], Path], say: Say) -> Path:
    """Return the directory of the installed server. Run `npm ci` if no run has before.

    Args:
        cache: returns a directory that outlives this run, by its name.
    """
    lock_file = (HERE / "package-lock.json").read_bytes()
    # Modules that were compiled for one Node do not load in another.
    key = hashlib.sha256(lock_file + node.version.encode() + os.uname().machine.encode()).hexdigest()[:16]
    directory = cache(f"pds-{key}")
    done = directory / "installed"
    with _turn(directory / "lock", say):
        for name in ("package.json", "package-lock.json", "server.mjs"):
            _copy(HERE / name, directory / name)
        if not done.exists():
            _npm_ci(node, directory, say)
            done.touch()
    return directory


@contextmanager
def _turn(lock: Path, say: Say) -> Iterator[None]:
    """Let one run at a time install. The kernel releases the lock if the run ends."""
    with lock.open("w") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("another run is installing the Bluesky server: waiting for it")
            fcntl.flock(held, fcntl.LOCK_EX)
        yield


def _copy(source: Path, target: Path) -> None:
    """Copy atomically, because another run may be starting the server from it."""
    partial = target.with_suffix(".partial")
    shutil.copyfile(source, partial)
    partial.replace(target)


def _npm_ci(node: Node, directory: Path, say: Say) -> None:
    environment = dict(os.environ)
    if node.headers is not None:
        # Otherwise node-gyp downloads the headers. An existing setting is kept.
        environment.setdefault("npm_config_nodedir", str(node.headers))
    log = directory / "npm.log"
    say(f"installing the Bluesky server into {directory} with npm ci; this first time takes some minutes")
    with log.open("wb") as output:
        command = [node.npm, "ci", "--no-audit", "--no-fund"]
        process = subprocess.Popen(
            command, cwd=directory, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
        try:
            code = _wait(process, say)
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait()
    if code != 0:
        tail = "\n".join(log.read_text(errors="replace").splitlines()[-_LOG_TAIL_LINES:])
        raise CannotInstallError(f"npm ci exited with code {code}. The end of {log}:\n{tail}")


def _wait(process: "subprocess.Popen[bytes]", say: Say) -> int:
    seconds = 0
    while True:
        try:
            code = process.wait(_SAY_EVERY_S)
        except subprocess.TimeoutExpired:
            seconds += _SAY_EVERY_S
            say(f"npm ci: {seconds} s")
        else:
            return code

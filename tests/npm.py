"""Installs programs with npm: once, by whichever run comes first, and never into the source tree."""

import faulthandler
import fcntl
import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

import pytest

_CARRIED = f"node-{sys.platform}-{'x64' if platform.machine() == 'x86_64' else 'arm64'}"
"""The package that contains Node for this machine, if a folder depends on it."""
_SAY_EVERY_S = 15
_LOG_TAIL_LINES = 40

Say: TypeAlias = Callable[[str], None]
"""Prints a line for the person who watches the run."""


class CannotInstallError(Exception):
    """The programs cannot be installed. The message has the reason and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """An installed Node. `headers`: where its headers are, for native modules."""

    node: str
    npm: str
    version: str
    headers: Path | None


def find_node() -> Node:
    """Return Node and npm, from the search path.

    Raises:
        CannotInstallError: one of them is missing.
    """
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        missing = " and ".join(name for name, path in (("node", node), ("npm", npm)) if path is None)
        raise CannotInstallError(f"{missing} not found: these tests need Node with npm (https://nodejs.org).")
    version = subprocess.run([node, "--version"], check=True, capture_output=True, text=True).stdout.strip()
    prefix = Path(node).resolve().parent.parent
    has_headers = (prefix / "include" / "node" / "node.h").is_file()
    return Node(node=node, npm=npm, version=version, headers=prefix if has_headers else None)


def node_for(folder: Path, found: Node) -> Node:
    """Return the Node that runs the packages of a folder: the one among them, or else the one on the search path.

    Raises:
        CannotInstallError: the one on the search path is too old for the packages.
    """
    packages = json.loads((folder / "package-lock.json").read_text())["packages"]
    if f"node_modules/{_CARRIED}" in packages:
        carried = folder / "node_modules" / _CARRIED
        return replace(found, node=str(carried / "bin/node"), headers=carried)
    oldest = packages[""]["engines"]["node"].removeprefix(">=")
    if int(found.version.removeprefix("v").partition(".")[0]) < int(oldest):
        raise CannotInstallError(f"{found.node} is Node {found.version}: these tests need Node {oldest} or later.")
    return found


def install(node: Node, source: Path, cache: Callable[[str], Path], say: Say) -> Path:
    """Return a copy of a folder with its packages installed: by `npm ci`, if no run has installed these yet.

    Args:
        source: a folder with package.json and package-lock.json.
        cache: makes a directory that outlives this run, by its name.

    Raises:
        CannotInstallError: npm failed, or Node is too old.
    """
    lock_file = (source / "package-lock.json").read_bytes()
    # What was compiled for one Node does not load in another.
    key = hashlib.sha256(lock_file + node.version.encode() + os.uname().machine.encode()).hexdigest()[:16]
    directory = cache(f"{source.parent.name}-{key}")
    done = directory / "installed"
    with _turn(directory / "lock", say):
        for path in source.iterdir():
            if path.is_file():
                _copy(path, directory / path.name)
        if not done.exists():
            _npm_ci(node_for(directory, node), directory, say)
            done.touch()
    return directory


@contextmanager
def _turn(lock: Path, say: Say) -> Iterator[None]:
    """Let one run install at a time. The kernel releases the lock if the run dies."""
    with lock.open("w") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("another run is installing the packages: waiting for it")
            fcntl.flock(held, fcntl.LOCK_EX)
        yield


def _copy(source: Path, target: Path) -> None:
    """Replace a file in one step, because another run may be using it."""
    partial = target.with_name(f"{target.name}.partial")
    shutil.copyfile(source, partial)
    partial.replace(target)


def _npm_ci(node: Node, directory: Path, say: Say) -> None:
    environment = dict(os.environ)
    if node.headers is not None:
        # Otherwise node-gyp downloads them.
        environment.setdefault("npm_config_nodedir", str(node.headers))
    log = directory / "npm.log"
    say(f"installing packages into {directory} with npm ci; this can take some minutes the first time")
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


@pytest.fixture(scope="session")
def node() -> Node:
    """Node and npm. Tests that need them fail without them."""
    try:
        return find_node()
    except CannotInstallError as error:
        pytest.exit(str(error), returncode=1)


@pytest.fixture(scope="session")
def install_packages(node: Node, pytestconfig: pytest.Config) -> Callable[[Path], Path]:
    """Install the packages of a folder, as `install`."""
    capture = pytestconfig.pluginmanager.getplugin("capturemanager")
    cache = pytestconfig.cache
    assert capture is not None
    assert cache is not None

    def say(line: str) -> None:
        with capture.global_and_fixture_disabled():
            sys.stderr.write(f"\n{line}\n")
            sys.stderr.flush()

    def install_folder(source: Path) -> Path:
        faulthandler.cancel_dump_traceback_later()  # npm may take longer than a test may
        try:
            return install(node, source, cache.mkdir, say)
        except CannotInstallError as error:
            pytest.exit(str(error), returncode=1)

    return install_folder

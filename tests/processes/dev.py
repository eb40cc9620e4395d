"""Runs `make dev` and `letmepost dev` as processes, and shell scripts against them."""

import asyncio
import json
import os
import shlex
import signal
import socket
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any

import psutil

from tests.doubles.output import read_lines
from tests.doubles.waiting import eventually
from tests.readme import ROOT, START

SITE = "src/letmepost/http/docs/built/index.html"
READY_WITHIN_S = 120.0


@asynccontextmanager
async def dev(
    data_dir: Path, *, settings: Mapping[str, str] = MappingProxyType({})
) -> AsyncIterator[tuple[dict[str, Any], asyncio.subprocess.Process]]:
    """Run `letmepost dev`. Yield the content of its ready file, and stop it like Ctrl-C."""
    ready_file = data_dir.parent / f"{data_dir.name}.ready.json"
    ready_file.unlink(missing_ok=True)
    unset = {"DATABASE_URL", "REDIS_URL"}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "letmepost", "dev"),
        *("--data-dir", str(data_dir), "--port", "0", "--ready-file", str(ready_file)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env={name: value for name, value in (os.environ | settings).items() if name not in unset},
    )
    output: list[str] = []

    reading = asyncio.create_task(read_lines(process.stdout, output))
    try:
        await eventually(lambda: _is_ready(ready_file, process, output), within_s=READY_WITHIN_S)
        yield json.loads(ready_file.read_text()), process
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGINT)
        await asyncio.wait_for(process.wait(), 40)
        await reading
    assert process.returncode == 0, "".join(output)
    assert "Traceback" not in "".join(output), "".join(output)


INSTALLED = (
    *("--file", str(ROOT / "Makefile"), f"BIN={Path(sys.executable).parent}"),
    *("--assume-old", ".venv/installed", "--assume-old", SITE),
)
"""Arguments with which `make dev` uses the packages that run the tests, and does not build the site."""


@asynccontextmanager
async def make_dev(
    directory: Path,
    *arguments: str,
    settings: Mapping[str, str] = MappingProxyType({}),
    within_s: float = READY_WITHIN_S,
) -> AsyncIterator[tuple[dict[str, str], str]]:
    """Run the README's first command in a directory, on a free port.

    Yields the variables that it says to export, and everything that it has printed until then.
    """
    unset = {"DATABASE_URL", "REDIS_URL"}
    process = await asyncio.create_subprocess_exec(
        *(*START.split(), "PORT=0", *arguments),
        cwd=directory,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env={name: value for name, value in (os.environ | settings).items() if name not in unset},
    )
    output: list[str] = []
    reading = asyncio.create_task(read_lines(process.stdout, output))

    async def exported() -> list[str]:
        assert process.returncode is None, "it ended before it was ready:\n" + "".join(output)
        return [line for line in output if line.startswith("export ")]

    try:
        [line] = await eventually(exported, within_s=within_s)
        yield dict(word.split("=", 1) for word in shlex.split(line)[1:]), "".join(output)
    finally:
        for child in psutil.Process(process.pid).children() if process.returncode is None else ():
            child.send_signal(signal.SIGINT)
        await asyncio.wait_for(process.wait(), 40)
        await reading
    assert process.returncode == 0, "".join(output)
    assert "Traceback" not in "".join(output), "".join(output)


async def _is_ready(ready_file: Path, process: asyncio.subprocess.Process, output: list[str]) -> bool:
    assert process.returncode is None, "it ended before it was ready:\n" + "".join(output)
    return ready_file.exists()


async def shell(script: str, environment: dict[str, str], directory: Path) -> str:
    """Run a shell script, with the commands of this environment; return what it prints."""
    process = await asyncio.create_subprocess_exec(
        *("bash", "-euo", "pipefail", "-c", script),
        cwd=directory,
        env={**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", **environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    printed, _ = await asyncio.wait_for(process.communicate(), 120)
    assert process.returncode == 0, f"{script}\n{printed.decode()}"
    return printed.decode()


def unused_port() -> int:
    """Return a port of loopback that nothing listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port

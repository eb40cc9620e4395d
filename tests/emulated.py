"""`letmepost sandbox` in a process of its own."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.doubles.output import read_lines
from tests.doubles.waiting import eventually

_READY_WITHIN_S = 60.0


@dataclass(frozen=True, slots=True)
class Emulated:
    """A running emulator.

    Attributes:
        ready: the content of its ready file.
        output: everything that it has printed.
    """

    process: asyncio.subprocess.Process
    ready: dict[str, Any]
    ready_file: Path
    output: list[str]


@asynccontextmanager
async def emulated(directory: Path, *options: str) -> AsyncIterator[Emulated]:
    """Run the emulator on a free port until the end of the block, and stop it like Ctrl-C."""
    ready_file = directory / "ready.json"
    assert not ready_file.exists(), "the emulator deletes the file when it ends"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "letmepost", "sandbox", "--port", "0", "--ready-file", str(ready_file), *options),
        cwd=directory,
        env={name: value for name, value in os.environ.items() if not name.startswith("LETMEPOST_")},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output: list[str] = []
    reading = asyncio.create_task(read_lines(process.stdout, output))

    async def is_ready() -> bool:
        assert process.returncode is None, "it ended before it was ready:\n" + "".join(output)
        return ready_file.exists()

    try:
        await eventually(is_ready, within_s=_READY_WITHIN_S)
        yield Emulated(process, json.loads(ready_file.read_text(encoding="utf-8")), ready_file, output)
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGINT)
        await process.wait()
        await reading

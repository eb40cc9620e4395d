"""A server in a process of its own, for as long as tests need it."""

import asyncio
import os
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

_STARTS_WITHIN_S = 60
_STOPS_WITHIN_S = 10


@asynccontextmanager
async def running_process(
    command: Sequence[str], ready: bytes, *, environment: Mapping[str, str] | None = None, directory: Path | None = None
) -> AsyncIterator[None]:
    """Run a command until the end of the block. It is ready when a line of its log contains `ready`.

    Args:
        environment: the variables of the process. It inherits only the search path.
    """
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=directory,
        env={"PATH": os.environ["PATH"], **(environment or {})},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stderr is not None
    reading: asyncio.Task[None] | None = None
    try:
        await asyncio.wait_for(_wait_for(ready, process.stderr), _STARTS_WITHIN_S)
        reading = asyncio.create_task(_discard(process.stderr))
        yield
    finally:
        if process.returncode is None:
            process.terminate()
            try:
                await asyncio.wait_for(process.wait(), _STOPS_WITHIN_S)
            except TimeoutError:
                process.kill()
                await process.wait()
        if reading is not None:
            await reading


async def _wait_for(ready: bytes, log: asyncio.StreamReader) -> None:
    seen = []
    while line := await log.readline():
        seen.append(line)
        if ready in line:
            return
    msg = f"the server did not start:\n{b''.join(seen).decode(errors='replace')}"
    raise AssertionError(msg)


async def _discard(log: asyncio.StreamReader) -> None:
    """Read the log, because the server would stop when the pipe is full."""
    while await log.read(64 * 1024):
        pass

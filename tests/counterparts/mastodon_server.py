"""`mastodon-mock`, a server of another author that follows the API of Mastodon, on loopback and in memory.

It has one account, `testuser`, whose token is `mock_token`. It grants every consent, and checks no scope.
"""

import asyncio
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

USERNAME = "testuser"
TOKEN = "mock_token"

_READY = b"Application startup complete"
_STARTS_WITHIN_S = 60
_STOPS_WITHIN_S = 10


@asynccontextmanager
async def running(python: Path, directory: Path) -> AsyncIterator[str]:
    """Run the server; yield its URL. It stores uploads in the directory."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = await asyncio.create_subprocess_exec(
        *(str(python), "-m", "mastodon_mock", "serve", "--in-memory"),
        *("--host", "127.0.0.1", "--port", str(port), "--domain", f"127.0.0.1:{port}"),
        cwd=directory,
        env={"PATH": os.environ["PATH"], "TMPDIR": str(directory)},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stderr is not None
    reading: asyncio.Task[None] | None = None
    try:
        await asyncio.wait_for(_ready(process.stderr), _STARTS_WITHIN_S)
        reading = asyncio.create_task(_discard(process.stderr))
        yield f"http://127.0.0.1:{port}"
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


async def _ready(log: asyncio.StreamReader) -> None:
    seen = []
    while line := await log.readline():
        seen.append(line)
        if _READY in line:
            return
    msg = f"mastodon-mock did not start:\n{b''.join(seen).decode(errors='replace')}"
    raise AssertionError(msg)


async def _discard(log: asyncio.StreamReader) -> None:
    """Read the log, because the server would stop when the pipe is full."""
    while await log.read(64 * 1024):
        pass

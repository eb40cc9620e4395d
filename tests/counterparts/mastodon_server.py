"""`mastodon-mock`, a server of another author that follows the API of Mastodon, on loopback and in memory.

It has one account, `testuser`, whose token is `mock_token`. It grants every consent, and checks no scope.
"""

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.counterparts.server_process import running_process

USERNAME = "testuser"
TOKEN = "mock_token"


@asynccontextmanager
async def running(python: Path, directory: Path) -> AsyncIterator[str]:
    """Run the server; yield its URL. It stores uploads in the directory."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = (
        *(str(python), "-m", "mastodon_mock", "serve", "--in-memory"),
        *("--host", "127.0.0.1", "--port", str(port), "--domain", f"127.0.0.1:{port}"),
    )
    environment = {"TMPDIR": str(directory)}
    async with running_process(command, b"Application startup complete", environment=environment, directory=directory):
        yield f"http://127.0.0.1:{port}"

"""Workers in separate processes, which can be killed."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from letmepost.cli import leash
from letmepost.settings import Settings

_STOPS_WITHIN_S = 10


@asynccontextmanager
async def worker_process(
    settings: Settings, platforms: Mapping[str, str], log: Path
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run a worker as an operator does, and stop it at the end unless it has ended before.

    Args:
        platforms: the platforms' settings, as environment variables.
    """
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LETMEPOST_")}
    command = (sys.executable, "-m", "letmepost", "worker")
    with log.open("ab") as output:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            leash.__file__,  # it must not outlive this process, however that ends
            *map(str, (os.getpid(), int(signal.SIGKILL), os.geteuid(), os.getegid())),
            *command,
            env={**environment, **_variables(settings), **platforms},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
            try:
                await asyncio.wait_for(process.wait(), _STOPS_WITHIN_S)
            except TimeoutError:
                process.kill()
                await process.wait()


def _variables(settings: Settings) -> dict[str, str]:
    """Return the settings as environment variables."""
    keys = (f"{name}:{secret.get_secret_value()}" for name, secret in settings.keys.items())
    worker_url = settings.worker_database_url
    assert worker_url is not None
    return {
        "DATABASE_URL": settings.database_url.get_secret_value(),
        "LETMEPOST_WORKER_DATABASE_URL": worker_url.get_secret_value(),
        "REDIS_URL": settings.redis_url.get_secret_value(),
        "LETMEPOST_KEYS": ",".join(keys),
        "LETMEPOST_MEDIA_DIR": str(settings.media_dir),
        "LETMEPOST_ALLOW_PRIVATE_ADDRESSES": str(settings.allow_private_addresses),
        "LETMEPOST_LEASE_S": str(settings.lease_s),
    }

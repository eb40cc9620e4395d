"""The servers of the tests: embedded ones, or those that the environment names."""

import asyncio
import os
import tempfile
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from letmepost.cli.embedded import RunningServer, start_postgres, start_valkey

Start: TypeAlias = Callable[..., Coroutine[Any, Any, RunningServer]]


@contextmanager
def open_directory() -> Iterator[Path]:
    """Create an empty directory that every user may enter, because PostgreSQL does not run as root."""
    with tempfile.TemporaryDirectory(prefix="letmepost-") as place:
        directory = Path(place)
        directory.chmod(0o711)
        yield directory


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """Yield the URL of a superuser: TEST_DATABASE_URL, or that of a server that runs until the test process ends."""
    yield from _url(os.environ.get("TEST_DATABASE_URL"), start_postgres)


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """Yield TEST_REDIS_URL, or the URL of a server that runs until the test process ends."""
    yield from _url(os.environ.get("TEST_REDIS_URL"), start_valkey)


def _url(given: str | None, start: Start) -> Iterator[str]:
    if given:
        yield given
        return
    # It has its own event loop, because the fixture outlives the loops of the tests.
    with open_directory() as data_dir, asyncio.Runner() as runner:
        server = runner.run(start(data_dir, durable=False))
        try:
            yield server.url
        finally:
            runner.run(server.stop())

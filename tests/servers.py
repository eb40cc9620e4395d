"""The servers that tests run against: embedded ones of their own, or those that the environment names."""

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
    """An empty directory that any account may enter, as PostgreSQL has to when the tests are run by root."""
    with tempfile.TemporaryDirectory(prefix="letmepost-") as place:
        directory = Path(place)
        directory.chmod(0o711)
        yield directory


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A superuser's URL: of TEST_DATABASE_URL, or of a server that lives as long as this test process."""
    yield from _url(os.environ.get("TEST_DATABASE_URL"), start_postgres)


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """TEST_REDIS_URL, or a server that lives as long as this test process."""
    yield from _url(os.environ.get("TEST_REDIS_URL"), start_valkey)


def _url(given: str | None, start: Start) -> Iterator[str]:
    if given:
        yield given
        return
    # A loop of its own: the tests' loops come and go, and the fixture outlives them.
    with open_directory() as data_dir, asyncio.Runner() as runner:
        server = runner.run(start(data_dir, durable=False))
        try:
            yield server.url
        finally:
            runner.run(server.stop())

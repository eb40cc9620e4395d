"""Fixtures of a deployment's parts, each of which a test may break."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from letmepost.bootstrap.doctor import open_parts
from letmepost.cli.doctor.parts import Parts
from tests.cli.doctor.support import OpenParts
from tests.database import DatabaseURLs
from tests.deployment import settings_for
from tests.storage.fixtures import admin, database, database_urls, shared_database

__all__ = ["admin", "database", "database_urls", "shared_database"]


@pytest.fixture
async def opened(database_urls: DatabaseURLs, redis_url: str, tmp_path: Path) -> AsyncIterator[OpenParts]:
    """Return a function that opens parts. Its arguments are the settings to change."""
    async with AsyncExitStack() as stack:

        async def make(**changes: Any) -> Parts:
            settings = settings_for(database_urls, redis_url, tmp_path / "media", **changes)
            return await stack.enter_async_context(open_parts(settings))

        yield make


@pytest.fixture
async def parts(opened: OpenParts) -> Parts:
    return await opened()

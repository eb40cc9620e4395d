"""Fixtures of the use cases' tests: PostgreSQL, a loopback server, and a double of the platform."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from letmepost.domain.api_keys import Mode
from letmepost.gateways.http_client import HTTPClient
from letmepost.storage.database import Database
from tests.gateways.support import calling
from tests.services.desk import Desk, working
from tests.services.network import Network, networking
from tests.storage.fixtures import admin, database, database_urls, shared_database
from tests.storage.support import Admin, Owner, make_owner

__all__ = ["admin", "database", "database_urls", "shared_database"]


@pytest.fixture
async def owner(database: Database) -> Owner:
    """Return a tenant in live mode, whose posts are sent to loopback."""
    return await make_owner(database, Mode.LIVE)


@pytest.fixture
async def network() -> AsyncIterator[Network]:
    async with networking() as network:
        yield network


@pytest.fixture
async def http() -> AsyncIterator[HTTPClient]:
    async with calling() as client:
        yield client


@pytest.fixture
async def desk(
    owner: Owner, network: Network, admin: Admin, http: HTTPClient, redis_url: str, tmp_path: Path
) -> AsyncIterator[Desk]:
    async with working(owner, network, admin, http, redis_url, tmp_path) as desk:
        yield desk

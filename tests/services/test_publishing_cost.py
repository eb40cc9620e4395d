"""The number of statements and transactions that publishing a post takes."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from sqlalchemy import event

from letmepost.gateways.http_client import HTTPClient
from letmepost.storage.database import Database, driver_of, open_database
from tests.database import DatabaseURLs
from tests.doubles.waiting import eventually
from tests.services.desk import working
from tests.services.network import Network
from tests.storage.support import Admin, Owner

# From the claim to the outcome. Each transaction starts with BEGIN (with role and tenant) and ends with COMMIT.
CLAIM = ["release expired leases", "find candidates", "lease"]
BEGIN = ["count the attempt and load everything"]
INTENT = ["write the intent"]
END = ["write the reply, the outcome, the attempt and the event"]
STATEMENTS = sum(len(transaction) + 2 for transaction in (CLAIM, BEGIN, INTENT, END))


@pytest.fixture
async def one_connection(database_urls: DatabaseURLs) -> AsyncIterator[Database]:
    """Return a pool of one connection: it sees every statement, and a nested transaction would block."""
    opened = open_database(database_urls.login, pool_size=1)
    yield opened
    await opened.close()


async def test_publishing_a_post_takes_few_statements_and_transactions(
    one_connection: Database,
    owner: Owner,
    network: Network,
    admin: Admin,
    http: HTTPClient,
    redis_url: str,
    tmp_path: Path,
) -> None:
    owner = replace(owner, database=one_connection)
    async with working(owner, network, admin, http, redis_url, tmp_path) as desk:
        await desk.post()
        statements = await log_statements(one_connection, owner)
        assert (await desk.publish())["status"] == "published"

        async def all_are_logged() -> bool:
            return statements[-1] == "COMMIT"

        await eventually(all_are_logged)  # the driver calls loggers after the statement
        assert sum(statement.startswith("BEGIN") for statement in statements) == 4
        assert len(statements) == STATEMENTS, statements


async def log_statements(database: Database, owner: Owner) -> list[str]:
    """Return a list that grows with every statement on the only connection."""
    statements: list[str] = []

    def log_driver(record: asyncpg.connection.LoggedQuery) -> None:
        statements.append(record.query)

    def log_engine(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        statements.append(statement)

    async with database.tenant(owner.tenant) as connection:
        event.listen(connection.sync_connection, "before_cursor_execute", log_engine)
    async with database.tenant(owner.tenant) as connection:
        driver = driver_of(connection)
    driver.add_query_logger(log_driver)
    return statements

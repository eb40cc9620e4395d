"""Rows are found by their id, even in a new table without statistics.

Without statistics, PostgreSQL rates every index that begins with the organization like the one that also has the id. It
keeps such a plan as long as the connection exists, or until it has analyzed the table: up to a minute, in which every
check of a foreign key reads all rows of the tenant. Among equal indexes, it takes the newest.
"""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from letmepost.storage.tables import metadata
from tests.database import DatabaseURLs, copy_of
from tests.storage.support import Admin

TABLES = [table.name for table in metadata.sorted_tables if {"id", "organization_id"} <= set(table.c.keys())]
NIL = "'00000000-0000-0000-0000-000000000000'"


@pytest.fixture(scope="module")
async def new_database(postgres_url: str, template_database: DatabaseURLs) -> AsyncIterator[Admin]:
    """Yield a database without any writes."""
    async with copy_of(template_database, postgres_url) as urls:
        connection = await asyncpg.connect(urls.admin)
        yield Admin(connection)
        await connection.close()


@pytest.mark.parametrize("table", TABLES)
async def test_row_of_a_new_table_is_found_by_its_id(new_database: Admin, table: str) -> None:
    lookup = f"SELECT FROM {table} WHERE organization_id = $1 AND id = $2 FOR KEY SHARE"
    await new_database.do(f"SET plan_cache_mode = force_generic_plan; PREPARE {table} (uuid, uuid) AS {lookup}")

    [_, scan, *_] = await new_database.rows(f"EXPLAIN EXECUTE {table} ({NIL}, {NIL})")

    by_id = (f"using pk_{table} ", f"_{table}_organization_id_id ")
    assert any(index in scan["QUERY PLAN"] for index in by_id), scan

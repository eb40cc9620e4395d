"""A row is found by its id, also in a table of which PostgreSQL knows nothing yet.

A new table has no statistics, and PostgreSQL takes any index that begins with the organization for as good as the one
that has the id as well. It keeps such a plan for as long as a connection lives, or until it has analyzed the table:
up to a minute, in which every foreign key is checked by reading all that the tenant has written so far. Among equals it
takes the index that was made last.
"""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from letmepost.storage.tables import metadata
from tests.database import DatabaseURLs, copy_of
from tests.storage.support import Admin

TABLES = [table.name for table in metadata.sorted_tables if {"id", "organization_id"} <= set(table.c.keys())]
NOBODY = "'00000000-0000-0000-0000-000000000000'"


@pytest.fixture(scope="module")
async def new_database(postgres_url: str, template_database: DatabaseURLs) -> AsyncIterator[Admin]:
    """A database that nobody has written to."""
    async with copy_of(template_database, postgres_url) as urls:
        connection = await asyncpg.connect(urls.admin)
        yield Admin(connection)
        await connection.close()


@pytest.mark.parametrize("table", TABLES)
async def test_a_row_of_a_new_table_is_found_by_its_id(new_database: Admin, table: str) -> None:
    lookup = f"SELECT FROM {table} WHERE organization_id = $1 AND id = $2 FOR KEY SHARE"
    await new_database.do(f"SET plan_cache_mode = force_generic_plan; PREPARE {table} (uuid, uuid) AS {lookup}")

    [_, scan, *_] = await new_database.rows(f"EXPLAIN EXECUTE {table} ({NOBODY}, {NOBODY})")

    by_id = (f"using pk_{table} ", f"_{table}_organization_id_id ")
    assert any(index in scan["QUERY PLAN"] for index in by_id), scan

"""The random id of a deployment, from which its keys in Redis are derived."""

import asyncpg
import pytest

from letmepost.storage.database import Database
from letmepost.storage.deployment import read_deployment_id
from tests.storage.support import Admin


async def test_deployment_id_stays_the_same(database: Database) -> None:
    assert await read_deployment_id(database) == await read_deployment_id(database)


async def test_deployment_has_one_id_only(admin: Admin) -> None:
    with pytest.raises(asyncpg.UniqueViolationError):
        await admin.do("INSERT INTO deployment DEFAULT VALUES")
    with pytest.raises(asyncpg.CheckViolationError):
        await admin.do("INSERT INTO deployment (is_only) VALUES (false)")


@pytest.mark.parametrize("role", ["letmepost_app", "letmepost_lookup", "letmepost_sweeper"])
async def test_only_the_worker_reads_the_deployment_id_and_no_role_changes_it(admin: Admin, role: str) -> None:
    may_read = await admin.one("SELECT has_table_privilege($1, 'deployment', 'SELECT')", role)
    assert may_read == (role == "letmepost_sweeper")
    for right in ("INSERT", "UPDATE", "DELETE", "TRUNCATE"):
        assert not await admin.one("SELECT has_table_privilege($1, 'deployment', $2)", role, right)

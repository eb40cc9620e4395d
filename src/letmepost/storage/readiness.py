"""What can be said of the database from outside."""

import asyncpg

from letmepost.storage.database import Database, driver_of


class DatabaseReadiness:
    """Whether the database answers, and whether its schema is the one that this release knows."""

    def __init__(self, database: Database, newest_revision: str) -> None:
        self._database = database
        self._newest_revision = newest_revision

    async def problem(self) -> str | None:
        """What is wrong, or None. A schema newer than this release is fine: the next release was migrated first."""
        try:
            async with self._database.lookup() as connection:
                found = await driver_of(connection).fetchval("SELECT version_num FROM alembic_version")
        except asyncpg.SyntaxOrAccessError:
            return "the schema cannot be read: run letmepost migrate"
        if found is None or found < self._newest_revision:
            return f"the schema is at {found}, this release needs {self._newest_revision}: run letmepost migrate"
        return None

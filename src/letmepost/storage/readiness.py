"""The readiness of the database."""

import asyncpg

from letmepost.storage.database import Database, driver_of


class DatabaseReadiness:
    """Checks that the database answers, and that its schema is the one of this release."""

    def __init__(self, database: Database, newest_revision: str) -> None:
        self._database = database
        self._newest_revision = newest_revision

    async def problem(self) -> str | None:
        """Return what is wrong, or None. A newer schema is accepted: the next release is migrated before it runs."""
        try:
            async with self._database.lookup() as connection:
                found = await driver_of(connection).fetchval("SELECT version_num FROM alembic_version")
        except asyncpg.SyntaxOrAccessError:
            return "the schema cannot be read: run letmepost migrate"
        if found is None or found < self._newest_revision:
            return f"the schema is at {found}, but this release needs {self._newest_revision}: run letmepost migrate"
        return None

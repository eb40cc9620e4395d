"""What can be said of the database from outside."""

from sqlalchemy import text

from letmepost.storage.database import Database


class DatabaseReadiness:
    """Whether the database answers, and whether its schema is the one that this release knows."""

    def __init__(self, database: Database, newest_revision: str) -> None:
        self._database = database
        self._newest_revision = newest_revision

    async def problem(self) -> str | None:
        """What is wrong, or None. A schema newer than this release is fine: the next release was migrated first."""
        async with self._database.every_tenant() as connection:
            found = await connection.scalar(text("SELECT version_num FROM alembic_version"))
        if found is None or found < self._newest_revision:
            return f"the schema is at {found}, this release needs {self._newest_revision}: run letmepost migrate"
        return None

    async def oldest_overdue_s(self) -> float:
        """Age of the oldest post that is due and that no worker has taken; 0 when there is none."""
        query = text(
            "SELECT extract(epoch FROM clock_timestamp() - min(ready_at))::float8 FROM posts"
            " WHERE ready_at <= clock_timestamp() AND lease_token IS NULL"
        )
        async with self._database.every_tenant() as connection:
            found: float | None = await connection.scalar(query)
        return found or 0.0

"""How much waits, for whoever watches the deployment. Proportional to what waits, not to history."""

from collections.abc import Mapping

from letmepost.storage.database import Database, driver_of

_COUNTS = """
    SELECT (SELECT count(*) FROM posts WHERE ready_at <= clock_timestamp() AND lease_token IS NULL) AS due,
      (SELECT count(*) FROM posts WHERE lease_token IS NOT NULL) AS claimed,
      (SELECT count(*) FROM posts WHERE status = 'held' AND status IN ('held', 'unconfirmed')) AS held,
      (SELECT count(*) FROM posts WHERE status = 'unconfirmed' AND status IN ('held', 'unconfirmed')) AS in_doubt
"""
# An account's posts go out one after another: those behind one that is on its way are not overdue.
_OLDEST_OVERDUE = """
    SELECT extract(epoch FROM clock_timestamp() - p.ready_at)::float8 FROM posts p
    WHERE p.ready_at <= clock_timestamp() AND p.lease_token IS NULL
      AND NOT EXISTS (SELECT FROM posts l WHERE l.account_id = p.account_id AND l.lease_token IS NOT NULL)
    ORDER BY p.ready_at LIMIT 1
"""


class EveryTenantQueue:
    """Counts posts of every tenant; tells nothing of any one of them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def count_posts(self) -> Mapping[str, int]:
        """Posts that are due and not taken, taken, held, and sent with an outcome that nobody could learn."""
        async with self._database.lookup() as connection:
            [row] = await driver_of(connection).fetch(_COUNTS)
        return dict(row)

    async def oldest_overdue_s(self) -> float:
        """Age of the oldest post that is due and that no worker has taken, though it could; 0 when there is none."""
        async with self._database.lookup() as connection:
            found: float | None = await driver_of(connection).fetchval(_OLDEST_OVERDUE)
        return found or 0.0

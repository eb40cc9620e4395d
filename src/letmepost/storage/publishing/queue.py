"""The sizes of the queue, for monitoring. The cost depends on the waiting posts, not on the history."""

from collections.abc import Mapping

from letmepost.storage.database import Database, driver_of

_COUNTS = """
    SELECT (SELECT count(*) FROM posts WHERE ready_at <= clock_timestamp() AND lease_token IS NULL) AS due,
      (SELECT count(*) FROM posts WHERE lease_token IS NOT NULL) AS claimed,
      (SELECT count(*) FROM posts WHERE status = 'held' AND status IN ('held', 'unconfirmed')) AS held,
      (SELECT count(*) FROM posts WHERE status = 'unconfirmed' AND status IN ('held', 'unconfirmed')) AS in_doubt
"""
# An account's posts are published one after another, so those behind a leased one are not overdue.
_OLDEST_OVERDUE = """
    SELECT extract(epoch FROM clock_timestamp() - p.ready_at)::float8 FROM posts p
    WHERE p.ready_at <= clock_timestamp() AND p.lease_token IS NULL
      AND NOT EXISTS (SELECT FROM posts l WHERE l.account_id = p.account_id AND l.lease_token IS NOT NULL)
    ORDER BY p.ready_at LIMIT 1
"""


class EveryTenantQueue:
    """Counts the posts of every tenant, without details of any."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def count_posts(self) -> Mapping[str, int]:
        """Return the numbers of posts that are due and not leased, leased, held, and unconfirmed."""
        async with self._database.lookup() as connection:
            [row] = await driver_of(connection).fetch(_COUNTS)
        return dict(row)

    async def oldest_overdue_s(self) -> float:
        """Return the age of the oldest due post without a lease and with a free account; 0 if there is none."""
        async with self._database.lookup() as connection:
            found: float | None = await driver_of(connection).fetchval(_OLDEST_OVERDUE)
        return found or 0.0

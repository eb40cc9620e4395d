"""The worker as a whole: API, worker and sandbox, with PostgreSQL and Redis."""

from tests.storage.fixtures import admin, database_urls, shared_database

__all__ = ["admin", "database_urls", "shared_database"]

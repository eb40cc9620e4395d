"""Commands that need a database are run against one that earlier tests have left empty."""

from tests.storage.fixtures import admin, database, database_urls, shared_database

__all__ = ["admin", "database", "database_urls", "shared_database"]

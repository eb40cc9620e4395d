"""Whole commands as separate processes. Each takes seconds to start, so `make test` leaves them out."""

from tests.storage.fixtures import admin, database, database_urls, shared_database

__all__ = ["admin", "database", "database_urls", "shared_database"]

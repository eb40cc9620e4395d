"""Tests of storage with a real PostgreSQL, because its guarantees are SQL."""

from tests.storage.fixtures import admin, api_database, database, database_urls, owner, shared_database

__all__ = ["admin", "api_database", "database", "database_urls", "owner", "shared_database"]

"""Storage is tested against PostgreSQL itself: what only SQL promises, only SQL can break."""

from tests.storage.fixtures import admin, api_database, database, database_urls, owner, shared_database

__all__ = ["admin", "api_database", "database", "database_urls", "owner", "shared_database"]

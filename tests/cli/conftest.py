"""Prepares a database that earlier tests have left empty, for commands that need one."""

from tests.storage.fixtures import admin, database, database_urls, shared_database

__all__ = ["admin", "database", "database_urls", "shared_database"]

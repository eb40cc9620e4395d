"""Accounts in PostgreSQL: connected, maintained and disconnected."""

"""Accounts: connected, kept alive and disconnected. In PostgreSQL."""

"""Accounts: connected, kept alive and disconnected."""

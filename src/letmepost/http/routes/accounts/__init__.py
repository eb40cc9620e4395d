"""Accounts: connected, kept alive and disconnected. Over HTTP."""

"""Serves every platform's simulator over real HTTP, in a process of its own.

Holds the ASGI app, the worlds that it plays in, and the SQLite file that keeps them across a restart. A world
is what one organization has made of every simulated network. May import `platforms`, `domain` and Starlette;
knows no platform by name. Time, randomness and sleep are passed in.
"""

from letmepost.sandbox.app import create_app
from letmepost.sandbox.store import Store, open_store

__all__ = ["Store", "create_app", "open_store"]

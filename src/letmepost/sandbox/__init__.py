"""Serves the simulator of every platform over HTTP, in a separate process.

Contains the ASGI app, the worlds, and the SQLite file that stores them. A world is the state of all simulated
networks of one organization. May import `platforms`, `domain` and Starlette; names no platform. Time, randomness and
sleep are passed in. Only `seeding` imports `gateways`: it runs the flows of platforms against their simulators.
"""

from letmepost.sandbox.app import create_app
from letmepost.sandbox.store import Store, open_store

__all__ = ["Store", "create_app", "open_store"]

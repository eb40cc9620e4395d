"""Stores worlds in one SQLite file, which one thread reads and writes."""

import asyncio
import json
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")

# A reply is sent after its changes are committed. With `synchronous = NORMAL` they survive a crash of the process
# immediately, and a crash of the machine after the next checkpoint. That is enough for a sandbox, and a commit does not
# wait for the disk. The file stays locked, because a second process would serve from its own memory.
_SET_UP = """
    PRAGMA locking_mode = EXCLUSIVE;
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = NORMAL;
    CREATE TABLE IF NOT EXISTS entries (
        world TEXT NOT NULL,
        platform TEXT NOT NULL,
        key TEXT NOT NULL,
        value TEXT NOT NULL,
        PRIMARY KEY (world, platform, key)
    ) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS files (
        world TEXT NOT NULL,
        platform TEXT NOT NULL,
        name TEXT NOT NULL,
        content BLOB NOT NULL,
        PRIMARY KEY (world, platform, name)
    );
"""
_LIST = "SELECT DISTINCT world FROM entries ORDER BY world"
_LOAD = "SELECT key, value FROM entries WHERE world = ? AND platform = ?"
_PUT = "INSERT INTO entries VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value"
_REMOVE = "DELETE FROM entries WHERE world = ? AND platform = ? AND key = ?"
_PUT_FILE = "INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?)"
_REMOVE_FILE = "DELETE FROM files WHERE world = ? AND platform = ? AND name = ?"
_READ_FILE = "SELECT content FROM files WHERE world = ? AND platform = ? AND name = ?"
_CLEAR = ("DELETE FROM entries WHERE world = ?", "DELETE FROM files WHERE world = ?")


class Store:
    """The entries of every (world, platform), as JSON text with string keys; and bytes of files.

    Operations run in the order of their calls, outside the event loop.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="sandbox-store")

    async def list_worlds(self) -> list[str]:
        """Return the names of all worlds that have entries."""
        return await self._run(lambda: [row[0] for row in self._connection.execute(_LIST)])

    async def load(self, world: str, platform: str) -> dict[str, Any]:
        """Return all entries."""
        rows = await self._run(lambda: self._connection.execute(_LOAD, (world, platform)).fetchall())
        return {key: json.loads(value) for key, value in rows}

    async def save(self, world: str, platform: str, changes: Mapping[str, str | None]) -> None:
        """Commit new values, and remove the keys with the value None."""
        puts = [(world, platform, key, value) for key, value in changes.items() if value is not None]
        removals = [(world, platform, key) for key, value in changes.items() if value is None]

        def commit() -> None:
            with self._connection:
                self._connection.executemany(_PUT, puts)
                self._connection.executemany(_REMOVE, removals)

        await self._run(commit)

    async def save_files(self, world: str, platform: str, changes: Mapping[str, bytes | None]) -> None:
        """Commit the bytes of files, and remove the names with the value None."""
        puts = [(world, platform, name, content) for name, content in changes.items() if content is not None]
        removals = [(world, platform, name) for name, content in changes.items() if content is None]

        def commit() -> None:
            with self._connection:
                self._connection.executemany(_PUT_FILE, puts)
                self._connection.executemany(_REMOVE_FILE, removals)

        await self._run(commit)

    async def read_files(self, world: str, platform: str, names: Sequence[str]) -> bytes:
        """Return the bytes of these files, one after the other. Missing ones are empty."""

        def read() -> bytes:
            rows = [self._connection.execute(_READ_FILE, (world, platform, name)).fetchone() for name in names]
            return b"".join(row[0] for row in rows if row is not None)

        return await self._run(read)

    async def clear(self, world: str) -> None:
        """Delete everything of a world."""

        def commit() -> None:
            with self._connection:
                for statement in _CLEAR:
                    self._connection.execute(statement, (world,))

        await self._run(commit)

    def close(self) -> None:
        """Finish pending operations, and close the file."""
        self._thread.shutdown()
        self._connection.close()

    async def _run(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)


def open_store(path: Path | None) -> Store:
    """Open the store in a file, which is created if missing; in memory if `path` is None."""
    # Opened here and then used only in the thread of the store, which is enough for SQLite.
    connection = sqlite3.connect(path or ":memory:", check_same_thread=False)
    connection.executescript(_SET_UP)
    return Store(connection)

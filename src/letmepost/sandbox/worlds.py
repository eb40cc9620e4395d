"""The states of worlds, in memory. One caller at a time uses each."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator, MutableMapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from letmepost.platforms.simulation import State
from letmepost.sandbox.store import Store


class RecordingState(MutableMapping[str, Any]):
    """A state that records which keys were set or deleted. Values are only replaced as a whole."""

    def __init__(self, entries: dict[str, Any]) -> None:
        self._entries = entries
        self._touched: set[str] = set()

    def __getitem__(self, key: str) -> Any:
        return self._entries[key]

    def __setitem__(self, key: str, value: object) -> None:
        self._entries[key] = value
        self._touched.add(key)

    def __delitem__(self, key: str) -> None:
        del self._entries[key]
        self._touched.add(key)

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def take_changes(self) -> dict[str, str | None]:
        """Return the changes since the last call: new values as JSON, None for deleted keys."""
        changes = {
            key: json.dumps(self._entries[key], separators=(",", ":")) if key in self._entries else None
            for key in self._touched
        }
        self._touched.clear()
        return changes


@dataclass(eq=False, slots=True)
class _Room:
    """One platform of one world. `state` is None until it is loaded. The next change sets `changed`."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    state: RecordingState | None = None
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def report_change(self) -> None:
        """Wake everyone who waits for a change."""
        self.changed.set()
        self.changed = asyncio.Event()


class WorldStates:
    """The state of every platform in every world, loaded from the store at its first use."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._rooms: dict[tuple[str, str], _Room] = {}

    @asynccontextmanager
    async def visit(self, world: str, platform: str) -> AsyncIterator[State]:
        """Return the state of a platform in a world, which one caller at a time can read and change.

        Leaving the context commits the changes. If the body or the commit fails, the state in memory is discarded and
        loaded again at the next visit, so no caller sees what was not stored.
        """
        room = self._rooms.setdefault((world, platform), _Room())
        async with room.lock:
            try:
                if room.state is None:
                    room.state = RecordingState(await self._store.load(world, platform))
                yield room.state
                if changes := room.state.take_changes():
                    await self._store.save(world, platform, changes)
                    room.report_change()
            except BaseException:
                room.state = None
                raise

    async def names(self) -> list[str]:
        """Return the names of the worlds in which something was stored."""
        return await self._store.list_worlds()

    async def reset(self, world: str) -> None:
        """Delete everything in a world."""
        async with AsyncExitStack() as locked:
            held: list[_Room] = []
            # Every reset locks rooms in the same order, and a visit locks only one, so there is no deadlock. A room
            # that is created after the loop loads after the store was cleared, and is empty.
            while waiting := [room for key, room in self._rooms.items() if key[0] == world and room not in held]:
                await locked.enter_async_context(waiting[0].lock)
                held.append(waiting[0])
            await self._store.clear(world)
            for room in held:
                room.state = None
                room.report_change()

    def next_change(self, world: str, platform: str) -> asyncio.Event:
        """Return an event that the next change of a platform's state in a world sets."""
        return self._rooms.setdefault((world, platform), _Room()).changed

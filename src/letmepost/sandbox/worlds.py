"""The states of worlds, held in memory. Each is used by one visitor at a time."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator, MutableMapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from letmepost.platforms.contract import State
from letmepost.sandbox.store import Store


class RecordingState(MutableMapping[str, Any]):
    """A state that knows which of its keys were set or deleted. Values are only ever replaced as a whole."""

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
        """What has changed since it was last asked: the new values as JSON, None for what is gone."""
        changes = {
            key: json.dumps(self._entries[key], separators=(",", ":")) if key in self._entries else None
            for key in self._touched
        }
        self._touched.clear()
        return changes


@dataclass(eq=False, slots=True)
class _Room:
    """One platform of one world. `state` is None until somebody has come in."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    state: RecordingState | None = None


class WorldStates:
    """The state of every platform in every world, loaded from the store when it is first visited."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._rooms: dict[tuple[str, str], _Room] = {}

    @asynccontextmanager
    async def visit(self, world: str, platform: str) -> AsyncIterator[State]:
        """The state of a platform in a world, to be read and changed by one visitor at a time.

        Leaving commits what was changed. If the visit or the commit fails, memory forgets the state and the
        next visit loads it again, so that nobody sees what was not stored.
        """
        room = self._rooms.setdefault((world, platform), _Room())
        async with room.lock:
            try:
                if room.state is None:
                    room.state = RecordingState(await self._store.load(world, platform))
                yield room.state
                if changes := room.state.take_changes():
                    await self._store.save(world, platform, changes)
            except BaseException:
                room.state = None
                raise

    async def reset(self, world: str) -> None:
        """Make a world as if nobody had ever been there."""
        async with AsyncExitStack() as locked:
            held: list[_Room] = []
            # Rooms are entered in one order by every reset, and a visit holds a single one, so nobody waits
            # in a circle. A room that appears after the loop loads after the store was cleared, and finds
            # nothing.
            while waiting := [room for key, room in self._rooms.items() if key[0] == world and room not in held]:
                await locked.enter_async_context(waiting[0].lock)
                held.append(waiting[0])
            await self._store.clear(world)
            for room in held:
                room.state = None

"""The store of worlds."""

import sqlite3
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from letmepost.sandbox import Store, open_store
from letmepost.sandbox.worlds import RecordingState, WorldStates


async def test_entries_are_stored_for_each_world_and_platform(store: Store) -> None:
    await store.save("org_1", "notes", {"a": "1", "b": '{"c": [null]}'})
    await store.save("org_1", "notes", {"a": None, "d": '"e"'})
    assert await store.load("org_1", "notes") == {"b": {"c": [None]}, "d": "e"}
    assert await store.load("org_1", "pins") == {}
    assert await store.load("org_2", "notes") == {}


async def test_only_one_world_is_cleared(store: Store) -> None:
    for world in ("org_1", "org_2"):
        await store.save(world, "notes", {"a": "1"})
    await store.clear("org_1")
    assert await store.load("org_1", "notes") == {}
    assert await store.load("org_2", "notes") == {"a": 1}


async def test_file_keeps_saved_entries(tmp_path: Path) -> None:
    first = open_store(tmp_path / "sandbox.db")
    await first.save("org_1", "notes", {"a": "1"})
    first.close()
    second = open_store(tmp_path / "sandbox.db")
    assert await second.load("org_1", "notes") == {"a": 1}
    second.close()


def test_file_is_locked_by_one_process(tmp_path: Path) -> None:
    """Another process would serve from its own memory, and the two would overwrite each other."""
    store = open_store(tmp_path / "sandbox.db")
    other = sqlite3.connect(tmp_path / "sandbox.db", timeout=0)
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        other.execute("SELECT * FROM entries")
    other.close()
    store.close()


async def test_only_changes_are_saved(store: Store) -> None:
    worlds = WorldStates(store)
    async with worlds.visit("org_1", "notes") as state:
        state["a"], state["b"] = 1, 2
    before = store._connection.total_changes
    async with worlds.visit("org_1", "notes") as state:
        state["b"] = 3
    assert store._connection.total_changes == before + 1
    async with worlds.visit("org_1", "notes") as state:
        assert dict(state) == {"a": 1, "b": 3}
    assert store._connection.total_changes == before + 1


STEPS = st.lists(st.tuples(st.sampled_from("abc"), st.one_of(st.none(), st.integers())))


@given(STEPS, STEPS)
def test_changes_applied_to_the_old_entries_make_the_new_ones(
    earlier: list[tuple[str, int | None]], later: list[tuple[str, int | None]]
) -> None:
    state = RecordingState({})
    stored: dict[str, str] = {}
    for steps in (earlier, later):
        for key, value in steps:
            if value is None:
                state.pop(key, None)
            else:
                state[key] = value
        for changed, text in state.take_changes().items():
            if text is None:
                stored.pop(changed, None)
            else:
                stored[changed] = text
        assert stored == {key: str(value) for key, value in state.items()}
        assert len(stored) == len(state)

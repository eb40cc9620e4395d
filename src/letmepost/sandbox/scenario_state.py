"""The state of a simulator for one call, in which all accounts have another scenario."""

from collections.abc import Iterator, MutableMapping
from typing import Any

from letmepost.platforms.simulation import State

_COUNTED = ("attempts/", "lost/", "first_upload/")
"""What the keys under which simulators count for scenarios start with."""


class ScenarioState(MutableMapping[str, Any]):
    """A state in which every account has the same scenario, as if it had just begun. Changes of it are not kept."""

    def __init__(self, state: State, scenario: str) -> None:
        self._state = state
        self._scenario = scenario
        self._counted: dict[str, Any] = {}

    def __getitem__(self, key: str) -> Any:
        if key.startswith(_COUNTED):
            return self._counted[key]
        value = self._state[key]
        return {**value, "scenario": self._scenario} if _has_scenario(value) else value

    def __setitem__(self, key: str, value: Any) -> None:
        if key.startswith(_COUNTED):
            self._counted[key] = value
        elif _has_scenario(value) and key in self._state:
            self._state[key] = {**value, "scenario": self._state[key]["scenario"]}
        else:
            self._state[key] = value

    def __delitem__(self, key: str) -> None:
        del (self._counted if key.startswith(_COUNTED) else self._state)[key]

    def __iter__(self) -> Iterator[str]:
        yield from self._counted
        yield from (key for key in self._state if not key.startswith(_COUNTED))

    def __len__(self) -> int:
        return sum(1 for _ in self)


def _has_scenario(value: object) -> bool:
    return isinstance(value, dict) and "scenario" in value

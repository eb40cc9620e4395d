"""Profiles of simulated accounts, read from their entries in the state and changed there."""

import re
from collections.abc import Callable

from letmepost.platforms.simulation import SimulatedProfile, State

_HANDLE = re.compile(r"[A-Za-z0-9._-]{1,64}")


def profiles_of(
    kind: str, *, handle: str | None = None, name: str | None = None, id_prefix: str = ""
) -> Callable[[State], list[SimulatedProfile]]:
    """Return the function that lists the profiles of the entries `<kind>/<id>`.

    Args:
        handle: the field with the handle; None if the accounts have none.
        name: the field with the name that is shown; None if the accounts have none.
        id_prefix: what precedes the id in the `account_id` of posts.
    """

    def profiles(state: State) -> list[SimulatedProfile]:
        rows = [(key.removeprefix(f"{kind}/"), state[key]) for key in state if key.startswith(f"{kind}/")]
        return [
            SimulatedProfile(
                account_id=f"{id_prefix}{identifier}",
                handle=None if handle is None else row[handle],
                name=None if name is None else row[name],
                scenario=row.get("scenario"),
            )
            for identifier, row in rows
        ]

    return profiles


def rename_in(
    kind: str, *, handle: str | None = None, name: str | None = None, id_prefix: str = ""
) -> Callable[[State, str, str | None, str | None], None]:
    """Return the function that renames an account in its entry `<kind>/<id>`. The arguments are those of `profiles_of`.

    The function raises ValueError for a field that the accounts do not have, and for an invalid or used handle.
    """

    def rename(state: State, account_id: str, new_handle: str | None, new_name: str | None) -> None:
        key = f"{kind}/{account_id.removeprefix(id_prefix)}"
        if new_handle is not None:
            if handle is None:
                raise ValueError("its accounts have no handle")
            _check_handle(new_handle)
            if any(state[other][handle] == new_handle for other in state if other.startswith(f"{kind}/")):
                raise ValueError(f"another account has the handle {new_handle!r}")
            state[key] = {**state[key], handle: new_handle}
        if new_name is not None:
            if name is None:
                raise ValueError("its accounts have no name that can be chosen")
            state[key] = {**state[key], name: new_name}

    return rename


def _check_handle(handle: str) -> None:
    """Raise ValueError for a text that cannot be a handle in addresses."""
    if _HANDLE.fullmatch(handle) is None:
        raise ValueError(f"{handle!r} is not a handle: use letters, digits, '.', '_' and '-', at most 64")

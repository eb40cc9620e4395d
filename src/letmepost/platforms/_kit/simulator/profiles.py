"""Profiles of simulated accounts, read from their entries in the state."""

from collections.abc import Callable

from letmepost.platforms.simulation import SimulatedProfile, State


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

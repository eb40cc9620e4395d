"""The accounts of the simulated world, and its ids."""

from datetime import datetime
from typing import TypedDict

from letmepost.platforms._kit.simulator.ids import letters
from letmepost.platforms._kit.simulator.scenarios import check_scenario, withdraw_permission
from letmepost.platforms.simulation import SimulatedCall, SimulatedReply, State
from letmepost.platforms.threads.simulator.graph import Parameters, shown
from letmepost.platforms.threads.simulator.scenarios import SCENARIOS


class Person(TypedDict):
    """An account."""

    id: str
    username: str
    scenario: str


def create_person(state: State, scenario: str, _now: datetime, entropy: bytes) -> str:
    """Create an account, and return its id."""
    check_scenario(SCENARIOS, scenario)
    number = next_id(state)
    state[f"person/{number}"] = Person(id=number, username=f"sandbox_{letters(entropy, 'name', 8)}", scenario=scenario)
    return number


def find_person(state: State, person_id: str) -> Person:
    """Return the account of an id that was issued."""
    person: Person = state[f"person/{person_id}"]
    return person


def me(state: State, call: SimulatedCall, person: Person) -> SimulatedReply:
    """`GET /me`."""
    if SCENARIOS[person["scenario"]].revoked:
        withdraw_permission(state, person["id"])
    fields = {
        "id": person["id"],
        "username": person["username"],
        "name": f"Sandbox account, scenario {person['scenario']}",
        "is_verified": False,
    }
    return shown(fields, Parameters.of(call))


def next_id(state: State) -> str:
    """Return the next id, in digits. All objects share one sequence."""
    number = state.get("meta/last_id", 17_890_000_000_000_000) + 7
    state["meta/last_id"] = number
    return str(number)

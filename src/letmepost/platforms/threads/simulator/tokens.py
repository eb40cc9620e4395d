"""Long-lived tokens, and the tokens of calls.

Source: fact sheet section 1, after https://developers.facebook.com/docs/threads/get-started, checked 2026-11-21.
"""

from datetime import timedelta

from letmepost.platforms._kit.simulator.oauth.grants import App
from letmepost.platforms._meta.simulator.long_lived import TokenServer
from letmepost.platforms.simulation import SimulatedCall, SimulatedReply, State
from letmepost.platforms.threads.simulator.people import Person, find_person
from letmepost.platforms.threads.simulator.scenarios import SCENARIOS

APP = App(client_id="1789000000000001", client_secret="simulated-threads-app-secret")  # noqa: S106 - the simulator's own


def _lifetime(state: State, person_id: str) -> tuple[timedelta, timedelta]:
    scenario = SCENARIOS[find_person(state, person_id)["scenario"]]
    return scenario.access_lifetime, scenario.token_age


SERVER = TokenServer(app=APP, prefix="th", start="THQVJ", lifetime=_lifetime)


def authenticate(state: State, call: SimulatedCall, scope: str) -> Person:
    """Return the account of a call's token, if the token has the required scope."""
    return find_person(state, SERVER.authenticate(state, call, scope))


def debug_token(state: State, call: SimulatedCall, _person: Person) -> SimulatedReply:
    """`GET /debug_token`."""
    return SERVER.debug_token(state, call)

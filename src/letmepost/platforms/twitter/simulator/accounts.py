"""The accounts of the simulated world, and its ids."""

from datetime import datetime
from typing import TypedDict

from letmepost.platforms._kit.simulator.ids import letters
from letmepost.platforms._kit.simulator.scenarios import check_scenario
from letmepost.platforms.simulation import State
from letmepost.platforms.twitter.simulator.scenarios import SCENARIOS

_EPOCH_MS = 1_288_834_974_657
"""Ids are snowflakes: milliseconds since this moment, and 22 bits that distinguish ids of the same millisecond."""


class Account(TypedDict):
    """One account."""

    id: str
    username: str
    name: str
    scenario: str


def make_account(state: State, scenario: str, now: datetime, entropy: bytes) -> str:
    """Create an account, and return its id."""
    check_scenario(SCENARIOS, scenario)
    name = f"Sandbox account, scenario {scenario}"
    username = f"sandbox_{letters(entropy, 'username', 7)}"
    account = Account(id=snowflake(state, now, entropy), username=username, name=name, scenario=scenario)
    state[f"account/{account['id']}"] = account
    return account["id"]


def get_account(state: State, account_id: str) -> Account:
    """Return the account of an id that was issued."""
    account: Account = state[f"account/{account_id}"]
    return account


def snowflake(state: State, now: datetime, entropy: bytes) -> str:
    """Return a new id. Later ids are larger, even within a millisecond."""
    milliseconds = int(now.timestamp() * 1000) - _EPOCH_MS
    number = max(milliseconds << 22 | int.from_bytes(entropy[:4]) >> 10, state.get("last_id", 0) + 1)
    state["last_id"] = number
    return str(number)

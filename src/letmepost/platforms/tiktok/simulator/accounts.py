"""Accounts, and what their owners allow. Source: fact sheet sections 1.5 and 2.1."""

from datetime import datetime
from hashlib import sha256
from typing import TypedDict
from uuid import UUID

from letmepost.platforms._kit.simulator.ids import letters
from letmepost.platforms._kit.simulator.scenarios import check_scenario
from letmepost.platforms.simulation import State
from letmepost.platforms.tiktok.simulator.scenarios import SCENARIOS, Scenario

PRIVACY_LEVELS = ("PUBLIC_TO_EVERYONE", "MUTUAL_FOLLOW_FRIENDS", "FOLLOWER_OF_CREATOR", "SELF_ONLY")
_OF_PUBLIC_ACCOUNT = ("PUBLIC_TO_EVERYONE", "MUTUAL_FOLLOW_FRIENDS", "SELF_ONLY")
_OF_PRIVATE_ACCOUNT = ("FOLLOWER_OF_CREATOR", "MUTUAL_FOLLOW_FRIENDS", "SELF_ONLY")


class Account(TypedDict):
    """An account. `id` is its open_id, and `made_at` a Unix time in seconds."""

    id: str
    union_id: str
    username: str
    scenario: str
    is_private: bool
    made_at: float


def create_account(state: State, scenario: str, now: datetime, entropy: bytes) -> str:
    """Create an account, and return its open_id."""
    check_scenario(SCENARIOS, scenario)
    account = Account(
        id=_uuid(b"open_id", entropy),
        union_id=_uuid(b"union_id", entropy),
        username=f"sandbox_{letters(entropy, 'name', 8)}",
        scenario=scenario,
        is_private=SCENARIOS[scenario].is_private,
        made_at=now.timestamp(),
    )
    state[f"account/{account['id']}"] = account
    return account["id"]


def get_account(state: State, open_id: str) -> Account:
    """Return an account."""
    account: Account = state[f"account/{open_id}"]
    return account


def scenario_of(account: Account) -> Scenario:
    """Return the scenario of an account."""
    return SCENARIOS[account["scenario"]]


def make_private(state: State, account: Account) -> None:
    """Make an account private, as its owner can in the app."""
    state[f"account/{account['id']}"] = {**account, "is_private": True}


def privacy_levels_of(account: Account) -> tuple[str, ...]:
    """Return the privacy levels that an account offers."""
    return _OF_PRIVATE_ACCOUNT if account["is_private"] else _OF_PUBLIC_ACCOUNT


def disabled_interactions(account: Account) -> frozenset[str]:
    """Return what is disabled for an account's posts. Private accounts have no duets and stitches."""
    return scenario_of(account).disables | (frozenset({"duet", "stitch"}) if account["is_private"] else frozenset())


def _uuid(name: bytes, entropy: bytes) -> str:
    return str(UUID(bytes=sha256(name + entropy).digest()[:16]))

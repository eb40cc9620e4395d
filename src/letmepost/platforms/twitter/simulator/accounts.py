"""The accounts of the simulated world, and its ids and random-looking texts."""

import base64
from collections.abc import Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from typing import TypedDict

from letmepost.platforms.contract import State
from letmepost.platforms.twitter.simulator.scenarios import SCENARIOS

ALL_SCOPES = ("tweet.read", "tweet.write", "users.read", "media.write", "offline.access")
CODE_LIFETIME = timedelta(seconds=30)
"""Fact sheet section 1, after docs.x.com fundamentals/authentication/oauth-2-0, checked 2026-11-21."""
_GIVEN_CODE_LIFETIME = timedelta(days=1)
"""The lifetime of a code that a test receives: long enough for any test."""

_EPOCH_MS = 1_288_834_974_657
"""Ids are snowflakes: milliseconds since this moment, and 22 bits that distinguish ids of the same millisecond."""


class Account(TypedDict):
    """One account."""

    id: str
    username: str
    name: str
    scenario: str


class Code(TypedDict):
    """A code that is exchanged for tokens. `redirect_uri` and `challenge` are None if any value is accepted."""

    account_id: str
    scopes: list[str]
    redirect_uri: str | None
    challenge: str | None
    until: float
    is_used: bool


def create_account(state: State, scenario: str, now: datetime, entropy: bytes) -> Mapping[str, str]:
    """Create an account that behaves as `scenario` states, and return the code of a consent for it."""
    account = make_account(state, scenario, now, entropy)
    until = now + _GIVEN_CODE_LIFETIME
    return {"code": make_code(state, account["id"], ALL_SCOPES, until, entropy)}


def make_account(state: State, scenario: str, now: datetime, entropy: bytes) -> Account:
    """Create an account."""
    if scenario not in SCENARIOS:
        raise ValueError(f"there is no scenario {scenario!r}")
    name = f"Sandbox account, scenario {scenario}"
    username = f"sandbox_{letters(entropy, 'username', 7)}"
    account = Account(id=snowflake(state, now, entropy), username=username, name=name, scenario=scenario)
    state[f"account/{account['id']}"] = account
    return account


def make_code(
    state: State,
    account_id: str,
    scopes: tuple[str, ...],
    until: datetime,
    entropy: bytes,
    *,
    redirect_uri: str | None = None,
    challenge: str | None = None,
) -> str:
    """Create a code for the token endpoint, valid once."""
    code = letters(entropy, "code", 48)
    state[f"code/{code}"] = Code(
        account_id=account_id,
        scopes=list(scopes),
        redirect_uri=redirect_uri,
        challenge=challenge,
        until=until.timestamp(),
        is_used=False,
    )
    return code


def find_account(state: State, account_id: str) -> Account | None:
    """Return the account of an id."""
    account: Account | None = state.get(f"account/{account_id}")
    return account


def snowflake(state: State, now: datetime, entropy: bytes) -> str:
    """Return a new id. Later ids are larger, even within a millisecond."""
    milliseconds = int(now.timestamp() * 1000) - _EPOCH_MS
    number = max(milliseconds << 22 | int.from_bytes(entropy[:4]) >> 10, state.get("last_id", 0) + 1)
    state["last_id"] = number
    return str(number)


def letters(entropy: bytes, purpose: str, length: int) -> str:
    """Return letters and digits that look random, and depend only on the entropy and the purpose. At most 51."""
    return base64.b32encode(sha256(purpose.encode() + entropy).digest()).decode().lower()[:length]

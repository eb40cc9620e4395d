"""The accounts of the simulated world."""

import hmac
from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from itertools import count
from typing import TypedDict

from letmepost.platforms._kit.simulator.ids import letters
from letmepost.platforms._kit.simulator.scenarios import check_scenario
from letmepost.platforms.bluesky.simulator.scenarios import SCENARIOS
from letmepost.platforms.bluesky.simulator.syntax import is_handle
from letmepost.platforms.bluesky.simulator.xrpc import invalid_request
from letmepost.platforms.simulation import State


class Account(TypedDict):
    """One account. `password_digest` is that of its only app password; it has no other password."""

    did: str
    handle: str
    password_digest: str
    scenario: str
    created_at: str


def create_account(state: State, scenario: str, now: datetime, entropy: bytes) -> Mapping[str, str]:
    """Create an account that behaves as `scenario` states, and return the input that connects it."""
    check_scenario(SCENARIOS, scenario)
    if "meta" not in state:
        state["meta"] = {"secret": sha256(b"secret" + entropy).hexdigest()}
    password = "-".join(letters(entropy, f"password {index}", 4) for index in range(4))
    account = Account(
        did=f"did:plc:{letters(entropy, 'did', 24)}",
        handle=_free_handle(state, entropy),
        password_digest=_digest(password),
        scenario=scenario,
        created_at=now.isoformat(),
    )
    state[f"account/{account['did']}"] = account
    state[f"handle/{account['handle']}"] = account["did"]
    return {"identifier": account["handle"], "appPassword": password}


def rename(state: State, did: str, handle: str | None, name: str | None) -> None:
    """Give an account a handle. A name is part of a profile record, which the simulator does not have.

    Raises:
        ValueError: the handle is not a domain name or is used, or there is a name.
    """
    if name is not None:
        raise ValueError("its accounts have no name that can be chosen")
    if handle is None:
        return
    if not is_handle(handle):
        raise ValueError(f"{handle!r} is not a handle: use a domain name, such as 'alice.test'")
    if f"handle/{handle.lower()}" in state:
        raise ValueError(f"another account has the handle {handle!r}")
    account: Account = state[f"account/{did}"]
    del state[f"handle/{account['handle']}"]
    state[f"account/{did}"] = {**account, "handle": handle.lower()}
    state[f"handle/{handle.lower()}"] = did


def replace_password(state: State, password: str, wanted: str) -> None:
    """Replace the app password of the account that has this one."""
    digest = _digest(password)
    key = next(key for key in state if key.startswith("account/") and state[key]["password_digest"] == digest)
    state[key] = {**state[key], "password_digest": _digest(wanted)}


def find_account(state: State, did: str) -> Account | None:
    """Return the account of a DID, or None."""
    account: Account | None = state.get(f"account/{did}")
    return account


def find_by_identifier(state: State, identifier: str) -> Account | None:
    """Return the account of a DID or a handle, or None."""
    did = identifier if identifier.startswith("did:") else state.get(f"handle/{identifier.lower()}")
    return None if did is None else find_account(state, did)


def get_repository(state: State, repository: str) -> Account:
    """Return the account that owns the repository of a DID or a handle."""
    account = find_by_identifier(state, repository)
    if account is None:
        raise invalid_request(f"Could not find repo: {repository}")
    return account


def is_password(account: Account, password: str) -> bool:
    """Return True if this is the account's app password."""
    return hmac.compare_digest(account["password_digest"], _digest(password))


def _digest(password: str) -> str:
    # A plain hash is too weak for a password that a person chose, but this one is random.
    return sha256(password.encode(errors="replace")).hexdigest()


def _free_handle(state: State, entropy: bytes) -> str:
    """Return an unused handle: six letters are few enough to collide."""
    handles = (f"sandbox-{letters(entropy, f'handle {attempt}', 6)}.test" for attempt in count())
    return next(handle for handle in handles if f"handle/{handle}" not in state)

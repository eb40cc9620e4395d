"""The server's accounts."""

from datetime import datetime
from typing import Any, TypedDict

from letmepost.platforms._kit.simulator.ids import letters
from letmepost.platforms._kit.simulator.pages import account_url, picture_url, redirect_to
from letmepost.platforms._kit.simulator.scenarios import check_scenario, withdraw_permission
from letmepost.platforms._kit.simulator.wire import json_reply
from letmepost.platforms.mastodon.simulator.scenarios import SCENARIOS, Scenario
from letmepost.platforms.mastodon.simulator.wire import iso, next_id
from letmepost.platforms.simulation import SimulatedCall, SimulatedReply, State

SERVER = "social.sandbox.example"


class Account(TypedDict):
    """An account."""

    id: str
    username: str
    scenario: str
    made_at: float


def create(state: State, scenario: str, now: datetime, entropy: bytes) -> str:
    """Create an account, and return its id."""
    check_scenario(SCENARIOS, scenario)
    username = f"sandbox_{letters(entropy, 'name', 8)}"
    account = Account(id=next_id(state, now), username=username, scenario=scenario, made_at=now.timestamp())
    state[f"account/{account['id']}"] = account
    return account["id"]


def find(state: State, account_id: str) -> Account:
    """Return the account of an id that was issued."""
    account: Account = state[f"account/{account_id}"]
    return account


def scenario_of(account: Account) -> Scenario:
    """Return the scenario of an account."""
    return SCENARIOS[account["scenario"]]


def verify_credentials(state: State, call: SimulatedCall, account: Account) -> SimulatedReply:
    """`GET /api/v1/accounts/verify_credentials`."""
    if scenario_of(account).revoked:  # the one read that connecting needs is still allowed
        withdraw_permission(state, account["id"])
    return json_reply(entity(account, call))


def open_page(state: State, call: SimulatedCall, username: str) -> SimulatedReply:
    """`GET /users/:username`, which identifies an account and leads to its page."""
    accounts: list[Account] = [state[key] for key in state if key.startswith("account/")]
    account_id = next((one["id"] for one in accounts if one["username"] == username), "")
    return redirect_to(account_url(call, account_id))


def entity(account: Account, call: SimulatedCall) -> dict[str, Any]:
    """Return an account as the API shows it, without counts."""
    return {
        "id": account["id"],
        "username": account["username"],
        "acct": account["username"],
        "display_name": f"Sandbox account, scenario {account['scenario']}",
        "created_at": iso(account["made_at"] // 86_400 * 86_400),
        "note": "",
        "url": account_url(call, account["id"]),
        "uri": f"{call.root}/users/{account['username']}",
        **dict.fromkeys(("avatar", "avatar_static", "header", "header_static"), picture_url(call)),
        **dict.fromkeys(("locked", "bot", "group"), False),
        **dict.fromkeys(("followers_count", "following_count", "statuses_count"), 0),
        **{name: [] for name in ("emojis", "fields")},
    }

"""The professional accounts of the simulated world, and which of them a call acts for.

Source: fact sheet sections 0.1, 1.A and 1.B.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias, TypedDict

from letmepost.platforms._kit.simulator.ids import letters
from letmepost.platforms._kit.simulator.scenarios import check_scenario
from letmepost.platforms._meta.simulator.graph import Refused
from letmepost.platforms._meta.simulator.people import next_id
from letmepost.platforms._meta.simulator.tokens import unsupported
from letmepost.platforms.instagram.simulator.scenarios import SCENARIOS, Scenario
from letmepost.platforms.simulation import SimulatedCall, State

LoginName: TypeAlias = Literal["instagram_login", "facebook_login"]


class Account(TypedDict):
    """An account. `id` is the same everywhere, `app_scoped_id` is the id for one app with Instagram Login."""

    id: str
    app_scoped_id: str
    username: str
    account_type: str
    scenario: str


@dataclass(frozen=True, slots=True)
class Caller:
    """The account that a call acts for, and the login of its token."""

    account: Account
    login: LoginName

    @property
    def scenario(self) -> Scenario:
        """Return the scenario of the account."""
        return SCENARIOS[self.account["scenario"]]

    def check_id(self, named: str) -> None:
        """Raise `Refused` if an id in a path is not that of the account."""
        account = self.account
        if self.login == "facebook_login":
            if named != account["id"]:
                raise unsupported(named)
            return
        if self.scenario.knows_professional_id:
            if named != account["id"]:
                raise unsupported(named)
        elif named == account["id"]:
            raise Refused("An unexpected error has occurred. Please retry your request later.", code=2, status=500)
        elif named not in {"me", account["app_scoped_id"]}:
            raise unsupported(named)


Authenticate: TypeAlias = Callable[[State, SimulatedCall, str], Caller]
"""Returns the caller of a call, whose token must have the permission: `basic`, `publish`, `comments` or `delete`."""


def create_account(
    state: State, scenario: str, _now: datetime, entropy: bytes, *, account_type: str = "BUSINESS"
) -> str:
    """Create an account, and return its id."""
    check_scenario(SCENARIOS, scenario)
    number = next_id(state)
    account_id = f"178414{number[-11:]}"
    state[f"account/{account_id}"] = Account(
        id=account_id,
        app_scoped_id=f"25{number}",
        username=f"sandbox_{letters(entropy, 'name', 8)}",
        account_type=account_type,
        scenario=scenario,
    )
    return account_id


def create_personal_account(state: State, scenario: str, now: datetime, entropy: bytes) -> str:
    """Create an account that is not professional, and return its id."""
    return create_account(state, scenario, now, entropy, account_type="PERSONAL")


def find_account(state: State, account_id: str) -> Account:
    """Return the account of an id that was issued."""
    account: Account = state[f"account/{account_id}"]
    return account

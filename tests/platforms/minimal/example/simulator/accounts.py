"""Accounts, the consent page, and the tokens of calls. Source: fact sheet sections 1, 2 and 6."""

from datetime import datetime, timedelta

from letmepost.platforms._kit.simulator.ids import letters
from letmepost.platforms._kit.simulator.oauth.consent import Choice, ConsentEndpoint
from letmepost.platforms._kit.simulator.oauth.grants import ACCESS, App, find_token, only, token_status
from letmepost.platforms._kit.simulator.oauth.token_endpoint import Lifetimes, TokenEndpoint
from letmepost.platforms._kit.simulator.scenarios import CommonScenario, check_scenario, withdraw_permission
from letmepost.platforms._kit.simulator.wire import bearer_token, json_reply
from letmepost.platforms.simulation import SimulatedCall, SimulatedReply, State
from tests.platforms.minimal.example.simulator.scenarios import SCENARIOS, ExampleError

APP = App(client_id="sandbox-app", client_secret="sandbox-secret")


def _create_account(state: State, scenario: str, _now: datetime, entropy: bytes) -> str:
    check_scenario(SCENARIOS, scenario)
    account_id = letters(entropy, "account", 12)
    state[f"account/{account_id}"] = {"id": account_id, "scenario": scenario}
    return account_id


def scenario_of(state: State, account_id: str) -> CommonScenario:
    """Return the scenario of an account."""
    return SCENARIOS[state[f"account/{account_id}"]["scenario"]]


def _new_secret(entropy: bytes, kind: str) -> str:
    return f"ex_{letters(entropy, kind, 40)}"


def _lifetimes(state: State, account_id: str, _scopes: list[str]) -> Lifetimes:
    access = scenario_of(state, account_id).access_lifetime or timedelta(hours=1)
    return Lifetimes(access=access, refresh=timedelta(days=36_500))


_CHOICES = (
    Choice("allow", "Allow", account=_create_account),
    Choice("without_posts", "Allow reading the profile only", account=_create_account, withheld=frozenset({"posts"})),
    Choice("deny", "Deny"),
)
CONSENT = ConsentEndpoint(
    title="Example",
    find_app=only(APP),
    scopes=("profile", "posts"),
    choices=lambda _state: _CHOICES,
    new_account=_create_account,
    new_secret=_new_secret,
    code_lifetime=timedelta(minutes=10),
)
TOKENS = TokenEndpoint(find_app=only(APP), new_secret=_new_secret, lifetimes=_lifetimes)


def authenticate(state: State, call: SimulatedCall, scope: str) -> str:
    """Return the id of the account whose token a call has. The token must have the scope."""
    token = find_token(state, bearer_token(call))
    if token is None or token["kind"] != ACCESS:
        raise ExampleError(401, "token_invalid", "The token is unknown.")
    status = token_status(state, token, call.now)
    if status != "active":
        raise ExampleError(401, "token_expired" if status == "expired" else "token_invalid", "The token has ended.")
    if scope not in token["scopes"]:
        raise ExampleError(403, "forbidden", f"The token lacks the scope {scope}.")
    return token["account_id"]


def me(state: State, call: SimulatedCall) -> SimulatedReply:
    """`GET /v1/me`. In the scenario `auth_revoked`, the permission is withdrawn after this read, which connects."""
    account_id = authenticate(state, call, "profile")
    if scenario_of(state, account_id).revoked:
        withdraw_permission(state, account_id)
    return json_reply({"id": account_id, "username": f"sandbox_{account_id}", "name": "Sandbox account"})

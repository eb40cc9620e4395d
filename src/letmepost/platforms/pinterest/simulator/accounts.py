"""Accounts, the consent page, and tokens. Source: fact sheet section 1."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypedDict

from letmepost.platforms._kit.simulator.ids import letters
from letmepost.platforms._kit.simulator.oauth.consent import Choice, ConsentEndpoint
from letmepost.platforms._kit.simulator.oauth.grants import ACCESS, REFRESH, App, find_token, only, token_status
from letmepost.platforms._kit.simulator.oauth.token_endpoint import Lifetimes, Problem, TokenEndpoint
from letmepost.platforms._kit.simulator.pages import picture_url
from letmepost.platforms._kit.simulator.routes import Handler
from letmepost.platforms._kit.simulator.scenarios import check_scenario, withdraw_permission
from letmepost.platforms._kit.simulator.wire import bearer_token, form_of, json_reply
from letmepost.platforms.pinterest.simulator.scenarios import SCENARIOS, Scenario
from letmepost.platforms.pinterest.simulator.wire import PinterestError, invalid, next_id, unauthenticated
from letmepost.platforms.simulation import SimulatedCall, SimulatedReply, State

APP = App(client_id="1480000", client_secret="simulated-pinterest-app-secret")  # noqa: S106 - the simulator's own
_ACCESS_LIFETIME = timedelta(days=30)
_REFRESH_LIFETIME = timedelta(days=60)
_PREFIXES = {"code": "", ACCESS: "pina_", REFRESH: "pinr_"}


class User(TypedDict):
    """An account."""

    id: str
    username: str
    scenario: str


class Board(TypedDict):
    """A board."""

    id: str
    user: str
    name: str
    description: str
    privacy: str
    made_at: float


def create_user(state: State, scenario: str, now: datetime, entropy: bytes) -> str:
    """Create an account with the boards of its scenario, and return its id."""
    check_scenario(SCENARIOS, scenario)
    user = User(id=next_id(state), username=f"sandbox_{letters(entropy, 'name', 8)}", scenario=scenario)
    state[f"user/{user['id']}"] = user
    for number in range(SCENARIOS[scenario].board_count):
        add_board(state, user, now, name=f"Board {number + 1}")
    return user["id"]


def add_board(
    state: State, user: User, now: datetime, *, name: str, description: str = "", privacy: str = "PUBLIC"
) -> Board:
    """Create a board."""
    board = Board(
        id=next_id(state),
        user=user["id"],
        name=name,
        description=description,
        privacy=privacy,
        made_at=now.timestamp(),
    )
    state[f"board/{board['id']}"] = board
    return board


def scenario_of(user: User) -> Scenario:
    """Return the scenario of an account."""
    return SCENARIOS[user["scenario"]]


def me(state: State, call: SimulatedCall, user: User) -> SimulatedReply:
    """`GET /user_account`. In the scenario `auth_revoked`, the permission is withdrawn after the boards are read."""
    boards = [key for key in state if key.startswith("board/") and state[key]["user"] == user["id"]]
    pins = [key for key in state if key.startswith("pin/") and state[key]["user"] == user["id"]]
    return json_reply(
        {
            "account_type": "BUSINESS",
            "id": user["id"],
            "profile_image": picture_url(call),
            "website_url": "",
            "username": user["username"],
            "about": "",
            "business_name": f"Sandbox account, scenario {user['scenario']}",
            "board_count": len(boards),
            "pin_count": len(pins),
            "follower_count": 0,
            "following_count": 0,
            "monthly_views": 0,
        }
    )


def _new_secret(entropy: bytes, kind: str) -> str:
    return f"{_PREFIXES[kind]}{letters(entropy, kind, 48).upper()}"


def _lifetimes(state: State, user_id: str, _scopes: list[str]) -> Lifetimes:
    scenario = scenario_of(state[f"user/{user_id}"])
    return Lifetimes(access=scenario.access_lifetime or _ACCESS_LIFETIME, refresh=_REFRESH_LIFETIME)


def _refuse(problem: Problem, name: str) -> PinterestError:
    if problem in {Problem.NO_CLIENT, Problem.WRONG_CLIENT}:
        return unauthenticated()
    return invalid(f"The {name} is invalid.")


_CHOICES = (
    Choice("allow", "Give access", account=create_user),
    Choice(
        "without-pins",
        "Give access to the profile only",
        account=create_user,
        withheld=frozenset({"boards:read", "boards:write", "pins:read", "pins:write"}),
    ),
    Choice("deny", "Cancel"),
)
CONSENT = ConsentEndpoint(
    title="Pinterest",
    find_app=only(APP),
    scopes=("boards:read", "boards:write", "pins:read", "pins:write", "user_accounts:read"),
    choices=lambda _state: _CHOICES,
    new_account=create_user,
    new_secret=_new_secret,
    code_lifetime=timedelta(minutes=10),
    uses_pkce=False,
    scope_separators=", ",
)
_TOKENS = TokenEndpoint(
    find_app=only(APP),
    new_secret=_new_secret,
    lifetimes=_lifetimes,
    refuse=_refuse,
    uses_basic=True,
    rotates=True,
)


def grant_tokens(state: State, call: SimulatedCall) -> SimulatedReply:
    """`POST /oauth/token`. A refresh token is valid once."""
    form = form_of(call)
    granted = json.loads(_TOKENS.respond(state, call, form).body)
    expires_in = int(_REFRESH_LIFETIME.total_seconds())
    return json_reply(
        {
            "response_type": form["grant_type"],
            **granted,
            "refresh_token_expires_in": expires_in,
            "refresh_token_expires_at": int(call.now.timestamp()) + expires_in,
        }
    )


def signed(handler: Callable[..., SimulatedReply], *scopes: str) -> Handler:
    """Return the handler of calls with a token, which also passes the token's account to `handler`."""

    def handle(state: State, call: SimulatedCall, *arguments: str) -> SimulatedReply:
        return handler(state, call, _authenticate(state, call, scopes), *arguments)

    return handle


def _authenticate(state: State, call: SimulatedCall, scopes: tuple[str, ...]) -> User:
    token = find_token(state, bearer_token(call))
    if token is None or token["kind"] != ACCESS or token_status(state, token, call.now) != "active":
        raise unauthenticated()
    missing = [scope for scope in scopes if scope not in token["scopes"]]
    if missing:
        raise PinterestError(403, 3, f"Your application lacks the scope {missing[0]}.")
    user: User = state[f"user/{token['account_id']}"]
    return user


def withdraw_if_revoked(state: State, user: User) -> None:
    """Withdraw the permission in the scenario `auth_revoked`, after the last read of connecting."""
    if scenario_of(user).revoked:
        withdraw_permission(state, user["id"])

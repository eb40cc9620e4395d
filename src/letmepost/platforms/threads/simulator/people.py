"""The accounts of the simulated world, their consents, and their tokens.

Source: fact sheet section 1, after https://developers.facebook.com/docs/threads/get-started, checked 2026-11-21.
"""

import base64
from collections.abc import Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from typing import TypedDict

from letmepost.platforms.contract import SimulatedCall, SimulatedReply, State
from letmepost.platforms.threads.simulator.graph import (
    ConsentRefused,
    Parameters,
    Refused,
    json_reply,
    shown,
    wrong_parameter,
)
from letmepost.platforms.threads.simulator.scenarios import SCENARIOS

CLIENT_ID = "1789000000000001"
CLIENT_SECRET = "simulated-threads-app-secret"  # noqa: S105 - the simulator's own
SCOPES = (
    "threads_basic",
    "threads_content_publish",
    "threads_manage_replies",
    "threads_read_replies",
    "threads_delete",
)

_CODE_LIFETIME = timedelta(hours=1)
_SHORT_LIFETIME = timedelta(hours=1)
_REFRESHABLE_AFTER = timedelta(hours=24)


class Person(TypedDict):
    """An account."""

    id: str
    username: str
    scenario: str


class Code(TypedDict):
    """An unused consent. `redirect_uri` is empty if any is accepted."""

    person: str
    scopes: list[str]
    redirect_uri: str
    until: float


class Token(TypedDict):
    """A token: its account, its scopes, its issue and its expiry."""

    person: str
    scopes: list[str]
    is_long: bool
    made_at: float
    until: float


def create_account(state: State, scenario: str, now: datetime, entropy: bytes) -> Mapping[str, str]:
    """Create an account that behaves as `scenario` states and has consented, and return the code of the consent."""
    person = create_person(state, scenario, entropy)
    return {"code": issue_code(state, person, SCOPES, "", now, entropy)}


def create_person(state: State, scenario: str, entropy: bytes) -> Person:
    """Create an account."""
    if scenario not in SCENARIOS:
        raise ValueError(f"there is no scenario {scenario!r}")
    number = next_id(state)
    person = Person(id=number, username=f"sandbox_{letters(entropy, 'name', 8)}", scenario=scenario)
    state[f"person/{number}"] = person
    return person


def issue_code(
    state: State, person: Person, scopes: tuple[str, ...], redirect_uri: str, now: datetime, entropy: bytes
) -> str:
    """Create the code of a consent."""
    code = f"AQB{letters(entropy, 'code', 40)}"
    until = (now + _CODE_LIFETIME).timestamp()
    state[f"code/{code}"] = Code(person=person["id"], scopes=list(scopes), redirect_uri=redirect_uri, until=until)
    return code


def exchange_code(state: State, call: SimulatedCall) -> SimulatedReply:
    """`POST /oauth/access_token`: exchange a code for a token that is valid for an hour."""
    given = Parameters.of(call)
    if (given.get("client_id"), given.get("client_secret")) != (CLIENT_ID, CLIENT_SECRET):
        raise ConsentRefused("Error validating client secret.")
    if given.get("grant_type") != "authorization_code":
        raise ConsentRefused("Unsupported grant type")
    key = f"code/{given.get('code')}"
    code: Code | None = state.get(key)
    if code is None or call.now.timestamp() >= code["until"]:
        raise ConsentRefused("Matching code was not found or was already used")
    if code["redirect_uri"] not in {"", given.get("redirect_uri")}:
        raise ConsentRefused("Error validating verification code: redirect_uri does not match")
    del state[key]
    token = _issue_token(state, call, code["person"], code["scopes"], _SHORT_LIFETIME, is_long=False)
    return json_reply({"access_token": token, "user_id": int(code["person"])})


def prolong(state: State, call: SimulatedCall) -> SimulatedReply:
    """`GET /access_token`: exchange a token that is valid for an hour for a long-lived one."""
    given = Parameters.of(call)
    if given.get("grant_type") != "th_exchange_token":
        raise wrong_parameter("Unsupported grant type")
    if given.get("client_secret") != CLIENT_SECRET:
        raise wrong_parameter("Error validating client secret.")
    token = _token(state, given.get("access_token"), call.now)
    if token["is_long"]:
        raise wrong_parameter("The access token is not a short-lived one.")
    person: Person = state[f"person/{token['person']}"]
    reply = _long_lived(state, call, token)
    if SCENARIOS[person["scenario"]].is_revoked:
        # The one read that connecting needs is still allowed.
        state[f"revoked/{person['id']}"] = 0
    return reply


def refresh(state: State, call: SimulatedCall) -> SimulatedReply:
    """`GET /refresh_access_token`: from a token's second day to its last."""
    given = Parameters.of(call)
    if given.get("grant_type") != "th_refresh_token":
        raise wrong_parameter("Unsupported grant type")
    token = _token(state, given.get("access_token"), call.now)
    _refuse_revoked(state, token["person"])
    if not token["is_long"] or call.now.timestamp() < token["made_at"] + _REFRESHABLE_AFTER.total_seconds():
        raise wrong_parameter("The access token cannot be refreshed before it is 24 hours old.")
    return _long_lived(state, call, token)


def authenticate(state: State, call: SimulatedCall, scope: str) -> Person:
    """Return the account of a call's token, if the token has the required scope."""
    scheme, _, bearer = call.headers.get("authorization", "").partition(" ")
    given = bearer if scheme.lower() == "bearer" else Parameters.of(call).get("access_token")
    token = _token(state, given, call.now)
    _refuse_revoked(state, token["person"])
    if scope not in token["scopes"]:
        raise Refused(f"Application does not have permission for this action: {scope}", code=10, status=403)
    person: Person = state[f"person/{token['person']}"]
    return person


def me(state: State, call: SimulatedCall) -> SimulatedReply:
    """`GET /me`."""
    person = authenticate(state, call, "threads_basic")
    if f"revoked/{person['id']}" in state:
        state[f"revoked/{person['id']}"] += 1
    fields = {
        "id": person["id"],
        "username": person["username"],
        "name": f"Sandbox account, scenario {person['scenario']}",
        "is_verified": False,
    }
    return shown(fields, Parameters.of(call))


def debug_token(state: State, call: SimulatedCall) -> SimulatedReply:
    """`GET /debug_token`."""
    authenticate(state, call, "threads_basic")
    token = _token(state, Parameters.of(call).require("input_token"), call.now)
    return json_reply(
        {
            "data": {
                "type": "USER",
                "application": "Sandbox",
                "expires_at": int(token["until"]),
                "is_valid": True,
                "issued_at": int(token["made_at"]),
                "scopes": token["scopes"],
                "user_id": token["person"],
            }
        }
    )


def next_id(state: State) -> str:
    """Return the next id, in digits. All objects share one sequence."""
    number = state.get("meta/last_id", 17_890_000_000_000_000) + 7
    state["meta/last_id"] = number
    return str(number)


def letters(entropy: bytes, purpose: str, length: int) -> str:
    """Return letters and digits that look random, and depend only on the entropy and the purpose. At most 51."""
    return base64.b32encode(sha256(purpose.encode() + entropy).digest()).decode().lower()[:length]


def _long_lived(state: State, call: SimulatedCall, old: Token) -> SimulatedReply:
    person: Person = state[f"person/{old['person']}"]
    scenario = SCENARIOS[person["scenario"]]
    age = scenario.token_age
    token = _issue_token(state, call, old["person"], old["scopes"], scenario.token_lifetime, is_long=True, age=age)
    seconds = int(scenario.token_lifetime.total_seconds())
    return json_reply({"access_token": token, "token_type": "bearer", "expires_in": seconds})


def _issue_token(
    state: State,
    call: SimulatedCall,
    person_id: str,
    scopes: list[str],
    lifetime: timedelta,
    *,
    is_long: bool,
    age: timedelta = timedelta(),
) -> str:
    text = f"THQVJ{letters(call.entropy, 'token', 48)}"
    made_at, until = (call.now - age).timestamp(), (call.now + lifetime).timestamp()
    state[f"token/{text}"] = Token(person=person_id, scopes=scopes, is_long=is_long, made_at=made_at, until=until)
    return text


def _token(state: State, text: str | None, now: datetime) -> Token:
    token: Token | None = state.get(f"token/{text}")
    if token is None:
        raise Refused("Invalid OAuth access token - Cannot parse access token", code=190)
    if now.timestamp() >= token["until"]:
        raise Refused("Error validating access token: Session has expired", code=190, subcode=463)
    return token


def _refuse_revoked(state: State, person_id: str) -> None:
    if state.get(f"revoked/{person_id}", 0) > 0:
        raise Refused("Error validating access token: The user has not authorized application", code=190, subcode=458)

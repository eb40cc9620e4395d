"""Sessions: logging in with an app password, refreshing and ending.

Source: fact sheet section 1.2, after bluesky-social/atproto packages/pds/src/account-manager/helpers/auth.ts
and packages/pds/src/api/com/atproto/server, checked 2026-11-21.
"""

from datetime import datetime, timedelta
from typing import Any, TypedDict

from letmepost.platforms._kit.simulator.ids import letters
from letmepost.platforms._kit.simulator.scenarios import is_withdrawn, withdraw_permission
from letmepost.platforms._kit.simulator.wire import json_reply
from letmepost.platforms.bluesky.simulator import limits, tokens
from letmepost.platforms.bluesky.simulator.accounts import Account, find_account, find_by_identifier, is_password
from letmepost.platforms.bluesky.simulator.identity import did_document
from letmepost.platforms.bluesky.simulator.scenarios import SCENARIOS
from letmepost.platforms.bluesky.simulator.schema import string, structure
from letmepost.platforms.bluesky.simulator.xrpc import XRPCError, invalid_request, json_input
from letmepost.platforms.simulation import SimulatedCall, SimulatedReply, State

REFRESH_LIFETIME = timedelta(days=90)
REFRESH_GRACE = timedelta(hours=2)

_LOGIN = structure({"identifier": string(), "password": string()}, required=("identifier", "password"))


class Session(TypedDict):
    """A refresh token's expiry and successor."""

    usable_until: float
    successor: str | None


def create_session(state: State, call: SimulatedCall) -> SimulatedReply:
    """`com.atproto.server.createSession`."""
    body = json_input(call, _LOGIN)
    account = find_by_identifier(state, body["identifier"])
    if account is None:
        raise _invalid_password()
    headers = limits.spend(state, limits.LOGINS, account["did"], 1, call.now)
    if not is_password(account, body["password"]) or is_withdrawn(state, account["did"]):
        raise _invalid_password()
    if SCENARIOS[account["scenario"]].revoked:
        withdraw_permission(state, account["did"])
    jti = letters(call.entropy, "session", 26)
    _remember(state, account, jti, call.now)
    return json_reply(_session(state, call, account, jti), headers=headers)


def refresh_session(state: State, call: SimulatedCall) -> SimulatedReply:
    """`com.atproto.server.refreshSession`.

    A used token stays valid for two hours and leads to the same successor, so that a lost response or two racing
    clients do no harm.
    """
    if call.body:
        raise invalid_request("A request body was provided when none was expected")
    claims = tokens.bearer(state, call, tokens.REFRESH)
    tokens.refuse_expired(claims, call.now)
    account = _account_of(state, claims)
    session = _usable(state, account, claims["jti"], call.now)
    if session["successor"] is None:
        successor = letters(call.entropy, "session", 26)
        usable_until = min(session["usable_until"], (call.now + REFRESH_GRACE).timestamp())
        state[_key(account, claims["jti"])] = Session(usable_until=usable_until, successor=successor)
        _remember(state, account, successor, call.now)
    else:
        successor = session["successor"]
        _usable(state, account, successor, call.now)
    return json_reply(_session(state, call, account, successor))


def delete_session(state: State, call: SimulatedCall) -> SimulatedReply:
    """`com.atproto.server.deleteSession`: also for a session that has ended, any number of times."""
    claims = tokens.bearer(state, call, tokens.REFRESH)
    state.pop(f"session/{claims['sub']}/{claims['jti']}", None)
    return SimulatedReply(status=200)


def get_session(state: State, call: SimulatedCall) -> SimulatedReply:
    """`com.atproto.server.getSession`. An app password does not give access to the email address."""
    account = authenticate(state, call)
    return json_reply(_facts(account, call.root))


def authenticate(state: State, call: SimulatedCall) -> Account:
    """Return the account that the call's access token belongs to."""
    claims = tokens.bearer(state, call, tokens.ACCESS)
    tokens.refuse_expired(claims, call.now)
    account = _account_of(state, claims)
    if is_withdrawn(state, account["did"]):
        # A real access token stays valid for up to two hours after its app password was revoked. Here it ends
        # immediately.
        raise XRPCError(400, "ExpiredToken", "Token has expired")
    return account


def _account_of(state: State, claims: tokens.Claims) -> Account:
    account = find_account(state, claims["sub"])
    if account is None:
        raise XRPCError(403, "AccountNotFound", "Account not found")
    return account


def _usable(state: State, account: Account, jti: str, now: datetime) -> Session:
    """Return the session of a refresh token that is not used up, logged out or revoked with its app password."""
    session: Session | None = state.get(_key(account, jti))
    if session is None or now.timestamp() >= session["usable_until"] or is_withdrawn(state, account["did"]):
        raise XRPCError(400, "ExpiredToken", "Token has been revoked")
    return session


def _invalid_password() -> XRPCError:
    return XRPCError(401, "AuthenticationRequired", "Invalid identifier or password")


def _key(account: Account, jti: str) -> str:
    return f"session/{account['did']}/{jti}"


def _remember(state: State, account: Account, jti: str, now: datetime) -> None:
    state[_key(account, jti)] = Session(usable_until=(now + REFRESH_LIFETIME).timestamp(), successor=None)


def _session(state: State, call: SimulatedCall, account: Account, jti: str) -> dict[str, Any]:
    """Return the response to a login or a refresh: a new access token, and the refresh token named `jti`."""
    did, now = account["did"], call.now
    access_until = now + SCENARIOS[account["scenario"]].access_lifetime
    access_jti = letters(call.entropy, "access", 26)
    access = tokens.mint(state, scope=tokens.ACCESS, did=did, jti=access_jti, now=now, expires_at=access_until)
    refresh_until = now + REFRESH_LIFETIME
    refresh = tokens.mint(state, scope=tokens.REFRESH, did=did, jti=jti, now=now, expires_at=refresh_until)
    return {**_facts(account, call.root), "accessJwt": access, "refreshJwt": refresh}


def _facts(account: Account, root: str) -> dict[str, Any]:
    return {
        "did": account["did"],
        "handle": account["handle"],
        "didDoc": did_document(account, root),
        "active": True,
    }

"""The token endpoint: exchanges each code and refresh token once, and revokes tokens.

Source: fact sheet section 1, after docs.x.com fundamentals/authentication/oauth-2-0, checked 2026-11-21.
"""

import base64
import hmac
from collections.abc import Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, TypedDict
from urllib.parse import parse_qsl

from letmepost.platforms.contract import SimulatedCall, SimulatedReply, State
from letmepost.platforms.twitter.simulator.accounts import Account, Code, find_account, letters
from letmepost.platforms.twitter.simulator.credentials import CLIENT_ID, CLIENT_SECRET
from letmepost.platforms.twitter.simulator.scenarios import SCENARIOS
from letmepost.platforms.twitter.simulator.wire import RefusedError, json_reply, unauthorized

REFRESH_LIFETIME = timedelta(days=180)
"""Reported, not documented."""


class Token(TypedDict):
    """A token. A used or revoked token is invalid."""

    account_id: str
    is_access: bool
    scopes: list[str]
    until: float
    is_dead: bool


def token(state: State, call: SimulatedCall) -> SimulatedReply:
    """`POST /2/oauth2/token`."""
    form = _form(call)
    match form.get("grant_type"):
        case "authorization_code":
            account_id, scopes = _take_code(state, form, call.now)
        case "refresh_token":
            account_id, scopes = _take_refresh_token(state, _required(form, "refresh_token"), call.now)
        case _:
            raise _invalid_request("Missing required parameter [grant_type].")
    return json_reply(200, _issue(state, call, account_id, scopes), {})


def revoke(state: State, call: SimulatedCall) -> SimulatedReply:
    """`POST /2/oauth2/revoke`."""
    name = f"token/{_required(_form(call), 'token')}"
    known: Token | None = state.get(name)
    if known is None:
        raise _invalid_value("token")
    state[name] = {**known, "is_dead": True}
    return json_reply(200, {"revoked": True}, {})


def authenticate(state: State, call: SimulatedCall) -> tuple[Account, frozenset[str]]:
    """Return the account of a call's bearer token, and its scopes."""
    kind, _, value = call.headers.get("authorization", "").partition(" ")
    known: Token | None = state.get(f"token/{value}") if kind == "Bearer" else None
    account = None if known is None else find_account(state, known["account_id"])
    if known is None or account is None or not known["is_access"] or _is_invalid(state, known, call.now):
        raise unauthorized()
    return account, frozenset(known["scopes"])


def withdraw(state: State, account_id: str) -> None:
    """Withdraw the app's permission on behalf of the account's owner."""
    state[f"withdrawn/{account_id}"] = True


def _is_invalid(state: State, known: Token, now: datetime) -> bool:
    return known["is_dead"] or now.timestamp() >= known["until"] or f"withdrawn/{known['account_id']}" in state


def _take_code(state: State, form: Mapping[str, str], now: datetime) -> tuple[str, list[str]]:
    name = f"code/{_required(form, 'code')}"
    known: Code | None = state.get(name)
    redirect_uri = _required(form, "redirect_uri")
    if known is None or known["is_used"] or now.timestamp() >= known["until"]:
        raise _invalid_value("authorization code")
    state[name] = {**known, "is_used": True}
    if known["redirect_uri"] not in {None, redirect_uri}:
        raise _invalid_value("redirect uri")
    if known["challenge"] is not None and known["challenge"] != _challenge(_required(form, "code_verifier")):
        raise _invalid_value("code verifier")
    return known["account_id"], known["scopes"]


def _take_refresh_token(state: State, value: str, now: datetime) -> tuple[str, list[str]]:
    name = f"token/{value}"
    known: Token | None = state.get(name)
    if known is None or known["is_access"] or _is_invalid(state, known, now):
        raise _invalid_value("token")
    state[name] = {**known, "is_dead": True}
    return known["account_id"], known["scopes"]


def _issue(state: State, call: SimulatedCall, account_id: str, scopes: list[str]) -> dict[str, Any]:
    account = state[f"account/{account_id}"]
    lifetime = SCENARIOS[account["scenario"]].access_lifetime
    access = _remember(state, call, account_id, scopes, lifetime, is_access=True)
    grant = {"token_type": "bearer", "expires_in": int(lifetime.total_seconds()), "access_token": access}
    grant["scope"] = " ".join(scopes)
    if "offline.access" in scopes:
        grant["refresh_token"] = _remember(state, call, account_id, scopes, REFRESH_LIFETIME, is_access=False)
    return grant


def _remember(
    state: State, call: SimulatedCall, account_id: str, scopes: list[str], lifetime: timedelta, *, is_access: bool
) -> str:
    value = letters(call.entropy, "access" if is_access else "refresh", 48)
    until = (call.now + lifetime).timestamp()
    state[f"token/{value}"] = Token(
        account_id=account_id, is_access=is_access, scopes=scopes, until=until, is_dead=False
    )
    return value


def _form(call: SimulatedCall) -> Mapping[str, str]:
    """Return the form of a call that the app authenticates."""
    pair = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
    given = call.headers.get("authorization", "")
    if not given.startswith("Basic "):
        raise _app_refused("unauthorized_client", "Missing valid authorization header")
    if not hmac.compare_digest(given.encode(), f"Basic {pair}".encode()):
        raise _app_refused("invalid_client", "Client authentication failed")
    return dict(parse_qsl(call.body.decode(errors="replace"), keep_blank_values=True))


def _required(form: Mapping[str, str], name: str) -> str:
    if not form.get(name):
        raise _invalid_request(f"Missing required parameter [{name}].")
    return form[name]


def _challenge(verifier: str) -> str:
    return base64.urlsafe_b64encode(sha256(verifier.encode()).digest()).decode().rstrip("=")


def _app_refused(error: str, description: str) -> RefusedError:
    return RefusedError(401, {"error": error, "error_description": description})


def _invalid_request(description: str) -> RefusedError:
    return RefusedError(400, {"error": "invalid_request", "error_description": description})


def _invalid_value(noun: str) -> RefusedError:
    return _invalid_request(f"Value passed for the {noun} was invalid.")

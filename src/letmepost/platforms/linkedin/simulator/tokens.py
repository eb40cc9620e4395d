"""Access tokens, and what they permit.

Source: fact sheet sections 1 and 6. Tokens are opaque.
"""

import base64
from datetime import datetime
from hashlib import sha256
from typing import TypedDict

from letmepost.platforms.contract import SimulatedCall, State
from letmepost.platforms.linkedin.simulator.restli import RestliError, denied
from letmepost.platforms.linkedin.simulator.scenarios import SCENARIOS


class Token(TypedDict):
    """An access token or a refresh token. Times are Unix seconds."""

    member: str
    scopes: list[str]
    created_at: float
    expires_at: float


def token_text(entropy: bytes, purpose: str) -> str:
    """Return the text of a token, which cannot be guessed and depends only on the entropy and the purpose."""
    return "AQ" + base64.urlsafe_b64encode(sha256(purpose.encode() + entropy).digest() * 2).decode().rstrip("=")


def status_of(state: State, token: Token, now: datetime) -> str:
    """Return the status of a token as introspection reports it: `active`, `expired` or `revoked`."""
    if SCENARIOS[state[f"member/{token['member']}"]["scenario"]].revoked:
        return "revoked"
    return "active" if now.timestamp() < token["expires_at"] else "expired"


def authenticate(state: State, call: SimulatedCall, *any_of: str) -> Token:
    """Return the call's token, which must have one of the scopes, if any are given.

    A revoked permission can still read, because it is revoked directly after connecting.
    """
    kind, _, spelled = call.headers.get("authorization", "").partition(" ")
    if kind != "Bearer" or not spelled:
        raise RestliError(401, "EMPTY_ACCESS_TOKEN", "Empty oauth2 access token", number=65604)
    token: Token | None = state.get(f"token/{spelled}")
    if token is None:
        raise RestliError(401, "INVALID_ACCESS_TOKEN", "Invalid access token", number=65600)
    status = status_of(state, token, call.now)
    if status == "expired":
        message = "The token used in the request has expired"
        raise RestliError(401, "EXPIRED_ACCESS_TOKEN", message, number=65602)
    if status == "revoked" and call.method != "GET":
        message = "The token used in the request has been revoked by the user"
        raise RestliError(401, "REVOKED_ACCESS_TOKEN", message, number=65601)
    if any_of and set(any_of).isdisjoint(token["scopes"]):
        raise denied(f"{call.method} {call.path}")
    return token

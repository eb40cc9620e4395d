"""The access tokens of calls, and what they permit. Source: fact sheet section 6."""

from letmepost.platforms._kit.simulator.oauth.grants import ACCESS, Token, find_token, token_status
from letmepost.platforms._kit.simulator.wire import bearer_token
from letmepost.platforms.linkedin.simulator.restli import RestliError, denied
from letmepost.platforms.simulation import SimulatedCall, State


def authenticate(state: State, call: SimulatedCall, *any_of: str) -> Token:
    """Return the call's token, which must have one of the scopes, if any are given.

    A revoked permission can still read, because it is revoked while the account is being connected.
    """
    text = bearer_token(call)
    if not text:
        raise RestliError(401, "EMPTY_ACCESS_TOKEN", "Empty oauth2 access token", number=65604)
    token = find_token(state, text)
    if token is None or token["kind"] != ACCESS:
        raise RestliError(401, "INVALID_ACCESS_TOKEN", "Invalid access token", number=65600)
    status = token_status(state, token, call.now)
    if status == "expired":
        message = "The token used in the request has expired"
        raise RestliError(401, "EXPIRED_ACCESS_TOKEN", message, number=65602)
    if status == "revoked" and call.method != "GET":
        message = "The token used in the request has been revoked by the user"
        raise RestliError(401, "REVOKED_ACCESS_TOKEN", message, number=65601)
    if any_of and set(any_of).isdisjoint(token["scopes"]):
        raise denied(f"{call.method} {call.path}")
    return token

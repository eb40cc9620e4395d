"""Long-lived tokens, and the tokens of calls.

Source: fact sheet section 1, after https://developers.facebook.com/docs/threads/get-started, checked 2026-11-21.
"""

from datetime import timedelta

from letmepost.platforms._kit.simulator.oauth.grants import Token, find_token, issue_token, token_status
from letmepost.platforms._kit.simulator.wire import bearer_token
from letmepost.platforms.contract import SimulatedCall, SimulatedReply, State
from letmepost.platforms.threads.simulator.consent import APP, new_secret
from letmepost.platforms.threads.simulator.graph import Parameters, Refused, json_reply, wrong_parameter
from letmepost.platforms.threads.simulator.people import Person, find_person
from letmepost.platforms.threads.simulator.scenarios import SCENARIOS

_LONG_LIVED = "long-lived"
_REFRESHABLE_AFTER = timedelta(hours=24)


def prolong(state: State, call: SimulatedCall) -> SimulatedReply:
    """`GET /access_token`: exchange a token that is valid for an hour for a long-lived one."""
    given = Parameters.of(call)
    if given.get("grant_type") != "th_exchange_token":
        raise wrong_parameter("Unsupported grant type")
    if given.get("client_secret") != APP.client_secret:
        raise wrong_parameter("Error validating client secret.")
    token = _find_token(state, call, given.get("access_token"))
    if token["kind"] == _LONG_LIVED:
        raise wrong_parameter("The access token is not a short-lived one.")
    return _issue_long_lived(state, call, token)


def refresh(state: State, call: SimulatedCall) -> SimulatedReply:
    """`GET /refresh_access_token`: from a token's second day to its last."""
    given = Parameters.of(call)
    if given.get("grant_type") != "th_refresh_token":
        raise wrong_parameter("Unsupported grant type")
    token = _find_token(state, call, given.get("access_token"))
    age_s = call.now.timestamp() - token["issued_at"]
    if token["kind"] != _LONG_LIVED or age_s < _REFRESHABLE_AFTER.total_seconds():
        raise wrong_parameter("The access token cannot be refreshed before it is 24 hours old.")
    return _issue_long_lived(state, call, token)


def authenticate(state: State, call: SimulatedCall, scope: str) -> Person:
    """Return the account of a call's token, if the token has the required scope."""
    token = _find_token(state, call, bearer_token(call) or Parameters.of(call).get("access_token"))
    if scope not in token["scopes"]:
        raise Refused(f"Application does not have permission for this action: {scope}", code=10, status=403)
    return find_person(state, token["account_id"])


def debug_token(state: State, call: SimulatedCall, _person: Person) -> SimulatedReply:
    """`GET /debug_token`."""
    token = _find_token(state, call, Parameters.of(call).require("input_token"))
    return json_reply(
        {
            "data": {
                "type": "USER",
                "application": "Sandbox",
                "expires_at": int(token["expires_at"] or 0),
                "is_valid": True,
                "issued_at": int(token["issued_at"]),
                "scopes": token["scopes"],
                "user_id": token["account_id"],
            }
        }
    )


def _issue_long_lived(state: State, call: SimulatedCall, old: Token) -> SimulatedReply:
    scenario = SCENARIOS[find_person(state, old["account_id"])["scenario"]]
    issued_at = call.now - scenario.token_age
    issued = issue_token(
        state,
        new_secret(call.entropy, "token"),
        client_id=old["client_id"],
        account_id=old["account_id"],
        kind=_LONG_LIVED,
        scopes=old["scopes"],
        now=issued_at,
        lifetime=scenario.access_lifetime + scenario.token_age,
    )
    lifetime_s = issued.seconds_left(call.now)
    return json_reply({"access_token": issued.text, "token_type": "bearer", "expires_in": lifetime_s})


def _find_token(state: State, call: SimulatedCall, text: str | None) -> Token:
    token = find_token(state, text or "")
    if token is None:
        raise Refused("Invalid OAuth access token - Cannot parse access token", code=190)
    match token_status(state, token, call.now):
        case "revoked":
            message = "Error validating access token: The user has not authorized application"
            raise Refused(message, code=190, subcode=458)
        case "expired":
            raise Refused("Error validating access token: Session has expired", code=190, subcode=463)
        case "active":
            return token

"""The consent page, the token endpoint, and the tokens of calls. Tokens do not expire.

Source: https://docs.joinmastodon.org/methods/oauth/ and config/locales/doorkeeper.en.yml of
https://github.com/mastodon/mastodon (checked 2026-11-29).
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from letmepost.platforms._kit.simulator.ids import letters
from letmepost.platforms._kit.simulator.oauth import grants
from letmepost.platforms._kit.simulator.oauth.consent import Choice, ConsentEndpoint
from letmepost.platforms._kit.simulator.oauth.token_endpoint import Lifetimes, Problem, TokenEndpoint, refuse_by
from letmepost.platforms._kit.simulator.wire import bearer_token, form_of, json_reply
from letmepost.platforms.mastodon.simulator import accounts, apps
from letmepost.platforms.mastodon.simulator.wire import Refused
from letmepost.platforms.simulation import SimulatedCall, SimulatedReply, State

_OF_APP = "app"
"""The kind of a token that acts for the app itself."""
_GIVEN_SCOPES = ("read:accounts", "read:statuses", "write:statuses", "write:media")
"""The scopes of an account that a test creates."""
_DENIED = "The resource owner or authorization server denied the request."
_BAD_SCOPE = "The requested scope is invalid, unknown, or malformed."
_CHOICES = (
    Choice("allow", "Authorize", account=accounts.create),
    Choice("deny", "Deny", denial={"error": "access_denied", "error_description": _DENIED}),
)
_BAD_CLIENT = (
    "Client authentication failed due to unknown client, no client authentication included, or unsupported "
    "authentication method."
)
_BAD_GRANT = (
    "The provided authorization grant is invalid, expired, revoked, does not match the redirection URI used in the "
    "authorization request, or was issued to another client."
)
_BAD_GRANT_TYPE = "The authorization grant type is not supported by the authorization server."
_refuse = refuse_by(
    {
        Problem.WRONG_CLIENT: (401, "invalid_client", _BAD_CLIENT),
        Problem.NO_PARAMETER: (400, "invalid_request", "Missing required parameter: {name}."),
        Problem.WRONG_CODE: (400, "invalid_grant", _BAD_GRANT),
        Problem.WRONG_REDIRECT_URI: (400, "invalid_grant", _BAD_GRANT),
        Problem.WRONG_VERIFIER: (400, "invalid_grant", _BAD_GRANT),
        Problem.WRONG_GRANT_TYPE: (400, "unsupported_grant_type", _BAD_GRANT_TYPE),
        Problem.WRONG_TOKEN: (400, "unsupported_grant_type", _BAD_GRANT_TYPE),  # there are no refresh tokens
    }
)


def _new_secret(entropy: bytes, kind: str) -> str:
    return letters(entropy, kind, 43)


def _check(state: State, query: Mapping[str, str]) -> str | None:
    app = apps.find(state, query["client_id"])
    if app is None or query["redirect_uri"] not in app["redirect_uris"]:
        return "The redirect uri included is not valid."
    if not set(query.get("scope", "").split()) <= set(app["scopes"]):
        return _BAD_SCOPE
    return None


def _describe(issued: grants.IssuedToken) -> Mapping[str, Any]:
    return {
        "access_token": issued.text,
        "token_type": "Bearer",
        "scope": " ".join(issued.token["scopes"]),
        "created_at": int(issued.token["issued_at"]),
    }


CONSENT = ConsentEndpoint(
    title="Mastodon",
    find_app=apps.find_credentials,
    scopes=apps.SCOPES,
    choices=lambda _state: _CHOICES,
    new_account=accounts.create,
    new_secret=_new_secret,
    code_lifetime=timedelta(minutes=10),
    check=_check,
)
_TOKENS = TokenEndpoint(
    find_app=apps.find_credentials,
    new_secret=_new_secret,
    lifetimes=lambda *_: Lifetimes(access=None),
    refuse=_refuse,
    describe=lambda granted: _describe(granted.access),
    keeps_refused_codes=True,
)


def create_account(state: State, scenario: str, now: datetime, entropy: bytes) -> Mapping[str, str]:
    """Create an account, and return its server and the code of a consent for any app."""
    given = replace(CONSENT, scopes=_GIVEN_SCOPES).create_account(state, scenario, now, entropy)
    return {**given, "server": accounts.SERVER}


def token(state: State, call: SimulatedCall) -> SimulatedReply:
    """`POST /oauth/token`: for a code, or for the app itself."""
    form = form_of(call)
    if form.get("grant_type") != "client_credentials":
        return _TOKENS.respond(state, call, form)
    client_id = _TOKENS.authenticate_app(state, call, form).client_id
    app, scopes = apps.find(state, client_id), (form.get("scope") or "read").split()
    if app is None or not set(scopes) <= set(app["scopes"]):
        raise Refused(400, "invalid_scope", _BAD_SCOPE)
    text, lifetime = _new_secret(call.entropy, _OF_APP), None
    issued = grants.issue_token(
        state, text, client_id=client_id, account_id="", kind=_OF_APP, scopes=scopes, now=call.now, lifetime=lifetime
    )
    return json_reply(_describe(issued))


def revoke(state: State, call: SimulatedCall) -> SimulatedReply:
    """`POST /oauth/revoke`. A token that does not exist counts as revoked."""
    form = form_of(call)
    client_id, text = form.get("client_id", ""), form.get("token", "")
    app, found = apps.find(state, client_id), grants.find_token(state, text)
    is_app = app is not None and form.get("client_secret") == app["client_secret"]
    if not is_app or not text or (found is not None and found["client_id"] != client_id):
        raise Refused(403, "unauthorized_client", "You are not authorized to revoke this token")
    grants.revoke_token(state, text)
    return json_reply({})


def authenticate(state: State, call: SimulatedCall, scope: str) -> accounts.Account:
    """Return the account of a call's token, which must have the scope, or the broader one that contains it."""
    found = grants.find_token(state, bearer_token(call))
    if found is None:
        raise Refused(401, "The access token is invalid")
    if grants.token_status(state, found, call.now) == "revoked":
        raise Refused(401, "The access token was revoked")
    if {scope, scope.partition(":")[0]}.isdisjoint(found["scopes"]):
        raise Refused(403, "This action is outside the authorized scopes")
    if found["kind"] != grants.ACCESS:
        raise Refused(422, "This method requires an authenticated user")
    return accounts.find(state, found["account_id"])


def application_of(state: State, call: SimulatedCall) -> Mapping[str, Any] | None:
    """Return the app of a call's token as a status shows it."""
    found = grants.find_token(state, bearer_token(call))
    app = None if found is None else apps.find(state, found["client_id"])
    return None if app is None else {"name": app["name"], "website": app["website"]}

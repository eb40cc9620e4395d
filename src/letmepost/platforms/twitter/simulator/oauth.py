"""The consent page, the token endpoint, and the tokens of calls.

Source: fact sheet section 1, after docs.x.com fundamentals/authentication/oauth-2-0, checked 2026-11-21.
"""

from collections.abc import Mapping
from datetime import timedelta

from letmepost.platforms._kit.simulator.ids import letters
from letmepost.platforms._kit.simulator.oauth.consent import Choice, ConsentEndpoint
from letmepost.platforms._kit.simulator.oauth.grants import ACCESS, App, find_token, only, revoke_token, token_status
from letmepost.platforms._kit.simulator.oauth.token_endpoint import Lifetimes, Problem, TokenEndpoint, refuse_by
from letmepost.platforms._kit.simulator.wire import bearer_token, form_of, json_reply
from letmepost.platforms.simulation import SimulatedCall, SimulatedReply, State
from letmepost.platforms.twitter.simulator.accounts import Account, get_account, make_account
from letmepost.platforms.twitter.simulator.scenarios import SCENARIOS
from letmepost.platforms.twitter.simulator.wire import unauthorized

AUTHORIZE = "/i/oauth2/authorize"
APP = App(client_id="sandbox-client", client_secret="sandbox-secret")  # noqa: S106 - of the sandbox alone
REFRESH_LIFETIME = timedelta(days=180)
"""Reported, not documented."""
_STATE_MAX_CHARS = 500
_CHOICES = (
    Choice("allow", "Allow", account=make_account),
    Choice(
        "without_media",
        "Allow everything but uploading media",
        account=make_account,
        withheld=frozenset({"media.write"}),
    ),
    Choice("deny", "Deny"),
)
_refuse = refuse_by(
    {
        Problem.NO_CLIENT: (401, "unauthorized_client", "Missing valid authorization header"),
        Problem.WRONG_CLIENT: (401, "invalid_client", "Client authentication failed"),
        Problem.NO_PARAMETER: (400, "invalid_request", "Missing required parameter [{name}]."),
        Problem.WRONG_GRANT_TYPE: (400, "invalid_request", "Missing required parameter [{name}]."),
        Problem.WRONG_CODE: (400, "invalid_request", "Value passed for the authorization code was invalid."),
        Problem.WRONG_REDIRECT_URI: (400, "invalid_request", "Value passed for the redirect uri was invalid."),
        Problem.WRONG_VERIFIER: (400, "invalid_request", "Value passed for the code verifier was invalid."),
        Problem.WRONG_TOKEN: (400, "invalid_request", "Value passed for the token was invalid."),
    }
)


def _new_secret(entropy: bytes, kind: str) -> str:
    return letters(entropy, kind, 48)


def _check(_state: State, query: Mapping[str, str]) -> str | None:
    for name in ("state", "code_challenge"):
        if not query.get(name):
            return f"{name} is missing"
    return f"state is longer than {_STATE_MAX_CHARS} characters" if len(query["state"]) > _STATE_MAX_CHARS else None


def _lifetimes(state: State, account_id: str, scopes: list[str]) -> Lifetimes:
    access = SCENARIOS[get_account(state, account_id)["scenario"]].access_lifetime
    refresh = REFRESH_LIFETIME if "offline.access" in scopes else None
    return Lifetimes(access=access, refresh=refresh)


CONSENT = ConsentEndpoint(
    title="X",
    find_app=only(APP),
    scopes=("tweet.read", "tweet.write", "users.read", "media.write", "offline.access"),
    choices=lambda _state: _CHOICES,
    new_account=make_account,
    new_secret=_new_secret,
    code_lifetime=timedelta(seconds=30),
    check=_check,
)
TOKENS = TokenEndpoint(
    find_app=only(APP),
    new_secret=_new_secret,
    lifetimes=_lifetimes,
    refuse=_refuse,
    uses_basic=True,
    rotates=True,
)


def revoke(state: State, call: SimulatedCall) -> SimulatedReply:
    """`POST /2/oauth2/revoke`."""
    form = form_of(call)
    TOKENS.authenticate_app(state, call, form)
    if not revoke_token(state, TOKENS.require(form, "token")):
        raise _refuse(Problem.WRONG_TOKEN, "token")
    return json_reply({"revoked": True})


def authenticate(state: State, call: SimulatedCall) -> tuple[Account, frozenset[str]]:
    """Return the account of a call's bearer token, and its scopes."""
    token = find_token(state, bearer_token(call))
    if token is None or token["kind"] != ACCESS or token_status(state, token, call.now) != "active":
        raise unauthorized()
    return get_account(state, token["account_id"]), frozenset(token["scopes"])

"""The consent page, the token endpoint, and the tokens of calls. Source: fact sheet sections 1.1 to 1.4."""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from letmepost.platforms._kit.simulator.ids import letters
from letmepost.platforms._kit.simulator.oauth.consent import Choice, ConsentEndpoint
from letmepost.platforms._kit.simulator.oauth.grants import (
    ACCESS,
    REFRESH,
    App,
    Token,
    find_code,
    find_token,
    only,
    revoke_token,
    token_status,
)
from letmepost.platforms._kit.simulator.oauth.token_endpoint import Granted, Lifetimes, Problem, TokenEndpoint
from letmepost.platforms._kit.simulator.scenarios import is_first_response
from letmepost.platforms._kit.simulator.wire import Refusal, bearer_token, form_of
from letmepost.platforms.simulation import SimulatedCall, SimulatedReply, State
from letmepost.platforms.tiktok.simulator.accounts import create_account, get_account, scenario_of
from letmepost.platforms.tiktok.simulator.wire import LOG_ID, TikTokError

AUTHORIZE = "/v2/auth/authorize/"
APP = App(client_id="sandboxclientkey", client_secret="sandbox-client-secret")  # noqa: S106 - of the sandbox alone
SCOPES = ("user.info.basic", "user.info.profile", "user.info.stats", "video.list", "video.publish", "video.upload")
REFRESH_LIFETIME = timedelta(days=180)
_REDIRECT_MAX = 512
_LOOPBACK = re.compile(r"https?://(localhost|127\.0\.0\.1):[0-9]+(/|$)")
_HEX_DIGEST = re.compile(r"[0-9a-f]{64}")
_PKCE = frozenset({"code_challenge", "code_challenge_method"})
_PREFIXES = {ACCESS: "act.", REFRESH: "rft."}
_CHOICES = (
    Choice("allow", "Continue", account=create_account),
    Choice(
        "without_list", "Continue, but do not show videos", account=create_account, withheld=frozenset({"video.list"})
    ),
    Choice(
        "inbox_only",
        "Continue, but do not post directly",
        account=create_account,
        withheld=frozenset({"video.publish"}),
    ),
    Choice(
        "without_posting",
        "Continue with the profile only",
        account=create_account,
        withheld=frozenset({"video.publish", "video.upload"}),
    ),
    Choice(
        "deny", "Cancel", denial={"error": "access_denied", "error_description": "User cancelled the authorization"}
    ),
)
_ERRORS: Mapping[Problem, tuple[int, str, str]] = {
    Problem.WRONG_CLIENT: (401, "invalid_client", "Client key or secret is incorrect."),
    Problem.NO_PARAMETER: (400, "invalid_request", "The request parameters are malformed: {name}."),
    Problem.WRONG_GRANT_TYPE: (400, "unsupported_grant_type", "The grant type is not supported."),
    Problem.WRONG_CODE: (400, "invalid_grant", "Authorization code is expired."),
    Problem.WRONG_REDIRECT_URI: (400, "invalid_grant", "Redirect_uri is not that of the request for the code."),
    Problem.WRONG_VERIFIER: (400, "invalid_grant", "Code verifier or code challenge is invalid."),
    Problem.WRONG_TOKEN: (400, "invalid_grant", "Refresh token is invalid or expired."),
}


def _refuse(problem: Problem, name: str) -> Refusal:
    status, error, description = _ERRORS[problem]
    value = {"error": error, "error_description": description.format(name=name), "log_id": LOG_ID}
    return Refusal(status, value)


def _new_secret(entropy: bytes, kind: str) -> str:
    """Return a token, or a code with characters that a query must escape, as those of TikTok have."""
    text = letters(entropy, kind, 48)
    return f"{_PREFIXES[kind]}{text}!4321.e1" if kind in _PREFIXES else f"{text}*1!4321.e1"


def _lifetimes(state: State, open_id: str, _scopes: list[str]) -> Lifetimes:
    return Lifetimes(access=scenario_of(get_account(state, open_id)).access_lifetime, refresh=REFRESH_LIFETIME)


def _describe(granted: Granted) -> Mapping[str, Any]:
    access, refresh = granted.access, granted.refresh
    return {
        "access_token": access.text,
        "expires_in": access.seconds_left(granted.now),
        "open_id": access.token["account_id"],
        "refresh_expires_in": refresh and refresh.seconds_left(granted.now),
        "refresh_token": refresh and refresh.text,
        "scope": ",".join(access.token["scopes"]),
        "token_type": "Bearer",
    }


def _check(_state: State, query: Mapping[str, str]) -> str | None:
    """Return what is wrong with the redirect URI, or with the challenge that a loopback address requires."""
    uri, challenge = query["redirect_uri"], query.get("code_challenge", "")
    if _LOOPBACK.match(uri) is None:
        is_registrable = uri.startswith("https://") and "?" not in uri and len(uri) < _REDIRECT_MAX
        return None if is_registrable else "redirect_uri must begin with https, and have no query string"
    is_digest = _HEX_DIGEST.fullmatch(challenge) is not None
    return None if is_digest else "code_challenge must be a SHA-256 digest in hexadecimal digits (10007)"


CONSENT = ConsentEndpoint(
    title="TikTok",
    find_app=only(APP),
    scopes=SCOPES,
    choices=lambda _state: _CHOICES,
    new_account=create_account,
    new_secret=_new_secret,
    code_lifetime=timedelta(minutes=10),
    check=_check,
    scope_separators=",",
    client_parameter="client_key",
)
_TOKENS = TokenEndpoint(
    find_app=only(APP),
    new_secret=_new_secret,
    lifetimes=_lifetimes,
    refuse=_refuse,
    describe=_describe,
    rotates=True,
    client_parameter="client_key",
    challenge=lambda verifier: sha256(verifier.encode()).hexdigest(),
)


def authorize(state: State, call: SimulatedCall) -> SimulatedReply:
    """`GET /v2/auth/authorize/`. A challenge of a web app is ignored. The redirect states the granted scopes."""
    if _LOOPBACK.match(dict(call.query).get("redirect_uri", "")) is None:
        call = replace(call, query=tuple(pair for pair in call.query if pair[0] not in _PKCE))
    reply = CONSENT.authorize(state, call)
    location = reply.headers.get("location", "")
    code = find_code(state, parse_qs(urlsplit(location).query).get("code", [""])[0])
    if code is None:
        return reply
    return replace(reply, headers={"location": f"{location}&{urlencode({'scopes': ','.join(code['scopes'])})}"})


def grant_tokens(state: State, call: SimulatedCall) -> SimulatedReply:
    """`POST /v2/oauth/token/`. A refresh token is valid once."""
    form = form_of(call)
    reply = _TOKENS.respond(state, call, form)
    account = get_account(state, json.loads(reply.body)["open_id"])
    is_lost = form["grant_type"] == "refresh_token" and scenario_of(account).once == "refresh_lost"
    return replace(reply, dropped=is_lost and is_first_response(state, f"refresh_lost/{account['id']}"))


def revoke(state: State, call: SimulatedCall) -> SimulatedReply:
    """`POST /v2/oauth/revoke/`."""
    form = form_of(call)
    _TOKENS.authenticate_app(state, call, form)
    if not revoke_token(state, _TOKENS.require(form, "token")):
        raise _refuse(Problem.NO_PARAMETER, "token")
    return SimulatedReply(status=200)


def authenticate(state: State, call: SimulatedCall) -> Token:
    """Return the token of a call.

    Raises:
        TikTokError: it is missing, unknown, or has ended.
    """
    token = find_token(state, bearer_token(call))
    if token is None or token["kind"] != ACCESS or token_status(state, token, call.now) != "active":
        message = "The access token is invalid or not found in the request."
        raise TikTokError(401, "access_token_invalid", message)
    return token


def check_scope(token: Token, *scopes: str) -> None:
    """Raise `TikTokError` if a token has none of these scopes."""
    if not set(scopes) & set(token["scopes"]):
        message = f"The user did not authorize the scope required for completing this request: {' or '.join(scopes)}."
        raise TikTokError(401, "scope_not_authorized", message)

"""The consent page, the token endpoint, and what becomes of tokens. Source: fact sheet sections 1.1, 1.3 and 1.4."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from letmepost.platforms._kit.simulator.ids import letters
from letmepost.platforms._kit.simulator.oauth.consent import Choice, ConsentEndpoint
from letmepost.platforms._kit.simulator.oauth.grants import (
    ACCESS,
    REFRESH,
    App,
    Token,
    find_token,
    only,
    revoke_token,
    token_status,
)
from letmepost.platforms._kit.simulator.oauth.token_endpoint import Lifetimes, Problem, TokenEndpoint
from letmepost.platforms._kit.simulator.wire import Refusal, form_of
from letmepost.platforms.simulation import SimulatedCall, SimulatedReply, State
from letmepost.platforms.youtube.simulator.channels import SCOPE_PREFIX, Channel, channels_of, create_channel
from letmepost.platforms.youtube.simulator.scenarios import SCENARIOS
from letmepost.platforms.youtube.simulator.wire import json_reply

APP = App(client_id="1000-sandbox.apps.googleusercontent.com", client_secret="GOCSPX-sandbox")  # noqa: S106 - the simulator's own
_SCOPES = (
    *(f"{SCOPE_PREFIX}{name}" for name in ("youtube", "youtube.force-ssl", "youtube.readonly", "youtube.upload")),
    f"{SCOPE_PREFIX}youtubepartner",
    f"{SCOPE_PREFIX}yt-analytics.readonly",
    "openid",
)
_LESS = frozenset(f"{SCOPE_PREFIX}{name}" for name in ("youtube", "youtube.force-ssl", "youtubepartner"))
_ACCESS_LIFETIME = timedelta(seconds=3599)
_UNUSED_LIFETIME = timedelta(days=183)
"""A refresh token expires when it has not been used for so long."""
_PREFIXES = {"code": "4/0A", ACCESS: "ya29.a0", REFRESH: "1//0g"}


class _OAuthError(Refusal):
    """A refusal of the OAuth endpoints."""

    def __init__(self, status: int, error: str, description: str) -> None:
        super().__init__(status, {"error": error, "error_description": description})


def _new_secret(entropy: bytes, kind: str) -> str:
    return f"{_PREFIXES[kind]}{letters(entropy, kind, 48)}"


def _lifetimes(state: State, channel_id: str, _scopes: list[str]) -> Lifetimes:
    scenario = SCENARIOS[state[f"channel/{channel_id}"]["scenario"]]
    return Lifetimes(
        access=scenario.access_lifetime or _ACCESS_LIFETIME, refresh=scenario.refresh_lifetime or _UNUSED_LIFETIME
    )


def _refuse(problem: Problem, name: str) -> _OAuthError:
    match problem:
        case Problem.NO_CLIENT | Problem.WRONG_CLIENT:
            return _OAuthError(401, "invalid_client", "The provided client secret is invalid.")
        case Problem.NO_PARAMETER:
            return _OAuthError(400, "invalid_request", f"Missing required parameter: {name}")
        case Problem.WRONG_GRANT_TYPE:
            return _OAuthError(400, "unsupported_grant_type", "Invalid grant_type: ")
        case Problem.WRONG_REDIRECT_URI:
            return _OAuthError(400, "redirect_uri_mismatch", "Bad Request")
        case Problem.WRONG_TOKEN:
            return _OAuthError(400, "invalid_grant", "Token has been expired or revoked.")
        case _:
            return _OAuthError(400, "invalid_grant", "Bad Request")


def _same_channel(state: State, _scenario: str, _now: datetime, _entropy: bytes) -> str:
    return channels_of(state)[-1]["id"]


def _second_channel(state: State, scenario: str, now: datetime, entropy: bytes) -> str:
    return create_channel(state, scenario, now, entropy, user=channels_of(state)[-1]["user"])


def _without_channel(state: State, _scenario: str, now: datetime, entropy: bytes) -> str:
    return create_channel(state, "no_channel", now, entropy)


def _choices(state: State) -> Sequence[Choice]:
    return (
        Choice("allow", "Allow", account=create_channel),
        Choice("upload-only", "Allow, but not to manage the channel", account=create_channel, withheld=_LESS),
        *_choices_of(channels_of(state)[-1:]),
        Choice("no-channel", "Allow with a Google account that has no channel", account=_without_channel),
        Choice("deny", "Cancel"),
    )


def _choices_of(known: Sequence[Channel]) -> Iterator[Choice]:
    """Return the choices that a known channel adds."""
    for channel in known:
        title = channel["title"]
        yield Choice("again", f"Allow {title} again", account=_same_channel)
        yield Choice("second", f"Allow another channel of the owner of {title}", account=_second_channel)


CONSENT = ConsentEndpoint(
    title="YouTube",
    find_app=only(APP),
    scopes=_SCOPES,
    choices=_choices,
    new_account=create_channel,
    new_secret=_new_secret,
    code_lifetime=timedelta(minutes=10),
)
_TOKENS = TokenEndpoint(find_app=only(APP), new_secret=_new_secret, lifetimes=_lifetimes, refuse=_refuse)


def authorize(state: State, call: SimulatedCall) -> SimulatedReply:
    """`GET /o/oauth2/v2/auth`. The grant may have no refresh token."""
    reply = CONSENT.authorize(state, call)
    code = parse_qs(urlsplit(reply.headers.get("location", "")).query).get("code")
    if code and not _is_offline(dict(call.query)):
        state[f"online/{code[0]}"] = True
    return reply


def _is_offline(query: Mapping[str, str]) -> bool:
    """Return True if the grant has a refresh token: once, unless the app asks for the consent again."""
    is_new = query.get("choice") != "again" or "consent" in query.get("prompt", "").split()
    return is_new and query.get("access_type") == "offline"


def grant_tokens(state: State, call: SimulatedCall) -> SimulatedReply:
    """`POST /token`. A refresh token stays the same, and is returned only with the first access token."""
    form = form_of(call)
    granted: dict[str, Any] = json.loads(_TOKENS.respond(state, call, form).body)
    lifetime = _fixed_lifetime(state, granted["refresh_token"])
    if form["grant_type"] == "refresh_token" and lifetime is None:
        _prolong(state, granted["refresh_token"], call.now)
    if form["grant_type"] == "refresh_token" or f"online/{form['code']}" in state:
        del granted["refresh_token"]
    elif lifetime is not None:
        granted["refresh_token_expires_in"] = int(lifetime.total_seconds())
    return json_reply({**granted, "token_type": "Bearer"})


def revoke(state: State, call: SimulatedCall) -> SimulatedReply:
    """`POST /revoke`: every token of the same Google account is revoked, too."""
    text = form_of(call).get("token") or dict(call.query).get("token", "")
    token = find_token(state, text)
    if token is None or token_status(state, token, call.now) == "revoked":
        raise _OAuthError(400, "invalid_token", "Token expired or revoked")
    user = _user_of(state, token)
    for key in [key for key in state if key.startswith("oauth/token/")]:
        if _user_of(state, state[key]) == user:
            revoke_token(state, key.removeprefix("oauth/token/"))
    return json_reply({})


def token_info(state: State, call: SimulatedCall) -> SimulatedReply:
    """`GET /tokeninfo`: numbers are texts."""
    token = find_token(state, dict(call.query).get("access_token", ""))
    if token is None or token["kind"] != ACCESS or token_status(state, token, call.now) != "active":
        raise _OAuthError(400, "invalid_token", "Invalid Value")
    expires_at = int(token["expires_at"] or 0)
    return json_reply(
        {
            "azp": token["client_id"],
            "aud": token["client_id"],
            "scope": " ".join(token["scopes"]),
            "exp": str(expires_at),
            "expires_in": str(expires_at - int(call.now.timestamp())),
            "access_type": "offline",
            **({"sub": _user_of(state, token)} if "openid" in token["scopes"] else {}),
        }
    )


def _user_of(state: State, token: Token) -> str:
    user: str = state[f"channel/{token['account_id']}"]["user"]
    return user


def _fixed_lifetime(state: State, text: str) -> timedelta | None:
    """Return the lifetime of a refresh token that expires even if it is used."""
    token: Token = state[f"oauth/token/{text}"]
    return SCENARIOS[state[f"channel/{token['account_id']}"]["scenario"]].refresh_lifetime


def _prolong(state: State, text: str, now: datetime) -> None:
    token: Token = state[f"oauth/token/{text}"]
    state[f"oauth/token/{text}"] = {**token, "expires_at": (now + _UNUSED_LIFETIME).timestamp()}

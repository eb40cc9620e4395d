"""The consent page, and the exchange of its code for a token that is valid for an hour.

Source: fact sheet section 1, after https://developers.facebook.com/docs/threads/get-started, checked 2026-11-21.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from letmepost.platforms._kit.simulator.oauth.consent import Choice, ConsentEndpoint
from letmepost.platforms._kit.simulator.oauth.grants import only
from letmepost.platforms._kit.simulator.oauth.token_endpoint import Granted, Lifetimes, Problem, TokenEndpoint
from letmepost.platforms.simulation import SimulatedCall, SimulatedReply, State
from letmepost.platforms.threads.simulator.graph import ConsentRefused, Parameters
from letmepost.platforms.threads.simulator.people import create_person
from letmepost.platforms.threads.simulator.tokens import APP, SERVER

_EXTRAS = (
    *("threads_manage_replies", "threads_read_replies", "threads_delete"),
    *("threads_location_tagging", "threads_share_to_instagram"),
)
_SCOPES = ("threads_basic", "threads_content_publish", *_EXTRAS)
_CHOICES = (
    Choice("allow", "Allow everything", account=create_person),
    Choice(
        "allow-less",
        "Allow posting, and nothing else",
        account=create_person,
        withheld=frozenset(_EXTRAS),
    ),
    Choice(
        "deny",
        "Not now",
        denial={"error": "access_denied", "error_reason": "user_denied", "error_description": "The user denied"},
    ),
)
_REFUSALS = {
    "client_secret": "Error validating client secret.",
    "grant_type": "Unsupported grant type",
    "refresh_token": "Unsupported grant type",
    "code": "Matching code was not found or was already used",
    "redirect_uri": "Error validating verification code: redirect_uri does not match",
}
"""By the name of the parameter that is missing or wrong."""


def _check(_state: State, query: Mapping[str, str]) -> str | None:
    return None if "threads_basic" in query.get("scope", "") else "scope must contain threads_basic"


def _refuse(_problem: Problem, name: str) -> ConsentRefused:
    return ConsentRefused(_REFUSALS[name])


def _describe(granted: Granted) -> dict[str, Any]:
    return {"access_token": granted.access.text, "user_id": int(granted.access.token["account_id"])}


CONSENT = ConsentEndpoint(
    title="Threads",
    find_app=only(APP),
    scopes=_SCOPES,
    choices=lambda _state: _CHOICES,
    new_account=create_person,
    new_secret=SERVER.new_secret,
    code_lifetime=timedelta(hours=1),
    uses_pkce=False,
    check=_check,
    scope_separators=", ",
)
_TOKENS = TokenEndpoint(
    find_app=only(APP),
    new_secret=SERVER.new_secret,
    lifetimes=lambda *_: Lifetimes(access=timedelta(hours=1)),
    refuse=_refuse,
    describe=_describe,
    keeps_refused_codes=True,
)


def authorize(state: State, call: SimulatedCall) -> SimulatedReply:
    """`GET /oauth/authorize`. The URL with a code ends with `#_`, which is not part of the code."""
    reply = CONSENT.authorize(state, call)
    location = reply.headers.get("location", "")
    return replace(reply, headers={"location": f"{location}#_"}) if "code=" in location else reply


def exchange_code(state: State, call: SimulatedCall) -> SimulatedReply:
    """`POST /oauth/access_token`. The parameters may be in the query."""
    return _TOKENS.respond(state, call, Parameters.of(call).values)

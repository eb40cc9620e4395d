"""The consent page, the token endpoint and introspection.

Source: fact sheet section 1. Members cannot deselect scopes, and an app that requests more than it is allowed
gets nothing.
"""

import base64
from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from hashlib import sha256
from typing import Any

from letmepost.platforms._kit.simulator.oauth.consent import Choice, ConsentEndpoint
from letmepost.platforms._kit.simulator.oauth.grants import ACCESS, App, find_token, only, token_status
from letmepost.platforms._kit.simulator.oauth.token_endpoint import (
    Granted,
    Lifetimes,
    Problem,
    TokenEndpoint,
    refuse_by,
)
from letmepost.platforms._kit.simulator.wire import form_of
from letmepost.platforms.linkedin.simulator.members import create_member, list_members, scenario_of
from letmepost.platforms.linkedin.simulator.restli import JSON, success
from letmepost.platforms.simulation import SimulatedCall, SimulatedReply, State

APP = App(client_id="86sandboxapp", client_secret="WPL_AP1.sandbox")  # noqa: S106 - of an app that exists nowhere else
REFRESH_LIFETIME = timedelta(days=365)
_MISMATCH = (
    "Unable to retrieve access token: appid/redirect uri/code verifier does not match authorization code. "
    "Or authorization code expired. Or external member binding exists"
)
_refuse = refuse_by(
    {
        Problem.WRONG_CLIENT: (401, "invalid_client", "Client authentication failed"),
        Problem.NO_PARAMETER: (400, "invalid_request", 'A required parameter "{name}" is missing'),
        Problem.WRONG_GRANT_TYPE: (400, "invalid_request", "A required parameter is invalid"),
        Problem.WRONG_CODE: (400, "invalid_request", "Unable to retrieve access token: authorization code not found"),
        Problem.WRONG_REDIRECT_URI: (400, "invalid_request", _MISMATCH),
        Problem.WRONG_TOKEN: (
            400,
            "invalid_grant",
            "The provided authorization grant or refresh token is invalid, expired",
        ),
    },
    headers=JSON,
)


def _choices(state: State) -> Sequence[Choice]:
    def known(member_id: str, name: str) -> Choice:
        return Choice(member_id, f"Allow as {name}", account=lambda *_: member_id)

    return (
        Choice("member", "Allow as a new member", account=create_member),
        Choice("pages", "Allow as a new member with two pages", account=partial(create_member, page_count=2)),
        *(known(member["id"], member["name"]) for member in list_members(state)),
        Choice("deny", "Cancel", denial=_denial("authorize", "The user cancelled the authorization")),
        Choice("deny_login", "Cancel the sign-in", denial=_denial("login", "The user cancelled LinkedIn login")),
    )


def _denial(step: str, description: str) -> dict[str, str]:
    return {"error": f"user_cancelled_{step}", "error_description": description}


def _new_secret(entropy: bytes, kind: str) -> str:
    return "AQ" + base64.urlsafe_b64encode(sha256(kind.encode() + entropy).digest() * 2).decode().rstrip("=")


def _lifetimes(state: State, member_id: str, _scopes: list[str]) -> Lifetimes:
    scenario = scenario_of(state, member_id)
    return Lifetimes(access=scenario.access_lifetime, refresh=REFRESH_LIFETIME if scenario.refreshable else None)


def _describe(granted: Granted) -> dict[str, Any]:
    grant = {
        **granted.describe(),
        "scope": ",".join(granted.access.token["scopes"]),
        "token_type": "Bearer",
        "id_token": "eyJhbGciOiJub25lIn0.e30.",
    }
    if granted.refresh is not None:
        grant["refresh_token_expires_in"] = granted.refresh.seconds_left(granted.now)
    return grant


CONSENT = ConsentEndpoint(
    title="LinkedIn",
    find_app=only(APP),
    scopes=(
        "openid",
        "profile",
        "email",
        "w_member_social",
        "w_organization_social",
        "r_organization_social",
        "rw_organization_admin",
    ),
    choices=_choices,
    new_account=create_member,
    new_secret=_new_secret,
    code_lifetime=timedelta(minutes=30),
    uses_pkce=False,
    unknown_scope={"error": "unauthorized_scope_error", "error_description": "A scope is not authorized"},
)
TOKENS = TokenEndpoint(
    find_app=only(APP), new_secret=_new_secret, lifetimes=_lifetimes, refuse=_refuse, describe=_describe
)


def introspect(state: State, call: SimulatedCall) -> SimulatedReply:
    """`POST /oauth/v2/introspectToken`."""
    form = form_of(call)
    TOKENS.authenticate_app(state, call, form)
    token = find_token(state, form.get("token", ""))
    if token is None or token["kind"] != ACCESS:
        return success({"active": False})
    status = token_status(state, token, call.now)
    return success(
        {
            "active": status == "active",
            "status": status,
            "client_id": APP.client_id,
            "authorized_at": int(token["issued_at"]),
            "created_at": int(token["issued_at"]),
            "expires_at": int(token["expires_at"] or 0),
            "scope": ",".join(token["scopes"]),
            "auth_type": "3L",
        }
    )

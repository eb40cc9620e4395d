"""Instagram Login: the consent page, its tokens, and the account that they belong to.

Source: fact sheet section 1.A, after
https://developers.facebook.com/docs/instagram-platform/instagram-api-with-instagram-login/business-login, checked
2026-11-28.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from letmepost.platforms._kit.simulator.oauth.consent import Choice
from letmepost.platforms._kit.simulator.oauth.grants import App
from letmepost.platforms._kit.simulator.oauth.token_endpoint import Granted
from letmepost.platforms._kit.simulator.pages import picture_url
from letmepost.platforms._kit.simulator.scenarios import withdraw_permission
from letmepost.platforms._meta.simulator.graph import Parameters, shown
from letmepost.platforms._meta.simulator.long_lived import DENIAL, ConsentServer, TokenServer
from letmepost.platforms.instagram.simulator.accounts import (
    Caller,
    create_account,
    create_personal_account,
    find_account,
)
from letmepost.platforms.instagram.simulator.scenarios import SCENARIOS
from letmepost.platforms.simulation import SimulatedCall, SimulatedReply, State

APP = App(client_id="2468000000000001", client_secret="simulated-instagram-secret")  # noqa: S106 - the simulator's own
_PERMISSIONS = {
    "basic": "instagram_business_basic",
    "publish": "instagram_business_content_publish",
    "comments": "instagram_business_manage_comments",
}
_CHOICES = (
    Choice("allow", "Allow everything", account=create_account),
    Choice(
        "allow-less",
        "Allow posting, and no comments",
        account=create_account,
        withheld=frozenset({"instagram_business_manage_comments"}),
    ),
    Choice("personal", "Allow everything, as a personal account", account=create_personal_account),
    Choice("deny", "Not now", denial=DENIAL),
)
_REFUSALS = {
    "client_secret": "Error validating client secret.",
    "grant_type": "Invalid grant_type",
    "refresh_token": "Invalid grant_type",
    "code": "Matching code was not found or was already used",
    "redirect_uri": "Error validating verification code. Please make sure your redirect_uri is identical",
}
"""By the name of the parameter that is missing or wrong."""


def _lifetime(state: State, account_id: str) -> tuple[timedelta, timedelta]:
    scenario = SCENARIOS[find_account(state, account_id)["scenario"]]
    return scenario.access_lifetime, scenario.token_age


SERVER = TokenServer(app=APP, prefix="ig", start="IGAA", lifetime=_lifetime)


def _describe(granted: Granted) -> Mapping[str, Any]:
    token = granted.access.token
    return {
        "access_token": granted.access.text,
        "user_id": int(token["account_id"]),
        "permissions": ",".join(token["scopes"]),
    }


CONSENT = ConsentServer(
    tokens=SERVER,
    title="Instagram",
    scopes=tuple(_PERMISSIONS.values()),
    choices=_CHOICES,
    new_account=create_account,
    refusals=_REFUSALS,
    describe=_describe,
)


def authenticate(state: State, call: SimulatedCall, permission: str) -> Caller:
    """Return the caller of a call with a token of Instagram Login."""
    return Caller(find_account(state, SERVER.authenticate(state, call, _PERMISSIONS[permission])), "instagram_login")


def me(state: State, call: SimulatedCall) -> SimulatedReply:
    """`GET /me`. In the scenario `auth_revoked`, the permission is withdrawn after this read, which connects."""
    caller = authenticate(state, call, "basic")
    account = caller.account
    if caller.scenario.revoked:
        withdraw_permission(state, account["id"])
    fields = {
        "id": account["app_scoped_id"],
        "user_id": account["id"],
        "username": account["username"],
        "name": f"Sandbox account, scenario {account['scenario']}",
        "account_type": account["account_type"],
        "profile_picture_url": picture_url(call),
        "followers_count": 12,
        "media_count": 3,
    }
    return shown(fields, Parameters.of(call))

"""An account's tokens: they sign calls, are refreshed, and are checked.

An access token is valid for 60 days. Only apps of approved partners receive a refresh token. It is valid for a year
from the consent, every refresh returns it unchanged, and the year is not extended: after it, a person must consent
again. LinkedIn documents no revocation by an app; the member can remove the app in their settings.
https://learn.microsoft.com/linkedin/shared/authentication/programmatic-refresh-tokens and
https://learn.microsoft.com/linkedin/shared/authentication/token-introspection (checked 2026-11-22).
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from letmepost.domain.accounts import AccountFacts
from letmepost.domain.flow import Auth, Call, Effect, Flow, Reply
from letmepost.platforms._kit.flows import succeed
from letmepost.platforms._kit.oauth import (
    INVALID_GRANT,
    Tokens,
    read_tokens,
    token_form,
    with_bearer_token,
    with_form_token,
    with_refresh_token,
)
from letmepost.platforms.connecting import Credential
from letmepost.platforms.linkedin.pages import PAGE_SCOPES, list_pages
from letmepost.platforms.linkedin.refusals import PERMISSION_ENDED, PERMISSION_EXPIRED
from letmepost.platforms.linkedin.replies import error_of, explain
from letmepost.platforms.linkedin.rest import app_call
from letmepost.platforms.linkedin.settings import LinkedInSettings
from letmepost.platforms.linkedin.urns import is_organization

INTROSPECT = "introspectToken"
ACCESS_TOKEN = "accessToken"  # noqa: S105 - the name of an endpoint

_EXPIRED = {"EXPIRED_ACCESS_TOKEN", "65602"}
_INVALID_GRANT = INVALID_GRANT | {"invalid_request"}


def read_grant(call: Call, reply: Reply) -> Tokens:
    """Return the grant of the authorization server. It separates scopes by commas or by spaces."""
    tokens = read_tokens(call, reply, explain, scope_separator=",", invalid_grant=_INVALID_GRANT)
    return replace(tokens, scopes=tuple(scope for part in tokens.scopes for scope in part.split()))


def refresh(account: AccountFacts, settings: LinkedInSettings) -> Flow[Credential]:
    """Return a new access token.

    Raises:
        PlatformFailure: auth_failed if the app received no refresh token, or if its year is over.
    """
    if not account.data["refreshable"]:
        raise PERMISSION_EXPIRED()
    call = app_call(settings, ACCESS_TOKEN, token_form("refresh_token"), auth=Auth.ACCOUNT)
    reply = yield call
    return read_grant(call, reply).credential()


def check(account: AccountFacts, settings: LinkedInSettings) -> Flow[Mapping[str, Any] | None]:
    """Check the token with the authorization server, and return the account's data with the current pages of a member.

    The server uses no quota of the API and does not notify the member. Listing pages is a call of the member's daily
    limit, so it is not repeated for the accounts of the pages: such an account has one author, which cannot change.

    Raises:
        PlatformFailure: auth_failed if the token is revoked or has expired.
    """
    reply = yield from introspect(settings)
    if reply.data().get("active") is not True:
        raise PERMISSION_ENDED(response={"status": reply.status, "code": str(reply.data().get("status"))})
    member = account.platform_account_id
    scopes = str(reply.data().get("scope", "")).replace(",", " ").split()
    if is_organization(member) or set(PAGE_SCOPES).isdisjoint(scopes):
        return None
    pages = yield from list_pages(settings)
    return None if pages is None else {**account.data, "authors": [member, *pages]}


def introspect(settings: LinkedInSettings) -> Flow[Reply]:
    """Return the authorization server's report on the token; raise if there is none."""
    call = app_call(settings, INTROSPECT, {}, effect=Effect.READ, auth=Auth.ACCOUNT)
    return (yield from succeed(call, explain, lambda reply: "active" in reply.data()))


def needs_refresh(reply: Reply) -> bool:
    """Return True if the access token has expired, in a refusal of the API or in an introspection."""
    if reply.ok:
        return reply.data().get("active") is False and reply.data().get("status") == "expired"
    error = error_of(reply)
    return reply.status == 401 and bool({error.code, error.number} & _EXPIRED)


def sign(call: Call, credential: Credential, _now: datetime, _entropy: bytes) -> Call:
    """Return the call with the access token: in the form for the authorization server, else as a bearer token."""
    if call.auth is not Auth.ACCOUNT:
        return call
    endpoint = urlsplit(call.url).path.rpartition("/oauth/v2/")[2]
    if endpoint == ACCESS_TOKEN:
        return with_refresh_token(call, credential)
    token = credential.secrets["access_token"]
    if endpoint == INTROSPECT:
        return with_form_token(call, "token", token)
    return with_bearer_token(call, token)

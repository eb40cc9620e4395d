"""An account's tokens: how they sign a call, how they are renewed, and whether they still open anything.

An access token lives 60 days. Only apps of approved partners are given a refresh token; it lives a year from consent,
is answered unchanged by every refresh, and its year is not extended: in the end a person must consent again.
https://learn.microsoft.com/linkedin/shared/authentication/programmatic-refresh-tokens and
https://learn.microsoft.com/linkedin/shared/authentication/token-introspection (checked 2026-11-22).
"""

from collections.abc import Generator
from dataclasses import replace
from datetime import datetime
from urllib.parse import urlsplit

from letmepost.domain.errors import FailureKind, PlatformFailure
from letmepost.domain.flow import Auth, Call, Flow, Instruction, Reply
from letmepost.platforms._oauth import DEAD_GRANT, Tokens, read_tokens, token_form, with_bearer_token
from letmepost.platforms.contract import AccountFacts, Credential
from letmepost.platforms.linkedin.replies import RECONNECT, error_of, explain
from letmepost.platforms.linkedin.rest import oauth
from letmepost.platforms.linkedin.settings import LinkedInSettings

INTROSPECT = "introspectToken"
ACCESS_TOKEN = "accessToken"  # noqa: S105 - the name of an endpoint

_EXPIRED = {"EXPIRED_ACCESS_TOKEN", "65602"}
_DEAD_GRANT = DEAD_GRANT | {"invalid_request"}


def read_grant(call: Call, reply: Reply) -> Tokens:
    """What the authorization server granted. It separates scopes by commas or by spaces."""
    tokens = read_tokens(call, reply, explain, scope_separator=",", dead_grant=_DEAD_GRANT)
    return replace(tokens, scopes=tuple(scope for part in tokens.scopes for scope in part.split()))


def refresh(account: AccountFacts, settings: LinkedInSettings) -> Flow[Credential]:
    """A new access token.

    Raises:
        PlatformFailure: auth_failed where the app was given no refresh token, or when its year is over.
    """
    if not account.data["refreshable"]:
        raise PlatformFailure(
            FailureKind.AUTH_FAILED, "The account's permission on LinkedIn has run out.", remediation=RECONNECT
        )
    call = oauth(settings, ACCESS_TOKEN, token_form("refresh_token"), step="refresh", auth=Auth.ACCOUNT)
    reply = yield call
    tokens = read_grant(call, reply)
    return Credential(secrets=tokens.secrets(), expires_at=tokens.expires_at)


def disconnect(_account: AccountFacts, _settings: object) -> Generator[Instruction, Reply, None]:
    """Leave the permission as it is: a member and their pages share one, and the others may still be connected."""
    yield from ()


def check(account: AccountFacts, settings: LinkedInSettings) -> Flow[None]:  # noqa: ARG001 - the token says whose it is
    """Ask the authorization server about the token, which touches neither the member nor any quota of the API.

    Raises:
        PlatformFailure: auth_failed when it is revoked or has expired.
    """
    reply = yield from introspect(settings)
    if reply.data().get("active") is not True:
        raise PlatformFailure(
            FailureKind.AUTH_FAILED,
            "The account's permission on LinkedIn has ended.",
            remediation=RECONNECT,
            response={"status": reply.status, "code": str(reply.data().get("status"))},
        )


def introspect(settings: LinkedInSettings) -> Flow[Reply]:
    """What the authorization server says of the token; raises when it says nothing."""
    call = oauth(settings, INTROSPECT, {}, step=None, auth=Auth.ACCOUNT)
    reply = yield call
    if not reply.ok or "active" not in reply.data():
        raise explain(call, reply)
    return reply


def needs_refresh(reply: Reply) -> bool:
    """Whether the access token has expired: as the API refuses it, and as introspection tells of it."""
    if reply.ok:
        return reply.data().get("active") is False and reply.data().get("status") == "expired"
    error = error_of(reply)
    return reply.status == 401 and bool({error.code, error.number} & _EXPIRED)


def sign(call: Call, credential: Credential, _now: datetime, _entropy: bytes) -> Call:
    """The call with the access token; of the authorization server, with the token that it is about."""
    if call.auth is not Auth.ACCOUNT:
        return call
    endpoint = urlsplit(call.url).path.rpartition("/oauth/v2/")[2]
    if endpoint == ACCESS_TOKEN:
        return replace(call, form={**(call.form or {}), "refresh_token": credential.secrets["refresh_token"]})
    token = credential.secrets["access_token"]
    if endpoint == INTROSPECT:
        return replace(call, form={**(call.form or {}), "token": token})
    return with_bearer_token(call, token)

"""An account's session: a pair of tokens that signs calls, is refreshed and is ended.

https://github.com/bluesky-social/atproto packages/pds/src/account-manager/helpers/auth.ts (read 2026-11-21): the access
token is valid for 120 minutes, the refresh token for 90 days. A refresh replaces both. The old refresh token works for
2 more hours and leads to the same successor, so a refresh can be repeated if its response was lost.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from letmepost.domain.accounts import AccountFacts
from letmepost.domain.errors import FailureKind
from letmepost.domain.flow import Auth, Call, Effect, Flow, Reply
from letmepost.platforms._kit.flows import succeed
from letmepost.platforms._kit.oauth import with_bearer_token
from letmepost.platforms.bluesky.refusals import ACCOUNT_INACTIVE, OTHER_SESSION
from letmepost.platforms.bluesky.replies import explain
from letmepost.platforms.bluesky.syntax import is_did
from letmepost.platforms.bluesky.xrpc import (
    DELETE_SESSION,
    GET_SESSION,
    REFRESH_SESSION,
    error_name,
    method_of,
    method_url,
)
from letmepost.platforms.connecting import Credential

_ACCESS_TOKEN_LIFETIME = timedelta(minutes=120)


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """The response to a sign-in or a refresh."""

    did: str
    handle: str
    credential: Credential
    is_active: bool


def read_session(call: Call, reply: Reply) -> Session:
    """Return the session in a reply.

    Raises:
        PlatformFailure: a refusal, or a success that lacks a token: an empty one must never be stored.
    """
    data = reply.data()
    did, access, refreshed = (data.get(name) for name in ("did", "accessJwt", "refreshJwt"))
    if not (reply.ok and is_did(did) and is_token(access) and is_token(refreshed)):
        raise explain(call, reply)
    return Session(
        did=str(did),
        handle=str(data.get("handle")).lower(),
        credential=Credential(
            secrets={"access_jwt": str(access), "refresh_jwt": str(refreshed)},
            expires_at=reply.received_at + _ACCESS_TOKEN_LIFETIME,
        ),
        is_active=data.get("active") is not False,
    )


def is_token(value: object) -> bool:
    """Return True for a text that can be part of a header line."""
    return isinstance(value, str) and value.isascii() and value.isprintable() and value != ""


def refresh(account: AccountFacts, _settings: object) -> Flow[Credential]:
    """Return a new pair of tokens."""
    call = _session_call(account, REFRESH_SESSION)
    reply = yield call
    session = read_session(call, reply)
    if session.did != account.platform_account_id:
        raise OTHER_SESSION()
    return session.credential


def disconnect(account: AccountFacts, _settings: object) -> Flow[None]:
    """End the session at the account's server. A session that has already ended is not a failure."""
    call = _session_call(account, DELETE_SESSION)
    reply = yield call
    if reply.ok:
        return
    failure = explain(call, reply)
    if failure.kind is not FailureKind.AUTH_FAILED:
        raise failure


def check(account: AccountFacts, _settings: object) -> Flow[None]:
    """Check which account the session belongs to.

    Raises:
        PlatformFailure: auth_failed if the session is over, or if the account was deactivated.
    """
    call = Call(method="GET", url=method_url(account.data["pds"], GET_SESSION))
    session = (yield from succeed(call, explain)).data()
    if session.get("did") != account.platform_account_id:
        raise OTHER_SESSION()
    if session.get("active") is False:
        raise ACCOUNT_INACTIVE(status=session.get("status") or "unknown")


def needs_refresh(reply: Reply) -> bool:
    """Return True if the access token has expired: 400 on Bluesky's own servers, 401 with OAuth and on some others."""
    return (reply.status, error_name(reply)) in {
        (400, "ExpiredToken"),
        (401, "ExpiredToken"),
        (401, "invalid_token"),
    }


def sign(call: Call, credential: Credential, _now: datetime, _entropy: bytes) -> Call:
    """Return the call with a token of the session: the refresh token for calls that refresh or end the session."""
    if call.auth is Auth.NONE:
        return call
    name = "refresh_jwt" if method_of(call) in {REFRESH_SESSION, DELETE_SESSION} else "access_jwt"
    return with_bearer_token(call, credential.secrets[name])


def _session_call(account: AccountFacts, method: str) -> Call:
    # No body at all: the server rejects any body, including empty JSON.
    url = method_url(account.data["pds"], method)
    return Call(method="POST", url=url, effect=Effect.WRITE)


def server(account: AccountFacts) -> str:
    """Return the account's own server, one of many."""
    found: str = account.data["pds"]
    return found

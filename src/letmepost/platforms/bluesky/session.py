"""An account's session: a pair of tokens, how they sign a call, how they are renewed and ended.

https://github.com/bluesky-social/atproto packages/pds/src/account-manager/helpers/auth.ts (read 2026-11-21):
the access token lives 120 minutes, the refresh token 90 days. A refresh replaces both; the old refresh token
works for 2 hours more and leads to the same successor, so a refresh whose answer was lost may be repeated.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from letmepost.domain.errors import FailureKind, PlatformFailure
from letmepost.domain.flow import Auth, Call, Effect, Flow, Reply
from letmepost.platforms._oauth import with_bearer_token
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
from letmepost.platforms.contract import AccountFacts, Credential

_ACCESS_TOKEN_LIFETIME = timedelta(minutes=120)


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """What a server answers to a sign-in or a refresh."""

    did: str
    handle: str
    credential: Credential
    is_active: bool


def read_session(call: Call, reply: Reply) -> Session:
    """The session in a reply.

    Raises:
        PlatformFailure: a refusal, or a success that lacks a token: an empty one must never be stored.
    """
    data = reply.data()
    did, access, renewal = (data.get(name) for name in ("did", "accessJwt", "refreshJwt"))
    if not (reply.ok and is_did(did) and _is_token(access) and _is_token(renewal)):
        raise explain(call, reply)
    return Session(
        did=str(did),
        handle=str(data.get("handle")).lower(),
        credential=Credential(
            secrets={"access_jwt": str(access), "refresh_jwt": str(renewal)},
            expires_at=reply.received_at + _ACCESS_TOKEN_LIFETIME,
        ),
        is_active=data.get("active") is not False,
    )


def _is_token(value: object) -> bool:
    # It becomes part of a header line.
    return isinstance(value, str) and value.isascii() and value.isprintable() and value != ""


def refresh(account: AccountFacts, _settings: object) -> Flow[Credential]:
    """A new pair of tokens."""
    call = _session_call(account, REFRESH_SESSION, step="refresh")
    reply = yield call
    session = read_session(call, reply)
    if session.did != account.platform_account_id:
        message = "The account's server answered with somebody else's session."
        raise PlatformFailure(FailureKind.UNAVAILABLE, message)
    return session.credential


def disconnect(account: AccountFacts, _settings: object) -> Flow[None]:
    """End the session at the account's server; one that has ended already is no failure."""
    call = _session_call(account, DELETE_SESSION, step="sign-out")
    reply = yield call
    if reply.ok:
        return
    failure = explain(call, reply)
    if failure.kind is not FailureKind.AUTH_FAILED:
        raise failure


def check(account: AccountFacts, _settings: object) -> Flow[None]:
    """Ask the account's server whose session this is.

    Raises:
        PlatformFailure: auth_failed when the session is over, or when the account was switched off.
    """
    call = Call(method="GET", url=method_url(account.data["pds"], GET_SESSION))
    reply = yield call
    session = reply.data()
    if not reply.ok:
        raise explain(call, reply)
    if session.get("did") != account.platform_account_id:
        message = "The account's server answered with somebody else's session."
        raise PlatformFailure(FailureKind.UNAVAILABLE, message)
    if session.get("active") is False:
        raise PlatformFailure(
            FailureKind.AUTH_FAILED,
            f"This account is not active on Bluesky ({session.get('status') or 'no reason given'}).",
            remediation="Reactivate it on Bluesky, and connect it again.",
        )


def needs_refresh(reply: Reply) -> bool:
    """Whether the access token has died: 400 on Bluesky's own servers, 401 under OAuth and on some others."""
    return (reply.status, error_name(reply)) in {
        (400, "ExpiredToken"),
        (401, "ExpiredToken"),
        (401, "invalid_token"),
    }


def sign(call: Call, credential: Credential, _now: datetime, _entropy: bytes) -> Call:
    """The call with the session's token: the refresh token where the session itself is at stake."""
    if call.auth is Auth.NONE:
        return call
    name = "refresh_jwt" if method_of(call) in {REFRESH_SESSION, DELETE_SESSION} else "access_jwt"
    return with_bearer_token(call, credential.secrets[name])


def _session_call(account: AccountFacts, method: str, *, step: str) -> Call:
    # No body at all: the server refuses one, be it empty JSON.
    url = method_url(account.data["pds"], method)
    return Call(method="POST", url=url, effect=Effect.PREPARE, step=step)


def server(account: AccountFacts) -> str:
    """The account's own server, of which there are many."""
    found: str = account.data["pds"]
    return found

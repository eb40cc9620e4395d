"""An account's token: how it signs a call, how it is renewed.

https://developers.facebook.com/docs/threads/get-started/long-lived-tokens (checked 2026-11-21): a long-lived token
lives 60 days and can be exchanged for another one from its second day to its last. One that has died cannot, and
nothing renews it but its owner. Threads offers no way to revoke one.
"""

from dataclasses import replace
from datetime import datetime

from letmepost.domain.errors import FailureKind, PlatformFailure
from letmepost.domain.flow import Auth, Call, Effect, Flow, Reply
from letmepost.platforms import _oauth
from letmepost.platforms._meta.graph import read_id
from letmepost.platforms.contract import AccountFacts, Credential
from letmepost.platforms.threads.api import REFRESH_PATH, base, read_me
from letmepost.platforms.threads.replies import explain
from letmepost.platforms.threads.settings import ThreadsSettings


def refresh(_account: AccountFacts, settings: ThreadsSettings) -> Flow[Credential]:
    """A token for another 60 days."""
    call = Call(
        method="GET",
        url=f"{base(settings.api_url)}{REFRESH_PATH}",
        query=tuple(_oauth.token_form("th_refresh_token").items()),
        effect=Effect.PREPARE,
        step="refresh",
    )
    reply = yield call
    tokens = _oauth.read_tokens(call, reply, explain)
    return Credential(secrets=tokens.secrets(), expires_at=tokens.expires_at)


def check(account: AccountFacts, settings: ThreadsSettings) -> Flow[None]:
    """Ask whose token it is.

    Raises:
        PlatformFailure: auth_failed when it is over.
    """
    call = read_me(settings)
    reply = yield call
    found = read_id(reply)
    if found is None:
        raise explain(call, reply)
    if found != account.platform_account_id:
        raise PlatformFailure(FailureKind.UNAVAILABLE, "Threads answered for another account.")


def disconnect(_account: AccountFacts, _settings: ThreadsSettings) -> Flow[None]:
    """Nothing: the permission ends by itself, or when its owner removes the app in the Threads app."""
    yield from ()


def needs_refresh(_reply: Reply) -> bool:
    """Never: a token that has died cannot be exchanged for a new one."""
    return False


def sign(call: Call, credential: Credential, _now: datetime, _entropy: bytes) -> Call:
    """The call with the account's token: in a header, where no log of addresses shows it, but for its renewal."""
    token = credential.secrets["access_token"]
    if call.auth is Auth.NONE:
        return call
    if call.url.endswith(REFRESH_PATH):
        return replace(call, query=(*call.query, ("access_token", token)))
    return _oauth.with_bearer_token(call, token)

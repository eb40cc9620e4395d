"""An account's token: it signs calls and is refreshed.

https://developers.facebook.com/docs/threads/get-started/long-lived-tokens (checked 2026-11-21): a long-lived token is
valid for 60 days, and can be exchanged for a new one from its second day to its last. An expired token cannot: its
owner must consent again. Threads has no way to revoke a token; its owner can remove
the app in the Threads app.
"""

from dataclasses import replace
from datetime import datetime

from letmepost.domain.flow import Auth, Call, Effect, Flow, Reply
from letmepost.platforms._kit import oauth
from letmepost.platforms._kit.calls import base_url
from letmepost.platforms._kit.flows import check_account
from letmepost.platforms._meta.graph import read_id
from letmepost.platforms.contract import AccountFacts, Credential
from letmepost.platforms.threads.api import REFRESH_PATH, read_me
from letmepost.platforms.threads.replies import explain
from letmepost.platforms.threads.settings import ThreadsSettings


def refresh(_account: AccountFacts, settings: ThreadsSettings) -> Flow[Credential]:
    """Return a token for another 60 days."""
    call = Call(
        method="GET",
        url=f"{base_url(settings.api_url)}{REFRESH_PATH}",
        query=tuple(oauth.token_form("th_refresh_token").items()),
        effect=Effect.WRITE,
    )
    reply = yield call
    return oauth.read_tokens(call, reply, explain).credential()


def check(account: AccountFacts, settings: ThreadsSettings) -> Flow[None]:
    """Check which account the token belongs to.

    Raises:
        PlatformFailure: auth_failed if the token has expired.
    """
    yield from check_account(read_me(settings), read_id, account, explain, "Threads")


def needs_refresh(_reply: Reply) -> bool:
    """Return False: an expired token cannot be exchanged for a new one."""
    return False


def sign(call: Call, credential: Credential, _now: datetime, _entropy: bytes) -> Call:
    """Return the call with the account's token: in a header, which no log of URLs contains, except to refresh it."""
    token = credential.secrets["access_token"]
    if call.auth is Auth.NONE:
        return call
    if call.url.endswith(REFRESH_PATH):
        return replace(call, query=(*call.query, ("access_token", token)))
    return oauth.with_bearer_token(call, token)

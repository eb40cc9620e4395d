"""An account's tokens: they sign calls, are refreshed, checked and revoked.

https://developers.tiktok.com/docs/en/oauth-refresh-a-user-access-token (checked 2026-11-28): an access token is valid
for 2 hours, a refresh token for 180 days. A refresh replaces both, and the old refresh token stops working.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from letmepost.domain.accounts import AccountFacts
from letmepost.domain.errors import FailureKind
from letmepost.domain.flow import Auth, Call, Flow, Reply
from letmepost.platforms._kit.fields import object_in, text_in
from letmepost.platforms._kit.flows import check_account, complete
from letmepost.platforms._kit.oauth import (
    Tokens,
    read_tokens,
    token_form,
    with_bearer_token,
    with_form_token,
    with_refresh_token,
)
from letmepost.platforms.connecting import Credential
from letmepost.platforms.tiktok.api import (
    REVOKE_PATH,
    TOKEN_PATH,
    read_creator,
    read_user,
    request_tokens,
    revoke_token,
)
from letmepost.platforms.tiktok.creator import CREATOR, Creator
from letmepost.platforms.tiktok.replies import EXPIRED_TOKEN, data_of, error_code, explain
from letmepost.platforms.tiktok.settings import TikTokSettings


def read_grant(call: Call, reply: Reply) -> Tokens:
    """Return the tokens in a reply.

    Raises:
        PlatformFailure: auth_failed if the code or the refresh token is no longer valid.
    """
    return read_tokens(call, reply, explain, scope_separator=",")


def refresh(_account: AccountFacts, settings: TikTokSettings) -> Flow[Credential]:
    """Return a new pair of tokens."""
    call = request_tokens(settings, token_form("refresh_token"))
    reply = yield call
    return read_grant(call, reply).credential()


def check(account: AccountFacts, settings: TikTokSettings) -> Flow[Mapping[str, Any] | None]:
    """Check which account the token belongs to. Return the account's data with what it may do now.

    Raises:
        PlatformFailure: auth_failed if the token is no longer valid.
    """
    yield from check_account(read_user(settings, with_profile=False), read_open_id, account, explain, "TikTok")
    creator = yield from find_creator(read_creator(settings))
    return None if creator is None else {**account.data, CREATOR: creator.as_data()}


def find_creator(call: Call) -> Flow[Creator | None]:
    """Return what an account may do; None if TikTok does not report it now, or the permission was not granted.

    Raises:
        PlatformFailure: TikTok is not available.
    """
    reply = yield call
    creator = Creator.of_reply(reply) if data_of(reply) else None
    failure = explain(call, reply)
    if creator is None and failure.kind in {FailureKind.UNAVAILABLE, FailureKind.RATE_LIMITED}:
        raise failure
    return creator


def read_open_id(reply: Reply) -> str | None:
    """Return the permanent id of the account that a token belongs to; None without one. It differs from app to app."""
    return text_in(object_in(data_of(reply), "user"), "open_id")


def disconnect(_account: AccountFacts, settings: TikTokSettings) -> Flow[None]:
    """Revoke the tokens. A token that has already ended is not a failure."""
    yield from complete([revoke_token(settings)], _is_revoked, explain)


def _is_revoked(reply: Reply) -> bool:
    return reply.ok or reply.status == 401 or error_code(reply) in {EXPIRED_TOKEN, "invalid_grant", "invalid_request"}


def needs_refresh(reply: Reply) -> bool:
    """Return True if the access token has expired, so that nothing was executed."""
    return error_code(reply) == EXPIRED_TOKEN


def sign(call: Call, credential: Credential, _now: datetime, _entropy: bytes) -> Call:
    """Return the call with the account's token: in the form to refresh or revoke it, else as a bearer token."""
    if call.auth is not Auth.ACCOUNT:
        return call
    secrets = credential.secrets
    if call.url.endswith(TOKEN_PATH):
        return with_refresh_token(call, credential)
    if call.url.endswith(REVOKE_PATH):
        return with_form_token(call, "token", secrets["access_token"])
    return with_bearer_token(call, secrets["access_token"])

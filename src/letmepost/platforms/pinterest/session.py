"""An account's tokens: they sign calls and are refreshed; and what is known about the account is checked.

https://developers.pinterest.com/docs/getting-started/set-up-authentication-and-authorization/ (checked 2026-11-21): an
access token is valid for 30 days. A refresh token is valid for 60 days, and a refresh replaces both. Pinterest revokes
only tokens of system users: a person removes the app in their settings.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from letmepost.domain.accounts import AccountFacts
from letmepost.domain.flow import Auth, Call, Flow, Reply
from letmepost.platforms._kit import oauth
from letmepost.platforms._kit.flows import check_account
from letmepost.platforms.connecting import Credential
from letmepost.platforms.pinterest.api import TOKEN_PATH, Row, exchange_token, list_boards, read_id, read_user, rows_in
from letmepost.platforms.pinterest.boards import as_data
from letmepost.platforms.pinterest.replies import explain
from letmepost.platforms.pinterest.settings import PinterestSettings


def refresh(_account: AccountFacts, settings: PinterestSettings) -> Flow[Credential]:
    """Return a new pair of tokens. The old refresh token is not used again."""
    call = exchange_token(settings, oauth.token_form("refresh_token"))
    reply = yield call
    return oauth.read_tokens(call, reply, explain).credential()


def check(account: AccountFacts, settings: PinterestSettings) -> Flow[Mapping[str, Any]]:
    """Check which account the token belongs to, and return what is known about its boards.

    Raises:
        PlatformFailure: auth_failed if the token is no longer valid.
    """
    yield from check_account(read_user(settings), read_id, account, explain, "Pinterest")
    boards = yield from first_boards(list_boards(settings))
    return {} if boards is None else as_data(boards)


def first_boards(call: Call) -> Flow[list[Row] | None]:
    """Return the first page of the boards; None if the account's owner does not let the app read them.

    Raises:
        PlatformFailure: Pinterest did not return a list.
    """
    reply = yield call
    if reply.status == 403:
        return None
    rows = rows_in(reply) if reply.ok else None
    if rows is None:
        raise explain(call, reply)
    return rows


def disconnect(_account: AccountFacts, _settings: PinterestSettings) -> Flow[None]:
    """Do nothing: the permission expires, or its owner removes the app on Pinterest."""
    yield from ()


def needs_refresh(reply: Reply) -> bool:
    """Return True if the access token is not accepted, so that nothing was executed."""
    return reply.status == 401


def sign(call: Call, credential: Credential, _now: datetime, _entropy: bytes) -> Call:
    """Return the call with the account's token: in the form to refresh it, else as a bearer token."""
    if call.auth is not Auth.ACCOUNT:
        return call
    if call.url.endswith(TOKEN_PATH):
        return oauth.with_refresh_token(call, credential)
    return oauth.with_bearer_token(call, credential.secrets["access_token"])

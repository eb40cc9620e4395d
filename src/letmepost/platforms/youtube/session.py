"""An account's tokens: they sign calls and are refreshed; and what is known about the channel is checked.

https://developers.google.com/identity/protocols/oauth2/web-server (checked 2026-11-21): an access token is valid for an
hour. A refresh token stays the same. Revoking one revokes every token that the person has granted to the app, also for
their other channels. It is not known here which accounts these are, so nothing is revoked.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from letmepost.domain.accounts import AccountFacts
from letmepost.domain.flow import Auth, Call, Flow
from letmepost.platforms._kit import oauth
from letmepost.platforms._kit.refusals import OTHER_ACCOUNT
from letmepost.platforms.connecting import Credential
from letmepost.platforms.youtube.api import TOKEN_PATH, exchange_token, read_channel
from letmepost.platforms.youtube.channel import data_of, fetch_channel
from letmepost.platforms.youtube.replies import explain
from letmepost.platforms.youtube.scopes import GRANTED
from letmepost.platforms.youtube.settings import YouTubeSettings


def refresh(_account: AccountFacts, settings: YouTubeSettings) -> Flow[Credential]:
    """Return a new access token."""
    call = exchange_token(settings, oauth.token_form("refresh_token"))
    reply = yield call
    return oauth.read_tokens(call, reply, explain).credential()


def check(account: AccountFacts, settings: YouTubeSettings) -> Flow[Mapping[str, Any]]:
    """Check which channel the token belongs to, and return what is known about it. It costs 1 unit.

    Raises:
        PlatformFailure: auth_failed if the token is no longer valid, or if the channel no longer exists.
    """
    channel = yield from fetch_channel(read_channel(settings))
    if channel["id"] != account.platform_account_id:
        raise OTHER_ACCOUNT(network="YouTube")
    return data_of(channel, account.data.get(GRANTED, ()))


def sign(call: Call, credential: Credential, _now: datetime, _entropy: bytes) -> Call:
    """Return the call with the account's token: in the form to refresh it, else as a bearer token."""
    if call.auth is not Auth.ACCOUNT:
        return call
    if call.url.endswith(TOKEN_PATH):
        return oauth.with_refresh_token(call, credential)
    return oauth.with_bearer_token(call, credential.secrets["access_token"])

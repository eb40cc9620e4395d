"""An account's tokens: they sign calls, are checked, and are refreshed.

https://docs.example.com/oauth (read 2026-11-29): an access token is valid for an hour. A refresh token does not expire.
"""

from datetime import datetime

from letmepost.domain.accounts import AccountFacts
from letmepost.domain.flow import Auth, Call, Flow, Reply
from letmepost.platforms._kit.flows import check_account
from letmepost.platforms._kit.oauth import read_tokens, token_form, with_bearer_token, with_refresh_token
from letmepost.platforms.connecting import Credential
from tests.platforms.minimal.example.api import TOKENS_PATH, own_account, request_tokens
from tests.platforms.minimal.example.replies import error_code, explain, read_id
from tests.platforms.minimal.example.settings import ExampleSettings


def refresh(_account: AccountFacts, settings: ExampleSettings) -> Flow[Credential]:
    """Return a new access token. `sign` adds the refresh token."""
    call = request_tokens(settings, token_form("refresh_token"), auth=Auth.ACCOUNT)
    reply = yield call
    return read_tokens(call, reply, explain).credential()


def check(account: AccountFacts, settings: ExampleSettings) -> Flow[None]:
    """Check which account the token belongs to."""
    yield from check_account(own_account(settings), read_id, account, explain, "Example")


def needs_refresh(reply: Reply) -> bool:
    """Return True if the access token has expired."""
    return reply.status == 401 and error_code(reply) == "token_expired"


def sign(call: Call, credential: Credential, _now: datetime, _entropy: bytes) -> Call:
    """Return the call with the account's token: in the form to refresh it, else as a bearer token."""
    if call.auth is Auth.NONE:
        return call
    if call.url.endswith(TOKENS_PATH):
        return with_refresh_token(call, credential)
    return with_bearer_token(call, credential.secrets["access_token"])

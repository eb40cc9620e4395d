"""An account's tokens: how they are obtained, sign calls, are refreshed and are revoked.

https://docs.x.com/fundamentals/authentication/oauth-2-0 (read 2026-11-21): an access token is valid for two hours. A
refresh replaces both tokens, and the old refresh token becomes invalid.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from letmepost.domain.accounts import AccountFacts
from letmepost.domain.flow import Auth, Call, Flow, Reply
from letmepost.platforms._kit.fields import id_in, object_in
from letmepost.platforms._kit.flows import complete, fetch
from letmepost.platforms._kit.oauth import (
    INVALID_GRANT,
    Tokens,
    app_call,
    code_form,
    read_tokens,
    revocation_form,
    token_form,
    with_bearer_token,
    with_refresh_token,
)
from letmepost.platforms._kit.refusals import OTHER_ACCOUNT
from letmepost.platforms.connecting import Credential, Grant
from letmepost.platforms.twitter.api import REVOKE_PATH, TOKEN_PATH, own_user, read_id, root
from letmepost.platforms.twitter.replies import explain, is_invalid_token
from letmepost.platforms.twitter.settings import TwitterSettings
from letmepost.platforms.twitter.subscriptions import account_data

_NO_TOKEN = "none"  # noqa: S105 - sent without a token: X rejects it like an expired one


def exchange_code(settings: TwitterSettings, grant: Grant) -> Call:
    """Return the exchange of a consent's code for tokens. It is possible once, within 30 seconds."""
    return _app_call(settings, TOKEN_PATH, code_form(grant), auth=Auth.NONE)


def read_grant(call: Call, reply: Reply) -> Tokens:
    """Return the tokens in a reply.

    Raises:
        PlatformFailure: auth_failed if the code or the refresh token is no longer valid.
    """
    codes = INVALID_GRANT | {"invalid_request"} if is_invalid_token(reply) else INVALID_GRANT
    return read_tokens(call, reply, explain, invalid_grant=codes)


def refresh(_account: AccountFacts, settings: TwitterSettings) -> Flow[Credential]:
    """Return a new pair of tokens."""
    call = _app_call(settings, TOKEN_PATH, token_form("refresh_token"))
    reply = yield call
    return read_grant(call, reply).credential()


def disconnect(_account: AccountFacts, settings: TwitterSettings) -> Flow[None]:
    """Revoke both tokens. A token that has already ended is not a failure."""
    calls = [_app_call(settings, REVOKE_PATH, {"token_type_hint": kind}) for kind in ("refresh_token", "access_token")]
    yield from complete(calls, lambda reply: reply.ok or is_invalid_token(reply), explain)


def check(account: AccountFacts, settings: TwitterSettings) -> Flow[Mapping[str, Any]]:
    """Check which account the token belongs to, and return the account's data.

    Raises:
        PlatformFailure: auth_failed if the token is no longer valid.
    """
    user = yield from fetch(own_user(root(settings)), _read_user, explain)
    if id_in(user) != account.platform_account_id:
        raise OTHER_ACCOUNT(network="X")
    return {**account.data, **account_data(user)}


def _read_user(reply: Reply) -> Mapping[str, Any] | None:
    return object_in(reply.data(), "data") if read_id(reply) is not None else None


def needs_refresh(reply: Reply) -> bool:
    """Return True if the access token has expired. A 401 of a token endpoint concerns the app, and has an `error`."""
    return reply.status == 401 and "error" not in reply.data()


def sign(call: Call, credential: Credential, _now: datetime, _entropy: bytes) -> Call:
    """Return the call with the account's token: in the form to refresh or revoke it, else as a bearer token."""
    if call.auth is not Auth.ACCOUNT:
        return call
    secrets = credential.secrets
    if call.url.endswith(TOKEN_PATH):
        return with_refresh_token(call, credential)
    if call.url.endswith(REVOKE_PATH):
        kind = (call.form or {})["token_type_hint"]
        return replace(call, form=revocation_form(secrets.get(kind, _NO_TOKEN), kind))
    return with_bearer_token(call, secrets["access_token"])


def _app_call(settings: TwitterSettings, path: str, form: dict[str, str], *, auth: Auth = Auth.ACCOUNT) -> Call:
    """Return a call that the app authenticates: a confidential client sends its secret as HTTP Basic."""
    url = f"{root(settings)}{path}"
    return app_call(url, form, app=settings, method="client_secret_basic", auth=auth)

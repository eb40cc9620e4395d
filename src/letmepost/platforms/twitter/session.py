"""An account's tokens: how they are got, how they sign a call, how they are renewed and ended.

https://docs.x.com/fundamentals/authentication/oauth-2-0 (read 2026-11-21): an access token lives two hours. A refresh
replaces both tokens, and the refresh token that was used is worth nothing from then on.
"""

from dataclasses import replace
from datetime import datetime

from letmepost.domain.errors import FailureKind, PlatformFailure
from letmepost.domain.flow import Auth, Call, Effect, Flow, Reply
from letmepost.platforms._oauth import (
    DEAD_GRANT,
    Tokens,
    read_tokens,
    revocation_form,
    token_form,
    with_app,
    with_bearer_token,
)
from letmepost.platforms.contract import AccountFacts, Credential
from letmepost.platforms.twitter.api import REVOKE_PATH, TOKEN_PATH, base, own_user, read_id
from letmepost.platforms.twitter.replies import explain, is_invalid_token
from letmepost.platforms.twitter.settings import TwitterSettings

_NO_TOKEN = "none"  # noqa: S105 - what is sent when there is none: X refuses it like a dead one


def exchange_code(settings: TwitterSettings, *, code: str, redirect_uri: str, verifier: str) -> Call:
    """Turn what came back from the consent page into tokens: within 30 seconds, and once."""
    form = token_form("authorization_code", redirect_uri=redirect_uri, code=code, code_verifier=verifier)
    return _app_call(settings, TOKEN_PATH, form, step="sign-in", auth=Auth.APP)


def read_grant(call: Call, reply: Reply) -> Tokens:
    """The tokens in a reply.

    Raises:
        PlatformFailure: auth_failed when the code or the refresh token is dead.
    """
    dead = DEAD_GRANT | {"invalid_request"} if is_invalid_token(reply) else DEAD_GRANT
    return read_tokens(call, reply, explain, dead_grant=dead)


def refresh(_account: AccountFacts, settings: TwitterSettings) -> Flow[Credential]:
    """A new pair of tokens."""
    call = _app_call(settings, TOKEN_PATH, token_form("refresh_token"), step="refresh")
    reply = yield call
    tokens = read_grant(call, reply)
    return Credential(secrets=tokens.secrets(), expires_at=tokens.expires_at)


def disconnect(_account: AccountFacts, settings: TwitterSettings) -> Flow[None]:
    """Revoke both tokens; one that has ended already is no failure."""
    for kind in ("refresh_token", "access_token"):
        call = _app_call(settings, REVOKE_PATH, {"token_type_hint": kind}, step=f"revoke-{kind}")
        reply = yield call
        if not reply.ok and not is_invalid_token(reply):
            raise explain(call, reply)


def check(account: AccountFacts, settings: TwitterSettings) -> Flow[None]:
    """Ask X whose token this is.

    Raises:
        PlatformFailure: auth_failed when it is nobody's any more.
    """
    call = own_user(base(settings.api_url))
    reply = yield call
    if not reply.ok:
        raise explain(call, reply)
    if read_id(reply) != account.platform_account_id:
        raise PlatformFailure(FailureKind.UNAVAILABLE, "X answered with somebody else's account.")


def needs_refresh(reply: Reply) -> bool:
    """Whether the access token has died. What a token endpoint answers 401 to is the app, and has an `error`."""
    return reply.status == 401 and "error" not in reply.data()


def sign(call: Call, credential: Credential, _now: datetime, _entropy: bytes) -> Call:
    """The call with the account's token: in the form where the token itself is at stake, else as its bearer."""
    if call.auth is not Auth.ACCOUNT:
        return call
    secrets = credential.secrets
    if call.url.endswith(TOKEN_PATH):
        return replace(call, form={**(call.form or {}), "refresh_token": secrets.get("refresh_token", _NO_TOKEN)})
    if call.url.endswith(REVOKE_PATH):
        kind = (call.form or {})["token_type_hint"]
        return replace(call, form=revocation_form(secrets.get(kind, _NO_TOKEN), kind))
    return with_bearer_token(call, secrets["access_token"])


def _app_call(
    settings: TwitterSettings, path: str, form: dict[str, str], *, step: str, auth: Auth = Auth.ACCOUNT
) -> Call:
    """A call by which the app itself is known: a confidential client sends its secret as HTTP Basic."""
    call = Call(
        method="POST",
        url=f"{base(settings.api_url)}{path}",
        form=form,
        effect=Effect.PREPARE,
        step=step,
        auth=auth,
    )
    return with_app(call, settings.client_id, settings.client_secret, "client_secret_basic")

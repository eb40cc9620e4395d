"""Connects an account by consent: a code, a token for an hour, a token for 60 days, and the account.

https://developers.facebook.com/docs/threads/get-started/get-access-tokens-and-permissions (checked 2026-11-21). Threads
has no PKCE: the app's secret replaces it.
"""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qsl

from letmepost.domain.errors import PlatformFailure
from letmepost.domain.flow import Auth, Call, Effect, Flow
from letmepost.platforms import _oauth
from letmepost.platforms._meta.graph import read_id
from letmepost.platforms._meta.signed_request import user_of
from letmepost.platforms.contract import ConnectedAccount, ConsentRequest, Credential, Grant, OAuth
from letmepost.platforms.threads.api import base, debug_token, read_me
from letmepost.platforms.threads.refusals import CODE_INVALID
from letmepost.platforms.threads.replies import explain
from letmepost.platforms.threads.settings import ThreadsSettings

FEATURES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "publish": ("threads_basic", "threads_content_publish"),
        "replies": ("threads_manage_replies", "threads_read_replies"),
        "unpublish": ("threads_delete",),
    }
)


def consent_url(request: ConsentRequest, settings: ThreadsSettings) -> str:
    """Return the URL of the consent page."""
    scopes = [scope for needed in FEATURES.values() for scope in needed]
    return _oauth.consent_url(str(settings.authorize_url), settings.client_id or "", request, scopes, separator=",")


def accounts(grant: Grant, settings: ThreadsSettings) -> Flow[tuple[ConnectedAccount, ...]]:
    """Return the one account that consented.

    Raises:
        PlatformFailure: auth_failed for a code that was used or has expired.
    """
    tokens = yield from _prolong((yield from _exchange(grant, settings)), settings)
    call = _oauth.with_bearer_token(_unsigned(read_me(settings)), tokens.access_token)
    reply = yield call
    account_id, found = read_id(reply), reply.data()
    if account_id is None:
        raise explain(call, reply)
    account = ConnectedAccount(
        platform_account_id=account_id,
        handle=_text(found.get("username")),
        display_name=_text(found.get("name")),
        avatar_url=_text(found.get("threads_profile_picture_url")),
        credential=Credential(secrets=tokens.secrets(), expires_at=tokens.expires_at),
        scopes=(yield from _granted(tokens.access_token, settings)),
    )
    return (account,)


def withdrawn(body: bytes, settings: ThreadsSettings) -> str:
    """Return the id of the account that withdraws its consent, from a call to the uninstall or deletion callback.

    Source: https://developers.facebook.com/docs/threads/get-started (checked 2026-11-21).

    Raises:
        ValueError: Threads did not sign the call.
    """
    secret, form = settings.secret(), dict(parse_qsl(body.decode("utf-8", "replace")))
    user_id = user_of(form.get("signed_request", ""), secret) if secret else None
    if user_id is None:
        raise ValueError("no signed_request of this app's secret")
    return user_id


OAUTH = OAuth(consent_url=consent_url, accounts=accounts, features=FEATURES, withdrawn=withdrawn)


def _exchange(grant: Grant, settings: ThreadsSettings) -> Flow[str]:
    """Return a token that is valid for an hour."""
    call = Call(
        method="POST",
        url=f"{base(settings.api_url)}/oauth/access_token",
        # Threads appends `#_` to the URL that it returns to, and a person may copy it with the code.
        form=_oauth.token_form(
            "authorization_code", redirect_uri=grant.redirect_uri, code=grant.code.removesuffix("#_")
        ),
        effect=Effect.WRITE,
        auth=Auth.NONE,
    )
    call = _oauth.with_app(call, settings.client_id, settings.client_secret, "client_secret_post")
    reply = yield call
    if 400 <= reply.status < 500 and "error_type" in reply.data():  # only the code can be invalid here
        raise CODE_INVALID(response=explain(call, reply).response)
    return _oauth.read_tokens(call, reply, explain).access_token


def _prolong(token: str, settings: ThreadsSettings) -> Flow[_oauth.Tokens]:
    query = _oauth.token_form("th_exchange_token", client_secret=settings.secret(), access_token=token)
    call = Call(
        method="GET",
        url=f"{base(settings.api_url)}/access_token",
        query=tuple(query.items()),
        effect=Effect.WRITE,
        auth=Auth.NONE,
    )
    reply = yield call
    return _oauth.read_tokens(call, reply, explain)


def _granted(token: str, settings: ThreadsSettings) -> Flow[tuple[str, ...]]:
    """Return the granted scopes, or none if Threads does not return them: not every app may read them."""
    try:
        reply = yield _oauth.with_bearer_token(_unsigned(debug_token(settings, token)), token)
    except PlatformFailure:
        return ()
    data: Any = reply.data().get("data") if reply.ok else None
    scopes = data.get("scopes") if isinstance(data, dict) else None
    return tuple(scope for scope in scopes if isinstance(scope, str)) if isinstance(scopes, list) else ()


def _unsigned(call: Call) -> Call:
    return replace(call, auth=Auth.NONE)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None

"""Connects an account by consent: a code, a token for an hour, a token for 60 days, and the account.

https://developers.facebook.com/docs/threads/get-started/get-access-tokens-and-permissions (checked 2026-11-21). Threads
has no PKCE: the app's secret replaces it.
"""

from collections.abc import Mapping
from itertools import chain
from types import MappingProxyType

from letmepost.domain.errors import PlatformFailure
from letmepost.domain.flow import Flow
from letmepost.platforms._kit import oauth
from letmepost.platforms._kit.calls import base_url
from letmepost.platforms._kit.fields import object_in, text_in, texts_in
from letmepost.platforms._kit.flows import succeed
from letmepost.platforms._meta.graph import read_id
from letmepost.platforms._meta.long_lived import exchange_code
from letmepost.platforms._meta.signed_request import withdrawn
from letmepost.platforms.connecting import ConnectedAccount, ConsentRequest, Grant, OAuth
from letmepost.platforms.threads.api import debug_token, read_me
from letmepost.platforms.threads.refusals import CODE_INVALID
from letmepost.platforms.threads.replies import explain
from letmepost.platforms.threads.session import TOKENS
from letmepost.platforms.threads.settings import ThreadsSettings

FEATURES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "publish": ("threads_basic", "threads_content_publish"),
        "replies": ("threads_manage_replies", "threads_read_replies"),
        "unpublish": ("threads_delete",),
        "location": ("threads_location_tagging",),
        "instagram": ("threads_share_to_instagram",),
    }
)


def consent_url(request: ConsentRequest, settings: ThreadsSettings) -> str:
    """Return the URL of the consent page."""
    is_approved = {"location": settings.location, "instagram": settings.share_to_instagram}
    scopes = chain.from_iterable(needed for name, needed in FEATURES.items() if is_approved.get(name, True))
    return oauth.consent_url(str(settings.authorize_url), settings.client_id, request, scopes, separator=",")


def accounts(grant: Grant, settings: ThreadsSettings) -> Flow[tuple[ConnectedAccount, ...]]:
    """Return the one account that consented.

    Raises:
        PlatformFailure: auth_failed for a code that was used or has expired.
    """
    short = yield from _exchange(grant, settings)
    tokens = yield from TOKENS.prolong(short, settings.api_url, settings)
    call = oauth.with_new_token(read_me(settings), tokens.access_token)
    found = (yield from succeed(call, explain, lambda reply: read_id(reply) is not None)).data()
    account = ConnectedAccount(
        platform_account_id=found["id"],
        handle=text_in(found, "username"),
        display_name=text_in(found, "name"),
        avatar_url=text_in(found, "threads_profile_picture_url"),
        credential=tokens.credential(),
        scopes=(yield from _granted(tokens.access_token, settings)),
    )
    return (account,)


# https://developers.facebook.com/docs/threads/get-started (checked 2026-11-21): the callbacks name the account.
OAUTH = OAuth(consent_url=consent_url, accounts=accounts, features=FEATURES, withdrawn=withdrawn)


def _exchange(grant: Grant, settings: ThreadsSettings) -> Flow[str]:
    """Return a token that is valid for an hour."""
    url = f"{base_url(settings.api_url)}/oauth/access_token"
    call, reply = yield from exchange_code(url, grant.code, grant.redirect_uri, settings)
    if 400 <= reply.status < 500 and "error_type" in reply.data():  # only the code can be invalid here
        raise CODE_INVALID(response=explain(call, reply).response)
    return oauth.read_tokens(call, reply, explain).access_token


def _granted(token: str, settings: ThreadsSettings) -> Flow[tuple[str, ...]]:
    """Return the granted scopes, or none if Threads does not return them: not every app may read them."""
    try:
        reply = yield oauth.with_new_token(debug_token(settings, token), token)
    except PlatformFailure:
        return ()
    return tuple(texts_in(object_in(reply.data(), "data"), "scopes")) if reply.ok else ()

"""Connects an account by consent: a code, a pair of tokens, the account and its boards.

https://developers.pinterest.com/docs/getting-started/set-up-authentication-and-authorization/ (checked 2026-11-21).
Pinterest has no PKCE: the app's secret replaces it.
"""

import re
from collections.abc import Mapping
from itertools import chain
from types import MappingProxyType

from letmepost.domain.flow import Auth, Flow
from letmepost.platforms._kit import oauth
from letmepost.platforms._kit.fields import text_in
from letmepost.platforms._kit.flows import succeed
from letmepost.platforms.connecting import ConnectedAccount, ConsentRequest, Grant, OAuth
from letmepost.platforms.pinterest.api import exchange_token, list_boards, read_id, read_user
from letmepost.platforms.pinterest.boards import as_data, as_default
from letmepost.platforms.pinterest.replies import explain
from letmepost.platforms.pinterest.session import first_boards
from letmepost.platforms.pinterest.settings import PinterestSettings

FEATURES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "publish": ("boards:read", "boards:write", "pins:read", "pins:write"),
        "identity": ("user_accounts:read",),
    }
)


def consent_url(request: ConsentRequest, settings: PinterestSettings) -> str:
    """Return the URL of the consent page."""
    scopes = chain.from_iterable(FEATURES.values())
    return oauth.consent_url(str(settings.authorize_url), settings.client_id, request, scopes, separator=",")


def accounts(grant: Grant, settings: PinterestSettings) -> Flow[tuple[ConnectedAccount, ...]]:
    """Return the one account that consented. Its only board is its default board.

    Raises:
        PlatformFailure: auth_failed for a code that was used or has expired.
    """
    tokens = yield from _exchange(grant, settings)
    call = oauth.with_new_token(read_user(settings), tokens.access_token)
    user = (yield from succeed(call, explain, lambda reply: read_id(reply) is not None)).data()
    boards = yield from first_boards(oauth.with_new_token(list_boards(settings), tokens.access_token))
    account = ConnectedAccount(
        platform_account_id=user["id"],
        handle=text_in(user, "username"),
        display_name=text_in(user, "business_name") or text_in(user, "username"),
        avatar_url=text_in(user, "profile_image"),
        data={} if boards is None else as_data(boards),
        preferences=as_default(boards[0]) if boards is not None and len(boards) == 1 else {},
        credential=tokens.credential(),
        # Documented with spaces, and seen with commas.
        scopes=tuple(name for scope in tokens.scopes for name in re.split(r"[,\s]+", scope) if name),
        token_expires_at=None if tokens.refresh_token else tokens.expires_at,
    )
    return (account,)


def _exchange(grant: Grant, settings: PinterestSettings) -> Flow[oauth.Tokens]:
    """Return the tokens of a consent.

    Apps from before 2025-09-25 get a refresh token that can be renewed only if they request it.
    """
    form = oauth.token_form(
        "authorization_code", redirect_uri=grant.redirect_uri, code=grant.code, continuous_refresh="true"
    )
    call = exchange_token(settings, form, auth=Auth.NONE)
    reply = yield call
    return oauth.read_tokens(call, reply, explain)


OAUTH = OAuth(consent_url=consent_url, accounts=accounts, features=FEATURES)

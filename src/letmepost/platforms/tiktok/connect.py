"""Connects an account: the consent page, the exchange of its code, and what the account may do.

https://developers.tiktok.com/doc/login-kit-web and https://developers.tiktok.com/doc/login-kit-desktop (checked
2026-11-28). Redirects to this computer or to an app need a challenge, which TikTok defines as hexadecimal SHA-256. Web
redirects need none: the app's secret replaces it.
"""

import base64
from collections.abc import Mapping
from contextlib import suppress
from itertools import chain
from types import MappingProxyType
from typing import Any
from urllib.parse import urlencode, urlsplit

from letmepost.domain.errors import PlatformFailure
from letmepost.domain.flow import Auth, Flow
from letmepost.platforms._kit import oauth
from letmepost.platforms._kit.calls import base_url
from letmepost.platforms._kit.fields import object_in, text_in
from letmepost.platforms.connecting import ConnectedAccount, ConsentRequest, Grant, OAuth
from letmepost.platforms.tiktok.api import read_creator, read_user, request_tokens
from letmepost.platforms.tiktok.creator import CAN_LIST, CREATOR
from letmepost.platforms.tiktok.replies import data_of, explain, is_scope_missing
from letmepost.platforms.tiktok.session import find_creator, read_grant, read_open_id
from letmepost.platforms.tiktok.settings import TikTokSettings

_PROFILE, _PUBLISH, _LIST = "user.info.profile", "video.publish", "video.list"
FEATURES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "publish": ("user.info.basic", _PUBLISH),
        "inbox": ("video.upload",),
        "identity": (_PROFILE,),
        "reconcile": (_LIST,),
    }
)
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


def consent_url(request: ConsentRequest, settings: TikTokSettings) -> str:
    """Return the URL of the consent page. The scopes are separated by commas, and the client id is `client_key`."""
    query = {
        "client_key": settings.client_id or "",
        "response_type": "code",
        "scope": ",".join(chain.from_iterable(FEATURES.values())),
        "redirect_uri": request.redirect_uri,
        "state": request.state,
        **_challenge(request),
    }
    return f"{base_url(settings.auth_url)}/v2/auth/authorize/?{urlencode(query)}"


def accounts(grant: Grant, settings: TikTokSettings) -> Flow[tuple[ConnectedAccount, ...]]:
    """Return the one account that consented.

    Raises:
        PlatformFailure: auth_failed if the code has expired or was used.
    """
    verifier = {"code_verifier": grant.code_verifier} if _is_on_device(grant.redirect_uri) else {}
    form = oauth.token_form("authorization_code", redirect_uri=grant.redirect_uri, code=grant.code, **verifier)
    call = request_tokens(settings, form, auth=Auth.NONE)
    granted = yield call
    tokens, data, creator = read_grant(call, granted), dict[str, Any](), None
    me = oauth.with_new_token(read_user(settings, with_profile=_PROFILE in tokens.scopes), tokens.access_token)
    reply = yield me
    # A refused scope of the profile does not hide whose tokens these are.
    open_id = text_in(granted.data(), "open_id") if is_scope_missing(reply) else read_open_id(reply)
    if open_id is None:
        raise explain(me, reply)
    if _PUBLISH in tokens.scopes:
        with suppress(PlatformFailure):  # the code is used up, and the next check reads it again
            creator = yield from find_creator(oauth.with_new_token(read_creator(settings), tokens.access_token))
    user = object_in(data_of(reply), "user")
    data[CAN_LIST] = _LIST in tokens.scopes
    if creator is not None:
        data[CREATOR] = creator.as_data()
    return (
        ConnectedAccount(
            platform_account_id=open_id,
            handle=text_in(user, "username") or (None if creator is None else creator.username),
            display_name=text_in(user, "display_name"),
            avatar_url=text_in(user, "avatar_url"),
            credential=tokens.credential(),
            data=data,
            scopes=tokens.scopes,
        ),
    )


OAUTH = OAuth(consent_url=consent_url, accounts=accounts, features=FEATURES)


def _challenge(request: ConsentRequest) -> Mapping[str, str]:
    if not _is_on_device(request.redirect_uri):
        return {}
    padded = request.code_challenge + "=" * (-len(request.code_challenge) % 4)
    return {"code_challenge": base64.urlsafe_b64decode(padded).hex(), "code_challenge_method": "S256"}


def _is_on_device(redirect_uri: str) -> bool:
    """Return True for a redirect to this computer, or to an app by its own scheme."""
    parts = urlsplit(redirect_uri)
    return parts.hostname in _LOOPBACK or parts.scheme not in {"http", "https"}

"""Connects a channel by consent: a code, tokens, and the channel that the person chose on Google's page.

https://developers.google.com/identity/protocols/oauth2/web-server (checked 2026-11-21). Google returns a refresh token
only with `access_type=offline`, and on a further consent only with `prompt=consent`.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType

from letmepost.domain.flow import Auth, Flow, Reply
from letmepost.platforms._kit import oauth
from letmepost.platforms._kit.calls import base_url
from letmepost.platforms._kit.fields import number_in, object_in, text_in
from letmepost.platforms.connecting import ConnectedAccount, ConsentRequest, Grant, OAuth
from letmepost.platforms.youtube.api import exchange_token, read_channel
from letmepost.platforms.youtube.channel import data_of, fetch_channel
from letmepost.platforms.youtube.replies import explain
from letmepost.platforms.youtube.scopes import MANAGE, MAY_READ, MAY_UPLOAD, SCOPES
from letmepost.platforms.youtube.settings import YouTubeSettings

_CONSENT_PATH = "/o/oauth2/v2/auth"
FEATURES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "publish": (MAY_UPLOAD, MAY_READ),
        "unpublish": (MANAGE,),
        "firstComment": (MANAGE,),
        "playlists": (MANAGE,),
        "captions": (MANAGE,),
    }
)


def consent_url(request: ConsentRequest, settings: YouTubeSettings) -> str:
    """Return the URL of the consent page."""
    return oauth.consent_url(
        f"{base_url(settings.auth_url)}{_CONSENT_PATH}",
        settings.client_id,
        request,
        SCOPES,
        uses_pkce=True,
        access_type="offline",
        prompt="consent",
    )


def accounts(grant: Grant, settings: YouTubeSettings) -> Flow[tuple[ConnectedAccount, ...]]:
    """Return the channel that the person chose. Another channel of the same person needs another consent.

    Raises:
        PlatformFailure: auth_failed for a code that was used or has expired, or without a channel.
    """
    call = exchange_token(settings, oauth.code_form(grant), auth=Auth.NONE)
    reply = yield call
    tokens = oauth.read_tokens(call, reply, explain)
    channel = yield from fetch_channel(oauth.with_new_token(read_channel(settings), tokens.access_token))
    snippet = object_in(channel, "snippet")
    account = ConnectedAccount(
        platform_account_id=channel["id"],
        handle=(text_in(snippet, "customUrl") or "").removeprefix("@") or None,
        display_name=text_in(snippet, "title"),
        avatar_url=text_in(object_in(object_in(snippet, "thumbnails"), "default"), "url"),
        data=data_of(channel, tokens.scopes),
        credential=tokens.credential(),
        scopes=tokens.scopes,
        token_expires_at=_ends_at(reply) if tokens.refresh_token else tokens.expires_at,
    )
    return (account,)


def _ends_at(reply: Reply) -> datetime | None:
    """Return when the refresh token ends. Those of an app in the status "Testing" end after 7 days."""
    seconds = number_in(reply.data(), "refresh_token_expires_in")
    try:
        return None if seconds is None or seconds <= 0 else reply.received_at + timedelta(seconds=seconds)
    except OverflowError:
        return None


OAUTH = OAuth(consent_url=consent_url, accounts=accounts, features=FEATURES)

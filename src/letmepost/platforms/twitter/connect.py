"""Connects an account: the consent page, and the account of the grant that it returns.

https://docs.x.com/fundamentals/authentication/oauth-2-0/authorization-code (read 2026-11-21)
"""

from itertools import chain
from types import MappingProxyType

from letmepost.domain.flow import Flow
from letmepost.platforms._kit import oauth
from letmepost.platforms._kit.fields import object_in, text_in
from letmepost.platforms._kit.flows import succeed
from letmepost.platforms.connecting import ConnectedAccount, ConsentRequest, Grant, OAuth
from letmepost.platforms.twitter.api import own_user, read_id, root
from letmepost.platforms.twitter.refusals import NO_ACCOUNT
from letmepost.platforms.twitter.replies import explain
from letmepost.platforms.twitter.session import exchange_code, read_grant
from letmepost.platforms.twitter.settings import TwitterSettings
from letmepost.platforms.twitter.subscriptions import account_data

FEATURES = MappingProxyType(
    {
        "publish": ("tweet.read", "tweet.write", "users.read"),
        "media": ("media.write",),
        "refresh": ("offline.access",),
    }
)


def consent_url(request: ConsentRequest, settings: TwitterSettings) -> str:
    """Return the URL to send the person's browser to."""
    url = oauth.consent_url(
        str(settings.authorize_url),
        settings.client_id,
        request,
        chain.from_iterable(FEATURES.values()),
        uses_pkce=True,
    )
    return url.replace("+", "%20")  # X documents spaces between scopes, and the URL contains no other plus signs


def accounts(grant: Grant, settings: TwitterSettings) -> Flow[tuple[ConnectedAccount, ...]]:
    """Return the one account that consented.

    Raises:
        PlatformFailure: auth_failed if the code has expired or was used.
    """
    call = exchange_code(settings, grant)
    tokens = read_grant(call, (yield call))
    call = oauth.with_new_token(own_user(root(settings)), tokens.access_token)
    reply = yield from succeed(call, explain)
    user_id, user = read_id(reply), object_in(reply.data(), "data")
    if user_id is None:
        raise NO_ACCOUNT()
    return (
        ConnectedAccount(
            platform_account_id=user_id,
            handle=text_in(user, "username"),
            display_name=text_in(user, "name"),
            avatar_url=text_in(user, "profile_image_url"),
            data=account_data(user),
            credential=tokens.credential(),
            scopes=tokens.scopes,
            token_expires_at=None if tokens.refresh_token else tokens.expires_at,
        ),
    )


OAUTH = OAuth(consent_url=consent_url, accounts=accounts, features=FEATURES)

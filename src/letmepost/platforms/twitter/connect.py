"""Connects an account: the consent page, and the account of the grant that it returns.

https://docs.x.com/fundamentals/authentication/oauth-2-0/authorization-code (read 2026-11-21)
"""

from dataclasses import replace
from types import MappingProxyType

from letmepost.domain.flow import Auth, Flow
from letmepost.platforms import _oauth
from letmepost.platforms.contract import ConnectedAccount, ConsentRequest, Credential, Grant, OAuth
from letmepost.platforms.twitter.api import own_user, read_id, root
from letmepost.platforms.twitter.refusals import NO_ACCOUNT
from letmepost.platforms.twitter.replies import explain
from letmepost.platforms.twitter.session import exchange_code, read_grant
from letmepost.platforms.twitter.settings import TwitterSettings

FEATURES = MappingProxyType(
    {
        "publish": ("tweet.read", "tweet.write", "users.read"),
        "media": ("media.write",),
        "refresh": ("offline.access",),
    }
)
_SCOPES = tuple(scope for scopes in FEATURES.values() for scope in scopes)


def consent_url(request: ConsentRequest, settings: TwitterSettings) -> str:
    """Return the URL to send the person's browser to."""
    url = _oauth.consent_url(
        str(settings.authorize_url),
        settings.client_id or "",
        request,
        _SCOPES,
        code_challenge=request.code_challenge,
        code_challenge_method="S256",
    )
    return url.replace("+", "%20")  # X documents spaces between scopes, and the URL contains no other plus signs


def accounts(grant: Grant, settings: TwitterSettings) -> Flow[tuple[ConnectedAccount, ...]]:
    """Return the one account that consented.

    Raises:
        PlatformFailure: auth_failed if the code has expired or was used.
    """
    call = exchange_code(settings, code=grant.code, redirect_uri=grant.redirect_uri, verifier=grant.code_verifier)
    tokens = read_grant(call, (yield call))
    unsigned = replace(own_user(root(settings)), auth=Auth.NONE)
    call = _oauth.with_bearer_token(unsigned, tokens.access_token)
    reply = yield call
    user_id, user = read_id(reply), reply.data().get("data")
    if not reply.ok:
        raise explain(call, reply)
    if user_id is None or not isinstance(user, dict):
        raise NO_ACCOUNT()
    shown = {name: value for name, value in user.items() if isinstance(value, str)}
    return (
        ConnectedAccount(
            platform_account_id=user_id,
            handle=shown.get("username"),
            display_name=shown.get("name"),
            avatar_url=shown.get("profile_image_url"),
            credential=Credential(secrets=tokens.secrets(), expires_at=tokens.expires_at),
            scopes=tokens.scopes,
            token_expires_at=None if tokens.refresh_token else tokens.expires_at,
        ),
    )


OAUTH = OAuth(consent_url=consent_url, accounts=accounts, features=FEATURES)

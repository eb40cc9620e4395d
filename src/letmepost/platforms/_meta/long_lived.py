"""The tokens of Threads and of Instagram Login: valid for an hour, exchanged for 60 days, and refreshed.

https://developers.facebook.com/docs/threads/get-started/long-lived-tokens (checked 2026-11-21) and
https://developers.facebook.com/docs/instagram-platform/instagram-api-with-instagram-login/business-login (checked
2026-11-28): a long-lived token can be exchanged for a new one from its second day to its last. An expired token cannot:
its owner must consent again. There is no way to revoke a token.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from pydantic import AnyHttpUrl

from letmepost.domain.flow import Auth, Call, Effect, Flow, Reply
from letmepost.platforms._kit import oauth
from letmepost.platforms._kit.calls import base_url
from letmepost.platforms._kit.flows import Explain
from letmepost.platforms._kit.settings import AppSettings
from letmepost.platforms._meta.calls import ACCESS_TOKEN
from letmepost.platforms.connecting import Credential

REFRESH_PATH = "/refresh_access_token"


@dataclass(frozen=True, slots=True, kw_only=True)
class LongLivedTokens:
    """The endpoints that issue the tokens of one network.

    Args:
        prefix: of the names of the grants.
        explain: as in `Platform`.
    """

    prefix: Literal["ig", "th"]
    explain: Explain

    def prolong(self, token: str, api_url: AnyHttpUrl, app: AppSettings) -> Flow[oauth.Tokens]:
        """Return a token that is valid for 60 days, in exchange for one that is valid for an hour."""
        grant_type = f"{self.prefix}_exchange_token"
        query = oauth.token_form(grant_type, client_secret=app.secret(), access_token=token)
        call = _get(f"{base_url(api_url)}/access_token", query, Auth.NONE)
        reply = yield call
        return oauth.read_tokens(call, reply, self.explain)

    def refresh(self, api_url: AnyHttpUrl) -> Flow[Credential]:
        """Return a token for another 60 days."""
        query = oauth.token_form(f"{self.prefix}_refresh_token")
        call = _get(f"{base_url(api_url)}{REFRESH_PATH}", query, Auth.ACCOUNT)
        reply = yield call
        return oauth.read_tokens(call, reply, self.explain).credential()


def exchange_code(url: str, code: str, redirect_uri: str, app: AppSettings) -> Flow[tuple[Call, Reply]]:
    """Send the exchange of a code for a token that is valid for an hour, and return the call with its reply."""
    # Meta appends `#_` to the URL that it returns to, and a person may copy it with the code.
    form = oauth.token_form("authorization_code", redirect_uri=redirect_uri, code=code.removesuffix("#_"))
    call = oauth.app_call(url, form, app=app, method="client_secret_post", auth=Auth.NONE)
    reply = yield call
    return call, reply


def sign(call: Call, credential: Credential, _now: datetime, _entropy: bytes) -> Call:
    """Return the call with the account's token: in a header, which no log of URLs contains, except to refresh it."""
    token = credential.secrets[ACCESS_TOKEN]
    if call.auth is Auth.NONE:
        return call
    if call.url.endswith(REFRESH_PATH):
        return replace(call, query=(*call.query, (ACCESS_TOKEN, token)))
    return oauth.with_bearer_token(call, token)


def needs_refresh(_reply: Reply) -> bool:
    """Return False: an expired token cannot be exchanged for a new one."""
    return False


def _get(url: str, query: dict[str, str], auth: Auth) -> Call:
    return Call(method="GET", url=url, query=tuple(query.items()), effect=Effect.WRITE, auth=auth)

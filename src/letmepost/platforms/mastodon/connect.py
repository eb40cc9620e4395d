"""Connects an account by consent on the server that the person chose.

https://docs.joinmastodon.org/methods/oauth/ (checked 2026-11-29). Servers before 4.3 ignore the challenge of PKCE.
"""

from dataclasses import replace
from functools import partial

from pydantic import SecretStr

from letmepost.domain.flow import Auth, Flow, Reply
from letmepost.platforms._kit import oauth
from letmepost.platforms._kit.fields import text_in
from letmepost.platforms._kit.flows import succeed
from letmepost.platforms._kit.settings import AppSettings
from letmepost.platforms.connecting import App, ConnectedAccount, ConsentRequest, Grant, OAuth
from letmepost.platforms.mastodon.api import TOKEN_PATH, own_account, read_id
from letmepost.platforms.mastodon.instance import read_limits_or_defaults
from letmepost.platforms.mastodon.replies import explain
from letmepost.platforms.mastodon.servers import FEATURES, SCOPES, SERVERS
from letmepost.platforms.mastodon.session import account_name
from letmepost.platforms.mastodon.settings import MastodonSettings


def consent_url(request: ConsentRequest, settings: MastodonSettings) -> str:
    """Return the URL of the consent page at the server."""
    app = _required(request.app)
    return oauth.consent_url(
        f"{settings.url_of(app.server)}/oauth/authorize",
        app.client_id,
        request,
        SCOPES,
        uses_pkce=True,
    )


def accounts(grant: Grant, settings: MastodonSettings) -> Flow[tuple[ConnectedAccount, ...]]:
    """Return the one account that consented, with the limits of its server.

    Raises:
        PlatformFailure: auth_failed if the code has expired or was used; unavailable if the server lost the app.
    """
    app = _required(grant.app)
    base = settings.url_of(app.server)
    tokens = yield from _exchange(grant, app, base)
    authorize = partial(oauth.with_new_token, token=tokens.access_token)
    found = (yield from succeed(authorize(own_account(base)), explain, _is_account)).data()
    limits = yield from read_limits_or_defaults(base, authorize)
    username, credential = found["username"], tokens.credential()
    account = ConnectedAccount(
        platform_account_id=account_name(app.server, found["id"]),
        handle=f"{username}@{app.server}",
        display_name=text_in(found, "display_name") or username,
        avatar_url=text_in(found, "avatar"),
        credential=replace(
            credential,
            secrets={**credential.secrets, "client_id": app.client_id, "client_secret": app.client_secret},
        ),
        data={"server": app.server, **limits},
        scopes=tokens.scopes,
        token_expires_at=tokens.expires_at,
    )
    return (account,)


OAUTH = OAuth(consent_url=consent_url, accounts=accounts, features=FEATURES, servers=SERVERS)


def _exchange(grant: Grant, app: App, base: str) -> Flow[oauth.Tokens]:
    own = AppSettings(client_id=app.client_id, client_secret=SecretStr(app.client_secret))
    form = oauth.code_form(grant)
    call = oauth.app_call(f"{base}{TOKEN_PATH}", form, app=own, method="client_secret_post", auth=Auth.NONE)
    reply = yield call
    return oauth.read_tokens(call, reply, explain)


def _is_account(reply: Reply) -> bool:
    return read_id(reply) is not None and text_in(reply.data(), "username") is not None


def _required(app: App | None) -> App:
    if app is None:
        raise ValueError("accounts of this platform are connected on a server, so an app is required")
    return app

"""Connects an account: the consent page, the exchange of its code, and the account that consented."""

from itertools import chain
from types import MappingProxyType

from letmepost.domain.flow import Auth, Flow
from letmepost.platforms._kit import oauth
from letmepost.platforms._kit.calls import base_url
from letmepost.platforms._kit.fields import text_in
from letmepost.platforms._kit.flows import succeed
from letmepost.platforms.connecting import ConnectedAccount, ConsentRequest, Grant, OAuth
from tests.platforms.minimal.example.api import own_account, request_tokens
from tests.platforms.minimal.example.replies import explain, read_id
from tests.platforms.minimal.example.settings import ExampleSettings

FEATURES = MappingProxyType({"identity": ("profile",), "publish": ("posts",)})


def consent_url(request: ConsentRequest, settings: ExampleSettings) -> str:
    """Return the URL of the consent page."""
    return oauth.consent_url(
        f"{base_url(settings.api_url)}/oauth/authorize",
        settings.client_id,
        request,
        chain.from_iterable(FEATURES.values()),
        uses_pkce=True,
    )


def accounts(grant: Grant, settings: ExampleSettings) -> Flow[tuple[ConnectedAccount, ...]]:
    """Return the one account that consented.

    Raises:
        PlatformFailure: auth_failed if the code has expired or was used.
    """
    call = request_tokens(settings, oauth.code_form(grant), auth=Auth.NONE)
    tokens = oauth.read_tokens(call, (yield call), explain)
    me = oauth.with_new_token(own_account(settings), tokens.access_token)
    found = (yield from succeed(me, explain, lambda reply: read_id(reply) is not None)).data()
    account = ConnectedAccount(
        platform_account_id=found["id"],
        handle=text_in(found, "username"),
        display_name=text_in(found, "name"),
        credential=tokens.credential(),
        scopes=tokens.scopes,
    )
    return (account,)


OAUTH = OAuth(consent_url=consent_url, accounts=accounts, features=FEATURES)

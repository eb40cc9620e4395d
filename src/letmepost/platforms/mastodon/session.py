"""An account's token: it signs calls until it is revoked. It does not expire, so there is nothing to refresh.

https://docs.joinmastodon.org/methods/oauth/ (checked 2026-11-29)
"""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from letmepost.domain.accounts import AccountFacts
from letmepost.domain.flow import Auth, Call, Flow, Reply
from letmepost.platforms._kit.flows import check_account, succeed
from letmepost.platforms._kit.oauth import with_bearer_token, with_form_token
from letmepost.platforms.connecting import Credential
from letmepost.platforms.mastodon.api import REVOKE_PATH, own_account, read_id, revoke_token
from letmepost.platforms.mastodon.instance import read_limits
from letmepost.platforms.mastodon.replies import explain
from letmepost.platforms.mastodon.settings import MastodonSettings


def account_name(server: str, account_id: str) -> str:
    """Return the permanent id of an account: ids are unique on their server only."""
    return f"{server}/{account_id}"


def own_id(account: AccountFacts) -> str:
    """Return the id of an account on its server."""
    return account.platform_account_id.rpartition("/")[2]


def authors(account: AccountFacts) -> Collection[str]:
    """Return the id of an account on its server: a server does not know the name under which it was reached."""
    return (own_id(account),)


def base_of(account: AccountFacts, settings: MastodonSettings) -> str:
    """Return the base URL of an account's server."""
    return settings.url_of(server_of(account))


def server_of(account: AccountFacts) -> str:
    """Return the name of an account's server."""
    name: str = account.data["server"]
    return name


def check(account: AccountFacts, settings: MastodonSettings) -> Flow[Mapping[str, Any]]:
    """Check which account the token belongs to, and return the account's data with the current limits of its server.

    Raises:
        PlatformFailure: auth_failed if the token was revoked, or the account is disabled.
    """
    yield from check_token(account, settings)
    return {**account.data, **(yield from read_limits(base_of(account, settings)))}


def check_token(account: AccountFacts, settings: MastodonSettings) -> Flow[None]:
    """Check which account the token belongs to. Raises as `check`."""

    def read_name(reply: Reply) -> str | None:
        found = read_id(reply)
        return None if found is None else account_name(server_of(account), found)

    yield from check_account(own_account(base_of(account, settings)), read_name, account, explain, "Mastodon")


def refresh(account: AccountFacts, settings: MastodonSettings) -> Flow[Credential]:
    """Check the token, and return a credential that changes nothing."""
    yield from check_token(account, settings)
    return Credential(secrets={})


def disconnect(account: AccountFacts, settings: MastodonSettings) -> Flow[None]:
    """Revoke the token. The server reports success for a token that has already ended."""
    yield from succeed(revoke_token(base_of(account, settings)), explain)


def needs_refresh(_reply: Reply) -> bool:
    """Return False: no token can be exchanged for a new one."""
    return False


def sign(call: Call, credential: Credential, _now: datetime, _entropy: bytes) -> Call:
    """Return the call with the account's token: in a header, or in the form to revoke it."""
    if call.auth is not Auth.ACCOUNT:
        return call
    secrets = credential.secrets
    if call.url.endswith(REVOKE_PATH):
        app = {name: secrets[name] for name in ("client_id", "client_secret")}
        return with_form_token(replace(call, form=app), "token", secrets["access_token"])
    return with_bearer_token(call, secrets["access_token"])

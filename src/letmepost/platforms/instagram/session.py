"""An account's token: it signs calls, is refreshed and checked. Each login has its own kind of token."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from letmepost.domain.accounts import AccountFacts
from letmepost.domain.errors import PlatformFailure
from letmepost.domain.flow import Call, Flow, Reply
from letmepost.platforms._kit.calls import base_url
from letmepost.platforms._kit.fields import id_in, object_in
from letmepost.platforms._kit.flows import check_account
from letmepost.platforms._meta import calls, long_lived
from letmepost.platforms._meta.graph import read_id
from letmepost.platforms._meta.long_lived import LongLivedTokens
from letmepost.platforms._meta.settings import GraphSettings
from letmepost.platforms.connecting import Credential
from letmepost.platforms.contract import Sign
from letmepost.platforms.instagram.api import Api, api_url, login_of
from letmepost.platforms.instagram.replies import explain, is_refused_id
from letmepost.platforms.instagram.settings import InstagramSettings

TOKENS = LongLivedTokens(prefix="ig", explain=explain)
sign = long_lived.sign


def sign_for(settings: InstagramSettings) -> Sign:
    """Return `sign`, with the proof for Facebook Login if the settings have the secret of its app."""
    with_proof, has_secret = calls.signer(page_settings(settings)), settings.login == "facebook_login"
    pages, uploads = f"{base_url(settings.page_api_url)}/", f"{base_url(settings.upload_url)}/"

    def sign_call(call: Call, credential: Credential, now: datetime, entropy: bytes) -> Call:
        if call.url.startswith(uploads):
            return calls.sign_upload(call, credential)
        return (with_proof if has_secret and call.url.startswith(pages) else sign)(call, credential, now, entropy)

    return sign_call


def page_settings(settings: InstagramSettings) -> GraphSettings:
    """Return the settings of Facebook Login."""
    return GraphSettings(
        api_version=settings.api_version,
        client_id=settings.client_id,
        client_secret=settings.client_secret,
        api_url=settings.page_api_url,
        web_url=settings.page_web_url,
    )


def refresh(account: AccountFacts, settings: InstagramSettings) -> Flow[Credential]:
    """Return a token for another 60 days. The token of a Page does not expire: it is only checked.

    Raises:
        PlatformFailure: auth_failed if the token has ended.
    """
    if login_of(account) == "facebook_login":
        yield from check(account, settings)
        return Credential(secrets={})
    return (yield from TOKENS.refresh(settings.api_url))


def check(account: AccountFacts, settings: InstagramSettings) -> Flow[Mapping[str, Any] | None]:
    """Check which account the token belongs to. Return the account's data with the id that its calls must use.

    Raises:
        PlatformFailure: auth_failed if the token has ended.
    """
    api = Api.of(account, settings)
    if login_of(account) == "facebook_login":
        yield from check_account(api.read_page(), _read_linked_id, account, explain, "Instagram")
        return None
    yield from check_account(api.read_me(), read_professional_id, account, explain, "Instagram")
    ids = [account.data["appScopedId"], account.platform_account_id]
    user_id = yield from find_user_id(ids, lambda one: replace(api, user_id=one).read_quota())
    return {**account.data, "userId": user_id or api.user_id}


def read_professional_id(reply: Reply) -> str | None:
    """Return the permanent id of the account, which is the same in every app."""
    return id_in(reply.data(), "user_id") if read_id(reply) is not None else None


def _read_linked_id(reply: Reply) -> str | None:
    return id_in(object_in(reply.data(), "instagram_business_account")) if read_id(reply) is not None else None


def find_user_id(ids: list[str], read_quota: Callable[[str], Call]) -> Flow[str | None]:
    """Return the id that the API accepts in paths. None if that cannot be found out now.

    Clients report that publishing works with one id of an account and fails with the other, and not all name the same.
    The quota is a read of the same edge, and is only shown to those who may publish.
    """
    for user_id in ids:
        try:
            reply = yield read_quota(user_id)
        except PlatformFailure:
            return None
        if reply.ok:
            return user_id
        if not is_refused_id(reply):
            return None
    return None


def instagram_api(settings: InstagramSettings, user_id: str) -> Api:
    """Return the API of an account with Instagram Login."""
    return Api(api_url("instagram_login", settings), user_id)

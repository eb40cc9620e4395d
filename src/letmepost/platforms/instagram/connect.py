"""Connects accounts by consent, with the login that the settings choose.

https://developers.facebook.com/docs/instagram-platform/instagram-api-with-instagram-login/business-login and
https://developers.facebook.com/docs/instagram-platform/instagram-api-with-facebook-login/get-started (checked
2026-11-28). No login has PKCE: the app's secret replaces it.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from letmepost.domain.flow import Flow, Reply
from letmepost.platforms._kit import oauth
from letmepost.platforms._kit.calls import base_url
from letmepost.platforms._kit.fields import id_in, object_in, objects_in, text_in, texts_in
from letmepost.platforms._kit.flows import fetch
from letmepost.platforms._meta import login as page_login
from letmepost.platforms._meta.calls import ACCESS_TOKEN
from letmepost.platforms._meta.comments import COMMENTS_GRANTED
from letmepost.platforms._meta.long_lived import exchange_code
from letmepost.platforms._meta.pages import Page, find_pages
from letmepost.platforms._meta.signed_request import withdrawn
from letmepost.platforms.connecting import ConnectedAccount, ConsentRequest, Credential, Grant, OAuth
from letmepost.platforms.instagram.refusals import ACCOUNT_TYPE, CODE_INVALID, NO_ACCOUNT
from letmepost.platforms.instagram.replies import explain
from letmepost.platforms.instagram.session import (
    TOKENS,
    find_user_id,
    instagram_api,
    page_settings,
    read_professional_id,
)
from letmepost.platforms.instagram.settings import InstagramSettings, Login

SCOPES: Mapping[Login, tuple[str, ...]] = MappingProxyType(
    {
        "instagram_login": (
            "instagram_business_basic",
            "instagram_business_content_publish",
            "instagram_business_manage_comments",
        ),
        "facebook_login": (
            "instagram_basic",
            "instagram_content_publish",
            "pages_show_list",
            "pages_read_engagement",
            "business_management",
            "instagram_manage_comments",
            "instagram_manage_contents",
        ),
    }
)
"""What each login requests. It rejects a request that names a scope of the other one."""
FEATURES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "publish": (
            "instagram_business_basic or instagram_basic",
            "instagram_business_content_publish or instagram_content_publish",
            "instagram_business_basic or pages_show_list",
            "instagram_business_basic or pages_read_engagement",
        ),
        "businessPages": ("instagram_business_basic or business_management",),
        "comments": ("instagram_business_manage_comments or instagram_manage_comments",),
        "unpublish": ("instagram_manage_contents",),
    }
)
"""The scopes of each feature: of Instagram Login, or of Facebook Login."""
_REQUIRED = SCOPES["facebook_login"][:4]
_NAMED_MAX = 5
_INSTAGRAM_FIELDS = "instagram_business_account{id,username,name,profile_picture_url}"


def consent_url(request: ConsentRequest, settings: InstagramSettings) -> str:
    """Return the URL of the consent page."""
    scopes = SCOPES[settings.login]
    if settings.login == "facebook_login":
        return page_login.consent_url(request, page_settings(settings), scopes)
    return oauth.consent_url(str(settings.authorize_url), settings.client_id, request, scopes, separator=",")


def accounts(grant: Grant, settings: InstagramSettings) -> Flow[tuple[ConnectedAccount, ...]]:
    """Return every account that the consent covers.

    Raises:
        PlatformFailure: auth_failed for a code that was used or has expired. Rejected for a personal account.
            InputRefused if no Page of the person has an account.
    """
    connect = _with_page_login if settings.login == "facebook_login" else _with_instagram_login
    return (yield from connect(grant, settings))


OAUTH = OAuth(consent_url=consent_url, accounts=accounts, features=FEATURES, withdrawn=withdrawn)


def _with_instagram_login(grant: Grant, settings: InstagramSettings) -> Flow[tuple[ConnectedAccount, ...]]:
    short, scopes = yield from _exchange(grant, settings)
    tokens = yield from TOKENS.prolong(short, settings.api_url, settings)
    me = oauth.with_new_token(instagram_api(settings, "me").read_me(), tokens.access_token)
    found = yield from fetch(me, _identity, explain)
    if text_in(found, "account_type") == "PERSONAL":
        raise ACCOUNT_TYPE()
    user_id = yield from find_user_id(
        [found["id"], found["user_id"]],
        lambda one: oauth.with_new_token(instagram_api(settings, one).read_quota(), tokens.access_token),
    )
    account = ConnectedAccount(
        platform_account_id=found["user_id"],
        handle=text_in(found, "username"),
        display_name=text_in(found, "name"),
        avatar_url=text_in(found, "profile_picture_url"),
        credential=tokens.credential(),
        granted_by=found["id"],
        data={
            "login": "instagram_login",
            "appScopedId": found["id"],
            "userId": user_id or found["id"],
            COMMENTS_GRANTED: _may_comment(scopes),
        },
        scopes=scopes,
    )
    return (account,)


def _exchange(grant: Grant, settings: InstagramSettings) -> Flow[tuple[str, tuple[str, ...]]]:
    """Return a token that is valid for an hour, and the granted scopes."""
    url = f"{base_url(settings.oauth_url)}/oauth/access_token"
    call, reply = yield from exchange_code(url, grant.code, grant.redirect_uri, settings)
    if 400 <= reply.status < 500 and "error_type" in reply.data():  # only the code can be invalid here
        raise CODE_INVALID(response=explain(call, reply).response)
    reply = _unwrapped(reply)
    names = reply.data().get("permissions")
    scopes = names.split(",") if isinstance(names, str) else texts_in(reply.data(), "permissions")
    return oauth.read_tokens(call, reply, explain).access_token, tuple(name.strip() for name in scopes if name.strip())


def _unwrapped(reply: Reply) -> Reply:
    """Return the reply without the list that some documentation shows around it."""
    rows = objects_in(reply.data(), "data")
    return replace(reply, body=json.dumps(rows[0]).encode()) if rows else reply


def _identity(reply: Reply) -> Mapping[str, str] | None:
    return reply.data() if read_professional_id(reply) is not None else None


def _with_page_login(grant: Grant, settings: InstagramSettings) -> Flow[tuple[ConnectedAccount, ...]]:
    app = page_settings(settings)
    person = yield from page_login.log_in(grant, app, _REQUIRED, explain)
    pages = yield from find_pages(person, app, explain, fields=(_INSTAGRAM_FIELDS,))
    found = {
        account.platform_account_id: account
        for page in pages.usable
        if (account := _account_of(page, person)) is not None
    }
    if not found:
        unlinked = {page.name or page.id: "no Instagram account is linked to the Page" for page in pages.usable}
        reasons = {**pages.unusable, **unlinked}
        raise NO_ACCOUNT(reasons=" ".join(f"{name}: {reason}." for name, reason in list(reasons.items())[:_NAMED_MAX]))
    return tuple(found.values())


def _may_comment(scopes: Sequence[str]) -> bool:
    """Return False if a first comment would be refused. Unknown scopes are not held against the person."""
    return "comments" not in OAUTH.missing(scopes)


def _account_of(page: Page, person: page_login.Person) -> ConnectedAccount | None:
    account = object_in(page.data, "instagram_business_account")
    account_id = id_in(account)
    if account_id is None:
        return None
    return ConnectedAccount(
        platform_account_id=account_id,
        handle=text_in(account, "username"),
        display_name=text_in(account, "name"),
        avatar_url=text_in(account, "profile_picture_url"),
        credential=Credential(secrets={ACCESS_TOKEN: page.token}),
        granted_by=person.id,
        data={"login": "facebook_login", "pageId": page.id, COMMENTS_GRANTED: _may_comment(person.scopes)},
        scopes=person.scopes,
    )

"""Connects accounts by consent: one consent covers the member and every organization that they administer.

https://learn.microsoft.com/linkedin/shared/authentication/authorization-code-flow and
https://learn.microsoft.com/linkedin/marketing/community-management/organizations/organization-access-control-by-role
(checked 2026-11-22). LinkedIn's flow for web apps has no PKCE: the app's secret replaces it.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain
from types import MappingProxyType

from letmepost.domain.accounts import AccountFacts
from letmepost.domain.errors import PlatformFailure
from letmepost.domain.flow import Auth, Call, Flow, Reply
from letmepost.platforms._kit import oauth
from letmepost.platforms._kit.calls import base_url
from letmepost.platforms._kit.fields import number_in, text_in
from letmepost.platforms.connecting import ConnectedAccount, ConsentRequest, Credential, Grant, OAuth
from letmepost.platforms.linkedin.pages import PAGE_SCOPES, list_pages
from letmepost.platforms.linkedin.replies import explain
from letmepost.platforms.linkedin.rest import app_call, read, user_info
from letmepost.platforms.linkedin.session import ACCESS_TOKEN, read_grant
from letmepost.platforms.linkedin.settings import LinkedInSettings
from letmepost.platforms.linkedin.urns import member_urn

FEATURES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "identity": ("openid", "profile"),
        "publish": ("w_member_social",),
        "pages": PAGE_SCOPES,
    }
)
_REFRESH_LIFETIME_S = 31_536_000
_FRESH_TOKEN_TRIES = 3
"""A token can be unknown to the API for a moment after it was granted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Permission:
    """The grant of one consent. `refresh_ends_at` is None if only a person can renew it."""

    credential: Credential
    scopes: tuple[str, ...]
    refresh_ends_at: datetime | None

    def authorize(self, call: Call) -> Call:
        """Return a call with the token of this grant: the account that could sign it does not exist yet."""
        return oauth.with_new_token(call, self.credential.secrets["access_token"])

    def account(self, urn: str, authors: tuple[str, ...], **shown: str | None) -> ConnectedAccount:
        """Return an account that the consent covers, with the authors that it may publish as."""
        return ConnectedAccount(
            platform_account_id=urn,
            handle=shown.get("handle"),
            display_name=shown.get("name"),
            avatar_url=shown.get("picture"),
            credential=self.credential,
            data={"authors": list(authors), "refreshable": self.refresh_ends_at is not None},
            scopes=self.scopes,
            token_expires_at=self.refresh_ends_at or self.credential.expires_at,
        )


def authors(account: AccountFacts) -> Collection[str]:
    """Return the URNs of the member and the organizations that an account may publish as."""
    found: Collection[str] = account.data["authors"]
    return found


def consent_url(request: ConsentRequest, settings: LinkedInSettings) -> str:
    """Return the URL of the consent page.

    Pages are requested only if the app is allowed to have them. LinkedIn would reject the whole request otherwise.
    """
    scopes = chain.from_iterable(needed for name, needed in FEATURES.items() if name != "pages" or settings.pages)
    return oauth.consent_url(
        f"{base_url(settings.web_url)}/oauth/v2/authorization", settings.client_id, request, scopes
    )


def accounts(grant: Grant, settings: LinkedInSettings) -> Flow[tuple[ConnectedAccount, ...]]:
    """Return the member, and every organization that they administer.

    Raises:
        PlatformFailure: auth_failed for a code that was used or has expired.
    """
    permission = yield from _exchange(grant, settings)
    member = yield from _member(permission, settings)
    may_have_pages = not set(FEATURES["pages"]).isdisjoint(permission.scopes)
    urns = (yield from list_pages(settings, permission.authorize)) or () if may_have_pages else ()
    urn = member_urn(str(member["sub"]))
    found = [permission.account(urn, (urn, *urns), name=text_in(member, "name"), picture=text_in(member, "picture"))]
    for organization in urns:
        page = yield from _page(permission, organization, settings)
        found.append(page)
    return tuple(found)


OAUTH = OAuth(consent_url=consent_url, accounts=accounts, features=FEATURES)


def _exchange(grant: Grant, settings: LinkedInSettings) -> Flow[_Permission]:
    form = oauth.token_form("authorization_code", redirect_uri=grant.redirect_uri, code=grant.code)
    call = app_call(settings, ACCESS_TOKEN, form, auth=Auth.NONE)
    reply = yield call
    tokens = read_grant(call, reply)
    return _Permission(
        credential=tokens.credential(),
        scopes=tokens.scopes,
        refresh_ends_at=None if tokens.refresh_token is None else _refresh_ends_at(reply),
    )


def _refresh_ends_at(reply: Reply) -> datetime:
    lifetime_s = number_in(reply.data(), "refresh_token_expires_in") or 0
    if not 0 < lifetime_s <= _REFRESH_LIFETIME_S:
        lifetime_s = _REFRESH_LIFETIME_S
    return reply.received_at + timedelta(seconds=lifetime_s)


def _member(permission: _Permission, settings: LinkedInSettings) -> Flow[Mapping[str, object]]:
    for _ in range(_FRESH_TOKEN_TRIES):
        call, reply = yield from _read(user_info(settings), permission)
        if reply.status != 401:
            break
    if not reply.ok or not text_in(reply.data(), "sub"):
        raise explain(call, reply)
    return reply.data()


def _page(permission: _Permission, urn: str, settings: LinkedInSettings) -> Flow[ConnectedAccount]:
    """Return an organization. Its name is only displayed, and missing if it cannot be fetched."""
    try:
        _, reply = yield from _read(read(settings, f"organizations/{urn.rpartition(':')[2]}"), permission)
    except PlatformFailure:
        return permission.account(urn, (urn,))
    shown = reply.data() if reply.ok else {}
    return permission.account(urn, (urn,), name=text_in(shown, "localizedName"), handle=text_in(shown, "vanityName"))


def _read(call: Call, permission: _Permission) -> Flow[tuple[Call, Reply]]:
    call = permission.authorize(call)
    reply = yield call
    return call, reply

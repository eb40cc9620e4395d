"""Connects Pages by consent: one consent covers every Page that the person has selected.

https://developers.facebook.com/docs/pages-api/getting-started (checked 2026-11-21).
"""

from collections.abc import Mapping
from itertools import chain
from types import MappingProxyType

from letmepost.domain.flow import Flow
from letmepost.platforms._kit.fields import object_in, text_in
from letmepost.platforms._meta import login
from letmepost.platforms._meta.calls import ACCESS_TOKEN
from letmepost.platforms._meta.comments import COMMENTS_GRANTED
from letmepost.platforms._meta.login import Person, log_in
from letmepost.platforms._meta.pages import BUSINESS_SCOPE, Page, PageList, find_pages
from letmepost.platforms._meta.signed_request import withdrawn
from letmepost.platforms.connecting import ConnectedAccount, ConsentRequest, Credential, Grant, OAuth
from letmepost.platforms.facebook.refusals import PAGES_NONE
from letmepost.platforms.facebook.replies import explain
from letmepost.platforms.facebook.settings import FacebookSettings

FEATURES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "publish": ("pages_show_list", "pages_manage_posts", "pages_read_engagement"),
        "comments": ("pages_manage_engagement",),
        "businessPages": (BUSINESS_SCOPE,),
    }
)
_FIELDS = ("username", "picture{url}")
_NAMED_MAX = 5


def consent_url(request: ConsentRequest, settings: FacebookSettings) -> str:
    """Return the URL of the consent page."""
    return login.consent_url(request, settings, chain.from_iterable(FEATURES.values()))


def accounts(grant: Grant, settings: FacebookSettings) -> Flow[tuple[ConnectedAccount, ...]]:
    """Return every Page that the person was granted access to and that can be published to.

    Raises:
        PlatformFailure: auth_failed for a code that was used or has expired. InputRefused if there is no such Page.
    """
    person = yield from log_in(grant, settings, FEATURES["publish"], explain)
    found = yield from find_pages(person, settings, explain, fields=_FIELDS)
    if not found.usable:
        raise PAGES_NONE(reason=_cause(person, found))
    return tuple(_account(person, page) for page in found.usable)


OAUTH = OAuth(consent_url=consent_url, accounts=accounts, features=FEATURES, withdrawn=withdrawn)


def _account(person: Person, page: Page) -> ConnectedAccount:
    return ConnectedAccount(
        platform_account_id=page.id,
        handle=text_in(page.data, "username"),
        display_name=page.name,
        avatar_url=text_in(object_in(object_in(page.data, "picture"), "data"), "url"),
        credential=Credential(secrets={ACCESS_TOKEN: page.token}),
        granted_by=person.id,
        data={COMMENTS_GRANTED: set(FEATURES["comments"]) <= set(person.scopes)},
        scopes=person.scopes,
    )


def _cause(person: Person, found: PageList) -> str:
    """Return the likely causes why no Page was found."""
    if found.unusable:
        return " ".join(f"{name}: {problem}." for name, problem in list(found.unusable.items())[:_NAMED_MAX])
    if BUSINESS_SCOPE not in person.scopes:
        return (
            f"Facebook returned none, and `{BUSINESS_SCOPE}` was not granted, without which Pages of business "
            "portfolios are missing."
        )
    return "Facebook returned none: the person has no role on a Page, or selected none in the dialog."

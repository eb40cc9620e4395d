"""The authors that an account may publish as, with their names.

https://learn.microsoft.com/linkedin/marketing/community-management/organizations/organization-lookup-api
(checked 2026-11-29).
"""

from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from letmepost.domain.accounts import AccountFacts
from letmepost.domain.flow import Flow
from letmepost.platforms._kit.fields import text_in
from letmepost.platforms.linkedin.replies import explain
from letmepost.platforms.linkedin.rest import read, user_info
from letmepost.platforms.linkedin.settings import LinkedInSettings
from letmepost.platforms.linkedin.urns import is_organization
from letmepost.platforms.resources import Resource, ResourceView

NAMED_MAX = 50
"""How many names are read: one call each, of the member's daily quota."""


class LinkedInAuthor(ResourceView):
    """A member or a page that an account may publish as."""

    author: str = Field(description="Send it as `options.author`.")
    kind: Literal["member", "page"]
    name: str | None = Field(description="Null if LinkedIn does not show it to the member any longer.")


class LinkedInAuthors(ResourceView):
    """The account itself, and for a member the pages that they administer, as of the last daily check."""

    data: Sequence[LinkedInAuthor]


def authors(account: AccountFacts, settings: LinkedInSettings) -> Flow[ResourceView]:
    """Return the authors that posts of the account may have. Names beyond the first `NAMED_MAX` are not read."""
    found = []
    for index, urn in enumerate(account.data["authors"]):
        name = (yield from _name(urn, settings)) if index < NAMED_MAX else None
        found.append(LinkedInAuthor(author=urn, kind="page" if is_organization(urn) else "member", name=name))
    return LinkedInAuthors(data=found)


def _name(urn: str, settings: LinkedInSettings) -> Flow[str | None]:
    """Return the current name; None if LinkedIn hides it or has no such page."""
    if is_organization(urn):
        call, field = read(settings, f"organizations/{urn.rpartition(':')[2]}"), "localizedName"
    else:
        call, field = user_info(settings), "name"
    reply = yield call
    if not reply.ok and reply.status not in {403, 404}:
        raise explain(call, reply)
    return text_in(reply.data(), field) if reply.ok else None


RESOURCES = (
    Resource(
        name="authors",
        summary="List the authors that posts of a LinkedIn account may have: the account, and the pages that its "
        "member administers, as of the last daily check.",
        view=LinkedInAuthors,
        read=authors,
    ),
)

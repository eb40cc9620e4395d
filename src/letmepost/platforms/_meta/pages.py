"""The Pages that a person manages, each verified before it is offered.

https://developers.facebook.com/docs/pages-api/manage-pages (checked 2026-11-21). A Page that a business portfolio owns
can be missing from a person's list, and a Page in the list of a portfolio may not be granted.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from letmepost.domain.errors import PlatformFailure
from letmepost.domain.flow import Call, Flow, Reply
from letmepost.domain.retry import POLICIES, Next
from letmepost.platforms._kit import oauth
from letmepost.platforms._kit.fields import id_in, object_in, objects_in, text_in, texts_in
from letmepost.platforms._kit.flows import Explain, succeed
from letmepost.platforms._meta.calls import ACCESS_TOKEN, read, with_token
from letmepost.platforms._meta.graph import is_list, read_id
from letmepost.platforms._meta.login import Person
from letmepost.platforms._meta.settings import GraphSettings

BUSINESS_SCOPE = "business_management"
_NEEDED = ("id", "name", ACCESS_TOKEN, "tasks", "is_published")
_TASKS = frozenset({"CREATE_CONTENT", "MANAGE"})
_PAGE_SIZE = 100
_LISTS_MAX = 50
"""Of one list. A person who manages 5,000 Pages must still be connected in a minute."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A Page for which the person may publish.

    Args:
        token: acts as the Page. It does not expire, because the person's token is valid for 60 days.
        data: the other fields that were read.
    """

    id: str
    name: str | None
    token: str = field(repr=False)
    data: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class PageList:
    """The Pages of a person: those that can be connected, and why the others cannot, by their name."""

    usable: tuple[Page, ...]
    unusable: Mapping[str, str]


def find_pages(
    person: Person, settings: GraphSettings, explain: Explain, *, fields: Sequence[str] = ()
) -> Flow[PageList]:
    """Return every Page of the person, and of their business portfolios if they have granted that.

    Args:
        fields: what is read of a Page besides its name and token.

    Raises:
        PlatformFailure: Meta did not return a usable response.
    """
    search = _Search(person, settings, explain, ",".join((*_NEEDED, *fields)))
    usable, unusable = [], {}
    for candidate in (yield from search.candidates()):
        row = yield from search.with_token(candidate)
        page = Page(id=row["id"], name=text_in(row, "name"), token=_token_in(row), data=row)
        problem = yield from search.problem(page)
        if problem is None:
            usable.append(page)
        else:
            unusable[page.name or page.id] = problem
    return PageList(usable=tuple(usable), unusable=unusable)


@dataclass(frozen=True, slots=True)
class _Search:
    person: Person
    settings: GraphSettings
    explain: Explain
    fields: str

    def candidates(self) -> Flow[list[Mapping[str, Any]]]:
        """Return the Pages of every list, each once."""
        found = {row["id"]: row for row in (yield from self._list("me/accounts", self.fields))}
        if BUSINESS_SCOPE in self.person.scopes:
            for row in (yield from self._pages_of_businesses()):
                found.setdefault(row["id"], row)
        return list(found.values())

    def problem(self, page: Page) -> Flow[str | None]:
        """Return why a Page cannot be connected, or None. The token is tried, because a list proves nothing."""
        if not page.token:
            return "access to this Page was not granted"
        if not _TASKS & set(texts_in(page.data, "tasks")):
            return "the person's role does not allow creating content"
        if page.data.get("is_published") is False:
            return "the Page is not published"
        call = with_token(read(self.settings, "me", fields="id,name"), page.token, self.settings)
        reply = yield call
        found = read_id(reply)
        if found is None:
            self._raise_if_temporary(call, reply)
            return "Facebook does not accept the Page's token"
        return None if found == page.id else "the token belongs to another account"

    def _pages_of_businesses(self) -> Flow[list[Mapping[str, Any]]]:
        rows: list[Mapping[str, Any]] = []
        for business in (yield from self._list("me/businesses", "id", may_be_refused=True)):
            for edge in ("owned_pages", "client_pages"):
                rows += yield from self._list(f"{business['id']}/{edge}", self.fields, may_be_refused=True)
        return rows

    def with_token(self, row: Mapping[str, Any]) -> Flow[Mapping[str, Any]]:
        """Return a Page of a portfolio with its token, if the person was granted one."""
        if _token_in(row):
            return row
        call = self._call(row["id"], fields=self.fields)
        reply = yield call
        if read_id(reply) == row["id"]:
            return {**row, **reply.data()}
        self._raise_if_temporary(call, reply)
        return row

    def _list(self, edge: str, fields: str, *, may_be_refused: bool = False) -> Flow[list[Mapping[str, Any]]]:
        """Return every object of a list. The addresses of next pages are not used: they contain the token."""
        rows: list[Mapping[str, Any]] = []
        cursor: dict[str, str] = {}
        for _ in range(_LISTS_MAX):
            call = self._call(edge, fields=fields, limit=str(_PAGE_SIZE), **cursor)
            try:
                reply = yield from succeed(call, self.explain, is_list)
            except PlatformFailure as failure:
                if may_be_refused and POLICIES[failure.kind].next is not Next.TRY_AGAIN:
                    return rows
                raise
            rows += [row for row in objects_in(reply.data(), "data") if id_in(row) is not None]
            paging = object_in(reply.data(), "paging")
            after = text_in(object_in(paging, "cursors"), "after")
            if text_in(paging, "next") is None or after is None or cursor.get("after") == after:
                return rows
            cursor = {"after": after}
        return rows

    def _call(self, path: str, **query: str) -> Call:
        return with_token(read(self.settings, path, **query), self.person.token, self.settings)

    def _raise_if_temporary(self, call: Call, reply: Reply) -> None:
        failure = self.explain(call, reply)
        if POLICIES[failure.kind].next is Next.TRY_AGAIN:
            raise failure


def _token_in(row: Mapping[str, Any]) -> str:
    """Return the token of a Page, or an empty text without a usable one."""
    found = text_in(row, ACCESS_TOKEN)
    return found if found is not None and oauth.is_token(found) else ""

"""Lists that request page after page."""

from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Generic, TypeVar

from letmepost_client.models.base import Page

Item = TypeVar("Item")


class _Position(Generic[Item]):
    """A position in a list."""

    def __init__(self, cursor: str | None) -> None:
        self._items: deque[Item] = deque()
        self._cursor = self._next_cursor = cursor
        self._is_complete = False

    @property
    def cursor(self) -> str | None:
        """Where to continue later: pass it to the method that returned this list. None is the beginning.

        It moves past a page when the item after that page is requested. A program that stops earlier gets the items of
        the page again, so that it skips none.
        """
        return self._cursor

    def _add(self, page: Page[Item]) -> bool:
        """Add the items of a page; return False if it is empty."""
        self._items.extend(page.data)
        self._is_complete = page.next_cursor is None
        if page.next_cursor is not None:
            self._next_cursor = page.next_cursor
        return bool(page.data)

    def _take_page(self) -> Page[Item]:
        """Return the items that were not returned yet, as a page."""
        page = Page(data=list(self._items), next_cursor=None if self._is_complete else self._next_cursor)
        self._items.clear()
        self._cursor = self._next_cursor
        return page


class Pages(_Position[Item]):
    """A list to iterate over. It requests a page when its first item is needed.

    Iteration ends after the last item. Iterating again continues there, because a list of events grows.
    """

    def __init__(self, fetch: Callable[[str | None], Page[Item]], cursor: str | None = None) -> None:
        super().__init__(cursor)
        self._fetch = fetch

    def __iter__(self) -> Iterator[Item]:
        while True:
            while self._items:
                yield self._items.popleft()
            self._cursor = self._next_cursor
            if not self._request():
                return

    def next_page(self) -> Page[Item]:
        """Return the next page, or the rest of the current one; `cursor` moves past it. After the last, it is empty."""
        if not self._items:
            self._request()
        return self._take_page()

    def _request(self) -> bool:
        """Request the next page; return False if there is none, or if it is empty."""
        return not self._is_complete and self._add(self._fetch(self._next_cursor))


class AsyncPages(_Position[Item]):
    """A list to iterate over with `async for`. See `Pages`."""

    def __init__(self, fetch: Callable[[str | None], Awaitable[Page[Item]]], cursor: str | None = None) -> None:
        super().__init__(cursor)
        self._fetch = fetch

    async def __aiter__(self) -> AsyncIterator[Item]:
        while True:
            while self._items:
                yield self._items.popleft()
            self._cursor = self._next_cursor
            if not await self._request():
                return

    async def next_page(self) -> Page[Item]:
        """Return the next page, or the rest of the current one. See `Pages.next_page`."""
        if not self._items:
            await self._request()
        return self._take_page()

    async def _request(self) -> bool:
        """Request the next page; return False if there is none, or if it is empty."""
        return not self._is_complete and self._add(await self._fetch(self._next_cursor))

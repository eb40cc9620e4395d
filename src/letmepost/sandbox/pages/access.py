"""Decides who can open the pages of a world."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from letmepost.domain.sandbox_pages import is_signed


@dataclass(frozen=True, slots=True, kw_only=True)
class PageAccess:
    """The rule for opening pages. Without a key, pages are closed unless `is_open` is set.

    Args:
        key: the secret that signs links; None if no link is valid.
        is_open: True if every page opens without a signed link. For one person's machine only.
    """

    key: str | None = None
    is_open: bool = False

    def link_query(self, world: str, query: Mapping[str, str], now: datetime) -> str | None:
        """Return what links between the pages of this world end with; None if the request must not open them."""
        if self.is_open:
            return ""
        if self.key is None or not is_signed(self.key, world, query, now):
            return None
        return "?" + urlencode({name: query[name] for name in ("expires", "signature")})


CLOSED = PageAccess()
"""No page can be opened."""

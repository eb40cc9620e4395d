"""What every page has in common: who may open it, and how it is rendered."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from letmepost.sandbox.pages.access import PageAccess
from letmepost.sandbox.pages.rendering import render

_NONCE_BYTES = 16


class PageShell:
    """Checks the links of requests, and renders pages."""

    def __init__(self, access: PageAccess, now: Callable[[], datetime], entropy: Callable[[int], bytes]) -> None:
        self.is_open = access.is_open
        self._access = access
        self._now = now
        self._entropy = entropy

    def link_query(self, request: Request, world: str) -> str | None:
        """Return what links from the page end with; None if the request must not open the pages of this world."""
        return self._access.link_query(world, request.query_params, self._now())

    def page(self, template: str, *, status: int = 200, **shown: Any) -> Response:
        """Return a page."""
        return render(template, self._entropy(_NONCE_BYTES).hex(), status=status, **shown)

    def refuse(self) -> Response:
        """Return the page for a request without a valid link."""
        return self.page("refused.html", status=403)

"""The documentation: the built site, and pages that are generated for this deployment."""

from collections.abc import Iterable
from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse, Response

from letmepost.domain import refusals
from letmepost.domain.errors import ErrorCode
from letmepost.http.docs.codes import code_page, codes_page
from letmepost.http.docs.layout import DocumentPage
from letmepost.http.docs.permissions import permissions_page
from letmepost.http.docs.rules import explained_rules, explanation_page, rules_page
from letmepost.http.docs.site import NOT_BUILT, NOT_FOUND, Site
from letmepost.http.docs.statuses import statuses_page
from letmepost.http.services import APIServices
from letmepost.platforms.contract import Platform

router = APIRouter(include_in_schema=False)

# The scripts of the site and of the reference set styles in attributes and elements.
_POLICY = (
    "default-src 'none'; script-src 'self'{scripts}; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "media-src 'self'; font-src 'self' data:; connect-src 'self'; worker-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)
_PLAIN_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".jpg": "image/jpeg",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".md": "text/markdown; charset=utf-8",
    ".mp4": "video/mp4",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
}
"""Stated here, because the table of the machine may lack them or differ."""


@router.get("/docs")
async def home(request: Request) -> Response:
    """Redirect to the first page, because its links are relative to the folder."""
    site = _site(request)
    return _page(site, NOT_BUILT) if site.layout is None else RedirectResponse("/docs/index.html")


@router.get("/docs/errors")
async def error_codes(request: Request) -> Response:
    """List the error codes."""
    return _page(_site(request), codes_page())


@router.get("/docs/errors/{code}")
async def error_code(code: str, request: Request) -> Response:
    """Explain an error code."""
    if code not in set(ErrorCode):
        raise refusals.requests.PAGE_UNKNOWN()
    return _page(_site(request), code_page(ErrorCode(code)))


@router.get("/docs/preflight")
async def rules(request: Request) -> Response:
    """List the rules."""
    return _page(_site(request), rules_page(_platforms(request)))


@router.get("/docs/preflight/{page}")
async def rule(page: str, request: Request) -> Response:
    """Explain a rule, its source and how to fix a violation."""
    found = explained_rules(_platforms(request)).get(page)
    if found is None:
        raise refusals.requests.PAGE_UNKNOWN()
    return _page(_site(request), explanation_page(found))


@router.get("/docs/permissions")
async def permissions(request: Request) -> Response:
    """List the calls to each platform, and the scopes that they need."""
    return _page(_site(request), permissions_page(_platforms(request)))


@router.get("/docs/statuses")
async def statuses(request: Request) -> Response:
    """List the statuses of a post, and their changes."""
    return _page(_site(request), statuses_page())


@router.get("/docs/{path:path}")
async def file(path: str, request: Request) -> Response:
    """Return a page of the site, or a file that pages load."""
    site = _site(request)
    found = site.find(path)
    if found is not None:
        return _file(site, found)
    if site.layout is None or "text/html" not in request.headers.get("accept", ""):
        raise refusals.requests.PAGE_UNKNOWN()
    return _page(site, NOT_FOUND, status=404)


@router.get("/llms.txt")
@router.get("/llms-full.txt")
async def for_language_models(request: Request) -> Response:
    """Return the list of pages, or all pages, for language models (https://llmstxt.org)."""
    site = _site(request)
    found = site.find(request.url.path.strip("/"))
    if found is None:
        raise refusals.requests.PAGE_UNKNOWN()
    return _file(site, found)


def _page(site: Site, content: DocumentPage, *, status: int = 200) -> HTMLResponse:
    policy = _PLAIN_POLICY if site.layout is None else _policy(site)
    headers = {"content-security-policy": policy, "x-content-type-options": "nosniff"}
    return HTMLResponse(site.render(content), status, headers)


def _file(site: Site, path: Path) -> FileResponse:
    kind = _TYPES.get(path.suffix, "application/octet-stream")
    headers = {"content-security-policy": _policy(site), "x-content-type-options": "nosniff"}
    headers["cache-control"] = "no-cache" if path.suffix == ".html" else "public, max-age=3600"
    return FileResponse(path, headers=headers, media_type=kind)


def _policy(site: Site) -> str:
    return _POLICY.format(scripts=f" {site.inline_scripts}" if site.inline_scripts else "")


def _site(request: Request) -> Site:
    site: Site = request.app.state.docs_site
    return site


def _platforms(request: Request) -> Iterable[Platform]:
    services: APIServices = request.app.state.services
    return services.platforms.values()

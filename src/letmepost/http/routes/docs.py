"""The documentation pages of this server."""

from collections.abc import Iterable

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from letmepost.domain import refusals
from letmepost.domain.errors import ErrorCode
from letmepost.http.docs.codes import code_page, codes_page
from letmepost.http.docs.permissions import permissions_page
from letmepost.http.docs.reference import reference_page
from letmepost.http.docs.rules import explained_rules, explanation_page, rules_page
from letmepost.http.services import APIServices
from letmepost.platforms.contract import Platform

router = APIRouter(include_in_schema=False)


class Page(HTMLResponse):
    """A page whose content security policy allows no scripts and no other resources."""

    def __init__(self, content: str) -> None:
        policy = (
            "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        )
        super().__init__(content, headers={"content-security-policy": policy, "x-content-type-options": "nosniff"})


@router.get("/docs")
async def reference(request: Request) -> Page:
    """Show the reference of all operations."""
    return Page(reference_page(request.app.openapi()))


@router.get("/docs/errors")
async def error_codes() -> Page:
    """List the error codes."""
    return Page(codes_page())


@router.get("/docs/errors/{code}")
async def error_code(code: str) -> Page:
    """Explain an error code."""
    if code not in set(ErrorCode):
        raise refusals.requests.PAGE_UNKNOWN()
    return Page(code_page(ErrorCode(code)))


@router.get("/docs/preflight")
async def rules(request: Request) -> Page:
    """List the rules."""
    return Page(rules_page(_platforms(request)))


@router.get("/docs/preflight/{page}")
async def rule(page: str, request: Request) -> Page:
    """Explain a rule, its source and how to fix a violation."""
    found = explained_rules(_platforms(request)).get(page)
    if found is None:
        raise refusals.requests.PAGE_UNKNOWN()
    return Page(explanation_page(found))


@router.get("/docs/permissions")
async def permissions(request: Request) -> Page:
    """List the calls to each platform, and the scopes that they need."""
    return Page(permissions_page(_platforms(request)))


def _platforms(request: Request) -> Iterable[Platform]:
    services: APIServices = request.app.state.services
    return services.platforms.values()

"""The route that the sandbox process calls when a person moves the clock on a page."""

from fastapi import APIRouter, Request, Response

from letmepost.domain import refusals
from letmepost.domain.ids import Prefix
from letmepost.http.gate import GatedRoute
from letmepost.http.schemas.base import path_id
from letmepost.http.schemas.sandbox import PageClockAdvance
from letmepost.http.services import APIServices

router = APIRouter(route_class=GatedRoute, include_in_schema=False)


@router.post("/internal/sandbox/{world}/clock")
async def advance_page_clock(world: str, body: PageClockAdvance, request: Request) -> Response:
    """Move the clock of an organization's test mode. Only the sandbox can call it."""
    services: APIServices = request.app.state.services
    if not services.page_clock.is_from_sandbox(request.headers.get("authorization", "")):
        raise refusals.requests.PAGE_UNKNOWN()
    await services.page_clock.advance(path_id(Prefix.ORGANIZATION, world), body.advance_s)
    return Response(status_code=204)

"""`/v1/pauses`: the operator's emergency stop."""

from fastapi import APIRouter, Request, Response

from letmepost.domain.errors import NotFound
from letmepost.http.answers import show
from letmepost.http.gate import OPERATOR, GatedRoute, needs
from letmepost.http.schemas.pauses import CreatePause, PauseList, PauseScope, PauseView, Resumed
from letmepost.http.services import APIServices

router = APIRouter(route_class=GatedRoute, tags=["operator"])


@router.get("/v1/pauses", response_model=PauseList, openapi_extra=needs(OPERATOR))
async def list_pauses(request: Request) -> Response:
    """What is paused."""
    return await _answer(request)


@router.post("/v1/pauses", response_model=PauseList, openapi_extra=needs(OPERATOR))
async def pause(body: CreatePause, request: Request) -> Response:
    """Pause the deployment, a platform, an organization or an account; what is due is held until it is resumed.

    Pausing what is paused changes nothing.
    """
    services: APIServices = request.app.state.services
    await services.pauses.pause(body.to_scope(), body.reason)
    return await _answer(request)


@router.post("/v1/pauses/resume", response_model=Resumed, openapi_extra=needs(OPERATOR))
async def resume(body: PauseScope, request: Request) -> Response:
    """End the pause of exactly this scope, and queue again what it held."""
    services: APIServices = request.app.state.services
    released = await services.pauses.resume(body.to_scope())
    if released is None:
        raise NotFound("pause")
    return show(Resumed(released=released))


async def _answer(request: Request) -> Response:
    services: APIServices = request.app.state.services
    return show(PauseList(data=[PauseView.of(row) for row in await services.pauses.list_all()]))

"""`/v1/pauses`: the operator's emergency stop."""

from collections.abc import Sequence

from fastapi import APIRouter, Request, Response

from letmepost.domain.errors import NotFound
from letmepost.http.answers import once_for_operator, respond_to_operator, show
from letmepost.http.gate import OPERATOR, GatedRoute, needs
from letmepost.http.schemas.pauses import CreatePause, PauseList, PauseScope, PauseView, Resumed
from letmepost.http.services import APIServices
from letmepost.storage.tenants.pauses import PauseRow

router = APIRouter(route_class=GatedRoute, tags=["operator"])


@router.get("/v1/pauses", response_model=PauseList, openapi_extra=needs(OPERATOR))
async def list_pauses(request: Request) -> Response:
    """List the pauses in effect, oldest first."""
    services: APIServices = request.app.state.services
    return show(_shown(await services.pauses.list_all()))


@router.post("/v1/pauses", response_model=PauseList, openapi_extra=needs(OPERATOR))
async def pause(body: CreatePause, request: Request) -> Response:
    """Pause the deployment, a platform, an organization or an account; what is due is held until it is resumed.

    Pausing what is paused changes nothing.
    """
    services: APIServices = request.app.state.services
    wanted = await once_for_operator(request, _shown)

    async def carry_out() -> Sequence[PauseRow]:
        await services.pauses.pause(body.to_scope(), body.reason)
        return await services.pauses.list_all()

    return await respond_to_operator(wanted, services.operator_requests.carry_out_for_deployment(wanted, carry_out))


@router.post("/v1/pauses/resume", response_model=Resumed, openapi_extra=needs(OPERATOR))
async def resume(body: PauseScope, request: Request) -> Response:
    """End the pause of exactly this scope, and queue again what it held."""
    services: APIServices = request.app.state.services

    def shown(released: int) -> Resumed:
        return Resumed(released=released)

    wanted = await once_for_operator(request, shown)

    async def carry_out() -> int:
        released = await services.pauses.resume(body.to_scope())
        if released is None:
            raise NotFound("pause")
        return released

    return await respond_to_operator(wanted, services.operator_requests.carry_out_for_deployment(wanted, carry_out))


def _shown(rows: Sequence[PauseRow]) -> PauseList:
    return PauseList(data=[PauseView.of(row) for row in rows])

"""`/v1/pauses`: lets the operator stop publishing in an emergency."""

from collections.abc import Sequence

from fastapi import APIRouter, Request, Response

from letmepost.http.gate import OPERATOR, GatedRoute, needs
from letmepost.http.perform import begin_work_for_operator, perform_for_operator, respond
from letmepost.http.schemas.pauses import CreatePause, PauseList, PauseScope, PauseView, ResumedPosts
from letmepost.http.services import APIServices
from letmepost.services.tenants import pauses
from letmepost.services.work import Work
from letmepost.storage.tenants.pauses import PauseRow

router = APIRouter(route_class=GatedRoute, tags=["operator"])


@router.get("/v1/pauses", response_model=PauseList, openapi_extra=needs(OPERATOR))
async def list_pauses(request: Request) -> Response:
    """List the pauses in effect, oldest first."""
    async with begin_work_for_operator(request) as work:
        rows = await pauses.list_all(work)
    return respond(_shown(rows))


@router.post("/v1/pauses", response_model=PauseList, openapi_extra=needs(OPERATOR))
async def pause_publishing(body: CreatePause, request: Request) -> Response:
    """Pause publishing: of the deployment, a platform, an organization or an account.

    Posts that come due are held until publishing is resumed. A second pause of the same scope changes nothing.
    """
    services: APIServices = request.app.state.services
    scope = body.to_scope()

    async def pause_and_list(work: Work) -> Sequence[PauseRow]:
        await pauses.pause(work, scope, body.reason, services.platforms)
        return await pauses.list_all(work)

    return await perform_for_operator(request, pause_and_list, _shown)


@router.post("/v1/pauses/resume", response_model=ResumedPosts, openapi_extra=needs(OPERATOR))
async def resume_publishing(body: PauseScope, request: Request) -> Response:
    """End the pause of exactly this scope. Its held posts are queued again."""
    scope = body.to_scope()
    return await perform_for_operator(request, lambda work: pauses.resume(work, scope), ResumedPosts.of)


def _shown(rows: Sequence[PauseRow]) -> PauseList:
    return PauseList(data=[PauseView.of(row) for row in rows])

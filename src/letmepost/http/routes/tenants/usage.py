"""`/v1/usage`."""

from fastapi import APIRouter, Request, Response

from letmepost.http.gate import ANY_KEY, GatedRoute, caller_of, needs
from letmepost.http.perform import begin_work, respond
from letmepost.http.schemas.usage import BudgetView, CapView, ThrottleView, UsageView
from letmepost.http.services import APIServices
from letmepost.services.tenants import quotas

router = APIRouter(route_class=GatedRoute, tags=["usage"])


@router.get("/v1/usage", response_model=UsageView, openapi_extra=needs(ANY_KEY))
async def read_usage(request: Request) -> Response:
    """Read the limits of this key and their use, and the rate limits that platforms have reported for its accounts."""
    services: APIServices = request.app.state.services
    async with begin_work(request) as work:
        readings = await quotas.read(work)
    platforms = await services.throttles.read(caller_of(request))
    requests = CapView.of_requests(request.state.allowance, services.clock.now())
    return respond(
        UsageView(
            data=[requests, *map(CapView.of, readings)],
            throttles=[ThrottleView.of(held) for held in platforms.held],
            budgets=[BudgetView.of(known) for known in platforms.budgets],
        )
    )

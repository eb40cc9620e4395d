"""`/v1/usage`."""

from fastapi import APIRouter, Request, Response

from letmepost.http.gate import ANY_KEY, GatedRoute, caller_of, needs
from letmepost.http.perform import begin_work, respond
from letmepost.http.schemas.usage import (
    PlatformBudgetView,
    PlatformCostView,
    PlatformThrottleView,
    UsageCapView,
    UsageView,
)
from letmepost.http.services import APIServices
from letmepost.services.tenants import quotas

router = APIRouter(route_class=GatedRoute, tags=["usage"])


@router.get("/v1/usage", response_model=UsageView, openapi_extra=needs(ANY_KEY))
async def get_usage(request: Request) -> Response:
    """Read every limit that applies to this key, what remains, and which platforms hold its posts back."""
    services: APIServices = request.app.state.services
    async with begin_work(request) as work:
        readings = await quotas.read(work)
    platforms = await services.throttles.read(caller_of(request))
    requests = UsageCapView.of_requests(request.state.allowance, services.clock.now())
    return respond(
        UsageView(
            data=[requests, *map(UsageCapView.of, readings)],
            throttles=[PlatformThrottleView.of(held) for held in platforms.held],
            budgets=[PlatformBudgetView.of(known) for known in platforms.budgets],
            costs=[PlatformCostView.of(one) for one in platforms.costs],
        )
    )

"""Health and readiness."""

from fastapi import APIRouter, Request, Response

from letmepost.http.gate import OpenQueryRoute
from letmepost.http.perform import respond
from letmepost.http.schemas.service import HealthView, ReadinessView
from letmepost.http.services import APIServices

router = APIRouter(route_class=OpenQueryRoute, tags=["service"])


@router.get("/health", response_model=HealthView)
async def get_health() -> Response:
    """Check that this process runs."""
    return respond(HealthView())


@router.get(
    "/ready",
    response_model=ReadinessView,
    responses={503: {"model": ReadinessView, "description": "The deployment cannot publish."}},
)
async def get_readiness(request: Request) -> Response:
    """Check that the deployment can publish: database, migrations, Redis and a worker respond, and no post is overdue.

    Without Redis, or with overdue posts, the response is 200 with the status `degraded`.
    """
    services: APIServices = request.app.state.services
    found = await services.check_readiness()
    view = ReadinessView(
        status="degraded" if found.is_degraded else "ready" if found.is_ready else "not_ready",
        parts={name: "ok" if problem is None else problem.text for name, problem in found.parts.items()},
    )
    return respond(view, 200 if found.is_ready else 503)

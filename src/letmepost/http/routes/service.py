"""Health and readiness."""

from fastapi import APIRouter, Request, Response

from letmepost.http.gate import OpenQueryRoute
from letmepost.http.perform import respond
from letmepost.http.schemas.service import ReadyView
from letmepost.http.services import APIServices

router = APIRouter(route_class=OpenQueryRoute, tags=["service"])


@router.get("/health", include_in_schema=True)
async def health() -> dict[str, str]:
    """Check that this process is running."""
    return {"status": "ok"}


@router.get(
    "/ready",
    response_model=ReadyView,
    responses={503: {"model": ReadyView, "description": "Something is missing."}},
)
async def ready(request: Request) -> Response:
    """Check that the deployment can publish: database, migrations, Redis, a worker, and no late posts.

    Without Redis, or with late posts, the response is 200 with `degraded`: the API can still serve requests.
    """
    services: APIServices = request.app.state.services
    found = await services.check_readiness()
    view = ReadyView(
        status="degraded" if found.is_degraded else "ready" if found.is_ready else "not_ready",
        parts={name: "ok" if problem is None else problem.text for name, problem in found.parts.items()},
    )
    return respond(view, 200 if found.is_ready else 503)

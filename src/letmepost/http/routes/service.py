"""Health and readiness."""

from fastapi import APIRouter, Request, Response

from letmepost.http.gate import OpenQueryRoute
from letmepost.http.perform import respond
from letmepost.http.schemas.service import ReadyView
from letmepost.http.services import APIServices

router = APIRouter(route_class=OpenQueryRoute, tags=["service"])


@router.get("/health", include_in_schema=True)
async def health() -> dict[str, str]:
    """This process is alive."""
    return {"status": "ok"}


@router.get(
    "/ready",
    response_model=ReadyView,
    responses={503: {"model": ReadyView, "description": "Something is missing."}},
)
async def ready(request: Request) -> Response:
    """The deployment can publish: database, migrations, Redis and a worker answer, and no post waits long.

    Without Redis, or with posts that are late, the answer is 200 and `degraded`: the API goes on serving.
    """
    services: APIServices = request.app.state.services
    found = await services.check_readiness()
    view = ReadyView(
        status="degraded" if found.is_degraded else "ready" if found.is_ready else "not_ready",
        parts={name: "ok" if problem is None else problem.text for name, problem in found.parts.items()},
    )
    return respond(view, 200 if found.is_ready else 503)

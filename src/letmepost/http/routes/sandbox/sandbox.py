"""`/v1/sandbox`: the test world as a whole."""

from fastapi import APIRouter, Request, Response

from letmepost.domain.api_keys import Scope
from letmepost.http.answers import once, respond, show
from letmepost.http.gate import GatedRoute, caller_of, needs
from letmepost.http.schemas.sandbox import AdvanceClock, SandboxClock, SandboxReset
from letmepost.http.services import APIServices

router = APIRouter(route_class=GatedRoute, tags=["sandbox"])


@router.get("/v1/sandbox/clock", response_model=SandboxClock, openapi_extra=needs(Scope.POSTS_READ))
async def read_sandbox_clock(request: Request) -> Response:
    """Read the clock of the test world."""
    services: APIServices = request.app.state.services
    return show(SandboxClock.of(await services.sandbox_world.read(caller_of(request))))


@router.post("/v1/sandbox/clock", response_model=SandboxClock, openapi_extra=needs(Scope.POSTS_WRITE))
async def advance_sandbox_clock(body: AdvanceClock, request: Request) -> Response:
    """Move the clock of the test world forward. Schedules, retries, deliveries and token expiries become due.

    `scheduledAt` is shown as it was sent. Rate limits, the expiry of keys and signatures follow real time.
    """
    services: APIServices = request.app.state.services
    wanted = await once(request, SandboxClock.of)
    advancing = services.sandbox_world.advance(caller_of(request), body.by, wanted)
    return await respond(request, wanted, advancing)


@router.post("/v1/sandbox/reset", response_model=SandboxReset, openapi_extra=needs(Scope.POSTS_WRITE))
async def reset_sandbox(request: Request) -> Response:
    """Begin again: cancel what waits, disconnect the test accounts, empty every simulator, set the clock right."""
    services: APIServices = request.app.state.services
    wanted = await once(request, SandboxReset.of)
    return await respond(request, wanted, services.sandbox_world.reset(caller_of(request), wanted))

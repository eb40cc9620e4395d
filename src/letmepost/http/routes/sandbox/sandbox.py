"""`/v1/sandbox`: the clock and the reset of the test world."""

from contextlib import suppress
from datetime import datetime

from fastapi import APIRouter, Request, Response

from letmepost.domain.api_keys import Scope
from letmepost.http.gate import GatedRoute, needs
from letmepost.http.perform import begin_work, perform, perform_remotely, respond
from letmepost.http.schemas.sandbox import AdvanceClock, SandboxClock, SandboxReset
from letmepost.http.services import APIServices
from letmepost.services.sandbox import clock

router = APIRouter(route_class=GatedRoute, tags=["sandbox"])


@router.get("/v1/sandbox/clock", response_model=SandboxClock, openapi_extra=needs(Scope.POSTS_READ))
async def get_sandbox_clock(request: Request) -> Response:
    """Read the clock of test mode."""
    services: APIServices = request.app.state.services
    async with begin_work(request) as work:
        time = await services.sandbox_world.read(work)
    return respond(SandboxClock.of(time))


@router.post("/v1/sandbox/clock", response_model=SandboxClock, openapi_extra=needs(Scope.POSTS_WRITE))
async def advance_sandbox_clock(body: AdvanceClock, request: Request) -> Response:
    """Move the clock of test mode forward. Schedules, retries, deliveries and token expiries become due.

    `scheduledAt` is shown as it was sent. Rate limits, the expiry of keys and signatures use real time.
    """
    while True:
        with suppress(clock.ClockMovedError):
            return await _advance(request, body.by)


async def _advance(request: Request, by: float | datetime) -> Response:
    services: APIServices = request.app.state.services
    async with begin_work(request) as work:
        before_s = await work.test_world.ahead_s()
    return await perform_remotely(
        request,
        prepare=lambda work: services.sandbox_world.prepare_jump(work, by, before_s),
        call=clock.move_simulators,
        record=clock.move,
        show=SandboxClock.of,
    )


@router.post("/v1/sandbox/reset", response_model=SandboxReset, openapi_extra=needs(Scope.POSTS_WRITE))
async def reset_sandbox(request: Request) -> Response:
    """Reset test mode: cancel waiting posts, disconnect accounts, empty every simulator, and reset the clock."""
    services: APIServices = request.app.state.services
    return await perform(request, services.sandbox_world.reset, SandboxReset.of)

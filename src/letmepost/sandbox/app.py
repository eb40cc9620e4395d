"""The ASGI app: simulated networks under `/{world}/{platform}`, their pages, `/control`, and `/health`."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import cast

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route

from letmepost.domain.errors import ErrorCode
from letmepost.domain.sizes import SANDBOX_REQUEST_MAX_BYTES
from letmepost.platforms.contract import Platform
from letmepost.sandbox.calls.recent import RecentCalls
from letmepost.sandbox.clock import SimulatedClock
from letmepost.sandbox.control import Control, RequireToken
from letmepost.sandbox.emulator import Emulator
from letmepost.sandbox.faults import Faults
from letmepost.sandbox.own_addresses import OwnAddresses
from letmepost.sandbox.pages.access import CLOSED, PageAccess
from letmepost.sandbox.pages.front import FrontPage, MoveClock
from letmepost.sandbox.pages.routes import Pages
from letmepost.sandbox.pages.shell import PageShell
from letmepost.sandbox.seeding.seed import Seed
from letmepost.sandbox.serving import Serving, Sleep
from letmepost.sandbox.store import Store
from letmepost.sandbox.world_control import EmulatorControl, WorldControl
from letmepost.sandbox.worlds import WorldStates

_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_CODES = {401: ErrorCode.UNAUTHENTICATED, 404: ErrorCode.NOT_FOUND}


def create_app(  # noqa: PLR0913 - each is passed by name
    platforms: Mapping[str, Platform],
    store: Store,
    *,
    token: str | None,
    now: Callable[[], datetime],
    entropy: Callable[[int], bytes],
    sleep: Sleep,
    pages: PageAccess = CLOSED,
    move_clock: MoveClock | None = None,
    seed: Seed | None = None,
) -> Starlette:
    """Return the sandbox. A world named `control` cannot be reached.

    Args:
        platforms: by name, each with its simulator.
        store: closed by the caller after the server has stopped.
        token: the token of the control API; None if everyone who can connect may use it.
        now: returns the real time. The time of a world can be ahead of it.
        entropy: returns that many random bytes.
        sleep: waits for a delayed reply of a simulator.
        pages: decides who can open the pages for browsers.
        move_clock: moves the clock of a world from its page; None if the page only shows the time, unless there is a
            seed.
        seed: what the emulator fills worlds from, which is `app.state.emulator`; None if the sandbox is a part of a
            deployment.
    """
    worlds, faults = WorldStates(store), Faults()
    clock = SimulatedClock(worlds, now)
    calls, shell = RecentCalls(), PageShell(pages, now, entropy)
    serving = Serving(platforms, store, worlds, clock, entropy, sleep, calls, faults)
    emulator = None if seed is None else Emulator(platforms, store, worlds, clock, faults, calls, seed, now)
    if emulator is not None:
        move_clock = clock.advance
    control = (
        *Control(platforms, worlds, clock, entropy, calls).routes(),
        *WorldControl(platforms, clock, faults, calls).routes(),
        *(() if emulator is None else EmulatorControl(emulator).routes()),
    )
    protection = [] if token is None else [Middleware(RequireToken, token=token)]
    routes = [
        Route("/health", _health),
        Mount("/control", routes=control, middleware=protection),
        *FrontPage(platforms, worlds, clock, calls, shell, entropy, move_clock).routes(),
        *Pages(platforms, store, worlds, shell).routes(),
        Route(
            "/{world}/{platform}/{path:path}", serving.answer, methods=_METHODS, max_body_size=SANDBOX_REQUEST_MAX_BYTES
        ),
    ]
    app = Starlette(
        routes=routes,
        middleware=[] if emulator is None else [Middleware(OwnAddresses, emulator=emulator)],
        exception_handlers={HTTPException: _refuse, ClientDisconnect: _end},
    )
    app.state.emulator = emulator
    return app


async def _health(_request: Request) -> Response:
    return JSONResponse({"status": "ok"})


async def _end(_request: Request, _error: Exception) -> Response:
    """Respond to a client that has disconnected, which is not an error. The server sends nothing."""
    return Response()


async def _refuse(_request: Request, error: Exception) -> Response:
    """Return an error of the sandbox itself. The simulators return the errors of the simulated networks."""
    refusal = cast("HTTPException", error)  # registered only for this type
    code = _CODES.get(refusal.status_code, ErrorCode.VALIDATION_FAILED)
    envelope = {"error": {"code": code, "message": refusal.detail}}
    return JSONResponse(envelope, refusal.status_code, refusal.headers)

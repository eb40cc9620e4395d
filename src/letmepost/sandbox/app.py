"""The ASGI app: simulated networks under `/{world}/{platform}`, `/control` to steer them, and `/health`."""

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
from letmepost.sandbox.clock import SimulatedClock
from letmepost.sandbox.control import Control, RequireToken
from letmepost.sandbox.serving import Serving, Sleep
from letmepost.sandbox.store import Store
from letmepost.sandbox.worlds import WorldStates

_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_CODES = {401: ErrorCode.UNAUTHENTICATED, 404: ErrorCode.NOT_FOUND}


def create_app(
    platforms: Mapping[str, Platform],
    store: Store,
    *,
    token: str,
    now: Callable[[], datetime],
    entropy: Callable[[int], bytes],
    sleep: Sleep,
) -> Starlette:
    """The sandbox. Every world but one called `control` can be reached.

    Args:
        platforms: by name; each brings its simulator.
        store: stays the caller's, who closes it when the server has stopped.
        token: what the control API asks for.
        now: the real time; worlds may be ahead of it.
        entropy: so many random bytes.
        sleep: how a slow simulator waits.
    """
    worlds = WorldStates(store)
    clock = SimulatedClock(worlds, now)
    serving = Serving(platforms, worlds, clock, entropy, sleep)
    control = Control(platforms, worlds, clock, entropy)
    routes = [
        Route("/health", _health),
        Mount("/control", routes=control.routes(), middleware=[Middleware(RequireToken, token=token)]),
        Route(
            "/{world}/{platform}/{path:path}", serving.answer, methods=_METHODS, max_body_size=SANDBOX_REQUEST_MAX_BYTES
        ),
    ]
    return Starlette(routes=routes, exception_handlers={HTTPException: _refuse, ClientDisconnect: _end})


async def _health(_request: Request) -> Response:
    return JSONResponse({"status": "ok"})


async def _end(_request: Request, _error: Exception) -> Response:
    """Answer a client that has left, which is not a defect. The server sends none of it."""
    return Response()


async def _refuse(_request: Request, error: Exception) -> Response:
    """What the sandbox itself refuses. What a simulated network refuses is the network's own."""
    refusal = cast("HTTPException", error)  # it is registered for nothing else
    code = _CODES.get(refusal.status_code, ErrorCode.VALIDATION_FAILED)
    envelope = {"error": {"code": code, "message": refusal.detail}}
    return JSONResponse(envelope, refusal.status_code, refusal.headers)

"""The control API that services use: creates accounts, lists posts, sets clocks and deletes worlds."""

import hmac
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from letmepost.domain.sizes import SANDBOX_CONTROL_MAX_BYTES
from letmepost.platforms.contract import Platform
from letmepost.platforms.simulation import SimulatedPost
from letmepost.sandbox.calls.recent import RecentCalls
from letmepost.sandbox.clock import SimulatedClock
from letmepost.sandbox.paths import platform_of, world_of
from letmepost.sandbox.serving import ENTROPY_BYTES
from letmepost.sandbox.worlds import WorldStates

_FURTHEST_AHEAD_S = 10 * 366 * 86_400
_KEYS = "created/"
"""What begins the entries of accounts that were created with a key. No simulator has such entries."""


class _Wire(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class NewAccount(_Wire):
    """Body of `POST …/accounts`. A repetition of a `key` returns the same account."""

    scenario: str
    key: str | None = Field(default=None, pattern=r"^[A-Za-z0-9_]{1,64}$")


class NewClock(_Wire):
    """Body of `PUT …/clock`: the whole distance, so that a repeated request changes nothing."""

    ahead_s: float = Field(alias="aheadS", ge=0, le=_FURTHEST_AHEAD_S)


Body = TypeVar("Body", bound=BaseModel)


class Control:
    """The routes under `/control`."""

    def __init__(
        self,
        platforms: Mapping[str, Platform],
        worlds: WorldStates,
        clock: SimulatedClock,
        entropy: Callable[[int], bytes],
        calls: RecentCalls,
    ) -> None:
        self._platforms = platforms
        self._worlds = worlds
        self._clock = clock
        self._entropy = entropy
        self._calls = calls

    def routes(self) -> Sequence[Route]:
        """Return the routes."""
        return (
            route("POST", "/{world}/{platform}/accounts", self.create_account),
            route("GET", "/{world}/{platform}/posts", self.list_posts),
            route("PUT", "/{world}/clock", self.set_clock),
            route("DELETE", "/{world}", self.reset),
        )

    async def create_account(self, request: Request) -> Response:
        """Create an account. Respond with 201 and the input that connects it."""
        world, platform = world_of(request), platform_of(request, self._platforms)
        wanted = await read_body(request, NewAccount)
        scenario = wanted.scenario
        if scenario not in platform.simulator.scenarios:
            known = ", ".join(platform.simulator.scenarios)
            raise HTTPException(400, f"There is no such scenario. Known: {known}.")
        now = await self._clock.now(world)
        async with self._worlds.visit(world, platform.name) as state:
            given = None if wanted.key is None else state.get(f"{_KEYS}{wanted.key}")
            if given is None:
                given = dict(platform.simulator.create_account(state, scenario, now, self._entropy(ENTROPY_BYTES)))
            if wanted.key is not None:
                state[f"{_KEYS}{wanted.key}"] = given
        return JSONResponse({"connectInput": given}, 201)

    async def list_posts(self, request: Request) -> Response:
        """List the posts that followers see, oldest first."""
        world, platform = world_of(request), platform_of(request, self._platforms)
        async with self._worlds.visit(world, platform.name) as state:
            posts = platform.simulator.posts(state)
        return JSONResponse({"posts": [_view(post) for post in posts]})

    async def set_clock(self, request: Request) -> Response:
        """Set how far a world's time is ahead."""
        wanted = await read_body(request, NewClock)
        await self._clock.set_ahead(world_of(request), wanted.ahead_s)
        return JSONResponse(wanted.model_dump(by_alias=True))

    async def reset(self, request: Request) -> Response:
        """Delete a world: every platform, every account, its clock, and its recent calls."""
        await self._worlds.reset(world_of(request))
        self._calls.clear(world_of(request))
        return Response(status_code=204)


class RequireToken:
    """Middleware that accepts only requests with the token."""

    def __init__(self, app: ASGIApp, token: str) -> None:
        self._app = app
        self._expected = f"Bearer {token}".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or reject it."""
        given = Request(scope).headers.get("authorization", "")
        if not hmac.compare_digest(given.encode(), self._expected):
            raise HTTPException(401, "The control API needs its token: Authorization: Bearer …")
        await self._app(scope, receive, send)


def route(method: str, path: str, answer: Callable[[Request], Awaitable[Response]]) -> Route:
    """Return a route of the control API."""
    return Route(path, answer, methods=[method], max_body_size=SANDBOX_CONTROL_MAX_BYTES)


async def read_body(request: Request, shape: type[Body], context: Mapping[str, Any] | None = None) -> Body:
    """Return the body of a request.

    Args:
        context: for the validators of the shape.

    Raises:
        HTTPException: 400, it does not match the shape.
    """
    try:
        return shape.model_validate_json(await request.body(), context=context)
    except ValidationError as invalid:
        raise HTTPException(400, problem_at(invalid.errors(include_url=False, include_input=False)[0])) from None


def problem_at(error: ErrorDetails) -> str:
    """Return the path of a field that is wrong, and what is wrong."""
    path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in error["loc"]).removeprefix(".")
    return f"{path or 'body'}: {error['msg'].removeprefix('Value error, ')}"


def _view(post: SimulatedPost) -> dict[str, Any]:
    return {
        "uri": post.uri,
        "accountId": post.account_id,
        "text": post.text,
        "createdAt": post.created_at,
        "replyTo": post.reply_to,
        "record": dict(post.record),
    }

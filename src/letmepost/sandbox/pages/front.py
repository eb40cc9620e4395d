"""The page of a world: its clock, its networks with their accounts and scenarios, and its recent calls."""

import hmac
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from typing import TypeAlias
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from letmepost.domain.sandbox_pages import TIMELINE_PATH
from letmepost.domain.sizes import SANDBOX_CONTROL_MAX_BYTES
from letmepost.platforms.contract import Platform
from letmepost.sandbox.calls.recent import CALLS_MAX, RecentCalls
from letmepost.sandbox.clock import SimulatedClock
from letmepost.sandbox.pages.network import NetworkView
from letmepost.sandbox.pages.shell import PageShell
from letmepost.sandbox.paths import world_of
from letmepost.sandbox.worlds import WorldStates

MoveClock: TypeAlias = Callable[[str, float], Awaitable[None]]
"""Moves the clock of a world forward by seconds. Raises `ClockRefusedError`."""

_UNITS_S = {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86_400}
_ADVANCE_MAX_S = 366 * 86_400
_TOKEN_BYTES = 32


class ClockRefusedError(Exception):
    """The clock cannot be moved. The message states why, and what to do."""


class FrontPage:
    """Responds to browsers that open the page of a world.

    Args:
        move_clock: None if the page only shows the time.
    """

    def __init__(
        self,
        platforms: Mapping[str, Platform],
        worlds: WorldStates,
        clock: SimulatedClock,
        calls: RecentCalls,
        shell: PageShell,
        entropy: Callable[[int], bytes],
        move_clock: MoveClock | None,
    ) -> None:
        self._platforms = platforms
        self._worlds = worlds
        self._clock = clock
        self._calls = calls
        self._shell = shell
        self._move_clock = move_clock
        self._form_secret = entropy(_TOKEN_BYTES)

    def routes(self) -> Sequence[Route]:
        """Return the routes."""
        path = f"/{{world}}{TIMELINE_PATH}"
        return (
            Route(path, self.show),
            Route(f"{path}clock", self.set_clock, methods=["POST"], max_body_size=SANDBOX_CONTROL_MAX_BYTES),
        )

    async def show(self, request: Request) -> Response:
        """Show the world. The parameter `network` selects the calls of one network."""
        return await self._show(request)

    async def set_clock(self, request: Request) -> Response:
        """Move the clock as a form of the page requests, and return to the page."""
        world = world_of(request)
        query = self._shell.link_query(request, world)
        if query is None or self._move_clock is None:
            return self._shell.refuse()
        form = dict(parse_qsl((await request.body()).decode("utf-8", "replace")))
        if not hmac.compare_digest(form.get("token", "").encode(), self._form_token(world).encode()):
            return await self._show(request, 403, "This page was outdated. Send the form again.")
        try:
            await self._move_clock(world, _seconds(form, await self._clock.now(world)))
        except ClockRefusedError as refused:
            return await self._show(request, 400, str(refused))
        return RedirectResponse(f"/{world}{TIMELINE_PATH}{query}", 303)

    async def _show(self, request: Request, status: int = 200, problem: str | None = None) -> Response:
        world = world_of(request)
        query = self._shell.link_query(request, world)
        if query is None:
            return self._shell.refuse()
        selected = request.query_params.get("network")
        return self._shell.page(
            "world.html",
            status=status,
            networks=[await self._network(world, platform, query) for platform in self._platforms.values()],
            now=await self._clock.now(world),
            calls=self._calls.newest(world, selected),
            calls_max=CALLS_MAX,
            titles={name: platform.title for name, platform in self._platforms.items()},
            selected=selected,
            world_url=f"/{world}{TIMELINE_PATH}{query}",
            clock_url=None if self._move_clock is None else f"/{world}{TIMELINE_PATH}clock{query}",
            units=tuple(_UNITS_S),
            token=self._form_token(world),
            problem=problem,
        )

    async def _network(self, world: str, platform: Platform, query: str) -> NetworkView:
        async with self._worlds.visit(world, platform.name) as state:
            return NetworkView.of(platform, state, world=world, query=query)

    def _form_token(self, world: str) -> str:
        """Return what only a form of this page contains, so that other sites cannot send it."""
        return hmac.new(self._form_secret, world.encode(), sha256).hexdigest()


def _seconds(form: Mapping[str, str], now: datetime) -> float:
    """Return by how much a form moves the clock.

    Raises:
        ClockRefusedError: a field is missing or wrong.
    """
    try:
        if "to" in form:
            seconds = (datetime.fromisoformat(form["to"]).replace(tzinfo=UTC) - now).total_seconds()
        else:
            seconds = float(form["amount"]) * _UNITS_S[form["unit"]]
    except (ValueError, KeyError):
        raise ClockRefusedError("The form is incomplete. Enter a number and a unit, or a date and a time.") from None
    if not 0 < seconds <= _ADVANCE_MAX_S:
        raise ClockRefusedError("The clock only moves forward, and at most 366 days at once. Choose a later time.")
    return seconds

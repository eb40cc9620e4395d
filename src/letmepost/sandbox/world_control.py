"""The control API for people who test clients: clock, calls and faults of a world, and the routes of an emulator."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from letmepost.domain.errors import EmulatorError
from letmepost.platforms.contract import Platform
from letmepost.sandbox.calls.recent import RecentCall, RecentCalls
from letmepost.sandbox.clock import SimulatedClock
from letmepost.sandbox.control import read_body, route
from letmepost.sandbox.emulator import Emulator
from letmepost.sandbox.faults import Fault, Faults, TooManyFaultsError
from letmepost.sandbox.paths import platform_of, world_of
from letmepost.sandbox.seeding.seed import SeedAccount, check_scenario

_ADVANCE_MAX_S = 10 * 366 * 86_400


class ClockChange(BaseModel):
    """Body of `POST …/clock`. `frozen` is None to keep the clock running or standing still."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, validate_by_alias=True)

    advance_s: float | None = Field(default=None, ge=0, le=_ADVANCE_MAX_S)
    to: AwareDatetime | None = None
    frozen: bool | None = None

    @model_validator(mode="after")
    def _is_one_move(self) -> Self:
        if self.advance_s is not None and self.to is not None:
            raise ValueError("advanceS and to exclude each other")
        return self


class WorldControl:
    """The routes of clocks, calls and faults."""

    def __init__(
        self, platforms: Mapping[str, Platform], clock: SimulatedClock, faults: Faults, calls: RecentCalls
    ) -> None:
        self._platforms = platforms
        self._clock = clock
        self._faults = faults
        self._calls = calls

    def routes(self) -> Sequence[Route]:
        """Return the routes."""
        faults = "/{world}/{platform}/faults"
        return (
            route("GET", "/{world}/clock", self.show_clock),
            route("POST", "/{world}/clock", self.change_clock),
            route("GET", "/{world}/calls", self.list_calls),
            route("GET", faults, self.list_faults),
            route("POST", faults, self.add_fault),
            route("DELETE", faults, self.delete_faults),
        )

    async def show_clock(self, request: Request) -> Response:
        """Return the time of a world."""
        return await self._clock_reply(world_of(request))

    async def change_clock(self, request: Request) -> Response:
        """Move the time of a world forward, stop it, or let it run."""
        world, change = world_of(request), await read_body(request, ClockChange)
        now = await self._clock.now(world)
        moment = change.to or now + timedelta(seconds=change.advance_s or 0.0)
        if moment < now:
            raise HTTPException(400, f"to: The clock only moves forward, and it is {now.isoformat()}.")
        frozen = await self._clock.is_frozen(world) if change.frozen is None else change.frozen
        await self._clock.set_time(world, moment, frozen=frozen)
        return await self._clock_reply(world)

    async def list_calls(self, request: Request) -> Response:
        """List the newest calls to a world, or to one of its networks, newest first, without secrets."""
        calls = self._calls.newest(world_of(request), request.query_params.get("network"))
        return JSONResponse({"calls": [_view(call) for call in calls]})

    async def list_faults(self, request: Request) -> Response:
        """List the faults of a network, oldest first."""
        return self._faults_reply(request)

    async def add_fault(self, request: Request) -> Response:
        """Add a fault to a network."""
        world, platform = world_of(request), platform_of(request, self._platforms)
        fault = await read_body(request, Fault)
        try:
            if fault.scenario is not None:
                check_scenario(fault.scenario, platform)
            self._faults.add(world, platform.name, fault)
        except (ValueError, TooManyFaultsError) as problem:
            raise HTTPException(400, str(problem)) from None
        return self._faults_reply(request, 201)

    async def delete_faults(self, request: Request) -> Response:
        """Delete the faults of a network."""
        self._faults.clear(world_of(request), platform_of(request, self._platforms).name)
        return Response(status_code=204)

    async def _clock_reply(self, world: str) -> Response:
        now, frozen = await self._clock.now(world), await self._clock.is_frozen(world)
        return JSONResponse({"now": now.isoformat(), "frozen": frozen})

    def _faults_reply(self, request: Request, status: int = 200) -> Response:
        platform = platform_of(request, self._platforms)
        active = self._faults.active(world_of(request), platform.name)
        return JSONResponse(
            {"faults": [fault.model_dump(mode="json", exclude_defaults=True) for fault in active]}, status
        )


class EmulatorControl:
    """The routes that only an emulator has."""

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator

    def routes(self) -> Sequence[Route]:
        """Return the routes."""
        return (
            route("GET", "/{world}", self.describe),
            route("POST", "/{world}/reset", self.reset),
            route("POST", "/{world}/accounts", self.add_account),
        )

    async def describe(self, request: Request) -> Response:
        """Describe a world: addresses, accounts and their tokens."""
        return JSONResponse(await self._describe(request))

    async def reset(self, request: Request) -> Response:
        """Fill a world from the seed again. Return its description."""
        try:
            await self._emulator.reset(world_of(request), _base_url(request))
        except EmulatorError as problem:
            raise HTTPException(400, str(problem)) from None
        return JSONResponse(await self._describe(request))

    async def add_account(self, request: Request) -> Response:
        """Create and connect an account. Return the accounts that were connected, with their tokens."""
        account = await read_body(request, SeedAccount, {"platforms": self._emulator.platforms})
        try:
            added = await self._emulator.add_account(world_of(request), account, _base_url(request))
        except EmulatorError as problem:
            raise HTTPException(400, str(problem)) from None
        return JSONResponse({"accounts": list(added)}, 201)

    async def _describe(self, request: Request) -> Mapping[str, Any]:
        return await self._emulator.describe(world_of(request), _base_url(request))


def _view(call: RecentCall) -> dict[str, Any]:
    return {
        "at": call.at.isoformat(),
        "network": call.platform,
        "method": call.method,
        "path": call.path,
        "status": call.status,
        "delayS": call.delay_s,
        "requestHeaders": dict(call.request_headers),
        "requestBody": call.request_body,
        "responseHeaders": dict(call.reply_headers),
        "responseBody": call.reply_body,
    }


def _base_url(request: Request) -> str:
    return str(request.base_url).rstrip("/")

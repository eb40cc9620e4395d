"""Faults: how a simulated network differs for the calls that match them.

A fault is either a scenario of the network, so that its errors are the network's own, or a part of a reply.
"""

import json
from collections.abc import Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator
from pydantic.alias_generators import to_camel

from letmepost.platforms.simulation import SimulatedCall, SimulatedReply, Simulator, State
from letmepost.sandbox.scenario_state import ScenarioState

_DELAY_MAX_S = 3600.0
_FAULTS_MAX = 100
_OF_CONNECTION = frozenset({"connection", "content-length", "transfer-encoding"})


def _check_header(name: str) -> str:
    """Return the name of a header that a fault can set. The server sets those of the connection."""
    if name in _OF_CONNECTION:
        raise ValueError("the server sets this header")
    return name


_HeaderName = Annotated[
    str, StringConstraints(pattern=r"^[!#$%&'*+.^_`|~0-9A-Za-z-]+$", to_lower=True), AfterValidator(_check_header)
]
_HeaderValue = Annotated[str, StringConstraints(pattern=r"^[\x20-\x7e]*$")]


class Fault(BaseModel):
    """A fault. It needs at least one of `scenario`, `status`, `delay_s` and `lost`.

    Args:
        method: of the calls that match; None for every method.
        path: of the calls that match, below the network's address. `*` stands for any characters.
        after: how many matching calls are answered normally first.
        times: how many calls are affected; None for all of them.
        scenario: the network behaves as in this scenario, as if it had just begun. Calls that the scenario does not
            affect (their reply is a success in time) do not count.
        status, headers, body: replace the reply. The call is not executed.
        delay_s: how much later the reply is sent.
        lost: the call is executed, but the connection breaks before the reply.
    """

    model_config = ConfigDict(
        frozen=True, extra="forbid", alias_generator=to_camel, validate_by_alias=True, serialize_by_alias=True
    )

    method: str | None = Field(default=None, pattern=r"^[A-Z]{1,20}$")
    path: str = Field(default="*", min_length=1, max_length=1000)
    after: int = Field(default=0, ge=0)
    times: int | None = Field(default=1, ge=1)
    scenario: str | None = None
    status: int | None = Field(default=None, ge=200, le=599)
    headers: dict[_HeaderName, _HeaderValue] = Field(default_factory=dict)
    body: Any = None
    delay_s: float = Field(default=0.0, ge=0, le=_DELAY_MAX_S)
    lost: bool = False

    @model_validator(mode="after")
    def _does_something(self) -> Self:
        if self.scenario is None and self.status is None and not self.delay_s and not self.lost:
            raise ValueError("a fault needs at least one of scenario, status, delayS and lost")
        if self.status is None and (self.headers or self.body is not None):
            raise ValueError("headers and body need a status")
        if self.status in {204, 304} and self.body is not None:
            raise ValueError(f"a response with the status {self.status} has no body")
        if self.status is not None and self.scenario is not None:
            raise ValueError("scenario and status exclude each other: both decide what the reply is")
        return self

    def matches(self, call: SimulatedCall) -> bool:
        """Return True for a call that the fault can affect."""
        return self.method in {None, call.method} and fnmatchcase(call.path, self.path)

    def answer(self, simulator: Simulator, state: State, call: SimulatedCall) -> SimulatedReply:
        """Return the reply to a call that matches."""
        if self.status is not None:
            reply = self._reply(self.status)
        elif self.scenario is not None:
            reply = simulator.answer(ScenarioState(state, self.scenario), call)
        else:
            reply = simulator.answer(state, call)
        return replace(reply, delay_s=reply.delay_s + self.delay_s, dropped=reply.dropped or self.lost)

    def affects(self, reply: SimulatedReply) -> bool:
        """Return True if a reply differs from a healthy one. A scenario leaves most calls alone."""
        return self.scenario is None or reply.status >= 400 or reply.dropped or reply.delay_s > 0

    def _reply(self, status: int) -> SimulatedReply:
        if self.body is None or isinstance(self.body, str):
            return SimulatedReply(status=status, headers=self.headers, body=(self.body or "").encode())
        headers = {"content-type": "application/json; charset=utf-8", **self.headers}
        return SimulatedReply(status=status, headers=headers, body=json.dumps(self.body).encode())


class TooManyFaultsError(Exception):
    """A network has as many faults as it may have. The message says so."""


class Faults:
    """The faults of every simulated network. They are kept in memory only."""

    def __init__(self) -> None:
        self._active: dict[tuple[str, str], list[Fault]] = {}

    def add(self, world: str, platform: str, fault: Fault) -> None:
        """Add a fault. Of several that match a call, the oldest affects it.

        Raises:
            TooManyFaultsError: there are too many.
        """
        active = self._active.setdefault((world, platform), [])
        if len(active) >= _FAULTS_MAX:
            raise TooManyFaultsError(f"A network can have {_FAULTS_MAX} faults. Delete them first.")
        active.append(fault)

    def active(self, world: str, platform: str) -> Sequence[Fault]:
        """Return the faults that can still affect calls, oldest first, with what is left of their counts."""
        return tuple(self._active.get((world, platform), ()))

    def clear(self, world: str, platform: str | None = None) -> None:
        """Delete the faults of a network, or of every network of a world."""
        for key in [key for key in self._active if key[0] == world and platform in {None, key[1]}]:
            del self._active[key]

    def answer(
        self, world: str, platform: str, simulator: Simulator, state: State, call: SimulatedCall
    ) -> SimulatedReply:
        """Return the reply to a call: the simulator's, unless a fault affects it."""
        active = self._active.get((world, platform), [])
        for index, fault in enumerate(active):
            if not fault.matches(call):
                continue
            if fault.after:
                active[index] = fault.model_copy(update={"after": fault.after - 1})
                continue
            reply = fault.answer(simulator, state, call)
            if fault.times is not None and fault.affects(reply):
                left = fault.model_copy(update={"times": fault.times - 1})
                active[index : index + 1] = [left] if left.times else []
            return reply
        return simulator.answer(state, call)

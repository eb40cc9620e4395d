"""The steps of a run: every change is written to the journal, and then kept in memory."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from letmepost.domain.errors import FailureKind, PlatformFailure
from letmepost.domain.flow import Call, Intent, Reply
from letmepost.domain.journal import Journal, Step, fingerprint


@dataclass(frozen=True, slots=True)
class RunSteps:
    """The recorded steps of earlier runs and of this one. `known`: the steps by name, shared with the lease guard."""

    known: dict[str, Step]
    journal: Journal

    def find(self, name: str) -> Step:
        """Return a step, which may have no record yet."""
        return self.known.get(name) or Step(name=name)

    async def intend(self, call: Call, now: datetime) -> None:
        """Record that the call is about to be sent."""
        name, known_as, intent = step_of(call), fingerprint(call), Intent(call, now)
        await self.journal.intend(name, known_as, intent)
        self.known[name] = replace(self.find(name), fingerprint=known_as, intent=intent, reply=None)

    async def record(self, call: Call, reply: Reply) -> None:
        """Record the reply of the call."""
        await self.record_as(step_of(call), fingerprint(call), reply, call.valid_for_s)

    async def record_as(self, name: str, known_as: bytes, reply: Reply, valid_for_s: float | None = None) -> None:
        """Record the reply of a step whose request has this fingerprint."""
        await self.journal.record(name, known_as, reply, valid_for_s)
        valid_until = None if valid_for_s is None else reply.received_at + timedelta(seconds=valid_for_s)
        self.known[name] = replace(
            self.find(name),
            fingerprint=known_as,
            reply=reply,
            valid_until=valid_until,
            paused_at=None,  # later waits are new
            pause_count=0,
        )

    async def close(self, name: str) -> None:
        """Record that the call of the step was not executed, so that it may be sent again."""
        await self.journal.close(name)
        self.known[name] = replace(self.find(name), intent=None, reply=None)

    async def doubt(self, name: str) -> None:
        """Discard an inconclusive reply, but keep the intent."""
        await self.journal.doubt(name)
        self.known[name] = replace(self.find(name), reply=None)

    async def void(self, name: str) -> None:
        """Record that the step had no effect, although it has a reply. A step in doubt stays in doubt."""
        step = self.find(name)
        if step.reply is not None:
            await self.journal.void(name)
            self.known[name] = replace(step, intent=None, reply=None)
            self._restart_waits(name)

    async def forget(self, name: str) -> None:
        """Record that the result of the step is lost.

        Raises:
            PlatformFailure: it was lost before.
        """
        step = self.find(name)
        if step.forgotten_count > 0:
            raise PlatformFailure(FailureKind.UNAVAILABLE, f"The platform lost the result of {name} twice.")
        await self.journal.forget(name)
        self.known[name] = replace(step, reply=None, forgotten_count=step.forgotten_count + 1)
        self._restart_waits(name)

    def _restart_waits(self, name: str) -> None:
        for other in [other for other in self.known if other.startswith(f"{name}-")]:
            self.known[other] = replace(self.known[other], paused_at=None, pause_count=0)


def has_published(steps: Mapping[str, Step]) -> bool:
    """Return True if the platform has accepted anything that followers see."""
    return any(step.intent is not None and step.reply is not None for step in steps.values())


def has_open_intent(steps: Mapping[str, Step]) -> bool:
    """Return True if a request was sent, and its outcome is unknown."""
    return any(step.in_doubt for step in steps.values())


def step_of(call: Call) -> str:
    """Return the step of a recorded call."""
    if call.step is None:
        message = f"{call.method} {call.url} has no step"
        raise ValueError(message)
    return call.step

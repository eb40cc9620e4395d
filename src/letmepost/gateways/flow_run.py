"""Runs publish flows: the one place where something that followers see is sent.

Steps are answered from the journal, the intent of every PUBLISH is recorded before it is sent, and none is repeated
blindly.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from letmepost.domain.errors import FailureKind, GaveUp, NoReply, NotSent, PlatformFailure
from letmepost.domain.flow import (
    Absent,
    Call,
    Effect,
    Extra,
    Flow,
    Forget,
    Found,
    Instruction,
    Intent,
    Live,
    Part,
    Pause,
    Reconciled,
    Reply,
    Unknown,
    Warn,
)
from letmepost.domain.journal import Ask, Journal, Repeat, Replay, Step, Wait, decide, fingerprint, may_ask_at
from letmepost.gateways.drive import SendCall, drive, run_with

Announcement = Part | Live | Extra | Warn


class InDoubtError(Exception):
    """A PUBLISH was sent and its outcome is not known. The next run asks, or repeats what may be repeated."""

    def __init__(self, step: str, reason: str) -> None:
        super().__init__(f"{step}: {reason}")
        self.step = step
        self.reason = reason


class ClosedError(PlatformFailure):
    """The flow came to a PUBLISH that may not be sent now: the post's time is over, or publishing is paused."""


class UnlearnableError(Exception):
    """A PUBLISH was sent and the platform cannot tell what became of it."""

    def __init__(self, step: str, reason: str) -> None:
        super().__init__(f"{step}: {reason}")
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Suspended:
    """The run ended early, on purpose; run the flow again at this time."""

    until: datetime


class _SuspendError(Exception):
    def __init__(self, until: datetime) -> None:
        super().__init__(until)
        self.until = until


@dataclass(kw_only=True)
class FlowRun:
    """One run of a publish flow.

    Args:
        steps: what earlier runs put on record, by step; kept up to date by this run.
        explain: what a refusal means.
        reconcile: the flow that asks what became of an intent.
        may_send: raises when the lease does not outlive the call; asked just before a PUBLISH leaves.
        announce: called with what followers can see by now, before the flow goes on.
        now: the clock.
        is_closed: nothing new may be published; what was sent is still asked about.
    """

    steps: dict[str, Step]
    journal: Journal
    send: SendCall
    explain: Callable[[Call, Reply], PlatformFailure]
    reconcile: Callable[[Intent], Flow[Reconciled]]
    may_send: Callable[[Call], Awaitable[object]]
    announce: Callable[[Announcement], Awaitable[None]]
    now: Callable[[], datetime]
    visibility_delay_s: float
    is_closed: bool = False
    _last_published: str | None = field(default=None, init=False)
    _just_prepared: str | None = field(default=None, init=False)

    async def run(self, flow: Flow[None]) -> Suspended | None:
        """Settle what is in doubt, then run the flow from its start: None when it is done.

        Doubts come first, because the flow's reads run live: one that fails now (the post replied to is gone) must not
        end the run before it is known whether the post is visible.

        Raises:
            PlatformFailure: the platform refused, or could not be reached, and the flow did not handle it.
            InDoubtError, UnlearnableError: a PUBLISH may have happened.
            EndlessFlowError: the flow goes round in circles.
        """
        try:
            for step in list(self.steps.values()):
                if step.intent is not None and step.reply is None:
                    await self._call(step.intent.call, settle_only=True)
            await run_with(self._do, flow)
        except _SuspendError as suspended:
            return Suspended(suspended.until)
        except PlatformFailure as failure:
            if failure.kind is FailureKind.IN_DOUBT and self._last_published is not None:
                await self._doubt(self._last_published)
                raise InDoubtError(self._last_published, failure.message) from failure
            if self._just_prepared is not None:  # the flow cannot use it (a success that says nothing): make it anew
                await self._close(self._just_prepared)
            raise
        return None

    async def _do(self, instruction: Instruction) -> Reply | None:
        self._just_prepared = None
        match instruction:
            case Call():
                reply = await self._call(instruction)
                if instruction.effect is Effect.PREPARE and reply is not None and reply.ok:
                    self._just_prepared = instruction.step
                return reply
            case Pause():
                await self._pause(instruction)
            case Forget():
                await self._forget(instruction)
            case _:
                await self.announce(instruction)
        return None

    async def _call(self, call: Call, *, settle_only: bool = False) -> Reply | None:
        step = self.steps.get(call.step) if call.step is not None else None
        match decide(call, step, self.now(), self.visibility_delay_s):
            case Replay(reply):
                if call.effect is Effect.PUBLISH:
                    self._last_published = call.step
                return reply
            case Repeat(recorded) if not self.is_closed:
                return await self._repeat(recorded)
            case Repeat() if step is not None and step.intent is not None:
                return await self._ask(step.intent, call, settle_only=settle_only)
            case Ask(intent):
                return await self._ask(intent, call, settle_only=settle_only)
            case Wait(until):
                raise _SuspendError(until)
        if call.effect is Effect.PUBLISH:
            return await self._publish(call)
        return await self._prepare(call)

    async def _prepare(self, call: Call) -> Reply:
        await self.journal.flush()
        try:
            reply = await self.send(call)
        except (NotSent, NoReply) as failure:
            raise PlatformFailure(FailureKind.UNAVAILABLE, str(failure)) from failure
        if reply.ok and call.step is not None:
            await self._record(call, reply)
        return reply

    async def _publish(self, call: Call) -> Reply:
        name = _named(call)
        if self.is_closed:
            raise ClosedError(FailureKind.UNAVAILABLE, "The post may not go out now.")
        intent = Intent(call, self.now())
        await self.journal.intend(name, fingerprint(call), intent)
        self.steps[name] = replace(self._step(name), fingerprint=fingerprint(call), intent=intent)
        await self.may_send(call)
        try:
            reply = await self.send(call)
        except NotSent as failure:
            await self._close(name)
            raise PlatformFailure(FailureKind.UNAVAILABLE, str(failure)) from failure
        except PlatformFailure:  # the token had died before the call did anything, and there is no other
            await self._close(name)
            raise
        except NoReply as failure:
            raise InDoubtError(name, str(failure)) from failure
        if reply.ok:
            self._last_published = name
            await self._record(call, reply)
        else:
            refusal = self.explain(call, reply)
            if refusal.kind is FailureKind.IN_DOUBT:
                raise InDoubtError(name, refusal.message)
            await self._close(name)
        return reply

    async def _repeat(self, call: Call) -> Reply | None:
        """Send the recorded bytes again. A refusal says nothing of the first sending, so then we ask."""
        name = _named(call)
        await self.journal.flush()
        await self.may_send(call)
        try:
            reply = await self.send(call)
        except (NotSent, NoReply) as failure:
            raise InDoubtError(name, str(failure)) from failure
        if reply.ok:
            self._last_published = name
            await self._record(call, reply)
            return reply
        refusal = self.explain(call, reply)
        if refusal.kind in {FailureKind.IN_DOUBT, FailureKind.RATE_LIMITED, FailureKind.UNAVAILABLE}:
            raise InDoubtError(name, refusal.message)
        intent = self._step(name).intent
        return reply if intent is None else await self._ask(intent, call, refused=reply)

    async def _ask(
        self, intent: Intent, call: Call, refused: Reply | None = None, *, settle_only: bool = False
    ) -> Reply | None:
        """Let the platform look. Surely absent: the step is closed, and done anew unless this only settles it."""
        name = _named(call)
        earliest = may_ask_at(intent, self.visibility_delay_s)
        if self.now() < earliest:
            raise _SuspendError(earliest)
        await self.journal.flush()
        match await drive(self.reconcile(intent), self._asking(intent)):
            case Found(reply):
                await self._record(intent.call, reply)
                return replace(reply, replayed=True)
            case Absent():
                await self._close(name)
                return refused if refused is not None or settle_only else await self._publish(call)
            case Unknown(reason):
                raise UnlearnableError(name, reason)

    def _asking(self, intent: Intent) -> SendCall:
        """Sends what a reconciliation wants sent: reads, and at most the very call that is in doubt once more.

        A platform that recognises a repeat, and tells by its refusal what became of the first, has it repeated.
        """

        async def send(call: Call) -> Reply:
            if call.effect is Effect.READ:
                return await self.send(call)
            name = _named(call)
            if fingerprint(call) != fingerprint(intent.call):
                message = f"{name}: nothing may be sent to reconcile but reads and the intent itself"
                raise ValueError(message)
            if self.is_closed:
                raise InDoubtError(name, "only a repeat could tell, and nothing may go out now")
            repeat = replace(call, idempotent=True)  # it counts from now on, not from the intent
            await self.may_send(repeat)
            try:
                return await self.send(repeat)
            except NotSent as failure:
                raise InDoubtError(name, str(failure)) from failure

        return send

    async def _pause(self, pause: Pause) -> None:
        now = self.now()
        first = self._step(pause.step).paused_at or now
        if (now - first).total_seconds() >= pause.give_up_after_s:
            raise GaveUp(pause.step, pause.give_up_after_s)
        await self.journal.pause(pause.step, now)
        raise _SuspendError(now + timedelta(seconds=pause.seconds))

    async def _forget(self, forget: Forget) -> None:
        step = self._step(forget.step)
        if step.forgotten_count > 0:
            raise PlatformFailure(
                FailureKind.UNAVAILABLE,
                f"What was prepared for {forget.step} was lost twice by the platform.",
            )
        await self.journal.forget(forget.step)
        self.steps[forget.step] = replace(step, reply=None, forgotten_count=step.forgotten_count + 1)

    async def _record(self, call: Call, reply: Reply) -> None:
        name = _named(call)
        await self.journal.record(name, fingerprint(call), reply, call.valid_for_s)
        valid_until = None if call.valid_for_s is None else reply.received_at + timedelta(seconds=call.valid_for_s)
        self.steps[name] = replace(
            self._step(name),
            fingerprint=fingerprint(call),
            reply=reply,
            valid_until=valid_until,
            paused_at=None,  # what is waited for from now on is new
            pause_count=0,
        )

    async def _close(self, name: str) -> None:
        await self.journal.close(name)
        self.steps[name] = replace(self._step(name), intent=None, reply=None)

    async def _doubt(self, name: str) -> None:
        await self.journal.doubt(name)
        self.steps[name] = replace(self._step(name), reply=None)

    def _step(self, name: str) -> Step:
        return self.steps.get(name) or Step(name=name)


def has_published(steps: Mapping[str, Step]) -> bool:
    """Whether the platform has accepted anything that followers see."""
    return any(step.intent is not None and step.reply is not None for step in steps.values())


def has_open_intent(steps: Mapping[str, Step]) -> bool:
    """Whether something was sent of which nobody knows the outcome."""
    return any(step.in_doubt for step in steps.values())


def _named(call: Call) -> str:
    if call.step is None:
        message = f"{call.method} {call.url} has no step"
        raise ValueError(message)
    return call.step

"""Sends the calls of steps. Only here, requests are sent that followers can see.

A recorded step is answered from the journal. The intent of every PUBLISH is recorded before it is sent, and none is
repeated without a check.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import datetime

from letmepost.domain.errors import FailureKind, NoReply, NotSent, PlatformFailure
from letmepost.domain.flow import Absent, Call, Effect, Flow, Found, Intent, Reconciled, Reply, Unknown
from letmepost.domain.journal import Ask, Journal, Repeat, Replay, Step, Wait, decide, fingerprint, may_ask_at
from letmepost.gateways.drive import SendCall, drive
from letmepost.gateways.run_steps import RunSteps, step_of


class InDoubtError(Exception):
    """A PUBLISH was sent, and its outcome is unknown. The next run reconciles it, or repeats it if that is safe."""

    def __init__(self, step: str, reason: str) -> None:
        super().__init__(f"{step}: {reason}")
        self.step = step
        self.reason = reason


class ClosedError(PlatformFailure):
    """The flow reached a PUBLISH that must not be sent now: the post is too late, or publishing is paused."""


class UnlearnableError(Exception):
    """A PUBLISH was sent, and its outcome cannot be found out."""

    def __init__(self, step: str, reason: str) -> None:
        super().__init__(f"{step}: {reason}")
        self.reason = reason


class SuspendError(Exception):
    """The run must end here, and continue at a time."""

    def __init__(self, until: datetime) -> None:
        super().__init__(until)
        self.until = until


@dataclass(kw_only=True)
class StepCalls:
    """Sends the calls of one run of a flow.

    Args:
        steps: the recorded steps of earlier runs, by name. This run keeps them up to date.
        explain: returns the meaning of a refusal.
        reconcile: returns the flow that finds out the outcome of an intent.
        may_send: raises if the lease ends before the call could. Called just before a PUBLISH or a part is sent.
        now: returns the current time.
        is_closed: True if nothing new may be published. Reconciliation continues.
    """

    steps: dict[str, Step]
    journal: Journal
    send: SendCall
    explain: Callable[[Call, Reply], PlatformFailure]
    reconcile: Callable[[Intent], Flow[Reconciled]]
    may_send: Callable[[Call], Awaitable[object]]
    now: Callable[[], datetime]
    visibility_delay_s: float
    is_closed: bool = False
    recorded: RunSteps = field(init=False)
    last_published: str | None = field(default=None, init=False)
    """The step of the latest PUBLISH that succeeded, now or in an earlier run."""

    def __post_init__(self) -> None:
        """Share the steps with their journal."""
        self.recorded = RunSteps(self.steps, self.journal)

    async def settle(self) -> None:
        """Find out the outcome of every step in doubt.

        Raises:
            PlatformFailure, InDoubtError, UnlearnableError, SuspendError: an outcome is still unknown.
        """
        for step in list(self.steps.values()):
            if step.intent is not None and step.reply is None:
                await self.call(step.intent.call, settle_only=True)

    async def call(self, call: Call, *, settle_only: bool = False) -> Reply | None:
        """Send a call, unless its step has a reply. Return None if it turned out that it was not executed.

        Args:
            settle_only: True to find out the outcome only.

        Raises:
            PlatformFailure, InDoubtError, UnlearnableError, SuspendError: there is no reply.
        """
        step = self.steps.get(call.step) if call.step is not None else None
        match decide(call, step, self.now(), self.visibility_delay_s):
            case Replay(reply):
                if call.effect is Effect.PUBLISH:
                    self.last_published = call.step
                return reply
            case Repeat(recorded) if not self.is_closed:
                return await self._repeat(recorded)
            case Repeat() if step is not None and step.intent is not None:
                return await self._ask(step.intent, call, settle_only=settle_only)
            case Ask(intent):
                return await self._ask(intent, call, settle_only=settle_only)
            case Wait(until):
                raise SuspendError(until)
        if call.effect is Effect.PUBLISH:
            return await self.publish(call)
        return await self._prepare(call)

    async def _prepare(self, call: Call) -> Reply:
        await self.journal.flush()
        try:
            reply = await self.send(call)
        except (NotSent, NoReply) as failure:
            raise PlatformFailure(FailureKind.UNAVAILABLE, str(failure)) from failure
        if reply.ok and call.step is not None:
            await self.recorded.record(call, reply)
        return reply

    async def publish(self, call: Call, is_partial: Callable[[Reply], bool] = lambda _: False) -> Reply:
        """Record the intent of a PUBLISH, and send it.

        Args:
            is_partial: returns True for a reply which proves that more bytes are needed, so that nothing was published.

        Raises:
            PlatformFailure: it was not sent.
            InDoubtError: the outcome is unknown.
        """
        name = step_of(call)
        if self.is_closed:
            raise ClosedError(FailureKind.UNAVAILABLE, "The post must not be published now.")
        await self.recorded.intend(call, self.now())
        await self.may_send(call)
        try:
            reply = await self.send(call)
        except NotSent as failure:
            await self.recorded.close(name)
            raise PlatformFailure(FailureKind.UNAVAILABLE, str(failure)) from failure
        except PlatformFailure:  # there is no new token for an expired one, or a media file is missing
            await self.recorded.close(name)
            raise
        except NoReply as failure:
            raise InDoubtError(name, str(failure)) from failure
        if is_partial(reply):
            await self.recorded.close(name)
        elif reply.ok:
            self.last_published = name
            await self.recorded.record(call, reply)
        else:
            refusal = self.explain(call, reply)
            if refusal.kind is FailureKind.IN_DOUBT:
                raise InDoubtError(name, refusal.message)
            await self.recorded.close(name)
        return reply

    async def _repeat(self, call: Call) -> Reply | None:
        """Send the recorded bytes again. If they are refused, reconcile: the refusal is not of the first request."""
        name = step_of(call)
        await self.journal.flush()
        await self.may_send(call)
        try:
            reply = await self.send(call)
        except (NotSent, NoReply) as failure:
            raise InDoubtError(name, str(failure)) from failure
        if reply.ok:
            self.last_published = name
            await self.recorded.record(call, reply)
            return reply
        refusal = self.explain(call, reply)
        if refusal.kind in {FailureKind.IN_DOUBT, FailureKind.RATE_LIMITED, FailureKind.UNAVAILABLE}:
            raise InDoubtError(name, refusal.message)
        intent = self.recorded.find(name).intent
        return reply if intent is None else await self._ask(intent, call, refused=reply)

    async def _ask(
        self, intent: Intent, call: Call, refused: Reply | None = None, *, settle_only: bool = False
    ) -> Reply | None:
        """Reconcile an intent. If it surely failed, close the step, and publish again unless this is `settle_only`."""
        name = step_of(call)
        earliest = may_ask_at(intent, self.visibility_delay_s)
        if self.now() < earliest:
            raise SuspendError(earliest)
        await self.journal.flush()
        match await drive(self.reconcile(intent), self._asking(intent)):
            case Found(reply):
                await self.recorded.record(intent.call, reply)
                return replace(reply, replayed=True)
            case Absent():
                await self.recorded.close(name)
                return refused if refused is not None or settle_only else await self.publish(call)
            case Unknown(reason):
                raise UnlearnableError(name, reason)

    def _asking(self, intent: Intent) -> SendCall:
        """Return the function that sends the calls of a reconciliation: reads, and the call in doubt at most once.

        Some platforms detect a repeat, and refuse it in a way that shows the outcome of the first call.
        """

        async def send(call: Call) -> Reply:
            if call.effect is Effect.READ:
                return await self.send(call)
            name = step_of(intent.call)
            if fingerprint(call) != fingerprint(intent.call):
                message = f"{name}: a reconciliation may only send reads and the intent itself"
                raise ValueError(message)
            if self.is_closed:
                raise InDoubtError(name, "only a repeat can show the outcome, and nothing may be sent now")
            repeat = replace(call, idempotent=True)  # its time counts from now, not from the intent
            await self.may_send(repeat)
            try:
                return await self.send(repeat)
            except NotSent as failure:
                raise InDoubtError(name, str(failure)) from failure

        return send

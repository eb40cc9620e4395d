"""Runs publish flows. Only here, requests are sent that followers can see.

Recorded steps are answered from the journal. The intent of every PUBLISH is recorded before it is sent, and none is
repeated without a check.
"""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial

from letmepost.domain.errors import FailureKind, GaveUp, NoReply, NotSent, PlatformFailure
from letmepost.domain.flow import (
    Absent,
    Call,
    Effect,
    Extra,
    Flow,
    Forget,
    Found,
    HandOver,
    Instruction,
    Intent,
    Live,
    Part,
    Pause,
    Reconciled,
    Reply,
    Unknown,
    Upload,
    Warn,
)
from letmepost.domain.journal import (
    Ask,
    Journal,
    Repeat,
    Replay,
    Step,
    Wait,
    decide,
    fingerprint,
    may_ask_at,
    upload_fingerprint,
)
from letmepost.gateways.drive import SendCall, drive, run_with
from letmepost.gateways.run_steps import RunSteps, step_of
from letmepost.gateways.upload_run import UploadRun, UploadStoppedError
from letmepost.gateways.upload_turns import PartTurn, UploadTurns

Announcement = Part | Live | HandOver | Extra | Warn


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


@dataclass(frozen=True, slots=True)
class Suspended:
    """The run ended early, as intended. Run the flow again at this time."""

    until: datetime


class _SuspendError(Exception):
    def __init__(self, until: datetime) -> None:
        super().__init__(until)
        self.until = until


class _HandedOverError(Exception):
    """The flow ends here, because a person continues."""


def _alone() -> Callable[[], AbstractAsyncContextManager[PartTurn]]:
    return partial(UploadTurns().upload, None)


def show_nothing(_upload: Upload, _sent_bytes: int) -> None:
    """Show nothing: no one follows the upload."""


@dataclass(kw_only=True)
class FlowRun:
    """One run of a publish flow.

    Args:
        steps: the recorded steps of earlier runs, by name. This run keeps them up to date.
        explain: returns the meaning of a refusal.
        reconcile: returns the flow that finds out the outcome of an intent.
        may_send: raises if the lease ends before the call could. Called just before a PUBLISH or a part is sent.
        announce: called with what followers can see, before the flow continues.
        now: returns the current time.
        uploads: returns the context of an upload, which gives its parts their turns among those of other runs.
        uploaded: called with an upload, and the number of its bytes that the platform has.
        is_stopping: returns True if the process is about to stop: an upload then ends between two parts.
        is_closed: True if nothing new may be published. Reconciliation continues.
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
    uploads: Callable[[], AbstractAsyncContextManager[PartTurn]] = field(default_factory=_alone)
    uploaded: Callable[[Upload, int], None] = show_nothing
    is_stopping: Callable[[], bool] = bool
    is_closed: bool = False
    _recorded: RunSteps = field(init=False)
    _last_published: str | None = field(default=None, init=False)
    _just_prepared: str | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        """Share the steps with their journal."""
        self._recorded = RunSteps(self.steps, self.journal)

    async def run(self, flow: Flow[None]) -> Suspended | None:
        """Reconcile steps in doubt, then run the flow from its start. Return None if it is done, or handed over.

        Steps in doubt are first, because the flow's reads are sent again. A failed read (the replied-to post is
        deleted) must not end the run before it is known whether the post is visible.

        Raises:
            PlatformFailure: the platform refused, or could not be reached, and the flow did not handle it.
            InDoubtError, UnlearnableError: a PUBLISH may have happened.
            EndlessFlowError: the flow does not end.
        """
        try:
            for step in list(self.steps.values()):
                if step.intent is not None and step.reply is None:
                    await self._call(step.intent.call, settle_only=True)
            await run_with(self._do, flow)
        except _SuspendError as suspended:
            return Suspended(suspended.until)
        except _HandedOverError:
            return None
        except PlatformFailure as failure:
            if failure.kind is FailureKind.IN_DOUBT and self._last_published is not None:
                await self._recorded.doubt(self._last_published)
                raise InDoubtError(self._last_published, failure.message) from failure
            if self._just_prepared is not None:  # the flow cannot use its reply, so prepare again
                await self._recorded.close(self._just_prepared)
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
            case Upload():
                return await self._upload(instruction)
            case Pause():
                await self._pause(instruction)
            case Forget():
                await self._recorded.forget(instruction.step)
            case HandOver():
                await self.announce(instruction)
                raise _HandedOverError
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
            await self._recorded.record(call, reply)
        return reply

    async def _upload(self, upload: Upload) -> Reply | None:
        step, known_as = self._recorded.find(upload.step), upload_fingerprint(upload)
        if step.intent is not None:  # it was published: doubts are settled before the flow runs
            return await self._call(step.intent.call)
        if upload.last is Effect.PUBLISH and self.is_closed:
            raise ClosedError(FailureKind.UNAVAILABLE, "The post must not be published now.")
        recorded = step.reply if step.fingerprint == known_as else None
        if recorded is not None and (upload.probe is not None or len(recorded.parts) == upload.part_count):
            self._just_prepared = upload.step
            return replace(recorded, replayed=True)

        async def record(reply: Reply) -> None:
            await self._recorded.record_as(upload.step, known_as, reply)

        async with self.uploads() as turn:
            run = UploadRun(
                upload=upload,
                send=partial(self._send_part, turn),
                publish=partial(self._publish_part, turn),
                record=record,
                now=self.now,
                is_stopping=self.is_stopping,
                report=partial(self.uploaded, upload),
                kept=[] if recorded is None else list(recorded.parts),
            )
            try:
                reply = await run.run()
            except UploadStoppedError as error:
                raise _SuspendError(self.now()) from error
        if run.is_complete and upload.last is Effect.PUBLISH:
            await self._ensure_published(upload, reply)
        elif run.is_complete:
            await record(reply)
            self._just_prepared = upload.step
        return reply

    async def _send_part(self, turn: PartTurn, call: Call) -> Reply:
        """Send a part, or a probe. The lease is checked for each: an upload can take hours without another write."""
        await self.journal.flush()
        async with nullcontext() if call.effect is Effect.READ else turn():
            await self.may_send(call)
            return await self.send(call)

    async def _publish_part(self, turn: PartTurn, call: Call, is_partial: Callable[[Reply], bool]) -> Reply:
        async with turn():  # before the intent, from which doubt is counted
            return await self._publish(call, is_partial)

    async def _ensure_published(self, upload: Upload, reply: Reply) -> None:
        """Record an upload as published if only the probe has shown that it is complete."""
        if self._recorded.find(upload.step).intent is None:
            last = upload.part(upload.media.length_bytes - 1)
            await self._recorded.intend(last, self.now())
            await self._recorded.record(last, reply)
        self._last_published = upload.step

    async def _publish(self, call: Call, is_partial: Callable[[Reply], bool] = lambda _: False) -> Reply:
        """Record the intent of a PUBLISH, and send it.

        Args:
            is_partial: returns True for a reply which proves that more bytes are needed, so that nothing was published.
        """
        name = step_of(call)
        if self.is_closed:
            raise ClosedError(FailureKind.UNAVAILABLE, "The post must not be published now.")
        await self._recorded.intend(call, self.now())
        await self.may_send(call)
        try:
            reply = await self.send(call)
        except NotSent as failure:
            await self._recorded.close(name)
            raise PlatformFailure(FailureKind.UNAVAILABLE, str(failure)) from failure
        except PlatformFailure:  # the token had expired, and there is no new one
            await self._recorded.close(name)
            raise
        except NoReply as failure:
            raise InDoubtError(name, str(failure)) from failure
        if is_partial(reply):
            await self._recorded.close(name)
        elif reply.ok:
            self._last_published = name
            await self._recorded.record(call, reply)
        else:
            refusal = self.explain(call, reply)
            if refusal.kind is FailureKind.IN_DOUBT:
                raise InDoubtError(name, refusal.message)
            await self._recorded.close(name)
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
            self._last_published = name
            await self._recorded.record(call, reply)
            return reply
        refusal = self.explain(call, reply)
        if refusal.kind in {FailureKind.IN_DOUBT, FailureKind.RATE_LIMITED, FailureKind.UNAVAILABLE}:
            raise InDoubtError(name, refusal.message)
        intent = self._recorded.find(name).intent
        return reply if intent is None else await self._ask(intent, call, refused=reply)

    async def _ask(
        self, intent: Intent, call: Call, refused: Reply | None = None, *, settle_only: bool = False
    ) -> Reply | None:
        """Reconcile an intent. If it surely failed, close the step, and publish again unless this is `settle_only`."""
        name = step_of(call)
        earliest = may_ask_at(intent, self.visibility_delay_s)
        if self.now() < earliest:
            raise _SuspendError(earliest)
        await self.journal.flush()
        match await drive(self.reconcile(intent), self._asking(intent)):
            case Found(reply):
                await self._recorded.record(intent.call, reply)
                return replace(reply, replayed=True)
            case Absent():
                await self._recorded.close(name)
                return refused if refused is not None or settle_only else await self._publish(call)
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

    async def _pause(self, pause: Pause) -> None:
        now = self.now()
        first = self._recorded.find(pause.step).paused_at or now
        if (now - first).total_seconds() >= pause.give_up_after_s:
            raise GaveUp(pause.step, pause.give_up_after_s)
        await self.journal.pause(pause.step, now)
        raise _SuspendError(now + timedelta(seconds=pause.seconds))

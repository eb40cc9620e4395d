"""Runs publish flows: sends the calls and uploads that they yield, and announces what followers can see."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial

from letmepost.domain.errors import FailureKind, GaveUp, PlatformFailure
from letmepost.domain.flow import (
    Announcement,
    Call,
    Effect,
    Flow,
    Forget,
    HandOver,
    Instruction,
    Pause,
    Reply,
    Upload,
    Void,
)
from letmepost.domain.journal import upload_fingerprint
from letmepost.gateways.drive import run_with
from letmepost.gateways.step_calls import ClosedError, InDoubtError, StepCalls, SuspendError
from letmepost.gateways.upload_run import UploadRun, UploadStoppedError
from letmepost.gateways.upload_turns import PartTurn, UploadTurns


@dataclass(frozen=True, slots=True)
class Suspended:
    """The run ended early, as intended. Run the flow again at this time."""

    until: datetime


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
        announce: called with what followers can see, before the flow continues.
        uploads: returns the context of an upload, which gives its parts their turns among those of other runs.
        uploaded: called with an upload, and the number of its bytes that the platform has.
        is_stopping: returns True if the process is about to stop: an upload then ends between two parts.
    """

    calls: StepCalls
    announce: Callable[[Announcement], Awaitable[None]]
    uploads: Callable[[], AbstractAsyncContextManager[PartTurn]] = field(default_factory=_alone)
    uploaded: Callable[[Upload, int], None] = show_nothing
    is_stopping: Callable[[], bool] = bool
    _just_prepared: str | None = field(default=None, init=False)

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
            await self.calls.settle()
            await run_with(self._do, flow)
        except SuspendError as suspended:
            return Suspended(suspended.until)
        except _HandedOverError:
            return None
        except PlatformFailure as failure:
            doubtful = self.calls.last_published
            if failure.kind is FailureKind.IN_DOUBT and doubtful is not None:
                await self.calls.recorded.doubt(doubtful)
                raise InDoubtError(doubtful, failure.message) from failure
            if self._just_prepared is not None:  # the flow cannot use its reply, so prepare again
                await self.calls.recorded.close(self._just_prepared)
            raise
        return None

    async def _do(self, instruction: Instruction) -> Reply | None:
        self._just_prepared = None
        match instruction:
            case Call():
                reply = await self.calls.call(instruction)
                if instruction.effect is Effect.PREPARE and reply is not None and reply.ok:
                    self._just_prepared = instruction.step
                return reply
            case Upload():
                return await self._upload(instruction)
            case Pause():
                await self._pause(instruction)
            case Forget():
                await self.calls.recorded.forget(instruction.step)
            case Void():
                await self.calls.recorded.void(instruction.step)
                self.calls.last_published = None
            case HandOver():
                await self.announce(instruction)
                raise _HandedOverError
            case _:
                await self.announce(instruction)
        return None

    async def _upload(self, upload: Upload) -> Reply | None:
        step, known_as = self.calls.recorded.find(upload.step), upload_fingerprint(upload)
        if step.intent is not None:  # it was published: doubts are settled before the flow runs
            reply = await self.calls.call(step.intent.call)
            return None if reply is None else replace(reply, reference=step.intent.call.reference)
        if upload.last is Effect.PUBLISH and self.calls.is_closed:
            raise ClosedError(FailureKind.UNAVAILABLE, "The post must not be published now.")
        recorded = step.reply if step.fingerprint == known_as else None
        if recorded is not None and (upload.probe is not None or len(recorded.parts) == upload.part_count):
            self._just_prepared = upload.step
            return replace(recorded, replayed=True)

        async def record(reply: Reply) -> None:
            await self.calls.recorded.record_as(upload.step, known_as, reply)

        async with self.uploads() as turn:
            run = UploadRun(
                upload=upload,
                send=partial(self._send_part, turn),
                publish=partial(self._publish_part, turn),
                record=record,
                is_stopping=self.is_stopping,
                report=partial(self.uploaded, upload),
                kept=[] if recorded is None else list(recorded.parts),
            )
            try:
                reply = await run.run()
            except UploadStoppedError as error:
                raise SuspendError(self.calls.now()) from error
        if run.is_complete and upload.last is Effect.PUBLISH:
            await self._ensure_published(upload, reply)
        elif run.is_complete:
            await record(reply)
            self._just_prepared = upload.step
        return reply

    async def _send_part(self, turn: PartTurn, call: Call) -> Reply:
        """Send a part, or a probe. The lease is checked for each: an upload can take hours without another write."""
        await self.calls.journal.flush()
        async with nullcontext() if call.effect is Effect.READ else turn():
            await self.calls.may_send(call)
            return await self.calls.send(call)

    async def _publish_part(self, turn: PartTurn, call: Call, is_partial: Callable[[Reply], bool]) -> Reply:
        async with turn():  # before the intent, from which doubt is counted
            return await self.calls.publish(call, is_partial)

    async def _ensure_published(self, upload: Upload, reply: Reply) -> None:
        """Record an upload as published if only the probe has shown that it is complete."""
        if self.calls.recorded.find(upload.step).intent is None:
            last = upload.part(upload.media.length_bytes - 1)
            await self.calls.recorded.intend(last, self.calls.now())
            await self.calls.recorded.record(last, reply)
        self.calls.last_published = upload.step

    async def _pause(self, pause: Pause) -> None:
        now = self.calls.now()
        first = self.calls.recorded.find(pause.step).paused_at or now
        if (now - first).total_seconds() >= pause.give_up_after_s:
            raise GaveUp(pause.step, pause.give_up_after_s)
        await self.calls.journal.pause(pause.step, now)
        raise SuspendError(now + timedelta(seconds=pause.seconds))

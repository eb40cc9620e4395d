"""Publishes the posts of a seed with the flows of their platforms, in simulated time."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime

from letmepost.domain.errors import GaveUp
from letmepost.domain.flow import Call, Flow, Forget, HandOver, Instruction, Live, Pause, Reply, Upload, Void
from letmepost.gateways.drive import run_with
from letmepost.gateways.sender import Sender
from letmepost.gateways.upload_run import UploadRun
from letmepost.sandbox.seeding.local_network import SeedClock


class _PausedError(Exception):
    """The flow continues from its start after a wait."""


class _LeftToPersonError(Exception):
    """The flow ends here, because a person would continue."""


@dataclass(kw_only=True)
class SeedPublication:
    """One post that is being published. Waits take simulated time only, so nothing is recorded on disk."""

    sender: Sender
    clock: SeedClock
    uri: str | None = field(default=None, init=False)
    """The URI of the post once followers can see it."""
    _replies: dict[str, Reply] = field(default_factory=dict, init=False)
    _paused_at: dict[str, datetime] = field(default_factory=dict, init=False)

    async def run(self, begin: Callable[[], Flow[None]]) -> None:
        """Run a publish flow, from its start after each wait.

        Raises:
            PlatformFailure: the network refused the post.
        """
        while True:
            try:
                return await run_with(self._do, begin())
            except _LeftToPersonError:
                return None
            except _PausedError:
                continue

    async def _do(self, instruction: Instruction) -> Reply | None:
        match instruction:
            case Call(step=None):
                return await self.sender(instruction)
            case Call() | Upload():
                return await self._step(instruction)
            case Pause():
                self._pause(instruction)
            case Forget() | Void():
                self._replies.pop(instruction.step, None)
            case Live():
                self.uri = instruction.uri
            case HandOver():
                raise _LeftToPersonError
        return None

    async def _step(self, instruction: Call | Upload) -> Reply:
        step = str(instruction.step)
        if step in self._replies:
            return replace(self._replies[step], replayed=True)
        reply = await (self._upload(instruction) if isinstance(instruction, Upload) else self.sender(instruction))
        if reply.ok:
            self._replies[step] = reply
        return reply

    async def _upload(self, upload: Upload) -> Reply:
        async def publish(call: Call, _is_partial: Callable[[Reply], bool]) -> Reply:
            return await self.sender(call)

        async def record(_reply: Reply) -> None:
            """Record nothing: an upload to this process is not interrupted."""

        run = UploadRun(
            upload=upload,
            send=self.sender,
            publish=publish,
            record=record,
            is_stopping=bool,
            report=lambda _bytes: None,
        )
        return await run.run()

    def _pause(self, pause: Pause) -> None:
        now = self.clock.now()
        waited_s = (now - self._paused_at.setdefault(pause.step, now)).total_seconds()
        if waited_s >= pause.give_up_after_s:
            raise GaveUp(pause.step, pause.give_up_after_s)
        self.clock.skip(pause.seconds)
        raise _PausedError

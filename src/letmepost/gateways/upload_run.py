"""Sends the parts of an upload in order, and resumes after lost replies and crashes."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from letmepost.domain.errors import FailureKind, NoReply, NotSent, PlatformFailure
from letmepost.domain.flow import Call, Effect, Reply, Upload

STALLS_MAX = 3
"""How many times in a row a part is sent without a new byte at the server, before the run ends."""
RECORD_EVERY = timedelta(seconds=10)
"""How often the finished parts are recorded, if the server cannot be asked. A crash repeats at most these parts."""


class UploadStoppedError(Exception):
    """The process is about to stop. Another run continues with the next part."""


@dataclass(kw_only=True)
class UploadRun:
    """One run of an upload.

    Args:
        send: sends a probe or a part. It raises NotSent or NoReply without a reply.
        publish: sends and records the part that publishes. Its second argument returns True for a reply which shows
            that bytes are missing, so that nothing was published.
        record: records the reply to the latest part, with everything that was kept so far.
        now: returns the current time.
        is_stopping: returns True if no other part may be sent, because the process is about to stop.
        report: called with the number of bytes that the server has, whenever it changes.
        kept: what earlier runs have kept of each part, if there is no probe.
    """

    upload: Upload
    send: Callable[[Call], Awaitable[Reply]]
    publish: Callable[[Call, Callable[[Reply], bool]], Awaitable[Reply]]
    record: Callable[[Reply], Awaitable[None]]
    now: Callable[[], datetime]
    is_stopping: Callable[[], bool]
    report: Callable[[int], None]
    kept: list[str] = field(default_factory=list)
    _offset: int = field(default=0, init=False)
    _furthest: int = field(default=0, init=False)
    _stalls: int = field(default=0, init=False)
    _unrecorded: Reply | None = field(default=None, init=False)
    _recorded_at: datetime = field(init=False)

    async def run(self) -> Reply:
        """Send the missing parts. Return the reply to the last one, or a reply that ends the upload early.

        The caller records the reply to a complete upload. `is_complete` distinguishes both.

        Raises:
            PlatformFailure: the server is unreachable, does not accept more bytes, or contradicts itself.
            UploadStoppedError: the process is about to stop.
        """
        for _ in self.kept:
            self._offset = self.upload.end_of_part(self._offset)
        self._furthest = self._offset
        self._recorded_at = self.now()
        try:
            reply = await self._send_all()
        except (PlatformFailure, UploadStoppedError):
            await self._record_unrecorded()
            raise
        if not self.is_complete:
            await self._record_unrecorded()
        return replace(reply, parts=tuple(self.kept))

    @property
    def is_complete(self) -> bool:
        """Return True if the server has every byte."""
        return self._offset == self.upload.media.length_bytes

    async def _send_all(self) -> Reply:
        call = self._call_after_doubt() if not self.upload.is_new else self._next_part()
        while True:
            if self.is_stopping():
                raise UploadStoppedError
            try:
                reply = await self._send(call)
            except (NotSent, NoReply) as failure:
                if self._stalled():
                    raise PlatformFailure(FailureKind.UNAVAILABLE, str(failure)) from failure
                call = self._call_after_doubt()
                continue
            offset = self._offset_in(call, reply)
            if offset is None:
                if reply.status < 500 or "retry-after" in reply.headers or self._stalled():
                    return reply
                call = self._call_after_doubt()
                continue
            await self._continue_from(offset, call, reply)
            if self.is_complete:
                return reply
            call = self._next_part()

    async def _send(self, call: Call) -> Reply:
        if call.effect is Effect.PUBLISH:
            return await self.publish(call, self._is_partial)
        return await self.send(call)

    def _is_partial(self, reply: Reply) -> bool:
        offset = self._reported_offset(reply)
        return offset is not None and offset < self.upload.media.length_bytes

    def _next_part(self) -> Call:
        return self.upload.part(self._offset)

    def _call_after_doubt(self) -> Call:
        """Return the probe, because the server's offset is not known. Without a probe, send the part again."""
        return self.upload.probe or self._next_part()

    def _offset_in(self, call: Call, reply: Reply) -> int | None:
        """Return the server's offset after a reply; None if the reply is not about parts."""
        offset = self._reported_offset(reply)
        if offset is not None:
            return offset
        if not reply.ok:
            return None
        if call is not self.upload.probe:
            return self.upload.end_of_part(self._offset)
        raise PlatformFailure(FailureKind.UNAVAILABLE, "The platform does not report how much of the file it has.")

    def _reported_offset(self, reply: Reply) -> int | None:
        """Return the offset that a reply contains. A refusal is not the end of an upload, even if it contains the end.

        Raises:
            PlatformFailure: there is no such offset.
        """
        offset = None if self.upload.offset_of is None else self.upload.offset_of(reply)
        total = self.upload.media.length_bytes
        if offset is None or (offset == total and not reply.ok):
            return None
        if not 0 <= offset <= total:
            message = f"The platform reports {offset} bytes of a file of {total} bytes."
            raise PlatformFailure(FailureKind.UNAVAILABLE, message)
        return offset

    async def _continue_from(self, offset: int, call: Call, reply: Reply) -> None:
        """Continue from the server's offset. It can be before the bytes that were sent, if the server lost some."""
        is_part = call is not self.upload.probe
        if offset > self._furthest:
            self._furthest, self._stalls = offset, 0
        elif is_part and offset <= self._offset and self._stalled():
            message = f"The platform has {offset} bytes of a file, and accepts no more."
            raise PlatformFailure(FailureKind.UNAVAILABLE, message)
        self._offset = offset
        self.report(offset)
        if is_part and self.upload.probe is None:
            await self._keep(reply)

    def _stalled(self) -> bool:
        self._stalls += 1
        return self._stalls >= STALLS_MAX

    async def _keep(self, reply: Reply) -> None:
        """Record the part from time to time: a write for each part would cost more than to send some parts again."""
        self.kept.append("" if self.upload.keep is None else self.upload.keep(reply))
        self._unrecorded = reply
        if not self.is_complete and self.now() - self._recorded_at >= RECORD_EVERY:
            await self._record_unrecorded()

    async def _record_unrecorded(self) -> None:
        if self._unrecorded is not None:
            await self.record(replace(self._unrecorded, headers={}, body=b"", parts=tuple(self.kept)))
            self._unrecorded, self._recorded_at = None, self.now()

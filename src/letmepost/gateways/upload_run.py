"""Sends the parts of an upload in order, and resumes after lost replies and crashes."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace

from letmepost.domain.errors import FailureKind, NoReply, NotSent, PlatformFailure
from letmepost.domain.flow import Call, Effect, Reply, Upload

STALLS_MAX = 3
"""How many times in a row a part is sent without a new byte at the server, before the run ends."""


class UploadStoppedError(Exception):
    """The process is about to stop. Another run continues with the next part."""


@dataclass(kw_only=True)
class UploadRun:
    """One run of an upload.

    Args:
        send: sends a probe or a part. It raises NotSent or NoReply without a reply.
        publish: sends and records the part that publishes. Its second argument returns True for a reply which shows
            that bytes are missing, so that nothing was published.
        record: records the reply to a part, with everything that was kept so far. Called if the server cannot be asked
            what it has: a crash then repeats at most one part.
        is_stopping: returns True if no other part may be sent, because the process is about to stop.
        report: called with the number of bytes that the server has, whenever it changes.
        kept: what earlier runs have kept of each part, if there is no probe.
    """

    upload: Upload
    send: Callable[[Call], Awaitable[Reply]]
    publish: Callable[[Call, Callable[[Reply], bool]], Awaitable[Reply]]
    record: Callable[[Reply], Awaitable[None]]
    is_stopping: Callable[[], bool]
    report: Callable[[int], None]
    kept: list[str] = field(default_factory=list)
    _offset: int = field(default=0, init=False)
    _end: int = field(default=0, init=False)
    _url: str | None = field(default=None, init=False)
    _furthest: int = field(default=0, init=False)
    _stalls: int = field(default=0, init=False)

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
        self._end = self._part_from(self._offset).stop
        reply = await self._send_all()
        return replace(reply, parts=tuple(self.kept))

    @property
    def is_complete(self) -> bool:
        """Return True if the server has every byte."""
        return self._offset == self.upload.media.length_bytes

    async def _send_all(self) -> Reply:
        is_probe = not self.upload.is_new and self.upload.probe is not None
        while True:
            if self.is_stopping():
                raise UploadStoppedError
            try:
                reply = await self._send(is_probe=is_probe)
            except (NotSent, NoReply) as failure:
                if self._stalled():
                    raise PlatformFailure(FailureKind.UNAVAILABLE, str(failure)) from failure
                is_probe = self.upload.probe is not None
                continue
            wanted = self._wanted_after(reply, is_probe=is_probe)
            if wanted is None:
                if reply.status < 500 or "retry-after" in reply.headers or self._stalled():
                    return reply
                is_probe = self.upload.probe is not None
                continue
            await self._continue_with(wanted, reply, is_probe=is_probe)
            if self.is_complete:
                return reply
            is_probe = False

    async def _send(self, *, is_probe: bool) -> Reply:
        """Send the probe or the next part, to the URL of the latest reply that contains one."""
        probe = self.upload.probe if is_probe else None
        call = probe or self.upload.part(self._offset, self._end)
        if self._url is not None:
            call = call.at(self._url)
        is_published = call.effect is Effect.PUBLISH
        reply = await (self.publish(call, self._is_partial) if is_published else self.send(call))
        if self.upload.moved_to is not None:
            self._url = self.upload.moved_to(reply) or self._url
        return reply

    def _is_partial(self, reply: Reply) -> bool:
        wanted = self._reported(reply)
        return wanted is not None and wanted.start < self.upload.media.length_bytes

    def _wanted_after(self, reply: Reply, *, is_probe: bool) -> range | None:
        """Return the bytes to send after a reply; None if the reply is not about parts."""
        wanted = self._reported(reply)
        if wanted is not None:
            return wanted
        if not reply.ok:
            return None
        if not is_probe:
            return self._part_from(self._end)
        raise PlatformFailure(FailureKind.UNAVAILABLE, "The platform does not report how much of the file it has.")

    def _reported(self, reply: Reply) -> range | None:
        """Return the bytes that the server lacks next, as a reply reports them; empty if it has all.

        A refusal is not the end of an upload, even if it contains the end.

        Raises:
            PlatformFailure: the file has no such bytes.
        """
        found = None if self.upload.offset_of is None else self.upload.offset_of(reply)
        total = self.upload.media.length_bytes
        start = found.start if isinstance(found, range) else found
        if found is None or start is None or (start == total and not reply.ok):
            return None
        if not 0 <= start <= total:
            message = f"The platform reports {start} bytes of a file of {total} bytes."
            raise PlatformFailure(FailureKind.UNAVAILABLE, message)
        wanted = found if isinstance(found, range) else self._part_from(start)
        if start < total and not start < wanted.stop <= total:
            message = f"The platform asks for bytes {start} to {wanted.stop} of a file of {total} bytes."
            raise PlatformFailure(FailureKind.UNAVAILABLE, message)
        return wanted

    def _part_from(self, first_byte: int) -> range:
        is_end = first_byte == self.upload.media.length_bytes
        return range(first_byte, first_byte if is_end else self.upload.end_of_part(first_byte))

    async def _continue_with(self, wanted: range, reply: Reply, *, is_probe: bool) -> None:
        """Continue with these bytes. They can be before those that were sent, if the server lost some."""
        if wanted.start > self._furthest:
            self._furthest, self._stalls = wanted.start, 0
        elif not is_probe and wanted.start <= self._offset and self._stalled():
            message = f"The platform has {wanted.start} bytes of a file, and accepts no more."
            raise PlatformFailure(FailureKind.UNAVAILABLE, message)
        self._offset, self._end = wanted.start, wanted.stop
        self.report(self._offset)
        if not is_probe and self.upload.probe is None:
            await self._keep(reply)

    def _stalled(self) -> bool:
        self._stalls += 1
        return self._stalls >= STALLS_MAX

    async def _keep(self, reply: Reply) -> None:
        self.kept.append("" if self.upload.keep is None else self.upload.keep(reply))
        if not self.is_complete:
            await self.record(replace(reply, headers={}, body=b"", parts=tuple(self.kept)))

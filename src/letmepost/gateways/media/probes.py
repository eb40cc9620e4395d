"""What media files are: asked of a few child processes, which are kept warm."""

from collections.abc import AsyncIterator, Hashable
from contextlib import asynccontextmanager
from dataclasses import asdict
from typing import Protocol

import structlog

from letmepost.domain.content import MediaFacts
from letmepost.gateways.cores import usable_cores
from letmepost.gateways.media.messages import Measures
from letmepost.gateways.media.process import MediaProcess, MediaProcessDiedError, ProcessLimits, Read
from letmepost.gateways.media.sniffing import (
    IMAGE_TYPES,
    MOVIE_TYPES,
    SNIFF_BYTES,
    UnreadableMediaError,
    sniff,
)
from letmepost.gateways.media.turns import Turns

_REQUESTS_MAX = 500
"""After so many files a process is replaced, and with it what they may have left in it."""
_DEFAULT_PROCESSES_MAX = 4

log = structlog.get_logger()


def default_processes() -> int:
    """Return how many media processes there are if the settings do not say: one for each core, up to four."""
    return min(usable_cores(), _DEFAULT_PROCESSES_MAX)


class Probe(Protocol):
    """Reads the facts of a file."""

    async def __call__(self, owner: Hashable, read: Read, size_bytes: int) -> MediaFacts:
        """Return the facts of a file of `owner`, who takes turns with others.

        Raises:
            UnreadableMediaError: its type is not accepted, or it is broken.
            TooComplexMediaError: it needs more memory or time than one file may use.
        """


class MediaProbes:
    """A pool of media processes: each is started when it is first needed, and parses one file at a time.

    The type comes from the first bytes; a process is asked only for what needs parsing.

    Args:
        processes: how many at most.
    """

    def __init__(self, processes: int | None = None, limits: ProcessLimits | None = None) -> None:
        self._turns = Turns(processes or default_processes())
        self._limits = limits or ProcessLimits()
        self._idle: list[MediaProcess] = []

    async def probe(self, owner: Hashable, read: Read, size_bytes: int) -> MediaFacts:
        """Return the facts of a file, as `Probe`."""
        content_type = sniff(await read(0, min(size_bytes, SNIFF_BYTES)))
        if content_type not in IMAGE_TYPES | MOVIE_TYPES:
            return MediaFacts(content_type=content_type, size_bytes=size_bytes)
        async with self._turns.slot(owner):
            try:
                measures = await self._measure(content_type, read, size_bytes)
            except MediaProcessDiedError:
                # The system may have ended it for want of memory, or an earlier file damaged it: once more, afresh.
                measures = await self._measure_last(content_type, read, size_bytes)
        return MediaFacts(content_type=content_type, size_bytes=size_bytes, **asdict(measures))

    async def close(self) -> None:
        """End all processes. No probe may be running."""
        while self._idle:
            await self._idle.pop().kill()

    async def _measure(self, content_type: str, read: Read, size_bytes: int) -> Measures:
        async with self._process() as process:
            return await process.measure(content_type, read, size_bytes)

    async def _measure_last(self, content_type: str, read: Read, size_bytes: int) -> Measures:
        while self._idle:
            await self._idle.pop().kill()
        try:
            return await self._measure(content_type, read, size_bytes)
        except MediaProcessDiedError as error:
            log.warning("media.process_died", content_type=content_type, size_bytes=size_bytes)
            raise UnreadableMediaError("The file cannot be processed: its parser crashed.") from error

    @asynccontextmanager
    async def _process(self) -> AsyncIterator[MediaProcess]:
        """Use a process. It goes on after a good or an unreadable file; anything else may have left it in any state."""
        process = self._idle.pop() if self._idle else await MediaProcess.start(self._limits)
        is_usable = False
        try:
            yield process
            is_usable = True
        except UnreadableMediaError as error:
            is_usable = type(error) is UnreadableMediaError
            raise
        finally:
            if is_usable and process.requests < _REQUESTS_MAX:
                self._idle.append(process)
            else:
                await process.kill()

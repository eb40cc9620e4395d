"""Reads and converts media files with a pool of child processes."""

from collections.abc import AsyncIterator, Awaitable, Callable, Hashable
from contextlib import asynccontextmanager
from dataclasses import asdict
from typing import Protocol, TypeVar

import structlog

from letmepost.domain.content import MediaFacts
from letmepost.domain.fitting.recipe import Recipe
from letmepost.gateways.cores import usable_cores
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
"""A process is replaced after this many files, with anything that they may have left in it."""
_DEFAULT_PROCESSES_MAX = 4

log = structlog.get_logger()

T = TypeVar("T")


def default_processes() -> int:
    """Return the default number of media processes: one per core, up to four."""
    return min(usable_cores(), _DEFAULT_PROCESSES_MAX)


class Probe(Protocol):
    """Returns the facts of a file."""

    async def __call__(self, owner: Hashable, read: Read, size_bytes: int) -> MediaFacts:
        """Return the facts of a file. Owners take turns.

        Raises:
            UnreadableMediaError: the file's type is not accepted, or it is broken.
            TooComplexMediaError: it needs more memory or time than one file may use.
        """


class Convert(Protocol):
    """Converts an image."""

    async def __call__(self, owner: Hashable, read: Read, facts: MediaFacts, recipe: Recipe) -> list[bytes]:
        """Return the bytes of the converted image, in chunks. Owners take turns.

        Args:
            facts: of the source.

        Raises:
            UnreadableMediaError: it cannot be decoded, or needs more bytes than allowed.
            TooComplexMediaError: it needs more memory or time than one file may use.
        """


class MediaProbes:
    """A pool of media processes. Each is started when it is first needed, and parses one file at a time.

    The type is detected from the first bytes. Only files that need parsing go to a process.

    Args:
        processes: the maximum.
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
        measures = await self._run(
            owner, lambda process: process.measure(content_type, read, size_bytes), content_type, size_bytes
        )
        return MediaFacts(content_type=content_type, size_bytes=size_bytes, **asdict(measures))

    async def convert(self, owner: Hashable, read: Read, facts: MediaFacts, recipe: Recipe) -> list[bytes]:
        """Return the bytes of a converted image, as `Convert`."""
        content_type, size_bytes = facts.content_type, facts.size_bytes
        return await self._run(
            owner, lambda process: process.convert(content_type, read, size_bytes, recipe), content_type, size_bytes
        )

    async def close(self) -> None:
        """End all processes. No probe may be running."""
        while self._idle:
            await self._idle.pop().kill()

    async def _run(
        self, owner: Hashable, use: Callable[[MediaProcess], Awaitable[T]], content_type: str, size_bytes: int
    ) -> T:
        """Use a process when it is the owner's turn."""
        async with self._turns.slot(owner):
            try:
                async with self._process() as process:
                    return await use(process)
            except MediaProcessDiedError:
                # The kernel may have ended it for lack of memory, or an earlier file damaged it. Retry with a new
                # process.
                while self._idle:
                    await self._idle.pop().kill()
            try:
                async with self._process() as process:
                    return await use(process)
            except MediaProcessDiedError as error:
                log.warning("media.process_died", content_type=content_type, size_bytes=size_bytes)
                raise UnreadableMediaError("The file cannot be processed: its parser crashed.") from error

    @asynccontextmanager
    async def _process(self) -> AsyncIterator[MediaProcess]:
        """Use a process. It is reused after a valid or an unreadable file; any other failure may have damaged it."""
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

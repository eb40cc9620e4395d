"""A media process, from the side of the service."""

import asyncio
import json
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Callable, Coroutine, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

from pydantic import TypeAdapter, ValidationError

import letmepost
from letmepost.domain.fitting.recipe import Recipe
from letmepost.gateways.media.messages import LENGTH_BYTES, READ_MAX_BYTES, REPLY_MAX_BYTES, Measures, framed
from letmepost.gateways.media.sniffing import TooComplexMediaError, UnreadableMediaError

T = TypeVar("T")
Read: TypeAlias = Callable[[int, int], Coroutine[Any, Any, bytes]]
"""Reads a number of bytes of a file from a position: `read(position, length_bytes)`."""

_READY_WITHIN_S = 30.0
_MEASURES = TypeAdapter(Measures)
_SOURCE = Path(letmepost.__file__).parents[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessLimits:
    """The limits of one file: memory of the process (address space), CPU time, and total time.

    The total time includes waiting for the process, but not for the blob store.
    """

    memory_bytes: int = 1024**3
    cpu_s: int = 20
    wall_s: float = 60.0


class MediaProcessError(Exception):
    """A media process could not be started. The cause is the machine or the installation, not a file."""


class MediaProcessDiedError(Exception):
    """A media process ended during a request, or broke the protocol."""


class MediaProcess:
    """A child process that parses one file at a time. Any failure but an unreadable file ends it."""

    def __init__(self, process: Process, limits: ProcessLimits) -> None:
        if process.stdin is None or process.stdout is None:
            message = "a media process needs pipes"
            raise ValueError(message)
        self._process = process
        self._stdin, self._stdout = process.stdin, process.stdout
        self._limits = limits
        self.requests = 0

    @classmethod
    async def start(cls, limits: ProcessLimits) -> "MediaProcess":
        """Start a process, and wait until it is ready.

        Raises:
            MediaProcessError, OSError: the process does not start.
        """
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-m", "letmepost.gateways.media.child"),
            *(str(limits.memory_bytes), str(limits.cpu_s)),
            stdin=PIPE,
            stdout=PIPE,
            stderr=DEVNULL,
            # Without our environment, which contains secrets. One arena, because each reserves address space.
            env={"PYTHONPATH": str(_SOURCE), "MALLOC_ARENA_MAX": "1"},
        )
        started = cls(process, limits)
        try:
            async with asyncio.timeout(_READY_WITHIN_S):
                await started._receive()
        except (TimeoutError, asyncio.IncompleteReadError, MediaProcessDiedError) as error:
            await started.kill()
            raise MediaProcessError(f"The media process did not start (exit code {process.returncode}).") from error
        except BaseException:
            await started.kill()
            raise
        return started

    async def measure(self, content_type: str, read: Read, size_bytes: int) -> Measures:
        """Measure a file. Errors of `read` are passed on.

        Raises:
            UnreadableMediaError: the file is broken. The process can be reused.
            TooComplexMediaError: the file exceeded a limit.
            MediaProcessDiedError: the process ended for another reason.
        """
        request = {"operation": "probe", "content_type": content_type, "size_bytes": size_bytes}
        reply, _left_s = await self._result(request, read, size_bytes)
        try:
            return _MEASURES.validate_python(reply.get("measures"))
        except ValidationError as error:
            raise MediaProcessDiedError from error

    async def convert(self, content_type: str, read: Read, size_bytes: int, recipe: Recipe) -> list[bytes]:
        """Return the bytes of a converted image, in chunks. Raises as `measure`."""
        request = {"operation": "convert", "content_type": content_type, "size_bytes": size_bytes}
        reply, left_s = await self._result({**request, "recipe": recipe.encode()}, read, size_bytes)
        match reply:
            case {"converted": int() as left_bytes} if 0 < left_bytes <= recipe.max_bytes:
                return await self._within(left_s, self._receive_bytes(left_bytes))
        raise MediaProcessDiedError

    async def _result(self, request: Mapping[str, Any], read: Read, size_bytes: int) -> tuple[Mapping[str, Any], float]:
        """Send a request and the parts of the file. Return the result, and how many seconds are left."""
        self.requests += 1
        message = json.dumps(request).encode()
        left_s = self._limits.wall_s
        while True:
            asked_at = asyncio.get_running_loop().time()
            reply = await self._within(left_s, self._ask(message))
            left_s -= asyncio.get_running_loop().time() - asked_at
            if "read" not in reply:
                _check(reply)
                return reply, left_s
            first_byte, length_bytes = _range(reply["read"], size_bytes)
            message = await read(first_byte, length_bytes)

    async def _within(self, left_s: float, answer: Coroutine[Any, Any, T]) -> T:
        """Return what the process answers.

        Raises:
            TooComplexMediaError: it took too long, or the kernel ended the process because it used up its CPU time.
            MediaProcessDiedError: the process ended for another reason, or broke the protocol.
        """
        try:
            async with asyncio.timeout(left_s):
                return await answer
        except TimeoutError as error:
            raise TooComplexMediaError("The file takes too long to process.") from error
        except (asyncio.IncompleteReadError, ConnectionResetError) as error:
            if await self._process.wait() == -signal.SIGXCPU:
                raise TooComplexMediaError("The file takes too much time to process.") from error
            raise MediaProcessDiedError from error

    async def kill(self) -> None:
        """End the process now."""
        with suppress(ProcessLookupError):
            self._process.kill()
        self._stdin.close()
        await self._process.wait()

    async def _ask(self, message: bytes) -> Mapping[str, Any]:
        """Send a message, and return the next one."""
        with suppress(BrokenPipeError, ConnectionResetError):  # messages from before its end are still read
            self._stdin.write(framed(message))
            await self._stdin.drain()
        return await self._receive()

    async def _receive_bytes(self, left_bytes: int) -> list[bytes]:
        """Return the chunks that follow a result."""
        chunks = []
        while left_bytes > 0:
            length_bytes = int.from_bytes(await self._stdout.readexactly(LENGTH_BYTES), "big")
            if not 0 < length_bytes <= min(left_bytes, READ_MAX_BYTES):
                raise MediaProcessDiedError
            chunks.append(await self._stdout.readexactly(length_bytes))
            left_bytes -= length_bytes
        return chunks

    async def _receive(self) -> Mapping[str, Any]:
        length_bytes = int.from_bytes(await self._stdout.readexactly(LENGTH_BYTES), "big")
        if length_bytes > REPLY_MAX_BYTES:
            raise MediaProcessDiedError
        try:
            reply = json.loads(await self._stdout.readexactly(length_bytes))
        except ValueError as error:
            raise MediaProcessDiedError from error
        if not isinstance(reply, dict):
            raise MediaProcessDiedError
        return reply


def _range(given: Any, size_bytes: int) -> tuple[int, int]:
    """Return a range that the process asks for.

    Raises:
        MediaProcessDiedError: the range is not valid: the file has taken over the process.
    """
    match given:
        case [int() as first_byte, int() as length_bytes] if (
            0 < length_bytes <= READ_MAX_BYTES and 0 <= first_byte <= size_bytes - length_bytes
        ):
            return first_byte, length_bytes
    raise MediaProcessDiedError


def _check(reply: Mapping[str, Any]) -> None:
    match reply:
        case {"too_complex": str(message)}:
            raise TooComplexMediaError(message)
        case {"unreadable": str(message)}:
            raise UnreadableMediaError(message)

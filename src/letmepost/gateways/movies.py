"""What an MP4 or QuickTime file says of its picture track, by FFmpeg through PyAV."""

import asyncio
import io
import itertools
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, TypeAlias

import av
from av.container import InputContainer
from av.video.stream import VideoStream

Read: TypeAlias = Callable[[int, int], Coroutine[Any, Any, bytes]]
"""So many bytes of a file, from a position on."""

READ_MAX_BYTES = 64 * 1024 * 1024
"""Of one file: an hour's header takes a few MiB, and the first picture a few more."""
_BUFFER_BYTES = 256 * 1024
_PACKETS_MAX = 16
"""How many may pass before the first picture comes out."""
_PIXELS_MAX = 8192 * 8192
"""Of a picture that is decoded to learn how it is turned."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Movie:
    """What is known of a movie; None where the file does not say. The size is the one in which it is seen."""

    width_px: int | None = None
    height_px: int | None = None
    duration_s: float | None = None
    frame_rate: float | None = None
    codec: str | None = None


async def describe(read: Read, size_bytes: int) -> Movie:
    """What the file says; nothing where it is broken. What reading raises is raised."""
    source = _Source(read, size_bytes, asyncio.get_running_loop())
    movie = await asyncio.to_thread(_describe, source)
    if source.failure is not None:
        raise source.failure
    return movie


class _Source(io.RawIOBase):
    """The file as FFmpeg reads it, from a thread of its own; the bytes come by the event loop."""

    def __init__(self, read: Read, size_bytes: int, loop: asyncio.AbstractEventLoop) -> None:
        self._read = read
        self._size_bytes = size_bytes
        self._loop = loop
        self._position = 0
        self._left_bytes = READ_MAX_BYTES
        self.failure: Exception | None = None

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size_bytes}[whence]
        self._position = max(0, base + offset)
        return self._position

    def read(self, size: int = -1) -> bytes:
        left_bytes = max(0, self._size_bytes - self._position)
        wanted_bytes = min(left_bytes if size < 0 else size, left_bytes, self._left_bytes)
        if wanted_bytes == 0 or self.failure is not None:
            return b""
        try:
            data = asyncio.run_coroutine_threadsafe(self._read(self._position, wanted_bytes), self._loop).result()
        except Exception as failure:  # noqa: BLE001 - kept for `describe`: FFmpeg would make it an error of its own
            self.failure = failure
            return b""
        self._position += len(data)
        self._left_bytes -= len(data)
        return data


def _describe(source: _Source) -> Movie:
    try:
        # By name: of all that FFmpeg can read, nothing but this is ever parsed, and it opens no other file or address.
        with av.open(source, "r", format="mov", buffer_size=_BUFFER_BYTES) as container:
            return _of_container(container)
    except (av.FFmpegError, ValueError, OverflowError):
        return Movie()


def _of_container(container: InputContainer) -> Movie:
    duration_s = _rounded(None if container.duration is None else container.duration / av.time_base)
    stream = next(iter(container.streams.video), None)
    if stream is None or stream.codec_context is None:  # sound alone, or a codec that FFmpeg does not know
        return Movie(duration_s=duration_s)
    width_px, height_px = stream.codec_context.width or None, stream.codec_context.height or None
    if _is_sideways(container, stream):
        width_px, height_px = height_px, width_px
    return Movie(
        width_px=width_px,
        height_px=height_px,
        duration_s=duration_s,
        frame_rate=_rounded(float(stream.average_rate)) if stream.average_rate else None,
        codec=stream.codec_context.codec.canonical_name,
    )


def _is_sideways(container: InputContainer, stream: VideoStream) -> bool:
    """Whether the track's matrix turns its pictures by a quarter: PyAV tells it of a decoded picture alone."""
    if not 0 < stream.codec_context.width * stream.codec_context.height <= _PIXELS_MAX:
        return False
    stream.codec_context.thread_count = 1
    try:
        for packet in itertools.islice(container.demux(stream), _PACKETS_MAX):
            for picture in packet.decode():
                return picture.rotation % 180 == 90
    except av.FFmpegError:
        return False
    return False


def _rounded(value: float | None) -> float | None:
    return round(value, 3) if value and value > 0 else None

"""What the header of an MP4 or QuickTime file says of its picture track.

Only the boxes that are named here are looked into, each by its announced length, so that a hostile file costs no more
than its header's bytes. Nothing is decoded.

Source: ISO/IEC 14496-12 (box layouts), https://mp4ra.org (codec codes); both read 2026-11-22.
"""

import struct
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeAlias

Read: TypeAlias = Callable[[int, int], Awaitable[bytes]]
"""So many bytes of a file, from a position on."""

HEADER_MAX_BYTES = 32 * 1024 * 1024
_BOXES_MAX = 1000
"""At the top of a file: a fragmented one has a pair a fragment, but its header stands before them."""

_CODECS: Mapping[bytes, str] = MappingProxyType(
    {
        b"avc1": "h264",
        b"avc3": "h264",
        b"hvc1": "hevc",
        b"hev1": "hevc",
        b"dvh1": "hevc",
        b"dvhe": "hevc",
        b"vp08": "vp8",
        b"vp09": "vp9",
        b"av01": "av1",
        b"mp4v": "mpeg4",
        b"apch": "prores",
        b"apcn": "prores",
        b"apcs": "prores",
        b"apco": "prores",
        b"ap4h": "prores",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Movie:
    """What is known of a movie; None where its header does not say. The size is the one in which it is seen."""

    width_px: int | None = None
    height_px: int | None = None
    duration_s: float | None = None
    frame_rate: float | None = None
    codec: str | None = None


async def find_header(read: Read, size_bytes: int) -> bytes | None:
    """The body of a file's `moov` box, wherever it stands; None when there is none to be had."""
    position = 0
    for _ in range(_BOXES_MAX):
        head = await read(position, min(16, size_bytes - position))
        if len(head) < 8:
            return None
        length, start = _length(head, size_bytes - position)
        if length < start:
            return None
        if head[4:8] == b"moov":
            is_whole = position + length <= size_bytes and length <= HEADER_MAX_BYTES
            return await read(position + start, length - start) if is_whole else None
        position += length
        if position >= size_bytes:
            return None
    return None


def describe(header: bytes) -> Movie:
    """What a `moov` box says; nothing where it is broken."""
    try:
        return _describe(memoryview(header))
    except (struct.error, ZeroDivisionError, IndexError):
        return Movie()


def _describe(header: memoryview) -> Movie:
    boxes = list(_boxes(header))
    duration_s = next((_duration_s(body) for kind, body in boxes if kind == b"mvhd"), None)
    for kind, body in boxes:
        track = _inside(body) if kind == b"trak" else {}
        media = _inside(track.get(b"mdia", memoryview(b"")))
        if bytes(media.get(b"hdlr", memoryview(b""))[8:12]) == b"vide":
            return _of_track(track, media, duration_s)
    return Movie(duration_s=duration_s)


def _of_track(track: Mapping[bytes, memoryview], media: Mapping[bytes, memoryview], duration_s: float | None) -> Movie:
    tables = _inside(_inside(media[b"minf"])[b"stbl"]) if b"minf" in media else {}
    track_s = _duration_s(media[b"mdhd"]) if b"mdhd" in media else None
    width_px, height_px = _size(track[b"tkhd"]) if b"tkhd" in track else (None, None)
    return Movie(
        width_px=width_px,
        height_px=height_px,
        duration_s=duration_s or track_s,
        frame_rate=_frame_rate(tables.get(b"stts"), track_s),
        codec=_codec(tables.get(b"stsd")),
    )


def _boxes(data: memoryview) -> Iterator[tuple[bytes, memoryview]]:
    position = 0
    while position + 8 <= len(data):
        length, start = _length(bytes(data[position : position + 16]), len(data) - position)
        if length < start or position + length > len(data):
            return
        yield bytes(data[position + 4 : position + 8]), data[position + start : position + length]
        position += length


def _inside(data: memoryview) -> dict[bytes, memoryview]:
    return dict(_boxes(data))


def _length(head: bytes, left_bytes: int) -> tuple[int, int]:
    """How long a box is, and where its body begins."""
    length = int.from_bytes(head[:4], "big")
    if length == 1:
        return int.from_bytes(head[8:16], "big"), 16
    return (left_bytes if length == 0 else length), 8


def _duration_s(body: memoryview) -> float | None:
    """Of `mvhd` and `mdhd`, which begin alike. All ones mean unknown; a fragmented file says 0."""
    scale, duration = struct.unpack_from(">IQ", body, 20) if body[0] == 1 else struct.unpack_from(">II", body, 12)
    is_unknown = duration in {0, 0xFFFF_FFFF, 0xFFFF_FFFF_FFFF_FFFF}
    return None if is_unknown else round(duration / scale, 3)


def _size(body: memoryview) -> tuple[int | None, int | None]:
    """Of `tkhd`: the last two numbers, 16.16, exchanged when the matrix before them turns by a quarter."""
    matrix = struct.unpack_from(">9i", body, 52 if body[0] == 1 else 40)
    width_px, height_px = (value >> 16 for value in struct.unpack_from(">II", body, 88 if body[0] == 1 else 76))
    is_sideways = matrix[0] == 0 and matrix[4] == 0
    return (height_px or None, width_px or None) if is_sideways else (width_px or None, height_px or None)


def _codec(body: memoryview | None) -> str | None:
    if body is None:
        return None
    code = bytes(body[12:16])
    return _CODECS.get(code) or (code.decode("ascii", "replace").strip().lower() or None)


def _frame_rate(body: memoryview | None, duration_s: float | None) -> float | None:
    if body is None or not duration_s:
        return None
    (count,) = struct.unpack_from(">I", body, 4)
    frames = sum(frames for frames, _ in struct.iter_unpack(">II", body[8 : 8 + 8 * count]))
    return round(frames / duration_s, 3) if frames else None

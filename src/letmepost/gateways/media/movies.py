"""Measures MP4, QuickTime and WebM files with FFmpeg through PyAV. Only a media process imports this module."""

import itertools
from collections.abc import Mapping
from statistics import median_low
from types import MappingProxyType
from typing import Any, BinaryIO

import av
from av.container import InputContainer
from av.video.stream import VideoStream

from letmepost.gateways.media.boxes import Claims
from letmepost.gateways.media.messages import Measures
from letmepost.gateways.media.webm import check_segment

_BUFFER_BYTES = 256 * 1024
_PACKETS_MAX = 16
"""The limit of packets until the first picture is decoded."""
_PIXELS_MAX = 8192 * 8192
"""The limit of pixels of a picture that is decoded to find its rotation."""
_INDEX_MIN = 2
_INDEX_MAX = 10_000
"""How many pictures decide if the frame rate is variable: those of the first minutes."""
_JITTER = 0.5
"""A picture of a video with a constant frame rate is shown up to this part longer or shorter than most.

Time stamps are rounded, and clocks of cameras are not exact.
"""
_ODD_SHARE = 0.05
_FORMATS: Mapping[str, str] = MappingProxyType({"video/mp4": "mov", "video/quicktime": "mov", "video/webm": "matroska"})
# Transfer characteristics: ITU-T H.273, table 3. 0 and 2: not stated.
_DYNAMIC_RANGES: Mapping[int, str | None] = MappingProxyType({0: None, 2: None, 16: "pq", 18: "hlg"})


def measure_movie(content_type: str, file: BinaryIO, size_bytes: int) -> Measures:
    """Return the measures in the file's header; all None if the header is missing or broken.

    Raises:
        UnreadableMediaError: the header claims more than the file can contain, or the file ends too early.
        MemoryError: the file needs more memory than allowed.
    """
    is_fast_start = None
    if content_type == "video/webm":
        check_segment(file, size_bytes)
    else:
        claims = Claims(file, size_bytes)
        claims.check()
        is_fast_start = claims.is_fast_start
    file.seek(0)
    try:
        # By name: FFmpeg parses only this format, and opens no other file or address.
        with av.open(file, "r", format=_FORMATS[content_type], buffer_size=_BUFFER_BYTES) as container:
            duration_s = _rounded(None if container.duration is None else container.duration / av.time_base)
            return Measures(
                duration_s=duration_s,
                is_fast_start=is_fast_start if container.streams.video else None,
                **_of_pictures(container),
                **_of_sound(container),
            )
    except MemoryError:
        raise
    except (av.FFmpegError, ValueError, OverflowError):
        return Measures()


def _of_pictures(container: InputContainer) -> dict[str, Any]:
    """Return the measures of the picture track; none if the file has only sound, or FFmpeg does not support the codec.

    A frame rate of 0 is unknown: no player could show such a file.
    """
    stream = next(iter(container.streams.video), None)
    if stream is None or stream.codec_context is None:
        return {}
    context = stream.codec_context
    width_px, height_px = context.width or None, context.height or None
    is_variable = _is_variable(stream)  # before a picture is decoded, which reads more of a fragmented file
    if _is_sideways(container, stream):
        width_px, height_px = height_px, width_px
    return {
        "width_px": width_px,
        "height_px": height_px,
        "frame_rate": _rounded(float(stream.average_rate)) if stream.average_rate else None,
        "has_variable_frame_rate": is_variable,
        "codec": context.codec.canonical_name,
        "codec_profile": stream.profile,
        "pixel_format": context.pix_fmt,
        "bit_depth": max((component.bits for component in context.format.components), default=None)
        if context.format
        else None,
        "dynamic_range": _DYNAMIC_RANGES.get(context.color_trc, "sdr"),
        "bit_rate": stream.bit_rate if stream.bit_rate and stream.bit_rate > 0 else None,
    }


def _of_sound(container: InputContainer) -> dict[str, Any]:
    """Return the measures of the sound track; none if FFmpeg does not support the codec."""
    stream = next(iter(container.streams.audio), None)
    if stream is None:
        return {"audio_channels": 0 if container.streams.video else None}
    if stream.codec_context is None:
        return {}
    return {
        "audio_channels": stream.codec_context.channels or None,
        "audio_codec": stream.codec_context.codec.canonical_name,
        "audio_sample_rate_hz": stream.codec_context.sample_rate or None,
    }


def _is_variable(stream: VideoStream) -> bool | None:
    """Return True if more than a few pictures are shown for another time than most; None if the index is too short.

    Single pictures are shown longer wherever an application cuts a video, or a camera misses one.
    """
    times = [entry.timestamp for entry in itertools.islice(stream.index_entries, _INDEX_MAX)]
    shown_for = [later - earlier for earlier, later in itertools.pairwise(times)]
    if len(shown_for) < _INDEX_MIN:
        return None
    usual = median_low(shown_for)
    odd = sum(1 for each in shown_for if abs(each - usual) > usual * _JITTER)
    return odd > len(shown_for) * _ODD_SHARE


def _is_sideways(container: InputContainer, stream: VideoStream) -> bool:
    """Return True if the track's matrix rotates its pictures by 90 degrees, which PyAV reports for decoded pictures."""
    if not 0 < stream.codec_context.width * stream.codec_context.height <= _PIXELS_MAX:
        return False
    stream.codec_context.thread_count = 1
    try:
        for packet in itertools.islice(container.demux(stream), _PACKETS_MAX):
            for picture in packet.decode():
                return picture.rotation % 180 == 90
    except MemoryError:
        raise
    except av.FFmpegError:
        return False
    return False


def _rounded(value: float | None) -> float | None:
    return round(value, 3) if value and value > 0 else None

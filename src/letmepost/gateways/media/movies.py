"""Measures MP4 and QuickTime files with FFmpeg through PyAV. Only a media process imports this module."""

import itertools
from typing import BinaryIO

import av
from av.container import InputContainer
from av.video.stream import VideoStream

from letmepost.gateways.media.boxes import Claims
from letmepost.gateways.media.messages import Measures

_BUFFER_BYTES = 256 * 1024
_PACKETS_MAX = 16
"""The limit of packets until the first picture is decoded."""
_PIXELS_MAX = 8192 * 8192
"""The limit of pixels of a picture that is decoded to find its rotation."""


def measure_movie(file: BinaryIO, size_bytes: int) -> Measures:
    """Return the measures in the file's header; all None if the header is missing or broken.

    Raises:
        UnreadableMediaError: the header claims more than the file can contain.
        MemoryError: the file needs more memory than allowed.
    """
    Claims(file, size_bytes).check()
    file.seek(0)
    try:
        # By name: FFmpeg parses only this format, and opens no other file or address.
        with av.open(file, "r", format="mov", buffer_size=_BUFFER_BYTES) as container:
            return _of_container(container)
    except MemoryError:
        raise
    except (av.FFmpegError, ValueError, OverflowError):
        return Measures()


def _of_container(container: InputContainer) -> Measures:
    duration_s = _rounded(None if container.duration is None else container.duration / av.time_base)
    channels, audio_codec = _of_sound(container)
    stream = next(iter(container.streams.video), None)
    if stream is None or stream.codec_context is None:  # only sound, or a codec that FFmpeg does not support
        return Measures(duration_s=duration_s, audio_codec=audio_codec, audio_channels=channels)
    width_px, height_px = stream.codec_context.width or None, stream.codec_context.height or None
    if _is_sideways(container, stream):
        width_px, height_px = height_px, width_px
    return Measures(
        width_px=width_px,
        height_px=height_px,
        duration_s=duration_s,
        frame_rate=_rounded(float(stream.average_rate)) if stream.average_rate else None,
        codec=stream.codec_context.codec.canonical_name,
        bit_rate=stream.bit_rate if stream.bit_rate and stream.bit_rate > 0 else None,
        audio_codec=audio_codec,
        audio_channels=channels,
    )


def _of_sound(container: InputContainer) -> tuple[int | None, str | None]:
    """Return the number of channels (0 if there is no sound) and the codec, each None if it is unknown."""
    stream = next(iter(container.streams.audio), None)
    if stream is None:
        return (0 if container.streams.video else None), None
    if stream.codec_context is None:  # a codec that FFmpeg does not support
        return None, None
    return stream.codec_context.channels or None, stream.codec_context.codec.canonical_name


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

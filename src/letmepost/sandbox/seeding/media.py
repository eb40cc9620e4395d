"""The picture and the video that posts of a seed can have."""

from collections.abc import AsyncIterator, Mapping
from functools import cache
from importlib.resources import files
from uuid import UUID

from letmepost.domain.content import MediaFacts, MediaItem, MediaKind

_PICTURE = UUID(int=1)
_VIDEO = UUID(int=2)
_NAMES: Mapping[UUID, str] = {_PICTURE: "picture.jpg", _VIDEO: "video.mp4"}


def picture(alt_text: str) -> MediaItem:
    """Return the picture, a JPEG of 640 x 640 pixels."""
    facts = MediaFacts(
        content_type="image/jpeg",
        size_bytes=len(_read(_PICTURE)),
        width_px=640,
        height_px=640,
        frame_count=1,
        has_alpha=False,
        color_space="rgb",
    )
    return MediaItem(kind=MediaKind.IMAGE, media_id=_PICTURE, alt_text=alt_text or None, facts=facts)


def video() -> MediaItem:
    """Return the video, 4 s of H.264 with 540 x 960 pixels and silence."""
    facts = MediaFacts(
        content_type="video/mp4",
        size_bytes=len(_read(_VIDEO)),
        width_px=540,
        height_px=960,
        duration_s=4.0,
        frame_rate=30.0,
        codec="h264",
        audio_codec="aac",
        audio_channels=2,
        audio_sample_rate_hz=48_000,
        pixel_format="yuv420p",
        bit_depth=8,
        dynamic_range="sdr",
        is_fast_start=True,
    )
    return MediaItem(kind=MediaKind.VIDEO, media_id=_VIDEO, facts=facts)


async def open_media(media_id: UUID, first_byte: int, length_bytes: int) -> AsyncIterator[bytes]:
    """Return bytes of a media item."""
    return _once(_read(media_id)[first_byte : first_byte + length_bytes])


async def _once(content: bytes) -> AsyncIterator[bytes]:
    yield content


@cache
def _read(media_id: UUID) -> bytes:
    return (files(__package__) / _NAMES[media_id]).read_bytes()

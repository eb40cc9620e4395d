"""Threads' limits on media items. All numbers are in the overview of its documentation."""

from letmepost.domain.content import MediaKind
from letmepost.domain.limits import (
    YUV_420,
    DescriptionSupported,
    KindsSupported,
    MediaCount,
    MediaLimit,
    ThumbnailSupported,
)
from letmepost.platforms.threads.sources import CREATE_POSTS, OVERVIEW

_KINDS = (MediaKind.IMAGE, MediaKind.VIDEO)

MEDIA_LIMITS = (
    KindsSupported("threads.media.kind_supported", _KINDS, source=OVERVIEW),
    DescriptionSupported("threads.media.title_supported", field="title", source=CREATE_POSTS),
    ThumbnailSupported("threads.media.thumbnail_supported", source=CREATE_POSTS),
    MediaCount("threads.media.count_max", limit=20, source=OVERVIEW),
    MediaLimit(
        "threads.media.",
        kinds=_KINDS,
        # WebP and GIF are not documented, so Threads could reject them after the post was accepted here.
        types=("image/jpeg", "image/png", "video/mp4", "video/quicktime"),
        max_ratio=10,
        source=OVERVIEW,
    ),
    MediaLimit("threads.media.image_", max_bytes=8_000_000, source=OVERVIEW),
    MediaLimit(
        "threads.media.video_",
        kinds=(MediaKind.VIDEO,),
        max_bytes=1_000_000_000,
        max_s=300,
        fps=(23, 60),
        max_width_px=1920,
        codecs=("h264", "hevc"),
        pixel_formats=YUV_420,
        max_bit_rate=100_000_000,
        audio_codecs=("aac",),
        max_audio_channels=2,
        max_audio_hz=48_000,
        source=OVERVIEW,
    ),
)

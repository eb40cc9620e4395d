"""X's limits on media items."""

from typing import TypeVar

from letmepost.domain.content import MediaItem, MediaKind
from letmepost.domain.lengths import CHARACTERS
from letmepost.domain.limits import (
    YUV_420,
    Alone,
    AltTextLimit,
    DescriptionSupported,
    KindsSupported,
    MediaCount,
    MediaLimit,
    PerTarget,
    ThumbnailSupported,
)
from letmepost.domain.limits.rows import LimitRow
from letmepost.platforms.twitter.settings import TwitterSettings
from letmepost.platforms.twitter.sources import CREATE_POST, MEDIA_METADATA, MEDIA_PRACTICES
from letmepost.platforms.twitter.subscriptions import is_subscribed

T = TypeVar("T")

GIF = "image/gif"
VIDEO_DURATION_MAX = "twitter.media.video_duration_max"

_KINDS = (MediaKind.IMAGE, MediaKind.VIDEO)
_VIDEO_MAX_BYTES = 512_000_000
_VIDEO_MAX_S = 140


def is_animated_gif(item: MediaItem) -> bool:
    """Return True if a media item is uploaded as an animation. X treats a GIF with one frame as an image."""
    return item.facts is not None and item.facts.content_type == GIF and item.facts.frame_count != 1


def is_video(item: MediaItem) -> bool:
    """Return True for a video."""
    return item.kind is MediaKind.VIDEO


def media_limits(settings: TwitterSettings) -> tuple[LimitRow, ...]:
    """Return the limits. The settings state those on the videos of accounts with a subscription."""
    return (
        KindsSupported("twitter.media.kind_supported", _KINDS, source=MEDIA_PRACTICES),
        DescriptionSupported("twitter.media.title_supported", field="title", source=MEDIA_METADATA),
        ThumbnailSupported("twitter.media.thumbnail_supported", source=MEDIA_METADATA),
        DescriptionSupported(
            "twitter.media.alt_text_supported", field="altText", kinds=(MediaKind.IMAGE,), source=MEDIA_METADATA
        ),
        MediaCount("twitter.media.count_max", limit=4, source=CREATE_POST),
        Alone(
            "twitter.media.single_only",
            noun="GIF or video",
            is_one=lambda item: is_video(item) or is_animated_gif(item),
            source=MEDIA_PRACTICES,
        ),
        MediaLimit(
            "twitter.media.",
            kinds=_KINDS,
            types=("image/jpeg", "image/png", "image/webp", "image/gif", "video/mp4", "video/quicktime"),
            source=MEDIA_PRACTICES,
        ),
        MediaLimit(
            "twitter.media.image_",
            where=lambda _target, item: not is_animated_gif(item),
            max_bytes=5_000_000,
            source=MEDIA_PRACTICES,
        ),
        MediaLimit(
            "twitter.media.gif_",
            where=lambda _target, item: is_animated_gif(item),
            noun="GIF",
            max_bytes=15_000_000,
            max_dimensions_px=(1280, 1080),
            max_frames=350,
            max_total_pixels=300_000_000,
            source=MEDIA_PRACTICES,
        ),
        MediaLimit(
            "twitter.media.video_",
            kinds=(MediaKind.VIDEO,),
            max_bytes=_of_subscribers(_VIDEO_MAX_BYTES, settings.subscriber_video_max_bytes),
            max_s=_of_subscribers(_VIDEO_MAX_S, settings.subscriber_video_max_s),
            min_s=0.5,
            min_dimensions_px=(32, 32),
            ratios=(0.3333, 3.0),
            fps=(0, 60),
            codecs=("h264", "hevc"),
            pixel_formats=YUV_420,
            audio_codecs=("aac",),
            max_audio_channels=2,
            source=MEDIA_PRACTICES,
        ),
        AltTextLimit("twitter.media.alt_text_max_graphemes", limit=1000, measure=CHARACTERS, source=MEDIA_METADATA),
    )


def _of_subscribers(everyone: T, subscriber: T) -> PerTarget[T]:
    """Return a limit that is higher for accounts with a subscription, as X reported when it confirmed the account."""
    return PerTarget(everyone, lambda target: subscriber if is_subscribed(target.account) else everyone)

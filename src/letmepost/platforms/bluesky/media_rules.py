"""Bluesky's limits on images, on videos, and on the thumbnail of a link card."""

from letmepost.domain.content import MediaItem, MediaKind
from letmepost.domain.lengths import GRAPHEMES
from letmepost.domain.limits import (
    Alone,
    AltTextLimit,
    DescriptionSupported,
    KindsSupported,
    MediaCount,
    MediaLimit,
    ThumbnailSupported,
)
from letmepost.domain.limits.rows import LimitRow
from letmepost.domain.rules import Rule
from letmepost.platforms.bluesky.sources import IMAGES_LEXICON, LINK_CARD_LEXICON, OFFICIAL_CLIENT, VIDEO_LEXICON

_KINDS = (MediaKind.IMAGE, MediaKind.VIDEO)
_VIDEO = (MediaKind.VIDEO,)
# The lexicon allows every type of image. Every client shows these.
_IMAGE_TYPES = ("image/jpeg", "image/png", "image/webp", "image/gif")
# A server that stores a video as it is accepts MP4 only. The video service converts others.
_VIDEO_TYPES = {"server": ("video/mp4",), "service": ("video/mp4", "video/quicktime", "video/webm")}

[MEDIA_IMAGE_SIZE_MAX] = MediaLimit("bluesky.media.image_", max_bytes=2_000_000, source=IMAGES_LEXICON).rules("Bluesky")
[MEDIA_VIDEO_SIZE_MAX] = MediaLimit(
    "bluesky.media.video_", kinds=_VIDEO, max_bytes=300_000_000, source=VIDEO_LEXICON
).rules("Bluesky")
# A limit of the official client. The video service has one, too, but does not publish it.
[MEDIA_VIDEO_DURATION_MAX] = MediaLimit("bluesky.media.video_", kinds=_VIDEO, max_s=600, source=OFFICIAL_CLIENT).rules(
    "Bluesky"
)


def is_video(item: MediaItem) -> bool:
    """Return True for a video. An animated image is not one: it becomes a still image."""
    return item.kind is MediaKind.VIDEO


def media_limits(video_upload: str) -> tuple[LimitRow | Rule, ...]:
    """Return the limits of a deployment that uploads videos in this way, as in `BlueskySettings`."""
    return (
        KindsSupported("bluesky.media.kind_supported", _KINDS, source=IMAGES_LEXICON),
        DescriptionSupported("bluesky.media.title_supported", field="title", source=IMAGES_LEXICON),
        ThumbnailSupported("bluesky.media.thumbnail_supported", source=VIDEO_LEXICON),
        MediaCount("bluesky.media.count_max", limit=4, source=IMAGES_LEXICON),
        Alone("bluesky.media.image_video_exclusive", noun="video", is_one=is_video, source=VIDEO_LEXICON),
        MediaLimit(
            "bluesky.media.", kinds=_KINDS, types=(*_IMAGE_TYPES, *_VIDEO_TYPES[video_upload]), source=IMAGES_LEXICON
        ),
        MEDIA_IMAGE_SIZE_MAX,
        MEDIA_VIDEO_SIZE_MAX,
        MEDIA_VIDEO_DURATION_MAX,
        # The lexicon has no limit.
        AltTextLimit("bluesky.media.alt_text_max_graphemes", limit=2000, measure=GRAPHEMES, source=OFFICIAL_CLIENT),
        MediaLimit(
            "bluesky.link_card.thumbnail_",
            option="linkCard.thumbnail",
            noun="link card's thumbnail",
            types=_IMAGE_TYPES,
            max_bytes=1_000_000,
            source=LINK_CARD_LEXICON,
        ),
    )

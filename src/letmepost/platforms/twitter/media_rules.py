"""X's limits on media items."""

from letmepost.domain.content import MediaItem, MediaKind
from letmepost.domain.lengths import CHARACTERS
from letmepost.domain.limits import Alone, AltTextLimit, DescriptionSupported, KindsSupported, MediaCount, MediaLimit
from letmepost.platforms.twitter.sources import CREATE_POST, MEDIA_METADATA, MEDIA_PRACTICES

GIF = "image/gif"


def is_animated_gif(item: MediaItem) -> bool:
    """Return True if a media item is uploaded as an animation. X treats a GIF with one frame as an image."""
    return item.facts is not None and item.facts.content_type == GIF and item.facts.frame_count != 1


MEDIA_LIMITS = (
    KindsSupported("twitter.media.kind_supported", (MediaKind.IMAGE,), source=MEDIA_PRACTICES),
    DescriptionSupported("twitter.media.title_supported", field="title", source=MEDIA_METADATA),
    MediaCount("twitter.media.count_max", limit=4, source=CREATE_POST),
    Alone("twitter.media.single_only", noun="GIF", is_one=is_animated_gif, source=MEDIA_PRACTICES),
    MediaLimit("twitter.media.", types=("image/jpeg", "image/png", "image/webp", "image/gif"), source=MEDIA_PRACTICES),
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
    AltTextLimit("twitter.media.alt_text_max_graphemes", limit=1000, measure=CHARACTERS, source=MEDIA_METADATA),
)

"""Bluesky's limits on images, and on the thumbnail of a link card."""

from letmepost.domain.content import MediaKind
from letmepost.domain.lengths import GRAPHEMES
from letmepost.domain.limits import AltTextLimit, DescriptionSupported, KindsSupported, MediaCount, MediaLimit
from letmepost.platforms.bluesky.sources import IMAGES_LEXICON, LINK_CARD_LEXICON, OFFICIAL_CLIENT

# The lexicon allows every type of image. Every client shows these.
_TYPES = ("image/jpeg", "image/png", "image/webp", "image/gif")

[MEDIA_IMAGE_SIZE_MAX] = MediaLimit("bluesky.media.image_", max_bytes=2_000_000, source=IMAGES_LEXICON).rules("Bluesky")

IMAGE_LIMITS = (
    KindsSupported("bluesky.media.kind_supported", (MediaKind.IMAGE,), source=IMAGES_LEXICON),
    DescriptionSupported("bluesky.media.title_supported", field="title", source=IMAGES_LEXICON),
    MediaCount("bluesky.media.count_max", limit=4, source=IMAGES_LEXICON),
    MediaLimit("bluesky.media.", types=_TYPES, source=IMAGES_LEXICON),
    MEDIA_IMAGE_SIZE_MAX,
    # The lexicon has no limit.
    AltTextLimit("bluesky.media.alt_text_max_graphemes", limit=2000, measure=GRAPHEMES, source=OFFICIAL_CLIENT),
    MediaLimit(
        "bluesky.link_card.thumbnail_",
        option="linkCard.thumbnail",
        noun="link card's thumbnail",
        types=_TYPES,
        max_bytes=1_000_000,
        source=LINK_CARD_LEXICON,
    ),
)

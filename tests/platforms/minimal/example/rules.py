"""Example's limits, each with its source."""

from datetime import date

from letmepost.domain.content import MediaKind
from letmepost.domain.lengths import CHARACTERS
from letmepost.domain.limits import (
    AltTextLimit,
    DescriptionSupported,
    KindsSupported,
    MediaCount,
    MediaLimit,
    NoComment,
    NotEmpty,
    SinglePart,
    TextLimit,
    post_text,
    rules_of,
)
from letmepost.domain.rules import RuleSource

_POSTS = RuleSource(url="https://docs.example.com/posts", checked_on=date(2026, 11, 29))
_IMAGES = RuleSource(url="https://docs.example.com/images", checked_on=date(2026, 11, 29))

RULES = rules_of(
    "Example",
    (
        TextLimit("example.text.max_characters", texts=post_text, limit=300, measure=CHARACTERS, source=_POSTS),
        NotEmpty("example.text.required", others=("an image",), has_parts=False, source=_POSTS),
        SinglePart("example.thread.supported", source=_POSTS),
        NoComment("example.first_comment.supported", source=_POSTS),
        KindsSupported("example.media.kind_supported", (MediaKind.IMAGE,), source=_IMAGES),
        DescriptionSupported("example.media.title_supported", field="title", source=_IMAGES),
        MediaCount("example.media.count_max", limit=1, source=_POSTS),
        MediaLimit("example.media.image_", types=("image/jpeg", "image/png"), max_bytes=2_000_000, source=_IMAGES),
        AltTextLimit("example.media.alt_text_max_characters", limit=500, measure=CHARACTERS, source=_POSTS),
    ),
)

"""Bluesky's limits on images, and on the thumbnail of a link card."""

from collections.abc import Callable, Iterator
from functools import partial

from letmepost.domain.content import MediaFacts, MediaKind, PostContent
from letmepost.domain.limits import alt_text_max, description_supported, images_max, media_rule
from letmepost.domain.rules import Finding, Rule
from letmepost.platforms.bluesky.sources import CHECKED_ON, IMAGES_LEXICON, LINK_CARD_LEXICON, OFFICIAL_CLIENT

_IMAGES_MAX = 4
_IMAGE_MAX_BYTES = 2_000_000
_THUMBNAIL_MAX_BYTES = 1_000_000
_ALT_TEXT_MAX_GRAPHEMES = 2000  # a limit of the official client: the lexicon has none

# The lexicon allows every type of image. Every client shows these.
_TYPES = ("image/jpeg", "image/png", "image/webp", "image/gif")
_TYPES_SHOWN = ", ".join(_TYPES)
_CONVERT = "Convert the image to JPEG or PNG."

_image_rule = partial(media_rule, kind=MediaKind.IMAGE, source_url=IMAGES_LEXICON, checked_on=CHECKED_ON)


def _not_images(content: PostContent) -> Iterator[Finding]:
    for path, item in content.items():
        if item.kind is not MediaKind.IMAGE:
            message = f"A {item.kind} cannot be published on Bluesky yet."
            yield Finding(field=path, actual=item.kind, message=message)


def _unsupported_type(facts: MediaFacts) -> str | None:
    return None if facts.content_type in _TYPES else facts.content_type


def _bytes_over(limit: int) -> Callable[[MediaFacts], int | None]:
    return lambda facts: facts.size_bytes if facts.size_bytes > limit else None


def _thumbnail_rule(
    rule_id: str,
    *,
    summary: str,
    remediation: str,
    broken: Callable[[MediaFacts], int | str | None],
    limit: int | str,
    unit: str | None = None,
) -> Rule:
    def find(content: PostContent) -> Iterator[Finding]:
        item = content.option_media.get("linkCard.thumbnail")
        actual = None if item is None or item.facts is None else broken(item.facts)
        if actual is not None:
            message = f"{summary} This one: {actual}."
            yield Finding(field="options.linkCard.thumbnail", actual=actual, message=message)

    return Rule(
        id=rule_id,
        summary=summary,
        remediation=remediation,
        limit=limit,
        unit=unit,
        source_url=LINK_CARD_LEXICON,
        checked_on=CHECKED_ON,
        find=find,
    )


MEDIA_IMAGE_SIZE_MAX = _image_rule(
    "bluesky.media.image_size_max",
    broken=_bytes_over(_IMAGE_MAX_BYTES),
    summary=f"An image has at most {_IMAGE_MAX_BYTES} bytes.",
    remediation=f"Shrink the image to {_IMAGE_MAX_BYTES} bytes or fewer.",
    limit=_IMAGE_MAX_BYTES,
    unit="bytes",
)

IMAGE_RULES: tuple[Rule, ...] = (
    Rule(
        id="bluesky.media.kind_supported",
        summary="Only images can be attached.",
        remediation="Attach images only, or set `onUnsupported` to `omit`.",
        limit=MediaKind.IMAGE.value,
        source_url=IMAGES_LEXICON,
        checked_on=CHECKED_ON,
        find=_not_images,
        capability=True,
    ),
    description_supported(
        "bluesky.media.title_supported",
        field="title",
        platform="Bluesky",
        source_url=IMAGES_LEXICON,
        checked_on=CHECKED_ON,
    ),
    images_max(
        "bluesky.media.count_max",
        limit=_IMAGES_MAX,
        platform="Bluesky",
        source_url=IMAGES_LEXICON,
        checked_on=CHECKED_ON,
    ),
    _image_rule(
        "bluesky.media.mime_allowed",
        broken=_unsupported_type,
        summary=f"An image must be one of {_TYPES_SHOWN}.",
        remediation=_CONVERT,
        limit=_TYPES_SHOWN,
    ),
    MEDIA_IMAGE_SIZE_MAX,
    alt_text_max(
        "bluesky.media.alt_text_max_graphemes",
        limit=_ALT_TEXT_MAX_GRAPHEMES,
        platform="Bluesky",
        source_url=OFFICIAL_CLIENT,
        checked_on=CHECKED_ON,
    ),
    _thumbnail_rule(
        "bluesky.link_card.thumbnail_mime_allowed",
        broken=_unsupported_type,
        summary=f"A link card's thumbnail must be one of {_TYPES_SHOWN}.",
        remediation=_CONVERT,
        limit=_TYPES_SHOWN,
    ),
    _thumbnail_rule(
        "bluesky.link_card.thumbnail_size_max",
        broken=_bytes_over(_THUMBNAIL_MAX_BYTES),
        summary=f"A link card's thumbnail has at most {_THUMBNAIL_MAX_BYTES} bytes.",
        remediation=f"Shrink the thumbnail to {_THUMBNAIL_MAX_BYTES} bytes or fewer.",
        limit=_THUMBNAIL_MAX_BYTES,
        unit="bytes",
    ),
)

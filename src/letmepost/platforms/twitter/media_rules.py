"""X's limits on media items."""

from collections.abc import Callable, Iterator
from functools import partial

from letmepost.domain.content import MediaFacts, MediaItem, MediaKind, PostContent
from letmepost.domain.limits import description_supported, images_max, media_rule
from letmepost.domain.rules import Finding, Rule
from letmepost.platforms.twitter.sources import CHECKED_ON, CREATE_POST, MEDIA_METADATA, MEDIA_PRACTICES

GIF = "image/gif"

_IMAGES_MAX = 4
_IMAGE_MAX_BYTES = 5_000_000
_GIF_MAX_BYTES = 15_000_000
_GIF_MAX_PX = (1280, 1080)
_GIF_MAX_FRAMES = 350
_GIF_MAX_TOTAL_PX = 300_000_000
_ALT_TEXT_MAX_CHARS = 1000

_TYPES = ("image/jpeg", "image/png", "image/webp", GIF)
_TYPES_SHOWN = ", ".join(_TYPES)

_image_rule = partial(media_rule, kind=MediaKind.IMAGE, source_url=MEDIA_PRACTICES, checked_on=CHECKED_ON)


def _not_images(content: PostContent) -> Iterator[Finding]:
    for path, item in content.items():
        if item.kind is not MediaKind.IMAGE:
            message = f"A {item.kind} cannot be published on X yet."
            yield Finding(field=path, actual=item.kind, message=message)


def is_animated_gif(item: MediaItem) -> bool:
    """Return True if a media item is uploaded as an animation. X treats a GIF with one frame as an image."""
    return item.facts is not None and _is_animated(item.facts)


def _is_animated(facts: MediaFacts) -> bool:
    return facts.content_type == GIF and facts.frame_count != 1


def _gif_with_others(content: PostContent) -> Iterator[Finding]:
    for path, media in content.attachments():
        if len(media) > 1 and any(map(is_animated_gif, media)):
            yield Finding(field=path, actual=len(media), message="X shows a GIF only alone in its post.")


def _unsupported_type(facts: MediaFacts) -> str | None:
    return None if facts.content_type in _TYPES else facts.content_type


def _bytes_over(limit: int, *, is_gif: bool) -> Callable[[MediaFacts], int | None]:
    def broken(facts: MediaFacts) -> int | None:
        return facts.size_bytes if _is_animated(facts) is is_gif and facts.size_bytes > limit else None

    return broken


def _gif_too_wide(facts: MediaFacts) -> str | None:
    width, height = facts.width_px or 0, facts.height_px or 0
    is_over = _is_animated(facts) and (width > _GIF_MAX_PX[0] or height > _GIF_MAX_PX[1])
    return f"{width}x{height}" if is_over else None


def _too_many_frames(facts: MediaFacts) -> int | None:
    frame_count = facts.frame_count or 0
    return frame_count if _is_animated(facts) and frame_count > _GIF_MAX_FRAMES else None


def _too_many_pixels(facts: MediaFacts) -> int | None:
    pixels = (facts.width_px or 0) * (facts.height_px or 0) * (facts.frame_count or 0)
    return pixels if _is_animated(facts) and pixels > _GIF_MAX_TOTAL_PX else None


def _long_alt_texts(content: PostContent) -> Iterator[Finding]:
    for path, item in content.items():
        actual = len(item.alt_text or "")
        if actual > _ALT_TEXT_MAX_CHARS:
            message = f"The alt text is {actual} characters; X allows at most {_ALT_TEXT_MAX_CHARS}."
            yield Finding(field=f"{path}.altText", actual=actual, message=message)


MEDIA_RULES: tuple[Rule, ...] = (
    Rule(
        id="twitter.media.kind_supported",
        summary="Only images and GIFs can be attached.",
        remediation="Attach images or a GIF only, or set `onUnsupported` to `omit`.",
        limit=MediaKind.IMAGE.value,
        source_url=MEDIA_PRACTICES,
        checked_on=CHECKED_ON,
        find=_not_images,
        capability=True,
    ),
    description_supported(
        "twitter.media.title_supported",
        field="title",
        platform="X",
        source_url=MEDIA_METADATA,
        checked_on=CHECKED_ON,
    ),
    images_max(
        "twitter.media.count_max", limit=_IMAGES_MAX, platform="X", source_url=CREATE_POST, checked_on=CHECKED_ON
    ),
    Rule(
        id="twitter.media.single_only",
        summary="A GIF must be the only media item of a post.",
        remediation="Attach the GIF alone, or only still images.",
        limit=1,
        unit="items",
        source_url=MEDIA_PRACTICES,
        checked_on=CHECKED_ON,
        find=_gif_with_others,
    ),
    _image_rule(
        "twitter.media.mime_allowed",
        broken=_unsupported_type,
        summary=f"An image must be one of {_TYPES_SHOWN}.",
        remediation="Convert the image to JPEG or PNG.",
        limit=_TYPES_SHOWN,
    ),
    _image_rule(
        "twitter.media.image_size_max",
        broken=_bytes_over(_IMAGE_MAX_BYTES, is_gif=False),
        summary=f"An image has at most {_IMAGE_MAX_BYTES} bytes.",
        remediation=f"Shrink the image to {_IMAGE_MAX_BYTES} bytes or fewer.",
        limit=_IMAGE_MAX_BYTES,
        unit="bytes",
    ),
    _image_rule(
        "twitter.media.gif_size_max",
        broken=_bytes_over(_GIF_MAX_BYTES, is_gif=True),
        summary=f"A GIF has at most {_GIF_MAX_BYTES} bytes.",
        remediation=f"Shrink the GIF to {_GIF_MAX_BYTES} bytes or fewer.",
        limit=_GIF_MAX_BYTES,
        unit="bytes",
    ),
    _image_rule(
        "twitter.media.gif_dimensions_max",
        broken=_gif_too_wide,
        summary=f"A GIF is at most {_GIF_MAX_PX[0]} pixels wide and {_GIF_MAX_PX[1]} high.",
        remediation="Scale the GIF down.",
        limit=f"{_GIF_MAX_PX[0]}x{_GIF_MAX_PX[1]}",
        unit="px",
    ),
    _image_rule(
        "twitter.media.gif_frames_max",
        broken=_too_many_frames,
        summary=f"A GIF has at most {_GIF_MAX_FRAMES} frames.",
        remediation=f"Shorten the GIF to {_GIF_MAX_FRAMES} frames or fewer.",
        limit=_GIF_MAX_FRAMES,
        unit="frames",
    ),
    _image_rule(
        "twitter.media.gif_pixels_max",
        broken=_too_many_pixels,
        summary=f"A GIF has at most {_GIF_MAX_TOTAL_PX} pixels in all its frames together.",
        remediation="Scale the GIF down, or remove frames.",
        limit=_GIF_MAX_TOTAL_PX,
        unit="px",
    ),
    Rule(
        id="twitter.media.alt_text_max_graphemes",
        summary=f"An alt text has at most {_ALT_TEXT_MAX_CHARS} characters (Unicode code points).",
        limit=_ALT_TEXT_MAX_CHARS,
        unit="characters",
        remediation=f"Shorten the alt text to {_ALT_TEXT_MAX_CHARS} characters or fewer.",
        source_url=MEDIA_METADATA,
        checked_on=CHECKED_ON,
        find=_long_alt_texts,
    ),
)

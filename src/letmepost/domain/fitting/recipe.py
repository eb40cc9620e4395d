"""How one image is converted: a pure function of its facts and of what the target accepts."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from math import ceil, floor, sqrt
from typing import Any, Self

from letmepost.domain.content import MediaFacts, MediaKind
from letmepost.domain.fitting.fit import BLUR
from letmepost.domain.fitting.wish import ImageLimit, Wish
from letmepost.domain.sizes import MIB

CONVERTED_MAX_PIXELS = 50_000_000
"""The largest image that is converted. It is decoded with 4 bytes per pixel, and copied to be scaled."""
_RESULT_MAX_PIXELS = 36_000_000
"""The largest result. Several copies of it must fit into the memory of a media process, too."""
CONVERTED_MAX_BYTES = 32 * MIB
"""The largest result. It is held in memory while it is stored."""
_TYPES = ("image/jpeg", "image/png")
"""The content types of results, the preferred one first."""
_QUALITIES = (90, 80, 70, 60)
_SMALLER = (0.8, 0.64, 0.51, 0.4, 0.32, 0.26)
_LOWEST_QUALITY = 60
_PIXELS_PER_BYTE = 4
"""A photo with fewer bytes per pixel has visible artifacts, so it is scaled down first."""


@dataclass(frozen=True, slots=True)
class Rendition:
    """One try: a size and a JPEG quality. The first one with few enough bytes is the result."""

    width_px: int
    height_px: int
    quality: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """How an image is converted. It is always rotated upright, in sRGB, and without transparency and metadata.

    Args:
        renditions: the tries, the best one first.
        max_bytes: of the result.
        matte: the color behind transparent pixels.
        background: what fills the space around the picture, as in `Fit`; None if there is no such space.
        is_cropped: True if the borders of the picture are cut off.
    """

    content_type: str
    renditions: tuple[Rendition, ...]
    max_bytes: int
    matte: str
    background: str | None = None
    is_cropped: bool = False

    @property
    def width_px(self) -> int:
        """The width, unless the result has too many bytes."""
        return self.renditions[0].width_px

    @property
    def height_px(self) -> int:
        """The height, unless the result has too many bytes."""
        return self.renditions[0].height_px

    def predict(self) -> MediaFacts:
        """Return the facts of the result: its bytes are at most those, and its size may still become smaller."""
        return MediaFacts(
            content_type=self.content_type,
            size_bytes=self.max_bytes,
            width_px=self.width_px,
            height_px=self.height_px,
            frame_count=1,
            has_alpha=False,
            color_space="rgb",
        )

    def describe(self) -> str:
        """Return what the result is, for a sentence."""
        how = " and cropped" if self.is_cropped else ""
        around = {None: "", BLUR: " with a blurred background"}.get(
            self.background, f" with the background {self.background}"
        )
        size = f"{self.width_px}x{self.height_px} pixels and at most {self.max_bytes} bytes"
        return f"converted to {self.content_type}{how}{around}, {size}"

    def encode(self) -> dict[str, Any]:
        """Return the recipe as JSON."""
        return asdict(self)

    @classmethod
    def decode(cls, value: dict[str, Any]) -> Self:
        """Return the recipe from JSON."""
        return cls(**{**value, "renditions": tuple(Rendition(**rendition) for rendition in value["renditions"])})


class UnfitError(Exception):
    """An image cannot be converted to what the target accepts. The message is a sentence for callers."""


def plan(facts: MediaFacts, wish: Wish) -> Recipe:
    """Return how an image is converted to what the target accepts.

    Raises:
        UnfitError: it cannot be.
    """
    width_px, height_px = _size(facts)
    content_type = next((name for name in _TYPES if name in wish.limits), None)
    if content_type is None:
        raise UnfitError("`fit` converts to JPEG or PNG, and neither is accepted here.")
    limit = wish.limits[content_type]
    max_bytes = min(CONVERTED_MAX_BYTES, limit.max_bytes or CONVERTED_MAX_BYTES)
    canvas = _canvas(width_px, height_px, limit, is_cropped=wish.fit.background is None)
    is_reshaped = canvas != (width_px, height_px)
    renditions = tuple(_renditions(*canvas, limit, max_bytes, content_type))
    if not renditions:
        raise UnfitError(f"`fit` cannot convert {width_px}x{height_px} pixels to an accepted size.")
    background = wish.fit.background
    return Recipe(
        content_type=content_type,
        renditions=renditions,
        max_bytes=max_bytes,
        matte="#ffffff" if background in {None, BLUR} else str(background),
        background=background if is_reshaped else None,
        is_cropped=is_reshaped and background is None,
    )


def _size(facts: MediaFacts) -> tuple[int, int]:
    if facts.kind is not MediaKind.IMAGE:
        raise UnfitError(f"`fit` converts images, but no file of type {facts.content_type}.")
    if (facts.frame_count or 1) > 1:
        raise UnfitError(f"`fit` does not convert animated images. This one has {facts.frame_count} frames.")
    width_px, height_px = facts.width_px or 0, facts.height_px or 0
    pixels = width_px * height_px
    if not 0 < pixels <= CONVERTED_MAX_PIXELS:
        raise UnfitError(f"`fit` converts images of at most {CONVERTED_MAX_PIXELS} pixels. This one has {pixels}.")
    return width_px, height_px


def _canvas(width_px: int, height_px: int, limit: ImageLimit, *, is_cropped: bool) -> tuple[int, int]:
    """Return the size of the picture with an accepted aspect ratio: cropped, or with a background around it."""
    if limit.max_ratio is not None and width_px > height_px * limit.max_ratio:
        if is_cropped:
            return floor(height_px * limit.max_ratio) or 1, height_px
        return width_px, ceil(width_px / limit.max_ratio)
    if limit.min_ratio is not None and width_px < height_px * limit.min_ratio:
        if is_cropped:
            return width_px, floor(width_px / limit.min_ratio) or 1
        return ceil(height_px * limit.min_ratio), height_px
    return width_px, height_px


def _renditions(
    width_px: int, height_px: int, limit: ImageLimit, max_bytes: int, content_type: str
) -> Iterator[Rendition]:
    """Yield the tries that satisfy the limit: lower qualities first, then smaller sizes."""
    max_pixels = min(limit.max_pixels or _RESULT_MAX_PIXELS, _RESULT_MAX_PIXELS, max_bytes * _PIXELS_PER_BYTE)
    scale = min(
        1.0,
        (limit.max_width_px or width_px) / width_px,
        (limit.max_height_px or height_px) / height_px,
        sqrt(max_pixels / (width_px * height_px)),
    )
    qualities = _QUALITIES if content_type == "image/jpeg" else _QUALITIES[:1]
    tries = [(1.0, quality) for quality in qualities] + [(smaller, _LOWEST_QUALITY) for smaller in _SMALLER]
    for smaller, quality in tries:
        size = _rounded(width_px * scale * smaller, height_px * scale * smaller, limit)
        if limit.allows_size(*size):
            yield Rendition(*size, quality)


def _rounded(width: float, height: float, limit: ImageLimit) -> tuple[int, int]:
    """Return whole pixels with an accepted aspect ratio."""
    width_px, height_px = max(1, floor(width)), max(1, floor(height))
    if limit.max_ratio is not None:
        width_px = min(width_px, floor(height_px * limit.max_ratio) or 1)
    if limit.min_ratio is not None:
        height_px = min(height_px, floor(width_px / limit.min_ratio) or 1)
    return width_px, height_px

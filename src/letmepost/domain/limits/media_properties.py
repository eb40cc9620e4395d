"""The properties of files and their pictures that a row can limit, with the words for each."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, TypeAlias

from letmepost.domain.content import MediaFacts, MediaKind, kind_of
from letmepost.domain.fitting.video import VideoLimit
from letmepost.domain.fitting.wish import ImageLimit
from letmepost.domain.limits.rows import alternatives, one

Actual: TypeAlias = int | float | str | None

_NAMES = {
    "application/pdf": "PDF",
    "image/avif": "AVIF",
    "image/gif": "GIF",
    "image/heic": "HEIC",
    "image/heif": "HEIF",
    "image/jpeg": "JPEG",
    "image/png": "PNG",
    "image/webp": "WebP",
    "video/mp4": "MP4",
    "video/ogg": "Ogg",
    "video/quicktime": "MOV",
    "video/webm": "WebM",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaProperty:
    """One property of a media item: what a limit on it is called, and when it is broken.

    Args:
        suffix: the end of the rule's id.
        must: returns the predicate of the summary.
        fix: returns the remediation, from the noun and the limit.
        broken: returns the value if it breaks the limit, or None.
        shown: returns the limit as a value of JSON.
        of_kind: returns the part of the limit that applies to media items of a kind.
        image: returns the limit as one of images, if a conversion can make an image satisfy it.
        video: returns the limit as one of videos, if videos can have the property.
    """

    suffix: str
    must: Callable[[Any], str]
    fix: Callable[[str, Any], str]
    broken: Callable[[MediaFacts, Any], Actual]
    unit: str | None = None
    shown: Callable[[Any], int | float | str] = lambda limit: limit
    of_kind: Callable[[Any, MediaKind], Any] = lambda limit, _kind: limit
    image: Callable[[Any], ImageLimit] | None = None
    video: Callable[[Any], VideoLimit] | None = None

    def describe(self, noun: str, limit: object) -> str:
        """Return the summary."""
        return f"{one(noun)} {self.must(limit)}."

    def advise(self, noun: str, limit: object) -> str:
        """Return the remediation."""
        return f"{self.fix(noun, limit)}."


def _types_of_kind(types: tuple[str, ...], kind: MediaKind) -> tuple[str, ...]:
    """Return the content types of a kind; all of them if there are none."""
    return tuple(name for name in types if kind_of(name) is kind) or types


def over(actual: int | None, limit: int) -> int | None:
    """Return the value if it is known and over the limit."""
    return actual if actual is not None and actual > limit else None


def _ratio(facts: MediaFacts, limit: float) -> float | None:
    width, height = facts.width_px, facts.height_px
    return round(width / height, 2) if width and height and width > height * limit else None


def _outside(facts: MediaFacts, limit: tuple[float, float]) -> float | None:
    width, height = facts.width_px, facts.height_px
    if not width or not height or height * limit[0] <= width <= height * limit[1]:
        return None
    return round(width / height, 2)


def _dimensions(facts: MediaFacts, limit: tuple[int, int]) -> str | None:
    width, height = facts.width_px or 0, facts.height_px or 0
    return f"{width}x{height}" if width > limit[0] or height > limit[1] else None


def _too_small(facts: MediaFacts, limit: tuple[int, int]) -> str | None:
    """Compare the shorter and the longer side."""
    width, height = facts.width_px, facts.height_px
    if not width or not height or (min(width, height) >= limit[0] and max(width, height) >= limit[1]):
        return None
    return f"{width}x{height}"


def _sides(limit: tuple[int, int]) -> str:
    if limit[0] == limit[1]:
        return f"{limit[0]} pixels wide and high"
    return f"{limit[0]} pixels on its shorter side and {limit[1]} on its longer side"


def _pixels(facts: MediaFacts) -> int:
    return (facts.width_px or 0) * (facts.height_px or 0)


PICTURE_PROPERTIES: Mapping[str, MediaProperty] = MappingProxyType(
    {
        "types": MediaProperty(
            suffix="mime_allowed",
            must=lambda limit: f"must be {alternatives(limit)}",
            fix=lambda noun, limit: f"Convert the {noun} to {alternatives([_NAMES.get(name, name) for name in limit])}",
            broken=lambda facts, limit: None if facts.content_type in limit else facts.content_type,
            shown=", ".join,
            of_kind=_types_of_kind,
            image=lambda limit: ImageLimit(types=limit),
            video=lambda limit: VideoLimit(types=limit),
        ),
        "max_bytes": MediaProperty(
            suffix="size_max",
            must=lambda limit: f"has at most {limit} bytes",
            fix=lambda noun, limit: f"Shrink the {noun} to {limit} bytes or fewer",
            broken=lambda facts, limit: over(facts.size_bytes, limit),
            unit="bytes",
            image=lambda limit: ImageLimit(max_bytes=limit),
            video=lambda limit: VideoLimit(max_bytes=limit),
        ),
        "max_ratio": MediaProperty(
            suffix="aspect_ratio_max",
            must=lambda limit: f"must be at most {limit} times as wide as it is high",
            fix=lambda noun, _limit: f"Crop the {noun}",
            broken=_ratio,
            unit="width / height",
            image=lambda limit: ImageLimit(max_ratio=limit),
            video=lambda limit: VideoLimit(max_ratio=limit),
        ),
        "ratios": MediaProperty(
            suffix="aspect_ratio",
            must=lambda limit: f"must be {limit[0]} to {limit[1]} times as wide as it is high",
            fix=lambda noun, limit: f"Crop the {noun} to a ratio of width to height from {limit[0]} to {limit[1]}",
            broken=_outside,
            unit="width / height",
            shown=lambda limit: f"{limit[0]}-{limit[1]}",
            image=lambda limit: ImageLimit(min_ratio=limit[0], max_ratio=limit[1]),
            video=lambda limit: VideoLimit(min_ratio=limit[0], max_ratio=limit[1]),
        ),
        "max_dimensions_px": MediaProperty(
            suffix="dimensions_max",
            must=lambda limit: f"is at most {limit[0]} pixels wide and {limit[1]} high",
            fix=lambda noun, limit: f"Scale the {noun} down to a width of {limit[0]} and a height of {limit[1]} pixels",
            broken=_dimensions,
            unit="px",
            shown=lambda limit: f"{limit[0]}x{limit[1]}",
            image=lambda limit: ImageLimit(max_width_px=limit[0], max_height_px=limit[1]),
            video=lambda limit: VideoLimit(max_width_px=limit[0], max_height_px=limit[1]),
        ),
        "min_dimensions_px": MediaProperty(
            suffix="dimensions_min",
            must=lambda limit: f"is at least {_sides(limit)}",
            fix=lambda noun, limit: f"Export a larger {noun}: at least {_sides(limit)}",
            broken=_too_small,
            unit="px",
            shown=lambda limit: f"{limit[0]}x{limit[1]}",
            video=lambda limit: VideoLimit(min_shorter_px=limit[0], min_longer_px=limit[1]),
        ),
        "max_frames": MediaProperty(
            suffix="frames_max",
            must=lambda limit: "is not animated" if limit == 1 else f"has at most {limit} frames",
            fix=lambda noun, limit: (
                f"Attach a still {noun}"
                if limit == 1
                else f"Shorten the {noun} to {limit} frames or fewer, or attach a still image"
            ),
            broken=lambda facts, limit: over(facts.frame_count, limit),
            unit="frames",
        ),
        "max_pixels": MediaProperty(
            suffix="pixels_max",
            must=lambda limit: f"has at most {limit} pixels",
            fix=lambda noun, limit: f"Scale the {noun} down to {limit} pixels or fewer, width times height",
            broken=lambda facts, limit: over(_pixels(facts), limit),
            unit="pixels",
            image=lambda limit: ImageLimit(max_pixels=limit),
            video=lambda limit: VideoLimit(max_pixels=limit),
        ),
        "max_total_pixels": MediaProperty(
            suffix="pixels_max",
            must=lambda limit: f"has at most {limit} pixels in all its frames together",
            fix=lambda noun, _limit: f"Scale the {noun} down, or remove frames",
            broken=lambda facts, limit: over(_pixels(facts) * (facts.frame_count or 0), limit),
            unit="px",
            image=lambda limit: ImageLimit(max_pixels=limit),
        ),
        "max_width_px": MediaProperty(
            suffix="width_max",
            must=lambda limit: f"is at most {limit} pixels wide",
            fix=lambda noun, limit: f"Scale the {noun} down to a width of {limit} pixels",
            broken=lambda facts, limit: over(facts.width_px, limit),
            unit="px",
            image=lambda limit: ImageLimit(max_width_px=limit),
            video=lambda limit: VideoLimit(max_width_px=limit),
        ),
    }
)
"""The properties by the field of `MediaLimit` that limits them, in the order of the rules."""

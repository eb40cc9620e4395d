"""What a target accepts of an image, as the limits of its platform state it."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from functools import reduce
from typing import Any

from letmepost.domain.content import MediaFacts
from letmepost.domain.fitting.fit import Fit

STILL_TYPES = ("image/jpeg", "image/png", "image/webp", "image/gif")
"""The content types of images that this service reads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageLimit:
    """What an image must be like. None: any value is accepted.

    Args:
        types: the accepted content types.
        min_ratio, max_ratio: width divided by height.
        max_pixels: width times height.
    """

    types: tuple[str, ...] | None = None
    max_bytes: int | None = None
    max_width_px: int | None = None
    max_height_px: int | None = None
    max_pixels: int | None = None
    min_ratio: float | None = None
    max_ratio: float | None = None

    def __and__(self, other: "ImageLimit") -> "ImageLimit":
        """Return the limit of an image that must satisfy both."""
        types = self.types
        if other.types is not None:
            types = other.types if types is None else tuple(name for name in types if name in other.types)
        return ImageLimit(
            types=types,
            max_bytes=_lower(self.max_bytes, other.max_bytes),
            max_width_px=_lower(self.max_width_px, other.max_width_px),
            max_height_px=_lower(self.max_height_px, other.max_height_px),
            max_pixels=_lower(self.max_pixels, other.max_pixels),
            min_ratio=max((one for one in (self.min_ratio, other.min_ratio) if one is not None), default=None),
            max_ratio=_lower(self.max_ratio, other.max_ratio),
        )

    def allows(self, facts: MediaFacts) -> bool:
        """Return True if an image satisfies the limit. Unknown facts break no limit."""
        width, height = facts.width_px or 0, facts.height_px or 0
        return (
            (self.types is None or facts.content_type in self.types)
            and _is_within(facts.size_bytes, self.max_bytes)
            and self.allows_size(width, height)
        )

    def allows_size(self, width_px: int, height_px: int) -> bool:
        """Return True if an image with this width and height satisfies the limit."""
        return (
            _is_within(width_px, self.max_width_px)
            and _is_within(height_px, self.max_height_px)
            and _is_within(width_px * height_px, self.max_pixels)
            and (self.max_ratio is None or width_px <= height_px * self.max_ratio)
            and (self.min_ratio is None or width_px >= height_px * self.min_ratio)
        )


@dataclass(frozen=True, slots=True)
class Wish:
    """What a target accepts of an image, and how the caller lets it be converted.

    Args:
        limits: the limit of each accepted content type, because platforms have other limits for GIFs.
    """

    fit: Fit
    limits: Mapping[str, ImageLimit]

    @classmethod
    def of(cls, fit: Fit, limits: Mapping[str, Iterable[ImageLimit]]) -> "Wish":
        """Return the wish for an image. `limits`: all limits of an image of each content type."""
        joined = {name: reduce(ImageLimit.__and__, every, ImageLimit()) for name, every in limits.items()}
        return cls(fit, {name: one for name, one in joined.items() if one.types is None or name in one.types})

    def accepts(self, facts: MediaFacts) -> bool:
        """Return True if an image needs no conversion."""
        limit = self.limits.get(facts.content_type)
        return limit is not None and limit.allows(facts)

    def encode(self) -> dict[str, Any]:
        """Return the wish as JSON. Equal wishes have equal JSON."""
        limits = {
            name: {field: value for field, value in asdict(limit).items() if value is not None and field != "types"}
            for name, limit in self.limits.items()
        }
        return {"fit": self.fit.encode(), "limits": limits}

    @classmethod
    def decode(cls, value: Mapping[str, Any]) -> "Wish":
        """Return the wish from JSON."""
        known = {field.name for field in fields(ImageLimit)}
        limits = {
            name: ImageLimit(**{field: limit[field] for field in limit if field in known})
            for name, limit in value["limits"].items()
        }
        return cls(Fit.decode(value["fit"]), limits)


def _lower(one: Any, other: Any) -> Any:
    return min((limit for limit in (one, other) if limit is not None), default=None)


def _is_within(actual: int, limit: int | None) -> bool:
    return limit is None or actual <= limit

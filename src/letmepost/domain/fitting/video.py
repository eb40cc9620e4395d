"""What a target accepts of a video, as the limits of its platform state it."""

from dataclasses import dataclass, fields
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoLimit:
    """What a video must be like. None: any value is accepted.

    Args:
        types: the accepted content types.
        min_ratio, max_ratio: width divided by height.
        min_shorter_px, min_longer_px: the shorter and the longer side.
        max_pixels: width times height.
        needs_constant_rate: True if every picture must be shown for the same time.
        max_bit_rate: of the pictures, in bits per second.
    """

    types: tuple[str, ...] | None = None
    max_bytes: int | None = None
    min_ratio: float | None = None
    max_ratio: float | None = None
    min_shorter_px: int | None = None
    min_longer_px: int | None = None
    max_width_px: int | None = None
    max_height_px: int | None = None
    max_pixels: int | None = None
    min_s: float | None = None
    max_s: float | None = None
    min_fps: float | None = None
    max_fps: float | None = None
    needs_constant_rate: bool = False
    codecs: tuple[str, ...] | None = None
    pixel_formats: tuple[str, ...] | None = None
    max_bit_depth: int | None = None
    max_bit_rate: int | None = None
    audio_codecs: tuple[str, ...] | None = None
    max_audio_channels: int | None = None
    max_audio_hz: int | None = None

    def __and__(self, other: "VideoLimit") -> "VideoLimit":
        """Return the limit of a video that must satisfy both."""
        names = [field.name for field in fields(self)]
        return VideoLimit(**{name: _stricter(name, getattr(self, name), getattr(other, name)) for name in names})

    def allows_size(self, width_px: int, height_px: int) -> bool:
        """Return True if a picture with this width and height satisfies the limit."""
        shorter_px, longer_px = sorted((width_px, height_px))
        return (
            _is_within(width_px, None, self.max_width_px)
            and _is_within(height_px, None, self.max_height_px)
            and _is_within(width_px * height_px, None, self.max_pixels)
            and _is_within(shorter_px, self.min_shorter_px, None)
            and _is_within(longer_px, self.min_longer_px, None)
            and (self.max_ratio is None or width_px <= height_px * self.max_ratio)
            and (self.min_ratio is None or width_px >= height_px * self.min_ratio)
        )

    def allows_rate(self, fps: float, *, is_variable: bool) -> bool:
        """Return True if this many pictures per second satisfy the limit."""
        return _is_within(fps, self.min_fps, self.max_fps) and not (is_variable and self.needs_constant_rate)


def _stricter(name: str, one: Any, other: Any) -> Any:
    if one is None or other is None:
        return other if one is None else one
    if isinstance(one, tuple):
        return tuple(value for value in one if value in other)
    return max(one, other) if name.startswith(("min_", "needs_")) else min(one, other)


def _is_within(value: float, at_least: float | None, at_most: float | None) -> bool:
    return (at_least is None or value >= at_least) and (at_most is None or value <= at_most)

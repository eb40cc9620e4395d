"""The size of a repaired video: with an accepted ratio, and black borders around the picture where it has another."""

from dataclasses import dataclass
from itertools import product
from math import floor, sqrt

from letmepost.domain.fitting.video import VideoLimit


@dataclass(frozen=True, slots=True)
class Layout:
    """The size of the result, and of the picture in its center."""

    width_px: int
    height_px: int
    inner_width_px: int
    inner_height_px: int


def lay_out(width_px: int, height_px: int, limit: VideoLimit) -> Layout | None:
    """Return a size with an accepted ratio, as close to that of the source as the limit allows; None if there is none.

    Width and height are even, as encoders demand.
    """
    canvas_width, canvas_height = float(width_px), float(height_px)
    if limit.max_ratio is not None:
        canvas_height = max(canvas_height, width_px / limit.max_ratio)
    if limit.min_ratio is not None:
        canvas_width = max(canvas_width, height_px * limit.min_ratio)
    scale = _scale(canvas_width, canvas_height, limit)
    wanted = canvas_width * scale, canvas_height * scale
    sizes = [size for size in product(*map(_even_near, wanted)) if limit.allows_size(*size)]
    if not sizes:
        return None
    width, height = min(sizes, key=lambda size: abs(size[0] - wanted[0]) + abs(size[1] - wanted[1]))
    fit = min(width / width_px, height / height_px)
    inner = [_filling(width_px * fit, width), _filling(height_px * fit, height)]
    return Layout(width, height, *inner)


def _scale(width: float, height: float, limit: VideoLimit) -> float:
    """Return 1, or the factor that is closest to it."""
    shorter, longer = sorted((width, height))
    at_most = min(
        (limit.max_width_px or width) / width,
        (limit.max_height_px or height) / height,
        sqrt((limit.max_pixels or width * height) / (width * height)),
        1.0,
    )
    at_least = max((limit.min_shorter_px or 0) / shorter, (limit.min_longer_px or 0) / longer)
    return at_most if at_most < 1 else max(at_least, 1.0)


def _even_near(value: float) -> tuple[int, ...]:
    base = floor(value / 2) * 2
    return tuple(even for even in range(base - 4, base + 8, 2) if even > 0)


def _filling(inner: float, outer: int) -> int:
    """Return an even length of the picture. It fills the canvas if less than two pixels would remain."""
    return outer if outer - inner < 2 else max(2, floor(inner / 2) * 2)

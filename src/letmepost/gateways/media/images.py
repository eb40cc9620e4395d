"""Measures images with Pillow: every image is decoded completely. Only a media process imports this module."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import BinaryIO

from PIL.ExifTags import Base
from PIL.GifImagePlugin import GifImageFile
from PIL.Image import Exif
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile

from letmepost.domain.sizes import IMAGE_MAX_BYTES
from letmepost.gateways.media.frames import count_frames
from letmepost.gateways.media.messages import Measures
from letmepost.gateways.media.sniffing import TooComplexMediaError, UnreadableMediaError

MAX_PIXELS = 178_956_970
"""The default limit of Pillow. Takes 716 MB."""
_ANIMATION_MAX_PIXELS = MAX_PIXELS
"""The limit of decoded pixels of all frames. More frames of an animation are counted, but not decoded."""

# The formats are used by name instead of `Image.open`: only these are parsed, and no warning depends on process-wide
# state.
_IMAGES: Mapping[str, Callable[[BinaryIO], ImageFile]] = MappingProxyType(
    {"image/gif": GifImageFile, "image/jpeg": JpegImageFile, "image/png": PngImageFile, "image/webp": WebPImageFile}
)
# Pillow's modes: https://pillow.readthedocs.io/en/stable/handbook/concepts.html#modes (read 2026-11-29)
_COLOR_SPACES: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("RGB", "RGBA", "RGBX", "RGBa", "P", "PA"), "rgb"),
        **dict.fromkeys(("1", "L", "LA", "La", "I", "I;16", "I;16B", "I;16L", "F"), "gray"),
        "CMYK": "cmyk",
    }
)
SIDEWAYS = frozenset({5, 6, 7, 8})  # EXIF orientations that exchange width and height


def measure_image(content_type: str, file: BinaryIO, size_bytes: int) -> Measures:
    """Return the size of an image as displayed (after EXIF orientation), its number of frames and its colors.

    Raises:
        UnreadableMediaError: the file cannot be decoded, or is incomplete.
        TooComplexMediaError: it has too many bytes, pixels or blocks.
        MemoryError: it needs more memory than allowed.
    """
    with opened_image(content_type, file, size_bytes) as image:
        return _measure(content_type, file, image)


@contextmanager
def opened_image(content_type: str, file: BinaryIO, size_bytes: int) -> Iterator[ImageFile]:
    """Open an image in the context. Raises as `measure_image`, for errors in the context, too."""
    if size_bytes > IMAGE_MAX_BYTES:
        raise TooComplexMediaError(f"The image has {size_bytes} bytes, more than the maximum of {IMAGE_MAX_BYTES}.")
    try:
        with _IMAGES[content_type](file) as image:
            yield image
    except (UnreadableMediaError, MemoryError):
        raise
    except Exception as error:  # Pillow documents few types, and hostile files raise others
        raise UnreadableMediaError(f"The file begins like {content_type}, but cannot be decoded.") from error


def _measure(content_type: str, file: BinaryIO, image: ImageFile) -> Measures:
    width_px, height_px = image.size
    if width_px * height_px > MAX_PIXELS:
        raise TooComplexMediaError(
            f"The image has {width_px}x{height_px} pixels, more than the maximum of {MAX_PIXELS}."
        )
    position = file.tell()
    file.seek(0)
    frame_count = count_frames(content_type, file)
    file.seek(position)
    color_space = _COLOR_SPACES.get(image.mode)  # decoding a JPEG changes the mode
    has_alpha, exif = _decode(image, width_px * height_px)
    if orientation_of(exif) in SIDEWAYS:
        width_px, height_px = height_px, width_px
    return Measures(
        width_px=width_px,
        height_px=height_px,
        frame_count=frame_count,
        has_alpha=has_alpha,
        color_space=color_space,
    )


def _decode(image: ImageFile, pixels: int) -> tuple[bool, bytes | None]:
    """Decode the frames, up to a number of pixels. Return whether the first can be transparent, and the EXIF data.

    In later frames of an animation, transparent pixels show the earlier ones.
    """
    if isinstance(image, JpegImageFile):
        # Reads every byte, but takes a 64th of the memory.
        image.draft("L", (1, 1))
    image.load()
    has_alpha = image.has_transparency_data
    exif: bytes | None = image.info.get("exif")
    decoded_pixels = pixels
    while decoded_pixels + pixels <= _ANIMATION_MAX_PIXELS:
        try:
            image.seek(image.tell() + 1)
        except EOFError:
            break
        image.load()
        decoded_pixels += pixels
    return has_alpha, exif


def orientation_of(raw: bytes | None) -> int:
    """Return the EXIF orientation; 1 (upright) if there is none or it cannot be read."""
    exif = Exif()
    try:
        exif.load(raw or b"")
        return int(exif.get(Base.Orientation, 1))
    except Exception:  # noqa: BLE001 - see above
        return 1

"""Converts images with Pillow. Only a media process imports this module."""

from collections.abc import Mapping
from io import BytesIO
from types import MappingProxyType
from typing import BinaryIO

from PIL import Image, ImageCms, ImageFilter, ImageOps
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile

from letmepost.domain.fitting.fit import BLUR
from letmepost.domain.fitting.recipe import CONVERTED_MAX_PIXELS, Recipe, Rendition
from letmepost.gateways.media.images import SIDEWAYS, opened_image, orientation_of
from letmepost.gateways.media.sniffing import TooComplexMediaError, UnreadableMediaError

_FORMATS = {"image/jpeg": "JPEG", "image/png": "PNG"}
# EXIF orientations: https://www.cipa.jp/std/documents/e/DC-008-Translation-2019-E.pdf, 4.6.4 (read 2026-11-29)
_UPRIGHT: Mapping[int, Image.Transpose] = MappingProxyType(
    {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_270,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_90,
    }
)
_SRGB = ImageCms.createProfile("sRGB")
_BLUR_SHRINK = 16
"""The blurred background is computed in a size that is this much smaller, and enlarged."""
_BLUR_RADIUS = 2


def convert_image(content_type: str, file: BinaryIO, size_bytes: int, recipe: Recipe) -> bytes:
    """Return an image converted by a recipe: upright, in sRGB, without transparency, metadata and color profile.

    Raises:
        UnreadableMediaError: the file cannot be decoded, or every try has too many bytes.
        TooComplexMediaError: it has too many bytes or pixels.
        MemoryError: it needs more memory than allowed.
    """
    with opened_image(content_type, file, size_bytes) as image:
        width_px, height_px = image.size
        if width_px * height_px > CONVERTED_MAX_PIXELS:
            raise TooComplexMediaError(
                f"The image has {width_px}x{height_px} pixels. At most {CONVERTED_MAX_PIXELS} are converted."
            )
        picture = _scaled(image, recipe)
        for rendition in recipe.renditions:
            data = _encoded(_laid_out(picture, rendition, recipe), rendition, recipe.content_type)
            if len(data) <= recipe.max_bytes:
                return data
    raise UnreadableMediaError(f"The image cannot be reduced to {recipe.max_bytes} bytes.")


def _scaled(image: ImageFile, recipe: Recipe) -> Image.Image:
    """Return the whole picture in sRGB, in the size that the first try needs."""
    if not isinstance(image, JpegImageFile):
        image.load()  # a PNG may have its EXIF data after the pixels
    orientation = orientation_of(image.info.get("exif"))
    width_px, height_px = image.size
    box = recipe.width_px, recipe.height_px
    if orientation in SIDEWAYS:
        box = box[1], box[0]
    ratios = box[0] / width_px, box[1] / height_px
    scale = min(ratios) if recipe.background else max(ratios)
    size = max(1, round(width_px * scale)), max(1, round(height_px * scale))
    image.draft(image.mode, size)  # a large JPEG is decoded in a smaller size
    image.load()
    profile = image.info.get("icc_profile")
    small = _resizable(image).resize(size, Image.Resampling.LANCZOS)
    image.close()  # the memory of the source is needed for the copies of the result
    flat = _flattened(small, profile, recipe.matte)
    return flat.transpose(_UPRIGHT[orientation]) if orientation in _UPRIGHT else flat


def _resizable(image: Image.Image) -> Image.Image:
    """Return the picture in a mode that is resized with all its colors."""
    if image.has_transparency_data:
        return image.convert("RGBA")
    if image.mode in {"1", "P"}:
        return image.convert("RGB")
    return image


def _flattened(image: Image.Image, profile: bytes | None, matte: str) -> Image.Image:
    """Return the picture in sRGB, in front of a color."""
    if image.mode.startswith("I"):  # 16 bits for each pixel
        image = image.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    if image.mode != "RGBA":
        return _in_srgb(image, profile)
    behind = Image.new("RGB", image.size, matte)
    behind.paste(_in_srgb(image.convert("RGB"), profile), mask=image.getchannel("A"))
    return behind


def _in_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    if profile:
        try:
            given = ImageCms.ImageCmsProfile(BytesIO(profile))
            converted = ImageCms.profileToProfile(image, given, _SRGB, outputMode="RGB")
        except (ImageCms.PyCMSError, OSError):  # a profile that is broken, or of other colors, is ignored
            return image.convert("RGB")
        return image.convert("RGB") if converted is None else converted
    return image.convert("RGB")


def _laid_out(picture: Image.Image, rendition: Rendition, recipe: Recipe) -> Image.Image:
    """Return the picture in the size of a try: cropped, or in front of a background."""
    size = rendition.width_px, rendition.height_px
    if recipe.background is None:
        return ImageOps.fit(picture, size, Image.Resampling.LANCZOS)
    front = ImageOps.contain(picture, size, Image.Resampling.LANCZOS)
    canvas = _blurred(picture, size) if recipe.background == BLUR else Image.new("RGB", size, recipe.background)
    canvas.paste(front, ((size[0] - front.width) // 2, (size[1] - front.height) // 2))
    return canvas


def _blurred(picture: Image.Image, size: tuple[int, int]) -> Image.Image:
    small = max(1, size[0] // _BLUR_SHRINK), max(1, size[1] // _BLUR_SHRINK)
    blurred = ImageOps.fit(picture, small, Image.Resampling.BILINEAR).filter(ImageFilter.GaussianBlur(_BLUR_RADIUS))
    return blurred.resize(size, Image.Resampling.BICUBIC)


def _encoded(image: Image.Image, rendition: Rendition, content_type: str) -> bytes:
    image.info = {}  # Pillow would write the color profile and the comment of the source
    file = BytesIO()
    options = {"quality": rendition.quality} if content_type == "image/jpeg" else {}
    image.save(file, _FORMATS[content_type], **options)
    return file.getvalue()

"""What the bytes of a medium say they are, whatever its name or its sender says."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from importlib import import_module
from io import BytesIO
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from PIL.ExifTags import Base
from PIL.GifImagePlugin import GifImageFile
from PIL.Image import Exif
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile

from letmepost.domain.content import MediaFacts
from letmepost.domain.errors import LetmepostError

if TYPE_CHECKING:
    from letmepost.gateways.movies import Read

SNIFF_BYTES = 4096
IMAGE_HEAD_BYTES = 32 * 1024 * 1024
"""How much of an image is looked at: its size stands before its pixels, after some metadata at most."""

MAX_PIXELS = 178_956_970
"""The most that Pillow decodes unless it is told to take more."""

# The formats are called by name rather than by `Image.open`: nothing but these is ever parsed, and no warning
# depends on process-wide state. None of them decodes pixels before it is told to.
_IMAGES: Mapping[str, Callable[[BytesIO], ImageFile]] = MappingProxyType(
    {"image/gif": GifImageFile, "image/jpeg": JpegImageFile, "image/png": PngImageFile, "image/webp": WebPImageFile}
)
_MOVIES = frozenset({"video/mp4", "video/quicktime"})
_MAGIC = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"%PDF-", "application/pdf"),
)
# Brands of ISO base media files; https://mp4ra.org registers them.
_MP4_BRANDS = frozenset(
    b"isom,iso2,iso3,iso4,iso5,iso6,iso7,iso8,iso9,mp41,mp42,mp71,avc1".split(b",")
    + b"M4V ,M4VH,M4VP,MSNV,XAVC,dash,cmfc,f4v ".split(b",")
)
# Stills and sound, some of which name an MP4 brand as compatible.
_OTHER_BRANDS = frozenset(b"heic,heix,heim,heis,hevc,hevx,mif1,msf1,avif,avis,crx ,M4A ,M4B ,M4P ".split(b","))
_OLD_QUICKTIME = frozenset({b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"})
_SIDEWAYS = frozenset({5, 6, 7, 8})  # EXIF orientations that exchange width and height


class UnreadableMediaError(LetmepostError):
    """The bytes are of no type that is taken, or are not what they begin like."""


async def probe(read: "Read", size_bytes: int) -> MediaFacts:
    """The facts of a file: its type, and its size as seen (after EXIF orientation, or a video's matrix).

    Args:
        read: gives so many bytes from a position on.

    Raises:
        UnreadableMediaError: it is none of JPEG, PNG, WebP, GIF, MP4, QuickTime and PDF, or is broken.
    """
    head = await read(0, min(size_bytes, SNIFF_BYTES))
    content_type = sniff(head)
    facts = MediaFacts(content_type=content_type, size_bytes=size_bytes)
    if content_type in _IMAGES:
        if size_bytes > len(head):
            head = await read(0, min(size_bytes, IMAGE_HEAD_BYTES))
        width_px, height_px = await asyncio.to_thread(_image_size, content_type, head)
        return replace(facts, width_px=width_px, height_px=height_px)
    if content_type in _MOVIES:
        return replace(facts, **await _movie_facts(read, size_bytes))
    return facts


async def _movie_facts(read: "Read", size_bytes: int) -> dict[str, Any]:
    # FFmpeg takes 20 MB and a moment: it is loaded where a film is met, and not by the thread that serves others.
    await asyncio.to_thread(import_module, "letmepost.gateways.movies")
    from letmepost.gateways.movies import describe  # noqa: PLC0415 - see above

    return asdict(await describe(read, size_bytes))


async def probe_bytes(data: bytes) -> MediaFacts:
    """The facts of a file that is in memory, as `probe`.

    Raises:
        UnreadableMediaError: as `probe`.
    """

    async def read(first_byte: int, length_bytes: int) -> bytes:
        return data[first_byte : first_byte + length_bytes]

    return await probe(read, len(data))


def sniff(head: bytes) -> str:
    """The content type that the first bytes of a file (at least 256, if it has as many) are of.

    Raises:
        UnreadableMediaError: they are of no type that is taken.
    """
    for magic, content_type in _MAGIC:
        if head.startswith(magic):
            return content_type
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "image/webp"
    video = _video_type(head)
    if video is None:
        raise UnreadableMediaError("The file is not a JPEG, PNG, WebP, GIF, MP4, QuickTime or PDF file.")
    return video


def _video_type(head: bytes) -> str | None:
    if head[4:8] in _OLD_QUICKTIME:  # before 2001 the first box was not `ftyp`
        return "video/quicktime"
    if head[4:8] != b"ftyp":
        return None
    end = min(int.from_bytes(head[:4], "big"), 256)
    brands = [head[8:12], *(head[start : start + 4] for start in range(16, end, 4))]
    if brands[0] == b"qt  ":
        return "video/quicktime"
    if brands[0] in _OTHER_BRANDS or _MP4_BRANDS.isdisjoint(brands):
        return None
    return "video/mp4"


def _image_size(content_type: str, head: bytes) -> tuple[int, int]:
    try:
        with _IMAGES[content_type](BytesIO(head)) as image:
            (width_px, height_px), exif = image.size, image.info.get("exif")
    except Exception as error:  # Pillow promises few types, and hostile files find others
        raise UnreadableMediaError(f"The file begins like {content_type}, but cannot be read as such.") from error
    if width_px * height_px > MAX_PIXELS:
        raise UnreadableMediaError(f"The image has {width_px}x{height_px} pixels, more than can be processed.")
    return (height_px, width_px) if _orientation(exif) in _SIDEWAYS else (width_px, height_px)


def _orientation(raw: bytes | None) -> int:
    """The EXIF orientation; 1, upright, when there is none or it cannot be read."""
    exif = Exif()
    try:
        exif.load(raw or b"")
        return int(exif.get(Base.Orientation, 1))
    except Exception:  # noqa: BLE001 - see above
        return 1

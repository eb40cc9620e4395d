"""Detects the type of a file by its first bytes."""

from letmepost.domain.errors import LetmepostError

SNIFF_BYTES = 4096
IMAGE_TYPES = frozenset({"image/gif", "image/jpeg", "image/png", "image/webp"})
MOVIE_TYPES = frozenset({"video/mp4", "video/quicktime", "video/webm"})

_MAGIC = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"%PDF-", "application/pdf"),
)
# Brands of ISO base media files, registered at https://mp4ra.org.
_MP4_BRANDS = frozenset(
    b"isom,iso2,iso3,iso4,iso5,iso6,iso7,iso8,iso9,mp41,mp42,mp71,avc1".split(b",")
    + b"M4V ,M4VH,M4VP,MSNV,XAVC,dash,cmfc,f4v ".split(b",")
)
# Still images and sound. Some of them list an MP4 brand as compatible.
_OTHER_BRANDS = frozenset(b"heic,heix,heim,heis,hevc,hevx,mif1,msf1,avif,avis,crx ,M4A ,M4B ,M4P ".split(b","))
EBML = b"\x1a\x45\xdf\xa3"
# The element DocType. Matroska files with other content have another value: https://www.rfc-editor.org/rfc/rfc8794
# (section 11.2.7) and https://www.webmproject.org/docs/container/ (checked 2026-11-29).
_WEBM = b"\x42\x82\x84webm"
_EBML_HEADER_BYTES = 64
_OLD_QUICKTIME = frozenset({b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"})


class UnreadableMediaError(LetmepostError):
    """The file has no accepted type, or is broken."""


class TooComplexMediaError(UnreadableMediaError):
    """The file needs more memory or time than one file may use."""


class IncompleteVideoError(UnreadableMediaError):
    """The file ends before its contents do, because a download or a copy was interrupted, for example."""

    def __init__(self, content_bytes: int, size_bytes: int) -> None:
        super().__init__(f"The video is incomplete: it has {size_bytes} of {content_bytes} bytes.")


def sniff(head: bytes) -> str:
    """Return the content type of a file with these first bytes (at least 256, unless it is shorter).

    Raises:
        UnreadableMediaError: the type is not accepted.
    """
    for magic, content_type in _MAGIC:
        if head.startswith(magic):
            return content_type
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "image/webp"
    video = _video_type(head)
    if video is None:
        raise UnreadableMediaError("The file is not a JPEG, PNG, WebP, GIF, MP4, QuickTime, WebM or PDF file.")
    return video


def _video_type(head: bytes) -> str | None:
    if head.startswith(EBML):
        return "video/webm" if _WEBM in head[:_EBML_HEADER_BYTES] else None
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

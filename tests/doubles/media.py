"""Media items, and the bytes that they stand for: the start of a file of 64 x 32 pixels, and line feeds."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

from letmepost.domain.content import MediaFacts, MediaItem, MediaKind

STARTS = {
    "image/jpeg": b"\xff\xd8\xff\xe0",
    "image/png": b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x40\x00\x00\x00\x20",
    "image/gif": b"GIF89a\x40\x00\x20\x00",
    "image/webp": b"RIFF\x24\x00\x00\x00WEBPVP8 ",
    "video/mp4": b"\x00\x00\x00\x18ftypmp42",
    "application/pdf": b"%PDF-1.7\n",
}


def image(number: int = 1, *, alt_text: str | None = None, **facts: Any) -> MediaItem:
    known = {"content_type": "image/jpeg", "size_bytes": 1_000, "width_px": 1200, "height_px": 800}
    return _item(MediaKind.IMAGE, number, {**known, **facts}, alt_text=alt_text)


def video(number: int = 9, **facts: Any) -> MediaItem:
    known = {"content_type": "video/mp4", "size_bytes": 5_000, "width_px": 1080, "height_px": 1920}
    played = {"duration_s": 12.0, "frame_rate": 30.0, "codec": "h264"}
    return _item(MediaKind.VIDEO, number, {**known, **played, **facts})


def document(title: str | None = "Deck", **facts: Any) -> MediaItem:
    known = {"content_type": "application/pdf", "size_bytes": 1_000}
    return _item(MediaKind.DOCUMENT, 99, {**known, **facts}, title=title)


def _item(
    kind: MediaKind, number: int, facts: dict[str, Any], *, alt_text: str | None = None, title: str | None = None
) -> MediaItem:
    return MediaItem(kind=kind, media_id=UUID(int=number), facts=MediaFacts(**facts), alt_text=alt_text, title=title)


async def bytes_of(item: MediaItem, first_byte: int, length_bytes: int) -> AsyncIterator[bytes]:
    """Return the bytes of a media item, from `first_byte` on."""
    assert item.facts is not None
    assert first_byte + length_bytes <= item.facts.size_bytes
    start = STARTS[item.facts.content_type][first_byte : first_byte + length_bytes]
    return _chunks(start + b"\n" * (length_bytes - len(start)))


async def _chunks(data: bytes) -> AsyncIterator[bytes]:
    yield data

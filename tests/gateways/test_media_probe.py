"""What files are is what their bytes say."""

import asyncio
import struct
import tracemalloc
import zlib
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from letmepost.domain.content import MediaFacts
from letmepost.gateways.media_probe import MAX_PIXELS, UnreadableMediaError, probe_bytes, sniff

FORMATS = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP", "image/gif": "GIF"}


def image(content_type: str, *, orientation: int | None = None, frames: int = 1) -> bytes:
    """40 pixels wide and 20 high."""
    exif = Image.Exif()
    if orientation is not None:
        exif[0x0112] = orientation
    file = BytesIO()
    pictures = [Image.new("RGB", (40, 20), (shade, 0, 0)) for shade in range(frames)]
    more = {"save_all": True, "append_images": pictures[1:]} if frames > 1 else {}
    pictures[0].save(file, FORMATS[content_type], exif=exif.tobytes(), **more)
    return file.getvalue()


def box(brand: bytes, *compatible: bytes) -> bytes:
    body = brand + b"\0\0\2\0" + b"".join(compatible)
    return (8 + len(body)).to_bytes(4, "big") + b"ftyp" + body + b"\0\0\0\x08mdat" + b"\0" * 100


@pytest.mark.parametrize("content_type", FORMATS)
async def test_image_has_its_type_and_size(content_type: str) -> None:
    content = image(content_type)
    facts = MediaFacts(content_type=content_type, size_bytes=len(content), width_px=40, height_px=20)
    assert await probe_bytes(content) == facts


@pytest.mark.parametrize("content_type", ["image/jpeg", "image/png", "image/webp"])
@pytest.mark.parametrize(("orientation", "size"), [(1, (40, 20)), (3, (40, 20)), (6, (20, 40)), (8, (20, 40))])
async def test_image_has_the_size_in_which_it_is_seen(
    content_type: str, orientation: int, size: tuple[int, int]
) -> None:
    facts = await probe_bytes(image(content_type, orientation=orientation))
    assert (facts.width_px, facts.height_px) == size


async def test_orientation_that_makes_no_sense_is_ignored() -> None:
    whole = image("image/jpeg", orientation=6)
    for garbled in (whole.replace(b"MM\0*", b"XX\0*"), whole.replace(b"\x01\x12\0\x03", b"\x01\x12\0\x02")):
        assert garbled != whole
        assert (await probe_bytes(garbled)).width_px == 40


@pytest.mark.parametrize("content_type", ["image/gif", "image/webp"])
async def test_animation_has_the_size_of_its_canvas(content_type: str) -> None:
    facts = await probe_bytes(image(content_type, frames=3))
    assert (facts.content_type, facts.width_px, facts.height_px) == (content_type, 40, 20)


@pytest.mark.parametrize(
    ("head", "content_type"),
    [
        (box(b"isom", b"isom", b"iso2", b"avc1", b"mp41"), "video/mp4"),
        (box(b"mp42"), "video/mp4"),
        (box(b"M4V ", b"mp42"), "video/mp4"),
        (box(b"XAVC", b"mp42"), "video/mp4"),
        (box(b"????", b"isom"), "video/mp4"),
        (box(b"qt  ", b"qt  "), "video/quicktime"),
        (b"\0\0\0\x08wide\0\0\x10\0mdat", "video/quicktime"),
        (b"\0\0\x10\0moov", "video/quicktime"),
        (b"%PDF-1.7\n", "application/pdf"),
    ],
)
async def test_video_and_document_are_known_by_their_first_bytes(head: bytes, content_type: str) -> None:
    assert await probe_bytes(head) == MediaFacts(content_type=content_type, size_bytes=len(head))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xd8",
        b"hello",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"<html><script>alert(1)</script>%PDF-",
        b"MZ" + b"\0" * 100,
        b"RIFF\0\0\0\0WAVEfmt ",
        b"BM" + b"\0" * 100,
        b"II*\0" + b"\0" * 100,
        box(b"heic", b"mif1", b"heic"),
        box(b"avif", b"avif", b"mif1"),
        box(b"mif1", b"heic", b"iso8"),
        box(b"M4A ", b"M4A ", b"mp42", b"isom"),
        box(b"????", b"????"),
    ],
)
async def test_unknown_bytes_are_unreadable(data: bytes) -> None:
    with pytest.raises(UnreadableMediaError, match="is not a JPEG, PNG, WebP, GIF, MP4, QuickTime or PDF"):
        await probe_bytes(data)


@pytest.mark.parametrize("content_type", FORMATS)
async def test_image_that_only_begins_like_one_is_unreadable(content_type: str) -> None:
    with pytest.raises(UnreadableMediaError, match="cannot be read as such"):
        await probe_bytes(image(content_type)[:13])


def png_of(width_px: int, height_px: int) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width_px, height_px, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


def webp_of(side_px: int) -> bytes:
    animation = bytearray(image("image/webp", frames=2))
    canvas = animation.index(b"VP8X") + 12
    animation[canvas : canvas + 6] = (side_px - 1).to_bytes(3, "little") * 2
    return bytes(animation)


@pytest.mark.parametrize("bomb", [png_of(100_000, 100_000), webp_of(16_383)], ids=["png", "webp"])
async def test_image_of_too_many_pixels_is_unreadable_without_being_decoded(bomb: bytes) -> None:
    tracemalloc.start()
    with pytest.raises(UnreadableMediaError):
        await probe_bytes(bomb)
    assert tracemalloc.get_traced_memory()[1] < 1_000_000
    tracemalloc.stop()


async def test_image_of_almost_too_many_pixels_is_measured_without_being_decoded() -> None:
    facts = await probe_bytes(png_of(MAX_PIXELS // 1000, 1000))
    assert facts.height_px == 1000


async def test_metadata_before_the_picture_may_be_large() -> None:
    picture = image("image/jpeg")
    segment = b"\xff\xe5" + (65_533).to_bytes(2, "big") + b"x" * 65_531
    assert (await probe_bytes(picture[:2] + segment * 100 + picture[2:])).width_px == 40


@given(st.sampled_from(sorted(FORMATS)), st.data())
def test_garbled_image_is_measured_or_unreadable_and_nothing_else(content_type: str, data: st.DataObject) -> None:
    garbled = bytearray(image(content_type, orientation=6))
    for _ in range(data.draw(st.integers(1, 8))):
        garbled[data.draw(st.integers(0, len(garbled) - 1))] = data.draw(st.integers(0, 255))
    try:
        asyncio.run(probe_bytes(bytes(garbled)))
    except UnreadableMediaError:
        return


@given(st.binary(max_size=300))
def test_any_bytes_have_a_type_or_are_unreadable(data: bytes) -> None:
    try:
        sniff(data)
    except UnreadableMediaError:
        return

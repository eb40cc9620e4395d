"""Images are identified and measured by their bytes."""

import struct
import tracemalloc
import zlib
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from letmepost.domain.content import MediaFacts
from letmepost.gateways.media.frames import count_frames
from letmepost.gateways.media.images import MAX_PIXELS
from letmepost.gateways.media.sniffing import TooComplexMediaError, UnreadableMediaError, sniff
from tests.doubles.probing import probe_bytes

FORMATS = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP", "image/gif": "GIF"}


def image(content_type: str, *, orientation: int | None = None, frames: int = 1, noisy: bool = False) -> bytes:
    """Return an image of 40 by 20 pixels; with noise, ten times larger and hard to compress."""
    exif = Image.Exif()
    if orientation is not None:
        exif[0x0112] = orientation
    file = BytesIO()
    if noisy:
        pictures = [Image.effect_noise((400, 200), 100 + shade).convert("RGB") for shade in range(frames)]
    else:
        pictures = [Image.new("RGB", (40, 20), (shade * 9, 0, 0)) for shade in range(frames)]
    more = {"save_all": True, "append_images": pictures[1:]} if frames > 1 else {}
    pictures[0].save(file, FORMATS[content_type], exif=exif.tobytes(), **more)
    return file.getvalue()


def box(brand: bytes, *compatible: bytes) -> bytes:
    body = brand + b"\0\0\2\0" + b"".join(compatible)
    return (8 + len(body)).to_bytes(4, "big") + b"ftyp" + body + b"\0\0\0\x08mdat" + b"\0" * 100


@pytest.mark.parametrize("content_type", FORMATS)
def test_image_has_its_type_and_size(content_type: str) -> None:
    content = image(content_type)
    assert probe_bytes(content) == MediaFacts(
        content_type=content_type,
        size_bytes=len(content),
        width_px=40,
        height_px=20,
        frame_count=1,
        has_alpha=False,
        color_space="rgb",
    )


@pytest.mark.parametrize(
    ("mode", "content_type", "color_space", "has_alpha"),
    [
        ("RGBA", "image/png", "rgb", True),
        ("RGBA", "image/webp", "rgb", True),
        ("RGBA", "image/gif", "rgb", True),
        ("P", "image/png", "rgb", False),
        ("LA", "image/png", "gray", True),
        ("I;16", "image/png", "gray", False),
        ("1", "image/png", "gray", False),
        ("L", "image/jpeg", "gray", False),
        ("CMYK", "image/jpeg", "cmyk", False),
    ],
)
def test_image_has_its_color_space_and_transparency(
    mode: str, content_type: str, color_space: str, *, has_alpha: bool
) -> None:
    file = BytesIO()
    Image.new(mode, (4, 4)).save(file, FORMATS[content_type])
    facts = probe_bytes(file.getvalue())
    assert (facts.color_space, facts.has_alpha) == (color_space, has_alpha)


def test_palette_with_a_transparent_color_has_alpha() -> None:
    file = BytesIO()
    Image.new("P", (4, 4)).save(file, "PNG", transparency=0)
    assert probe_bytes(file.getvalue()).has_alpha is True


@pytest.mark.parametrize("content_type", ["image/jpeg", "image/png", "image/webp"])
@pytest.mark.parametrize(("orientation", "size"), [(1, (40, 20)), (3, (40, 20)), (6, (20, 40)), (8, (20, 40))])
def test_image_has_its_displayed_size(content_type: str, orientation: int, size: tuple[int, int]) -> None:
    facts = probe_bytes(image(content_type, orientation=orientation))
    assert (facts.width_px, facts.height_px) == size


def test_invalid_orientation_is_ignored() -> None:
    whole = image("image/jpeg", orientation=6)
    for garbled in (whole.replace(b"MM\0*", b"XX\0*"), whole.replace(b"\x01\x12\0\x03", b"\x01\x12\0\x02")):
        assert garbled != whole
        assert (probe_bytes(garbled)).width_px == 40


@pytest.mark.parametrize("content_type", ["image/gif", "image/webp"])
def test_animation_has_the_size_of_its_canvas(content_type: str) -> None:
    facts = probe_bytes(image(content_type, frames=3))
    assert (facts.content_type, facts.width_px, facts.height_px) == (content_type, 40, 20)


@pytest.mark.parametrize("content_type", ["image/gif", "image/png", "image/webp"])
@pytest.mark.parametrize("frames", [1, 2, 7])
def test_frames_of_an_image_are_counted(content_type: str, frames: int) -> None:
    assert probe_bytes(image(content_type, frames=frames)).frame_count == frames


def test_video_and_document_have_no_frame_count() -> None:
    assert probe_bytes(box(b"mp42")).frame_count is None
    assert probe_bytes(b"%PDF-1.7\n").frame_count is None


def test_frames_of_an_apng_are_counted_and_not_its_claim() -> None:
    claims_two = bytearray(image("image/png", frames=7))
    claim = claims_two.index(b"acTL")
    claims_two[claim + 4 : claim + 8] = (2).to_bytes(4, "big")
    claims_two[claim + 12 : claim + 16] = zlib.crc32(claims_two[claim : claim + 12]).to_bytes(4, "big")
    assert probe_bytes(bytes(claims_two)).frame_count == 7


def test_gif_without_trailer_is_measured() -> None:
    assert probe_bytes(image("image/gif", frames=3)[:-1]).frame_count == 3


@pytest.mark.parametrize("content_type", FORMATS)
@pytest.mark.parametrize("frames", [1, 3])
def test_truncated_image_is_unreadable(content_type: str, frames: int) -> None:
    whole = image(content_type, frames=frames if content_type != "image/jpeg" else 1, noisy=True)
    probe_bytes(whole)
    with pytest.raises(UnreadableMediaError, match=r"ends too early|cannot be decoded"):
        probe_bytes(whole[: len(whole) // 2])


def test_gif_with_too_many_blocks_is_too_complex() -> None:
    head = b"GIF89a\1\0\1\0\0\0\0"
    with pytest.raises(TooComplexMediaError, match="blocks"):
        count_frames("image/gif", BytesIO(head + b"\x21\xfe" + b"\1\0" * 1_100_000 + b"\0"))


@pytest.mark.parametrize(
    ("head", "content_type"),
    [
        (box(b"isom", b"isom", b"iso2", b"avc1", b"mp41"), "video/mp4"),
        (box(b"mp42"), "video/mp4"),
        (box(b"M4V ", b"mp42"), "video/mp4"),
        (box(b"XAVC", b"mp42"), "video/mp4"),
        (box(b"????", b"isom"), "video/mp4"),
        (box(b"qt  ", b"qt  "), "video/quicktime"),
        (b"\0\0\0\x08wide\0\0\0\x08mdat", "video/quicktime"),
        (b"\0\0\0\x08moov", "video/quicktime"),
        (b"\x1a\x45\xdf\xa3\x87\x42\x82\x84webm", "video/webm"),
        (b"%PDF-1.7\n", "application/pdf"),
    ],
)
def test_videos_and_documents_are_identified_by_their_first_bytes(head: bytes, content_type: str) -> None:
    assert probe_bytes(head) == MediaFacts(content_type=content_type, size_bytes=len(head))


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
        b"\x1a\x45\xdf\xa3\x8b\x42\x82\x88matroska",
        box(b"heic", b"mif1", b"heic"),
        box(b"avif", b"avif", b"mif1"),
        box(b"mif1", b"heic", b"iso8"),
        box(b"M4A ", b"M4A ", b"mp42", b"isom"),
        box(b"????", b"????"),
    ],
)
def test_unknown_bytes_are_unreadable(data: bytes) -> None:
    with pytest.raises(UnreadableMediaError, match="is not a JPEG, PNG, WebP, GIF, MP4, QuickTime, WebM or PDF"):
        probe_bytes(data)


@pytest.mark.parametrize("content_type", FORMATS)
def test_image_with_only_a_valid_start_is_unreadable(content_type: str) -> None:
    with pytest.raises(UnreadableMediaError, match=r"cannot be decoded|ends too early"):
        probe_bytes(image(content_type)[:13])


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
def test_image_with_too_many_pixels_is_rejected_without_decoding(bomb: bytes) -> None:
    tracemalloc.start()
    with pytest.raises(UnreadableMediaError):
        probe_bytes(bomb)
    assert tracemalloc.get_traced_memory()[1] < 1_000_000
    tracemalloc.stop()


@pytest.mark.parametrize("content_type", ["image/jpeg", "image/png"])
def test_large_photograph_is_measured(content_type: str) -> None:
    file = BytesIO()
    Image.new("L", (12_000, 9_000)).save(file, FORMATS[content_type])
    assert probe_bytes(file.getvalue()).width_px == 12_000


def test_image_without_its_pixels_is_unreadable() -> None:
    with pytest.raises(UnreadableMediaError, match="cannot be decoded"):
        probe_bytes(png_of(MAX_PIXELS // 1000, 1000))


def test_large_metadata_before_the_picture_is_accepted() -> None:
    picture = image("image/jpeg")
    segment = b"\xff\xe5" + (65_533).to_bytes(2, "big") + b"x" * 65_531
    assert (probe_bytes(picture[:2] + segment * 100 + picture[2:])).width_px == 40


@given(st.sampled_from(sorted(FORMATS)), st.data())
def test_garbled_image_is_measured_or_unreadable(content_type: str, data: st.DataObject) -> None:
    garbled = bytearray(image(content_type, orientation=6))
    for _ in range(data.draw(st.integers(1, 8))):
        garbled[data.draw(st.integers(0, len(garbled) - 1))] = data.draw(st.integers(0, 255))
    try:
        probe_bytes(bytes(garbled))
    except UnreadableMediaError:
        return


@given(st.binary(max_size=300))
def test_any_bytes_have_a_type_or_are_unreadable(data: bytes) -> None:
    try:
        sniff(data)
    except UnreadableMediaError:
        return

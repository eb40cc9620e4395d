"""What a film is: said by its header, wherever that stands, and by nothing else."""

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from letmepost.domain.content import MediaFacts
from letmepost.gateways.media_probe import UnreadableMediaError, probe, probe_bytes
from tests.gateways.movies import box, header_first, movie, silence

FILM = movie()


async def test_film_says_its_size_length_frame_rate_and_codec() -> None:
    assert await probe_bytes(FILM) == MediaFacts(
        content_type="video/mp4",
        size_bytes=len(FILM),
        width_px=108,
        height_px=192,
        duration_s=1.0,
        frame_rate=30.0,
        codec="h264",
    )


@pytest.mark.parametrize("rotation_degrees", [90, -90])
async def test_film_that_is_filmed_sideways_has_the_size_in_which_it_is_seen(rotation_degrees: int) -> None:
    facts = await probe_bytes(movie(width_px=192, height_px=108, rotation_degrees=rotation_degrees))
    assert (facts.width_px, facts.height_px) == (108, 192)


async def test_film_on_its_head_keeps_its_size() -> None:
    facts = await probe_bytes(movie(rotation_degrees=180))
    assert (facts.width_px, facts.height_px) == (108, 192)


@pytest.mark.parametrize("codec", ["mpeg4", "vp9"])
async def test_codec_has_its_common_name(codec: str) -> None:
    assert (await probe_bytes(movie(codec=codec))).codec == codec


async def test_quicktime_film_is_read_like_an_mp4_file() -> None:
    facts = await probe_bytes(movie(container="mov"))
    assert (facts.content_type, facts.duration_s) == ("video/quicktime", 1.0)


@pytest.mark.parametrize(
    "content",
    [header_first(FILM) + box(b"free", bytes(8_000_000)), FILM[:32] + box(b"free", bytes(8_000_000)) + FILM[32:]],
)
async def test_header_is_found_at_either_end_without_reading_the_whole_file(content: bytes) -> None:
    read_bytes = 0

    async def read(first_byte: int, length_bytes: int) -> bytes:
        nonlocal read_bytes
        read_bytes += length_bytes
        return content[first_byte : first_byte + length_bytes]

    assert (await probe(read, len(content))).duration_s == 1.0
    assert read_bytes < 3_000_000


@pytest.mark.parametrize("content", [FILM[:-400], FILM[:200], FILM[:32] + box(b"mdat", bytes(10))])
async def test_film_whose_header_is_lost_has_no_length(content: bytes) -> None:
    facts = await probe_bytes(content)
    assert (facts.content_type, facts.duration_s) == ("video/mp4", None)


async def test_sound_alone_has_a_length_and_no_size() -> None:
    facts = await probe_bytes(silence())
    assert (facts.duration_s is not None, facts.width_px, facts.codec) == (True, None, None)


async def test_failure_to_read_the_file_is_not_taken_for_a_broken_film() -> None:
    async def read(first_byte: int, length_bytes: int) -> bytes:
        if first_byte or length_bytes > 4096:
            raise ConnectionResetError
        return FILM[:length_bytes]

    with pytest.raises(ConnectionResetError):
        await probe(read, 5_000_000)


@given(st.data())
@settings(max_examples=60)  # a file each, by a thread each
def test_garbled_film_is_described_or_not_and_nothing_else(data: st.DataObject) -> None:
    garbled = bytearray(FILM)
    for _ in range(data.draw(st.integers(1, 8))):
        garbled[data.draw(st.integers(0, len(garbled) - 1))] = data.draw(st.integers(0, 255))
    try:
        asyncio.run(probe_bytes(bytes(garbled)))
    except UnreadableMediaError:
        return

"""What a movie is: said by its header, wherever that stands, and by nothing else."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from letmepost.domain.content import MediaFacts
from letmepost.gateways.media_probe import UnreadableMediaError, probe, probe_bytes
from tests.gateways.movies import QUARTER_TURN, box, movie


async def test_movie_says_its_size_length_frame_rate_and_codec() -> None:
    content = movie()
    assert await probe_bytes(content) == MediaFacts(
        content_type="video/mp4",
        size_bytes=len(content),
        width_px=1080,
        height_px=1920,
        duration_s=10.01,
        frame_rate=29.97,
        codec="h264",
    )


async def test_movie_that_is_filmed_sideways_has_the_size_in_which_it_is_seen() -> None:
    facts = await probe_bytes(movie(width_px=1920, height_px=1080, matrix=QUARTER_TURN))
    assert (facts.width_px, facts.height_px) == (1080, 1920)


@pytest.mark.parametrize(("code", "codec"), [(b"hvc1", "hevc"), (b"av01", "av1"), (b"xyz1", "xyz1")])
async def test_codec_has_its_common_name(code: bytes, codec: str) -> None:
    assert (await probe_bytes(movie(codec=code))).codec == codec


@pytest.mark.parametrize(
    "length", [box(b"mdat", bytes(9000)), b"\0\0\0\1mdat" + (5016).to_bytes(8, "big") + bytes(5000)]
)
async def test_header_behind_the_pictures_is_found_without_reading_them(length: bytes) -> None:
    content, read_bytes = movie(before=length), 0

    async def read(first_byte: int, length_bytes: int) -> bytes:
        nonlocal read_bytes
        read_bytes += length_bytes
        return content[first_byte : first_byte + length_bytes]

    assert (await probe(read, len(content))).duration_s == 10.01
    assert read_bytes < 4096 + 1000


@pytest.mark.parametrize(
    "content",
    [
        movie()[:-20],
        movie(duration=0),
        movie(duration=0xFFFF_FFFF),
        movie(before=b"\0\0\0\4free"),
        movie(before=box(b"mdat", bytes(10)))[:60],
    ],
)
async def test_movie_whose_header_does_not_say_has_no_length(content: bytes) -> None:
    facts = await probe_bytes(content)
    assert (facts.content_type, facts.duration_s) == ("video/mp4", None)


@given(st.data())
def test_garbled_header_is_described_or_not_and_nothing_else(data: st.DataObject) -> None:
    garbled = bytearray(movie())
    for _ in range(data.draw(st.integers(1, 8))):
        garbled[data.draw(st.integers(0, len(garbled) - 1))] = data.draw(st.integers(0, 255))
    try:
        asyncio.run(probe_bytes(bytes(garbled)))
    except UnreadableMediaError:
        return

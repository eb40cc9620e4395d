"""Films are measured by their header, at any position in the file."""

import io
import struct
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from letmepost.domain.content import MediaFacts
from letmepost.gateways.media.boxes import Claims
from letmepost.gateways.media.movies import measure_movie
from letmepost.gateways.media.sniffing import TooComplexMediaError, UnreadableMediaError
from tests.doubles.probing import probe_bytes
from tests.gateways.movies import box, claimed, fragmented, header_first, movie, silence

FILM = movie()
FRAGMENTS = fragmented(frames=10)
WEBM = movie(frames=5, codec="libvpx", container="webm")


def test_film_has_its_size_duration_frame_rate_and_codec() -> None:
    facts = probe_bytes(FILM)
    assert facts.bit_rate == pytest.approx(13_512, rel=0.1)
    assert facts == MediaFacts(
        content_type="video/mp4",
        size_bytes=len(FILM),
        width_px=108,
        height_px=192,
        duration_s=1.0,
        frame_rate=30.0,
        codec="h264",
        codec_profile="High",
        pixel_format="yuv420p",
        bit_depth=8,
        has_variable_frame_rate=False,
        is_fast_start=False,
        bit_rate=facts.bit_rate,
        audio_channels=0,
    )


@pytest.mark.parametrize("channels", [1, 2])
def test_film_with_sound_has_its_audio_codec_channels_and_sample_rate(channels: int) -> None:
    facts = probe_bytes(movie(channels=channels))
    assert (facts.codec, facts.audio_codec, facts.audio_channels) == ("h264", "aac", channels)
    assert facts.audio_sample_rate_hz == 44_100


@pytest.mark.parametrize(("transfer", "dynamic_range"), [(16, "pq"), (18, "hlg"), (1, "sdr"), (2, None)])
def test_10_bit_hevc_film_has_its_profile_depth_and_dynamic_range(transfer: int, dynamic_range: str | None) -> None:
    facts = probe_bytes(movie(frames=3, codec="libx265", pixel_format="yuv420p10le", transfer=transfer))
    assert (facts.codec, facts.codec_profile) == ("hevc", "Main 10")
    assert (facts.pixel_format, facts.bit_depth, facts.dynamic_range) == ("yuv420p10le", 10, dynamic_range)


@pytest.mark.parametrize(
    ("shown_at", "is_variable"),
    [
        (range(40), False),
        ([*range(20), *range(22, 42)], False),
        ([number * number for number in range(20)], True),
        ([*range(20), *range(20, 60, 2)], True),
        ([0, 1], None),
    ],
    ids=["constant", "one-missing", "slower-and-slower", "half", "two-pictures"],
)
def test_frame_rate_is_variable_when_many_pictures_are_shown_longer(
    shown_at: Sequence[int], is_variable: object
) -> None:
    assert probe_bytes(movie(shown_at=shown_at)).has_variable_frame_rate is is_variable


def test_frame_rate_is_unknown_when_there_are_no_pictures() -> None:
    facts = probe_bytes(claimed(0))
    assert (facts.width_px, facts.frame_rate, facts.has_variable_frame_rate) == (64, None, None)


def test_frame_rate_of_a_still_picture_is_almost_0() -> None:
    assert probe_bytes(claimed(2, shown_for=100_000)).frame_rate == 0.0


def test_film_starts_fast_when_its_header_is_first() -> None:
    assert [probe_bytes(film).is_fast_start for film in (FILM, header_first(FILM), fragmented(3))] == [
        False,
        True,
        True,
    ]


def test_webm_film_has_its_facts() -> None:
    film = movie(codec="libvpx-vp9", container="webm", channels=2, audio_codec="libopus")
    assert probe_bytes(film) == MediaFacts(
        content_type="video/webm",
        size_bytes=len(film),
        width_px=108,
        height_px=192,
        duration_s=1.0,
        frame_rate=30.0,
        codec="vp9",
        codec_profile="Profile 0",
        pixel_format="yuv420p",
        bit_depth=8,
        audio_codec="opus",
        audio_channels=2,
        audio_sample_rate_hz=48_000,
    )


def test_matroska_film_is_rejected_unless_it_is_a_webm_film() -> None:
    with pytest.raises(UnreadableMediaError, match="not a JPEG"):
        probe_bytes(movie(frames=3, container="matroska"))


def test_bit_rate_is_that_of_the_pictures_even_in_fragments() -> None:
    """The fragments make the file twice as large."""
    for film in (fragmented(frames=30), movie(channels=2)):
        assert probe_bytes(film).bit_rate == pytest.approx(13_512, rel=0.1)


@pytest.mark.parametrize("rotation_degrees", [90, -90, 270, -270])
def test_film_that_is_rotated_sideways_has_its_displayed_size(rotation_degrees: int) -> None:
    facts = probe_bytes(movie(width_px=192, height_px=108, rotation_degrees=rotation_degrees))
    assert (facts.width_px, facts.height_px) == (108, 192)


@pytest.mark.parametrize("rotation_degrees", [180, -180])
def test_film_that_is_upside_down_keeps_its_size(rotation_degrees: int) -> None:
    facts = probe_bytes(movie(rotation_degrees=rotation_degrees))
    assert (facts.width_px, facts.height_px) == (108, 192)


@pytest.mark.parametrize("codec", ["mpeg4", "vp9"])
def test_codec_has_its_common_name(codec: str) -> None:
    assert (probe_bytes(movie(codec=codec))).codec == codec


def test_quicktime_film_is_read_like_an_mp4_file() -> None:
    facts = probe_bytes(movie(container="mov"))
    assert (facts.content_type, facts.duration_s) == ("video/quicktime", 1.0)


class CountingFile(io.BytesIO):
    """A file that counts the bytes that are read."""

    read_bytes = 0

    def read(self, size: int | None = -1) -> bytes:
        data = super().read(size)
        self.read_bytes += len(data)
        return data


@pytest.mark.parametrize(
    "content",
    [header_first(FILM) + box(b"free", bytes(8_000_000)), FILM[:32] + box(b"free", bytes(8_000_000)) + FILM[32:]],
)
def test_header_at_either_end_is_found_without_reading_the_whole_file(content: bytes) -> None:
    file = CountingFile(content)
    assert measure_movie("video/mp4", file, len(content)).duration_s == 1.0
    assert file.read_bytes < 3_000_000


def test_film_without_its_header_has_no_duration() -> None:
    facts = probe_bytes(FILM[:32] + box(b"mdat", bytes(10)))
    assert (facts.content_type, facts.duration_s, facts.audio_channels) == ("video/mp4", None, None)


@pytest.mark.parametrize(
    "content",
    [
        FILM[:-400],
        FILM[:200],
        header_first(FILM)[:-1],
        FRAGMENTS[: FRAGMENTS.rindex(b"mdat") + 5],
        WEBM[:-1],
        WEBM[:60],
    ],
    ids=["header", "pictures", "pictures-at-the-end", "fragments", "webm", "webm-header"],
)
def test_film_that_ends_too_early_is_unreadable(content: bytes) -> None:
    """A download that was cut off must not be published. Platforms reject it late, or show only its start."""
    with pytest.raises(UnreadableMediaError, match=r"incomplete: it has \d+ of \d+ bytes"):
        probe_bytes(content)


def test_bytes_after_the_contents_of_a_film_are_ignored() -> None:
    for film in (FILM, WEBM):
        assert probe_bytes(film + b"TAG of another program").duration_s is not None


def test_live_recording_states_no_size_and_is_measured() -> None:
    start = WEBM.index(b"\x18\x53\x80\x67") + 4
    recording = WEBM[:start] + b"\x01" + b"\xff" * 7 + WEBM[start + 8 :]
    assert probe_bytes(recording[:-10]).width_px == 108


class SparseFile(io.RawIOBase):
    """A film with one box of pictures of any size, of which only the first and the last bytes are stored."""

    def __init__(self, pictures_bytes: int) -> None:
        pictures = FILM.index(b"mdat") - 4
        header = FILM.index(b"moov") - 4
        large = (1).to_bytes(4, "big") + b"mdat" + (16 + pictures_bytes).to_bytes(8, "big")
        self._head = FILM[:pictures] + large + FILM[pictures + 8 : header]
        self._tail = FILM[header:]
        self._tail_at = pictures + 16 + pictures_bytes
        self.size_bytes = self._tail_at + len(self._tail)
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._position = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self.size_bytes}[whence]
        return self._position

    def readinto(self, buffer: Any) -> int:
        length = max(0, min(len(buffer), self.size_bytes - self._position))
        data = bytearray(length)
        for start, part in ((0, self._head), (self._tail_at, self._tail)):
            first, last = max(start, self._position), min(start + len(part), self._position + length)
            if first < last:
                data[first - self._position : last - self._position] = part[first - start : last - start]
        buffer[:length] = data
        self._position += length
        return length


def test_film_of_more_than_4_gib_is_measured_by_its_header() -> None:
    file = SparseFile(2**32 + 1)
    measures = measure_movie("video/mp4", io.BufferedReader(file), file.size_bytes)
    assert (measures.duration_s, measures.frame_rate, measures.codec) == (1.0, 30.0, "h264")
    assert measures.is_fast_start is False


def test_sound_without_pictures_has_a_duration_and_no_size() -> None:
    facts = probe_bytes(silence())
    assert (facts.duration_s is not None, facts.width_px, facts.codec, facts.bit_rate) == (True, None, None, None)
    assert (facts.audio_codec, facts.audio_channels) == ("aac", 1)


def fragment(samples: int) -> bytes:
    """Return a fragment with a run of this many samples, all of the default size: its entries take no bytes."""
    run = box(b"trun", struct.pack(">II", 0, samples))
    return box(b"moof", box(b"mfhd", bytes(8)) + box(b"traf", box(b"tfhd", struct.pack(">II", 0, 1)) + run))


def table(kind: bytes, body: bytes) -> bytes:
    """Return a film with only this table."""
    nested = box(kind, body)
    for container in (b"stbl", b"minf", b"mdia", b"trak", b"moov"):
        nested = box(container, nested)
    return box(b"ftyp", b"isom\0\0\2\0isom") + nested


@pytest.mark.parametrize(
    "content",
    [
        claimed(20_000_000),
        claimed(30_000_000, tracks=20),
        claimed(10, tracks=2) + fragment(100_000_000),
        table(b"stsz", struct.pack(">III", 0, 0, 1_000_000)),
        table(b"stz2", struct.pack(">III", 0, 16, 1_000_000)),
        table(b"stco", struct.pack(">II", 0, 400_000_000)),
        table(b"ctts", struct.pack(">II", 0, 400_000_000)),
        table(b"sbgp", struct.pack(">III", 0, 0, 400_000_000)),
        table(b"cmov", bytes(100)),
    ],
    ids=["samples", "tracks", "fragment", "stsz", "stz2", "stco", "ctts", "sbgp", "cmov"],
)
def test_film_that_claims_more_than_it_contains_is_unreadable(content: bytes) -> None:
    with pytest.raises(UnreadableMediaError, match=r"claims|compressed"):
        probe_bytes(content)


def test_film_with_too_many_boxes_is_unreadable() -> None:
    with pytest.raises(TooComplexMediaError):
        probe_bytes(FILM + box(b"free", b"") * 20_000)
    deep = b""
    for _ in range(100):
        deep = box(b"moov", deep)
    with pytest.raises(TooComplexMediaError):
        probe_bytes(FILM[:32] + deep)


def test_film_with_many_fragments_is_measured() -> None:
    facts = probe_bytes(fragmented(frames=120))
    assert (facts.width_px, facts.codec) == (108, "h264")


def test_film_with_uncompressed_sound_is_measured() -> None:
    """Each sample of PCM sound is one value: 48,000 a second, of a few bytes each."""
    assert probe_bytes(silence(codec="pcm_s16le", container="mov")).duration_s is not None


@given(st.binary(max_size=200), st.integers(0, 400))
def test_any_boxes_are_checked_without_other_exceptions(data: bytes, size_bytes: int) -> None:
    for content in (data, box(b"moov", data), table(b"stsz", data), box(b"moof", box(b"traf", box(b"trun", data)))):
        with suppress(UnreadableMediaError):
            Claims(io.BytesIO(content), size_bytes).check()


@given(st.data())
@settings(max_examples=60)  # one file and one thread each
def test_garbled_film_is_measured_or_not(data: st.DataObject) -> None:
    garbled = bytearray(data.draw(st.sampled_from([FILM, WEBM])))
    for _ in range(data.draw(st.integers(1, 8))):
        garbled[data.draw(st.integers(0, len(garbled) - 1))] = data.draw(st.integers(0, 255))
    try:
        probe_bytes(bytes(garbled))
    except (UnreadableMediaError, MemoryError):
        return

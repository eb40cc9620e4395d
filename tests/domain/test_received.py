"""Bodies that arrive in pieces, and checksums of files from those of their parts."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from letmepost.domain.received import ENDS_MAX_BYTES, Checksum, Received, Receiving


@given(parts=st.lists(st.binary(max_size=40), max_size=5))
def test_checksum_of_a_file_follows_from_those_of_its_parts(parts: list[bytes]) -> None:
    total = Checksum()
    for part in parts:
        total = total.followed_by(Checksum.of(part))
    assert total == Checksum.of(b"".join(parts))


@given(before=st.binary(max_size=40), content=st.binary(max_size=40), after=st.binary(max_size=40))
def test_checksum_of_a_middle_follows_from_those_of_the_whole_and_its_ends(
    before: bytes, content: bytes, after: bytes
) -> None:
    whole = Checksum.of(before + content + after)
    assert whole.between(Checksum.of(before), Checksum.of(after)) == Checksum.of(content)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (b"ab", b"ba"),
        (b"a", b"b"),
        (b"\0", b""),
        (b"\0\0", b"\0"),
        (b"ab" * 9, b"ab" * 10),
        (b"\xff" * 16, b"\xff" * 15),
    ],
)
def test_different_bytes_have_different_checksums(one: bytes, other: bytes) -> None:
    assert Checksum.of(one) != Checksum.of(other)


def test_checksum_is_shown_as_hexadecimal_digits() -> None:
    assert str(Checksum.of(b"\x01\x02")) == "0" * 28 + "0102"


@given(pieces=st.lists(st.binary(max_size=30), max_size=6), kept_max_bytes=st.integers(0, 100))
def test_body_in_pieces_is_kept_up_to_the_limit(pieces: list[bytes], kept_max_bytes: int) -> None:
    whole = b"".join(pieces)
    receiving = Receiving(kept_max_bytes)
    for piece in pieces:
        receiving.add(piece)
    received = receiving.end()
    assert received.content == (whole if len(whole) <= kept_max_bytes else None)
    assert (received.checksum, received.sha256) == (Checksum.of(whole), hashlib.sha256(whole).hexdigest())
    assert (received.first, received.last) == (whole, whole)


@pytest.mark.parametrize("piece", [1000, ENDS_MAX_BYTES, 3 * ENDS_MAX_BYTES])
def test_ends_of_a_long_body_are_kept(piece: int) -> None:
    whole = bytes(range(251)) * (3 * ENDS_MAX_BYTES // 251)
    receiving = Receiving()
    for start in range(0, len(whole), piece):
        receiving.add(whole[start : start + piece])
    received = receiving.end()
    assert (received.first, received.last) == (whole[:ENDS_MAX_BYTES], whole[-ENDS_MAX_BYTES:])
    assert received == Received.of(whole)

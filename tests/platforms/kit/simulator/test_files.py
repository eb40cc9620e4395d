"""Files that arrive in parts or in a form: what is kept of them."""

import pytest

from letmepost.domain.received import Checksum, Received, Receiving
from letmepost.platforms._kit.simulator.files import (
    KEPT_MAX_BYTES,
    Stored,
    StoredFile,
    append_part,
    file_in_form,
    file_reply,
    join_parts,
    keep_part,
    no_bytes,
    shown,
)
from letmepost.platforms.simulation import SimulatedCall
from tests.platforms.kit.simulator.example import Example

FORM = b'--x\r\nContent-Disposition: form-data; name="%s"%s\r\n\r\n%s\r\n'


def kept(content: bytes, name: str) -> StoredFile:
    return StoredFile(size_bytes=len(content), checksum=str(Checksum.of(content)), parts=[name])


def unkept(size_bytes: int) -> StoredFile:
    return StoredFile(size_bytes=size_bytes, checksum="0" * 32, parts=None)


def call(body: bytes, *, in_memory: bool) -> SimulatedCall:
    receiving = Receiving(len(body) if in_memory else 0)
    receiving.add(body)
    received = receiving.end()
    return SimulatedCall(
        method="POST",
        root="",
        path="/",
        query=(),
        headers={"content-type": "multipart/form-data; boundary=x"},
        body=received.content or b"",
        streamed=received,
        now=Example().now,
        entropy=b"0" * 32,
    )


def test_part_is_stored_only_if_the_whole_file_will_be() -> None:
    assert keep_part(Received.of(b"ab"), "one", KEPT_MAX_BYTES) == (kept(b"ab", "one"), {"one": b"ab"})
    assert keep_part(Received.of(b"ab"), "one", KEPT_MAX_BYTES + 1) == ({**kept(b"ab", "one"), "parts": None}, {})


def test_parts_are_stored_under_their_names() -> None:
    file, stored = append_part(no_bytes(), Received.of(b"ab"), "one")
    assert stored == {"one": b"ab"}
    file, stored = append_part(file, Received.of(b"c"), "two")
    assert stored == {"two": b"c"}
    assert file == {**kept(b"abc", ""), "parts": ["one", "two"]}
    assert shown(file) == {"sizeBytes": 3, "checksum": str(Checksum.of(b"abc"))}
    reply = file_reply(file, "video/mp4")
    assert reply is not None
    assert (reply.files, reply.headers) == (("one", "two"), {"content-type": "video/mp4"})


@pytest.mark.parametrize(("size_bytes", "stored"), [(0, {"two": b"c"}), (1, {"one": None})])
def test_bytes_of_a_file_that_becomes_too_large_are_deleted(size_bytes: int, stored: Stored) -> None:
    before = StoredFile(size_bytes=KEPT_MAX_BYTES - 1 + size_bytes, checksum="0" * 32, parts=["one"])
    file, changes = append_part(before, Received.of(b"c"), "two")
    assert changes == stored
    assert (file["parts"] is None, file_reply(file, "video/mp4") is None) == (size_bytes == 1, size_bytes == 1)
    assert file["checksum"] == str(Checksum(before["size_bytes"], 0).followed_by(Checksum.of(b"c")))


def test_part_that_was_not_kept_in_memory_is_not_stored() -> None:
    receiving = Receiving(0)
    receiving.add(b"c")
    file, stored = append_part(kept(b"ab", "one"), receiving.end(), "two")
    assert (file["parts"], file["size_bytes"], stored) == (None, 3, {"one": None})
    assert file["checksum"] == str(Checksum.of(b"abc"))


def test_parts_in_any_order_are_joined() -> None:
    file, stored = join_parts([kept(b"a", "1"), kept(b"bc", "2")])
    assert (file, stored) == ({**kept(b"abc", ""), "parts": ["1", "2"]}, {})
    assert join_parts([kept(b"a", "1"), unkept(5)])[1] == {"1": None}


@pytest.mark.parametrize("in_memory", [True, False])
@pytest.mark.parametrize("content", [b"ab", b"", b"\r\n\r\n", b"a\r\n--y--\r\n", b"x" * 200_000])
def test_file_is_found_in_a_form(content: bytes, *, in_memory: bool) -> None:
    body = FORM % (b"key", b"", b"1\r\n2") + FORM % (b"file", b'; filename="a.mp4"', content) + b"--x--\r\n"
    found = file_in_form(call(body, in_memory=in_memory), "file")
    assert found is not None
    fields, file = found
    assert fields == {"key": "1\r\n2"}
    assert (file.checksum, file.first[:9], file.last[-9:]) == (Checksum.of(content), content[:9], content[-9:])
    assert file.content == (content if in_memory else None)


@pytest.mark.parametrize("in_memory", [True, False])
@pytest.mark.parametrize(
    "body",
    [
        b"",
        FORM % (b"key", b"", b"1") + b"--x--",
        FORM % (b"file", b"", b"cut off"),
        b'--y\r\nContent-Disposition: form-data; name="file"\r\n\r\n1\r\n--y--',
    ],
    ids=["empty", "no file", "cut off", "another boundary"],
)
def test_form_without_a_complete_file_has_none(body: bytes, *, in_memory: bool) -> None:
    assert file_in_form(call(body, in_memory=in_memory), "file") is None

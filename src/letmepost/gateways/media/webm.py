"""Checks that a WebM file is complete. Layout of its elements: https://www.rfc-editor.org/rfc/rfc8794 (2026-11-29)."""

from typing import BinaryIO

from letmepost.gateways.media.sniffing import EBML, IncompleteVideoError

_SEGMENT = b"\x18\x53\x80\x67"
"""The element that contains the rest of the file."""
_HEAD_BYTES = 256


def check_segment(file: BinaryIO, size_bytes: int) -> None:
    """Check that a WebM file of `size_bytes` contains its whole segment. The size of a live recording is not stated.

    Raises:
        IncompleteVideoError: it does not.
    """
    file.seek(0)
    head = file.read(_HEAD_BYTES)
    length_bytes, header_bytes = _number(head, len(EBML))
    segment = len(EBML) + length_bytes + (header_bytes or 0)
    if not head.startswith(_SEGMENT, segment):
        return
    length_bytes, segment_bytes = _number(head, segment + len(_SEGMENT))
    if segment_bytes is None:
        return
    end = segment + len(_SEGMENT) + length_bytes + segment_bytes
    if end > size_bytes:
        raise IncompleteVideoError(end, size_bytes)


def _number(data: bytes, start: int) -> tuple[int, int | None]:
    """Return the length of a number with a variable length, and its value: None if it is the reserved "unknown"."""
    first = data[start] if start < len(data) else 0
    length_bytes = 9 - first.bit_length()
    bits = 7 * length_bytes
    value = int.from_bytes(data[start : start + length_bytes], "big") & ((1 << bits) - 1)
    return length_bytes, None if value == (1 << bits) - 1 else value

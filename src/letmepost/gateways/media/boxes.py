"""Checks the sizes that an MP4 or QuickTime file claims, before FFmpeg reads it.

FFmpeg allocates memory for the number of samples that a file claims: 37 bytes each, even if the file is short. A sample
takes at least one byte of the file, and an entry of a table at least its own size. A file that claims more than fits
into it is rejected. Box layouts: ISO/IEC 14496-12 and https://developer.apple.com/documentation/quicktime-file-format
(checked 2026-11-28).
"""

import struct
from typing import BinaryIO

from letmepost.gateways.media.sniffing import IncompleteVideoError, TooComplexMediaError, UnreadableMediaError

_BOXES_MAX = 20_000
"""A film of ten tracks has about 200, one of hour-long fragments about 10 for each second."""
_FRAGMENTS_MAX = 64
"""FFmpeg finds the tracks and the first picture in the first few fragments."""
_DEPTH_MAX = 12
_SLACK = 1024 * 1024
"""How many more samples, and bytes of tables, a file may claim than its own size, because it may be cut off."""
_COUNT_BYTES = 12
"""A table's version and flags, and two numbers, one of which is its count."""

_CONTAINERS = frozenset(b"moov,trak,mdia,minf,stbl,edts,dinf,mvex,moof,traf,udta,wave,tref,sinf,schi,gmhd".split(b","))
_CONTENTS = frozenset({b"moov", b"mdat", b"moof"})
"""The boxes at the top without which a video is incomplete. What follows the last box may be anything."""
# The minimum size of an entry of each table in bytes.
_TABLES = {
    b"stts": 8,
    b"ctts": 8,
    b"stsc": 12,
    b"stco": 4,
    b"co64": 8,
    b"stss": 4,
    b"stps": 4,
    b"elst": 12,
    b"sbgp": 8,
}


class Claims:
    """The sum of what a file of `size_bytes` claims. Rejects impossible claims."""

    def __init__(self, file: BinaryIO, size_bytes: int) -> None:
        self._file = file
        self._size_bytes = size_bytes
        self._samples = 0
        self._table_bytes = 0
        self._boxes = 0
        self._fragments = 0
        self._has_pictures = False
        self.is_fast_start: bool | None = None
        """True if the header comes before the pictures; None if there is no header, or before `check`."""

    def check(self) -> None:
        """Check all boxes of the file, up to its first fragments.

        Raises:
            UnreadableMediaError: the file claims more than it can contain, or it ends too early.
            TooComplexMediaError: it has too many boxes to check.
        """
        self._walk(0, self._size_bytes, depth=0)

    def _walk(self, position: int, end: int, *, depth: int) -> None:
        while position + 8 <= end and self._fragments <= _FRAGMENTS_MAX:
            self._boxes += 1
            if self._boxes > _BOXES_MAX or depth > _DEPTH_MAX:
                raise TooComplexMediaError(
                    f"The video has more than {_BOXES_MAX} boxes, or they are nested too deeply."
                )
            self._file.seek(position)
            head = self._file.read(16)
            size, kind, large = int.from_bytes(head[:4], "big"), head[4:8], int.from_bytes(head[8:16], "big")
            body = position + (16 if size == 1 else 8)
            box_end = {0: end, 1: position + large}.get(size, position + size)
            if box_end < body:  # FFmpeg stops here, too
                return
            if depth == 0 and kind in _CONTENTS and box_end > end:
                raise IncompleteVideoError(box_end, end)
            self._check_box(kind, body, min(box_end, end), depth)
            position = box_end

    def _check_box(self, kind: bytes, body: int, end: int, depth: int) -> None:
        if kind == b"cmov":  # its real size is known only after it is decompressed
            raise UnreadableMediaError("The video's header is compressed.")
        if kind == b"moof":
            self._fragments += 1
        if kind == b"mdat":
            self._has_pictures = True
        elif kind == b"moov" and self.is_fast_start is None:
            self.is_fast_start = not self._has_pictures
        if kind in _CONTAINERS:
            self._walk(body, end, depth=depth + 1)
        elif kind in _TABLES or kind in {b"stsz", b"stz2", b"trun"}:
            self._file.seek(body)
            self._check_table(kind, self._file.read(_COUNT_BYTES).ljust(_COUNT_BYTES, b"\0"))

    def _check_table(self, kind: bytes, head: bytes) -> None:
        first, second = struct.unpack(">4xII", head)
        if kind == b"trun":  # its entries may have no bytes
            self._samples += first
        elif kind in _TABLES:
            self._table_bytes += (second if kind == b"sbgp" else first) * _TABLES[kind]
        else:
            self._samples += second
            self._table_bytes += _sizes_bytes(kind, first, second)
        if max(self._samples, self._table_bytes) > self._size_bytes + _SLACK:
            raise UnreadableMediaError(
                f"The video claims {self._samples} samples and {self._table_bytes} bytes of tables, "
                f"but the file has {self._size_bytes} bytes."
            )


def _sizes_bytes(kind: bytes, sample_bytes: int, count: int) -> int:
    """Return the size of a table of sample sizes: 0 if all samples have the same size."""
    if kind == b"stz2":
        return count * (sample_bytes & 0xFF) // 8
    return 0 if sample_bytes else count * 4

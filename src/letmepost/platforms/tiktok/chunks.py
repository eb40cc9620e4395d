"""The parts of a video upload.

https://developers.tiktok.com/docs/en/content-posting-api-media-transfer-guide (checked 2026-11-28): a part has 5 to
64 MB, and the rest of the file is in the last part, which may have up to 128 MB. Since August 2026, TikTok has rejected
some plans that follow these rules, but none with a single part of up to 64,000,000 bytes.
"""

import re
from dataclasses import dataclass
from itertools import accumulate

from letmepost.domain.flow import Reply

_SINGLE_MAX_BYTES = 64_000_000
_WRONG_RANGE = 416
_RANGE = re.compile(r"bytes 0-(\d{1,15})/(\d{1,15})")


@dataclass(frozen=True, slots=True)
class ChunkPlan:
    """How a file is divided.

    Args:
        chunk_bytes: the length of every part but the last, as TikTok is told.
    """

    size_bytes: int
    chunk_bytes: int
    count: int

    @classmethod
    def of(cls, size_bytes: int, chunk_bytes: int) -> "ChunkPlan":
        """Return the plan of a file. Up to 64,000,000 bytes are one part, whose length is then that of the file."""
        if size_bytes <= _SINGLE_MAX_BYTES:
            return cls(size_bytes, size_bytes, 1)
        return cls(size_bytes, chunk_bytes, size_bytes // chunk_bytes)

    @property
    def lengths(self) -> tuple[int, ...]:
        """Return the length of each part."""
        before = self.chunk_bytes * (self.count - 1)
        return (*[self.chunk_bytes] * (self.count - 1), self.size_bytes - before)

    def offset_after(self, received_bytes: int) -> int:
        """Return the offset of the next byte if TikTok reports this many bytes.

        TikTok's pages do not agree on whether the number is a count or the position of the last byte, which is one
        less. At the end of a part, both mean the same.
        """
        is_position = received_bytes > 0 and received_bytes + 1 in accumulate(self.lengths)
        return received_bytes + is_position

    def offset_in(self, reply: Reply) -> int | None:
        """Return the offset of the next byte that a reply to a part states.

        None without one, for another file, or if the reply is not about the progress.
        """
        if not reply.ok and reply.status != _WRONG_RANGE:
            return None
        found = _RANGE.fullmatch(reply.headers.get("content-range", ""))
        if found is None or int(found[2]) != self.size_bytes or int(found[1]) > self.size_bytes:
            return None
        return self.offset_after(int(found[1]))

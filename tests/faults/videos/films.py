"""Films of any size: a short film, followed by random bytes in a box that players skip."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from letmepost.domain.received import Checksum
from tests.gateways.movies import movie

_BLOCK_BYTES = 1024 * 1024
_BOX_HEADER_BYTES = 16
WIDTH_PX, HEIGHT_PX = 720, 1280
FRAMES = 150


@cache
def _film() -> bytes:
    return movie(width_px=WIDTH_PX, height_px=HEIGHT_PX, frames=FRAMES, channels=2)


@dataclass(frozen=True, slots=True)
class Film:
    """A film of a size in bytes. Every seed has other bytes, and no two blocks of it are equal."""

    size_bytes: int
    seed: int

    def blocks(self) -> Iterator[bytes]:
        """Yield its bytes."""
        film = _film()
        rest = self.size_bytes - len(film)
        # A box with a size of 64 bits, because the file can have more than 4 GiB.
        yield film + b"\0\0\0\1free" + rest.to_bytes(8, "big")
        rest -= _BOX_HEADER_BYTES
        noise = random.Random(self.seed).randbytes(_BLOCK_BYTES)  # noqa: S311 - the same bytes for the same seed
        for number in range(-(-rest // _BLOCK_BYTES)):
            block = number.to_bytes(8, "big") + noise[8:]
            yield block[: rest - number * _BLOCK_BYTES]

    def checksum(self) -> Checksum:
        """Return the checksum of its bytes."""
        total = Checksum()
        for block in self.blocks():
            total = total.followed_by(Checksum.of(block))
        return total

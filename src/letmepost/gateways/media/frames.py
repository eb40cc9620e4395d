"""Counts the frames of an image without decoding them."""

from typing import BinaryIO

from letmepost.gateways.media.sniffing import TooComplexMediaError, UnreadableMediaError

_BLOCKS_MAX = 2_000_000
"""The blocks of a GIF have at most 255 bytes, so a file of 200 MiB has 823,000."""
_GIF_IMAGE, _GIF_EXTENSION, _GIF_TRAILER = b"\x2c", b"\x21", b"\x3b"


def count_frames(content_type: str, file: BinaryIO) -> int:
    """Return the number of frames: 1 if the image is not animated. Every block is read, but none is decoded.

    Raises:
        UnreadableMediaError: the file ends too early.
        TooComplexMediaError: it has more than two million blocks.
    """
    blocks = _Blocks(file)
    counters = {"image/gif": _gif_frames, "image/png": _png_frames, "image/webp": _webp_frames}
    counter = counters.get(content_type)
    return 1 if counter is None else max(1, counter(blocks))


class _Blocks:
    """A file that is read block by block, up to a limit."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._left = _BLOCKS_MAX

    def read(self, length_bytes: int) -> bytes:
        """Read exactly this many bytes."""
        self._left -= 1
        if self._left < 0:
            raise TooComplexMediaError(f"The image has more than {_BLOCKS_MAX} blocks.")
        data = self._file.read(length_bytes)
        if len(data) < length_bytes:
            raise UnreadableMediaError("The image file ends too early.")
        return data

    def skip(self, length_bytes: int) -> None:
        """Skip exactly this many bytes."""
        if length_bytes:
            self._file.seek(length_bytes - 1, 1)
            self.read(1)

    def at_end(self) -> bool:
        """Return True if no byte is left."""
        data = self._file.read(1)
        self._file.seek(-len(data), 1)
        return not data


def _gif_frames(blocks: _Blocks) -> int:
    """Count image descriptors. https://www.w3.org/Graphics/GIF/spec-gif89a.txt (checked 2026-11-28)."""
    frames = 0
    _skip_color_table(blocks, blocks.read(13)[10])
    while not blocks.at_end():  # many programs leave out the trailer
        kind = blocks.read(1)
        if kind == _GIF_TRAILER:
            break
        if kind == _GIF_IMAGE:
            frames += 1
            _skip_color_table(blocks, blocks.read(9)[8])
            blocks.skip(1)
        elif kind == _GIF_EXTENSION:
            blocks.skip(1)
        else:
            break  # decoders ignore what follows
        while length_bytes := blocks.read(1)[0]:
            blocks.skip(length_bytes)
    return frames


def _skip_color_table(blocks: _Blocks, flags: int) -> None:
    if flags & 0x80:
        blocks.skip(3 << ((flags & 0x07) + 1))


def _png_frames(blocks: _Blocks) -> int:
    """Count frame controls, not what `acTL` claims. https://www.w3.org/TR/png-3/ (checked 2026-11-28)."""
    frames, is_animated, kind = 0, False, b""
    blocks.skip(8)
    while kind != b"IEND":
        head = blocks.read(8)
        kind = head[4:]
        if kind == b"acTL" and not frames:
            is_animated = True
        frames += kind == b"fcTL"
        blocks.skip(int.from_bytes(head[:4], "big") + 4)
    return frames if is_animated else 1


def _webp_frames(blocks: _Blocks) -> int:
    """Count `ANMF` chunks. https://developers.google.com/speed/webp/docs/riff_container (checked 2026-11-28)."""
    left_bytes, frames = int.from_bytes(blocks.read(12)[4:8], "little") - 4, 0
    while left_bytes >= 8:
        head = blocks.read(8)
        length_bytes = int.from_bytes(head[4:], "little")
        length_bytes += length_bytes % 2
        frames += head[:4] == b"ANMF"
        blocks.skip(length_bytes)
        left_bytes -= 8 + length_bytes
    return frames

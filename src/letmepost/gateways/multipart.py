"""Builds multipart forms (RFC 7578): fields in memory, files streamed from their store."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias
from uuid import UUID

from letmepost.domain.flow import FormFile, MediaRange

OpenMedia: TypeAlias = Callable[[UUID, int, int], Awaitable[AsyncIterator[bytes]]]

_ESCAPES = str.maketrans({'"': "%22", "\r": "%0D", "\n": "%0A"})
"""Escapes of names, as in browsers (https://html.spec.whatwg.org/#multipart-form-data, read 2026-11-22)."""


@dataclass(frozen=True, slots=True)
class Form:
    """A form with its boundaries: bytes, and ranges of stored media items."""

    boundary: str
    pieces: tuple[bytes | MediaRange, ...]

    @property
    def content_type(self) -> str:
        """Return the Content-Type header with the boundary."""
        return f"multipart/form-data; boundary={self.boundary}"

    @property
    def length_bytes(self) -> int:
        """Return the length of the whole body."""
        return sum(len(piece) if isinstance(piece, bytes) else piece.length_bytes for piece in self.pieces)

    async def open(self, open_media: OpenMedia) -> AsyncIterator[bytes]:
        """Return the body in chunks. Every media item is opened first, so that none is missing after a part was sent.

        Raises:
            PlatformFailure: a media item cannot be opened.
        """
        opened = [
            piece
            if isinstance(piece, bytes)
            else await open_media(piece.media_id, piece.first_byte, piece.length_bytes)
            for piece in self.pieces
        ]
        return _chunks(opened)


async def _chunks(opened: Sequence[bytes | AsyncIterator[bytes]]) -> AsyncIterator[bytes]:
    for piece in opened:
        if isinstance(piece, bytes):
            yield piece
            continue
        async for chunk in piece:
            yield chunk


def make_form(fields: Sequence[tuple[str, str | FormFile]], boundary: str) -> Form:
    """Return the form of these fields, in their order. `boundary` must occur in none of them: use random bytes."""
    pieces: list[bytes | MediaRange] = []
    for name, content in fields:
        pieces.append(_head(boundary, name, content))
        pieces.append(content.encode() if isinstance(content, str) else content.media)
        pieces.append(b"\r\n")
    pieces.append(f"--{boundary}--\r\n".encode())
    return Form(boundary, tuple(pieces))


def _head(boundary: str, name: str, content: str | FormFile) -> bytes:
    lines = [f"--{boundary}", f'Content-Disposition: form-data; name="{name.translate(_ESCAPES)}"']
    if isinstance(content, FormFile):
        lines[-1] += f'; filename="{content.filename.translate(_ESCAPES)}"'
        lines.append(f"Content-Type: {content.content_type}")
    return "\r\n".join([*lines, "", ""]).encode()

"""What a blob store promises, whatever it is made of."""

import re
from collections.abc import AsyncIterable, AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from letmepost.domain.errors import LetmepostError

_SEGMENT = "[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}"
_KEY = re.compile(f"({_SEGMENT})/({_SEGMENT})")


class BlobMissingError(LetmepostError):
    """Nothing is stored under the key, or less than the range that was asked for."""


class BlobTooLargeError(LetmepostError):
    """The bytes to store are more than allowed. Nothing of them is kept."""


@dataclass(frozen=True, slots=True)
class StoredBlob:
    """What was stored: its SHA-256 (32 bytes) and its length."""

    sha256: bytes
    size_bytes: int


class BlobStore(Protocol):
    """Where media are kept. A key is `<organization>/<name>`; ValueError for any other is a defect of ours.

    An error that is not BlobMissingError means that the store could not be asked, never that the blob is
    absent.
    """

    async def put(self, key: str, chunks: AsyncIterable[bytes], *, max_bytes: int) -> StoredBlob:
        """Stores the bytes: all of them, for good, or nothing. What the key held before is replaced.

        Raises:
            BlobTooLargeError: there are more than `max_bytes`.
        """

    async def open(self, key: str, *, first_byte: int = 0, length_bytes: int | None = None) -> AsyncIterator[bytes]:
        """The bytes from `first_byte` on, up to the end or `length_bytes` of them, in pieces.

        Raises:
            BlobMissingError: there are none, or not as many.
        """

    async def exists(self, key: str) -> bool:
        """Whether the key holds anything."""

    async def delete(self, key: str) -> None:
        """Removes what the key holds, if anything."""

    async def remove_leftovers(self, before: datetime) -> int:
        """Removes what processes that died while writing have left, if last touched before then; how many."""


@dataclass(frozen=True, slots=True)
class PresignedPut:
    """A request that whoever has it may make once or more: PUT the bytes to `url` with exactly these headers."""

    url: str
    headers: Mapping[str, str]


class DirectUploads(Protocol):
    """What a store can do that takes bytes from anybody who was given an address, past this service."""

    def presign_put(self, key: str, *, size_bytes: int, valid_for_s: int) -> PresignedPut:
        """An address under which exactly so many bytes can be put."""

    async def copy(self, source: str, target: str) -> None:
        """Gives the target the source's bytes; they do not travel through this process.

        Raises:
            BlobMissingError: the source holds none.
        """


def split_key(key: str) -> tuple[str, str]:
    """The organization and the name of a key.

    Raises:
        ValueError: it is none.
    """
    parts = _KEY.fullmatch(key)
    if parts is None:
        raise ValueError(f"{key!r} is not the key of a blob")
    return parts[1], parts[2]


async def read_range(store: BlobStore, key: str, first_byte: int, length_bytes: int) -> bytes:
    """A piece that fits into memory.

    Raises:
        BlobMissingError: there are not as many bytes.
    """
    pieces = await store.open(key, first_byte=first_byte, length_bytes=length_bytes)
    return b"".join([piece async for piece in pieces])

"""The interface of a blob store."""

import re
from collections.abc import AsyncIterable, AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from letmepost.domain.errors import LetmepostError

_SEGMENT = "[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}"
_KEY = re.compile(f"({_SEGMENT})/({_SEGMENT})")


class BlobMissingError(LetmepostError):
    """Nothing is stored under the key, less than the requested range, or another file than recorded."""


class BlobStoreUnavailableError(LetmepostError):
    """The store does not respond, or refuses what it must allow. It may be correct later, or after a repair."""


class BlobTooLargeError(LetmepostError):
    """There are more bytes than allowed. None of them is stored."""


@dataclass(frozen=True, slots=True)
class StoredBlob:
    """The SHA-256 (32 bytes) and the length of a stored blob."""

    sha256: bytes
    size_bytes: int


class BlobStore(Protocol):
    """A store of media files. A key is `<organization>/<name>`; any other is a defect of this service (ValueError).

    Every method raises BlobStoreUnavailableError if the store does not respond, has no such bucket, or rejects the
    credentials. This never means that the blob does not exist.
    """

    async def put(self, key: str, chunks: AsyncIterable[bytes], *, max_bytes: int) -> StoredBlob:
        """Store all bytes durably, or nothing. Replaces the previous content of the key, which a failure may delete.

        Raises:
            BlobTooLargeError: there are more than `max_bytes`.
        """

    async def open(
        self, key: str, *, first_byte: int = 0, length_bytes: int | None = None, total_bytes: int | None = None
    ) -> AsyncIterator[bytes]:
        """Return the bytes from `first_byte`, up to the end or `length_bytes`, in pieces.

        Args:
            total_bytes: the recorded size of the whole blob, if it must not have changed.

        Raises:
            BlobMissingError: there is no blob, it is shorter, or it has another size than recorded.
        """

    async def exists(self, key: str) -> bool:
        """Return True if the key has a blob."""

    async def delete(self, key: str) -> None:
        """Delete the blob of the key, if any."""

    async def remove_leftovers(self, before: datetime) -> int:
        """Remove the remains of interrupted writes that were last changed before then. Return their number."""


@dataclass(frozen=True, slots=True)
class PresignedPut:
    """A request that anyone who has it may make, repeatedly: PUT the bytes to `url` with exactly these headers."""

    url: str
    headers: Mapping[str, str]


class DirectUploads(Protocol):
    """A store that accepts bytes directly from anyone with a presigned URL, bypassing this service."""

    def presign_put(self, key: str, *, size_bytes: int, valid_for_s: int) -> PresignedPut:
        """Return a URL to which exactly this many bytes can be PUT."""

    async def copy(self, source: str, target: str) -> None:
        """Copy the bytes of the source to the target, inside the store.

        Raises:
            BlobMissingError: the source does not exist.
        """


def split_key(key: str) -> tuple[str, str]:
    """Return the organization and the name of a key.

    Raises:
        ValueError: it is not a valid key.
    """
    parts = _KEY.fullmatch(key)
    if parts is None:
        raise ValueError(f"{key!r} is not the key of a blob")
    return parts[1], parts[2]


def end_of_range(key: str, size_bytes: int, first_byte: int, length_bytes: int | None, total_bytes: int | None) -> int:
    """Return the end of a range of a blob of `size_bytes`. The other arguments are those of `BlobStore.open`.

    Raises:
        BlobMissingError: the blob does not have the range, or has another size than recorded.
    """
    if total_bytes is not None and size_bytes != total_bytes:
        raise BlobMissingError(f"The blob {key} has {size_bytes} bytes, not the recorded {total_bytes}.")
    end = size_bytes if length_bytes is None else first_byte + length_bytes
    if not 0 <= first_byte <= end <= size_bytes:
        raise BlobMissingError(f"The blob {key} has {size_bytes} bytes, not those from {first_byte} to {end}.")
    return end


async def read_range(store: BlobStore, key: str, first_byte: int, length_bytes: int) -> bytes:
    """Return a range that fits into memory.

    Raises:
        BlobMissingError: the blob is shorter.
    """
    pieces = await store.open(key, first_byte=first_byte, length_bytes=length_bytes)
    return b"".join([piece async for piece in pieces])

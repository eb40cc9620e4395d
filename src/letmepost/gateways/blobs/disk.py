"""Stores blobs in a directory."""

import asyncio
import hashlib
import os
import tempfile
import threading
from collections.abc import AsyncIterable, AsyncIterator, Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, ParamSpec, TypeVar

from letmepost.gateways.blobs.store import (
    BlobMissingError,
    BlobStoreUnavailableError,
    BlobTooLargeError,
    StoredBlob,
    end_of_range,
    split_key,
)

READ_BYTES = 256 * 1024
WRITE_BYTES = 1024 * 1024

_PART_SUFFIX = ".part"

P = ParamSpec("P")
T = TypeVar("T")


class DiskBlobStore:
    """`BlobStore` in a directory, which several processes may share.

    A blob is written to a temporary file and renamed, after its bytes and before its name are flushed to the disk. So
    at any time, even after a loss of power, it exists completely or not at all.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    async def put(self, key: str, chunks: AsyncIterable[bytes], *, max_bytes: int) -> StoredBlob:
        part = _PartFile(self._root, self._path(key))
        size_bytes, waiting, waiting_bytes = 0, list[bytes](), 0
        try:
            await _in_thread(part.create)
            async for chunk in chunks:
                size_bytes += len(chunk)
                if size_bytes > max_bytes:
                    raise BlobTooLargeError(f"The content is larger than {max_bytes} bytes.")
                waiting.append(chunk)
                waiting_bytes += len(chunk)
                if waiting_bytes >= WRITE_BYTES:
                    await _in_thread(part.write, waiting)
                    waiting, waiting_bytes = [], 0
            await _in_thread(part.write, waiting)
            return StoredBlob(await _in_thread(part.commit), size_bytes)
        finally:
            await _in_thread(part.discard)

    async def open(
        self, key: str, *, first_byte: int = 0, length_bytes: int | None = None, total_bytes: int | None = None
    ) -> AsyncIterator[bytes]:
        path = self._path(key)
        end = end_of_range(key, await _in_thread(_size, path), first_byte, length_bytes, total_bytes)
        return _ranges(path, first_byte, end)

    async def exists(self, key: str) -> bool:
        try:
            await _in_thread(_size, self._path(key))
        except BlobMissingError:
            return False
        return True

    async def delete(self, key: str) -> None:
        await _in_thread(self._path(key).unlink, missing_ok=True)

    async def remove_leftovers(self, before: datetime) -> int:
        return await _in_thread(_remove_leftovers, self._root, before)

    def _path(self, key: str) -> Path:
        """Return `<root>/<organization>/<two digits of the key's hash>/<name>`, which keeps directories small."""
        organization, name = split_key(key)
        return self._root / organization / hashlib.sha256(key.encode()).hexdigest()[:2] / name


class _PartFile:
    """A blob while it is being written.

    Its methods run in threads. They take turns, because a canceled put calls `discard` while the thread of its last
    step may still run. A step that comes too late finds the file closed.
    """

    _file: BinaryIO

    def __init__(self, root: Path, path: Path) -> None:
        self._path = path
        self._directories = (path.parent, path.parent.parent, root)
        self._turn = threading.Lock()
        self._hash = hashlib.sha256()
        self._temporary: Path | None = None
        self._is_discarded = False

    def create(self) -> None:
        with self._turn:
            if self._is_discarded:
                return
            self._path.parent.mkdir(parents=True, exist_ok=True)
            descriptor, name = tempfile.mkstemp(prefix=".", suffix=_PART_SUFFIX, dir=self._path.parent)
            self._file, self._temporary = os.fdopen(descriptor, "wb"), Path(name)

    def write(self, chunks: list[bytes]) -> None:
        with self._turn:
            for chunk in chunks:
                self._hash.update(chunk)
                self._file.write(chunk)

    def commit(self) -> bytes:
        """Move the file to its place durably. Return its SHA-256."""
        with self._turn:
            self._file.flush()
            os.fsync(self._file.fileno())
            if self._temporary is not None:
                self._temporary.replace(self._path)
                self._temporary = None
            self._file.close()
            for directory in self._directories:
                _flush_directory(directory)
            return self._hash.digest()

    def discard(self) -> None:
        """Delete the file, unless it was moved to its place."""
        with self._turn:
            self._is_discarded = True
            if self._temporary is not None:
                self._temporary.unlink(missing_ok=True)
                with suppress(OSError):  # a full disk cannot store the buffered rest
                    self._file.close()


async def _in_thread(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run a function in a thread.

    Raises:
        BlobStoreUnavailableError: the directory cannot be used, or the disk is full.
    """
    try:
        return await asyncio.to_thread(work, *args, **kwargs)
    except OSError as error:
        raise BlobStoreUnavailableError(f"The media directory cannot be used. {error}") from error


def _flush_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError as error:
        raise BlobMissingError(f"There is no blob {path.name}.") from error


async def _ranges(path: Path, position: int, end: int) -> AsyncIterator[bytes]:
    """Open the file for every piece, so that a reader who stops early leaves nothing open."""
    while position < end:
        piece = await _in_thread(_read, path, position, min(READ_BYTES, end - position))
        if not piece:
            raise BlobMissingError(f"The blob {path.name} ends at byte {position}.")
        position += len(piece)
        yield piece


def _read(path: Path, first_byte: int, length_bytes: int) -> bytes:
    try:
        with path.open("rb", buffering=0) as file:
            return os.pread(file.fileno(), length_bytes, first_byte)
    except FileNotFoundError as error:
        raise BlobMissingError(f"There is no blob {path.name}.") from error


def _remove_leftovers(root: Path, before: datetime) -> int:
    removed = 0
    for path in root.glob(f"*/*/.*{_PART_SUFFIX}"):
        try:
            if path.stat().st_mtime < before.timestamp():
                path.unlink()
                removed += 1
        except FileNotFoundError:
            continue  # its writer finished it, or another process removed it
    return removed

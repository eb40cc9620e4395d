"""Blobs on disk: complete or absent, read in ranges, and safe from malformed keys."""

import asyncio
import hashlib
import multiprocessing
import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from letmepost.gateways.blobs import (
    BlobMissingError,
    BlobStoreUnavailableError,
    BlobTooLargeError,
    DiskBlobStore,
    read_range,
)
from letmepost.gateways.blobs.disk import READ_BYTES, WRITE_BYTES, _PartFile

KEY = "org_1/media_1"


@pytest.fixture
def store(tmp_path: Path) -> DiskBlobStore:
    return DiskBlobStore(tmp_path / "blobs")


async def chunks(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


async def read(store: DiskBlobStore, key: str = KEY, *, first_byte: int = 0, length_bytes: int | None = None) -> bytes:
    pieces = await store.open(key, first_byte=first_byte, length_bytes=length_bytes)
    return b"".join([piece async for piece in pieces])


def files(tmp_path: Path) -> list[Path]:
    return [path for path in tmp_path.rglob("*") if path.is_file()]


async def test_stored_blob_is_read(store: DiskBlobStore) -> None:
    content = os.urandom(2 * WRITE_BYTES + 1)
    stored = await store.put(KEY, chunks(content[:10], b"", content[10:]), max_bytes=len(content))
    assert (stored.size_bytes, stored.sha256) == (len(content), hashlib.sha256(content).digest())
    assert await read(store) == content
    assert await read_range(store, KEY, 5, 10) == content[5:15]


async def test_empty_blob_is_stored(store: DiskBlobStore) -> None:
    assert (await store.put(KEY, chunks(), max_bytes=0)).size_bytes == 0
    assert await store.exists(KEY)
    assert await read(store) == b""


@pytest.mark.parametrize(
    ("first_byte", "length_bytes"),
    [(0, 1), (1, None), (READ_BYTES - 1, 2), (READ_BYTES, READ_BYTES), (3 * READ_BYTES, 0), (3 * READ_BYTES, None)],
)
async def test_ranges_are_exact(store: DiskBlobStore, first_byte: int, length_bytes: int | None) -> None:
    content = os.urandom(3 * READ_BYTES)
    await store.put(KEY, chunks(content), max_bytes=len(content))
    end = None if length_bytes is None else first_byte + length_bytes
    assert await read(store, first_byte=first_byte, length_bytes=length_bytes) == content[first_byte:end]


@pytest.mark.parametrize(("first_byte", "length_bytes"), [(0, 11), (10, 1), (11, None), (-1, 2), (5, -1)])
async def test_missing_range_is_reported_before_anything_is_read(
    store: DiskBlobStore, first_byte: int, length_bytes: int | None
) -> None:
    await store.put(KEY, chunks(b"0123456789"), max_bytes=10)
    with pytest.raises(BlobMissingError):
        await store.open(KEY, first_byte=first_byte, length_bytes=length_bytes)


async def test_missing_blob_is_reported_and_a_deleted_blob_is_missing(store: DiskBlobStore) -> None:
    await store.delete(KEY)
    await store.put(KEY, chunks(b"x"), max_bytes=1)
    pieces = await store.open(KEY)
    await store.delete(KEY)
    await store.delete(KEY)
    assert not await store.exists(KEY)
    with pytest.raises(BlobMissingError):
        [piece async for piece in pieces]
    with pytest.raises(BlobMissingError):
        await store.open(KEY)


async def test_unavailable_store_does_not_report_a_missing_blob(tmp_path: Path) -> None:
    """A blob that is reported as missing is deleted from the records (lessons.md, B 13)."""
    (tmp_path / "blobs").write_text("not a directory")
    store = DiskBlobStore(tmp_path / "blobs")
    for call in (store.put(KEY, chunks(b"x"), max_bytes=1), store.open(KEY), store.exists(KEY), store.delete(KEY)):
        with pytest.raises(BlobStoreUnavailableError, match="Not a directory"):
            await call


@pytest.mark.parametrize("parts", [[b"x" * 11], [b"x" * 6, b"x" * 6], [b"x"] * 11])
async def test_content_over_the_limit_is_not_stored(store: DiskBlobStore, tmp_path: Path, parts: list[bytes]) -> None:
    with pytest.raises(BlobTooLargeError, match="larger than 10 bytes"):
        await store.put(KEY, chunks(*parts), max_bytes=10)
    assert files(tmp_path) == []


async def test_broken_source_stores_nothing_and_keeps_the_previous_blob(store: DiskBlobStore, tmp_path: Path) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield b"x" * WRITE_BYTES
        raise ConnectionError

    await store.put(KEY, chunks(b"before"), max_bytes=10)
    with pytest.raises(ConnectionError):
        await store.put(KEY, broken(), max_bytes=10 * WRITE_BYTES)
    assert await read(store) == b"before"
    assert len(files(tmp_path)) == 1


@pytest.mark.parametrize("delay_s", [0.0, 0.001, 0.003, 0.01])
async def test_canceled_put_leaves_no_file(store: DiskBlobStore, tmp_path: Path, delay_s: float) -> None:
    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b"x" * WRITE_BYTES
            await asyncio.sleep(0)

    put = asyncio.create_task(store.put(KEY, endless(), max_bytes=10**12))
    await asyncio.sleep(delay_s)
    put.cancel()
    with pytest.raises(asyncio.CancelledError):
        await put
    assert files(tmp_path) == []


def test_thread_of_a_canceled_put_creates_no_file(tmp_path: Path) -> None:
    part = _PartFile(tmp_path, tmp_path / "org" / "00" / "name")
    part.discard()
    part.create()
    assert files(tmp_path) == []


async def test_blob_appears_completely_or_not_at_all(store: DiskBlobStore) -> None:
    waiting, go_on = asyncio.Event(), asyncio.Event()

    async def halting() -> AsyncIterator[bytes]:
        yield b"x" * WRITE_BYTES
        waiting.set()
        await go_on.wait()
        yield b"y"

    put = asyncio.create_task(store.put(KEY, halting(), max_bytes=10 * WRITE_BYTES))
    await waiting.wait()
    assert not await store.exists(KEY)
    go_on.set()
    await put
    assert len(await read(store)) == WRITE_BYTES + 1


def put_often(root: Path, fill: bytes, times: int) -> None:
    async def run() -> None:
        for _ in range(times):
            await DiskBlobStore(root).put(KEY, chunks(fill * 50_000, fill * 50_000), max_bytes=100_000)

    asyncio.run(run())


async def test_concurrent_puts_of_two_processes_are_not_mixed(store: DiskBlobStore, tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=put_often, args=(tmp_path / "blobs", fill, 30)) for fill in (b"a", b"b")]
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers):
        if await store.exists(KEY):
            content = await read(store)
            assert content in {b"a" * 100_000, b"b" * 100_000}
        await asyncio.sleep(0.001)
    for writer in writers:
        writer.join()
        assert writer.exitcode == 0
    assert len(files(tmp_path)) == 1


ODD_KEYS = ["", "/", "a", "a/", "/a", "a/b/c", "../a", "a/..", "a/../b", "./a", "a/.b", ".a/b", "a//b", "a\\b/c"]
ODD_KEYS += ["a/b\0", "a/b\n", "a/b c", "a/ü", "a/" + "b" * 129, "a/b/../../../etc/passwd", "/etc/passwd", "~/x"]


@pytest.mark.parametrize("key", ODD_KEYS)
async def test_malformed_key_is_a_defect(store: DiskBlobStore, tmp_path: Path, key: str) -> None:
    for call in (store.put(key, chunks(b"x"), max_bytes=1), store.open(key), store.exists(key), store.delete(key)):
        with pytest.raises(ValueError, match="is not the key of a blob"):
            await call
    assert files(tmp_path) == []


@given(st.text())
def test_key_cannot_leave_the_directory(key: str) -> None:
    store = DiskBlobStore(Path("/blobs"))
    try:
        path = store._path(key)
    except ValueError:
        return
    assert path.resolve().is_relative_to("/blobs")


async def test_only_old_leftovers_are_removed(store: DiskBlobStore, tmp_path: Path) -> None:
    await store.put(KEY, chunks(b"x"), max_bytes=1)
    directory = store._path(KEY).parent
    old, new = directory / ".old.part", directory / ".new.part"
    for leftover in (old, new):
        leftover.write_bytes(b"half")
    long_ago = datetime(2026, 1, 1, tzinfo=UTC)
    os.utime(old, (long_ago.timestamp(), long_ago.timestamp()))
    assert await store.remove_leftovers(datetime(2026, 1, 2, tzinfo=UTC)) == 1
    assert not old.exists()
    assert new.exists()
    assert await read(store) == b"x"

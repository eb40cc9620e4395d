"""Blobs in a bucket: the same guarantees as on disk, over the S3 protocol with a server on loopback."""

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import httpx2
import pytest

from letmepost.gateways.blobs import BlobMissingError, BlobTooLargeError, read_range
from letmepost.gateways.blobs.s3 import PART_BYTES, READ_BYTES, S3BlobStore, open_s3
from tests.gateways.test_blobs import ODD_KEYS
from tests.s3 import bucket

KEY = "org_1/media_1"


@pytest.fixture
async def store(s3_url: str) -> AsyncIterator[S3BlobStore]:
    opened = open_s3(bucket(s3_url))
    yield opened
    await opened.delete(KEY)
    opened.close()


async def chunks(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


async def read(store: S3BlobStore, first_byte: int = 0, length_bytes: int | None = None) -> bytes:
    pieces = await store.open(KEY, first_byte=first_byte, length_bytes=length_bytes)
    return b"".join([piece async for piece in pieces])


async def uploads_under_way(store: S3BlobStore) -> list[Any]:
    return list((await store._ask("list_multipart_uploads")).get("Uploads", ()))


@pytest.mark.parametrize("size_bytes", [0, 1, PART_BYTES - 1, PART_BYTES, PART_BYTES + 1, 2 * PART_BYTES])
async def test_stored_blob_is_read(store: S3BlobStore, size_bytes: int) -> None:
    content = os.urandom(size_bytes)
    stored = await store.put(KEY, chunks(content[:10], b"", content[10:]), max_bytes=size_bytes)
    assert (stored.size_bytes, stored.sha256) == (size_bytes, hashlib.sha256(content).digest())
    assert await read(store) == content
    assert await store.exists(KEY)


async def test_ranges_are_exact(store: S3BlobStore) -> None:
    content = os.urandom(2 * READ_BYTES + 3)
    await store.put(KEY, chunks(content), max_bytes=len(content))
    for first_byte, length_bytes in [(0, 1), (READ_BYTES - 1, 2), (READ_BYTES, READ_BYTES), (len(content), 0)]:
        assert await read_range(store, KEY, first_byte, length_bytes) == content[first_byte : first_byte + length_bytes]
    for first_byte, length_bytes in [(0, len(content) + 1), (len(content) + 1, 0), (-1, 1)]:
        with pytest.raises(BlobMissingError):
            await store.open(KEY, first_byte=first_byte, length_bytes=length_bytes)


async def test_missing_blob_is_reported_and_a_deleted_blob_is_missing(store: S3BlobStore) -> None:
    await store.put(KEY, chunks(b"x"), max_bytes=1)
    pieces = await store.open(KEY)
    await store.delete(KEY)
    await store.delete(KEY)
    assert not await store.exists(KEY)
    with pytest.raises(BlobMissingError):
        [piece async for piece in pieces]
    with pytest.raises(BlobMissingError):
        await store.open(KEY)


async def test_replaced_blob_is_not_read_as_a_mixture(store: S3BlobStore) -> None:
    await store.put(KEY, chunks(bytes(READ_BYTES + 1)), max_bytes=READ_BYTES + 1)
    pieces = await store.open(KEY)
    assert len(await anext(pieces)) == READ_BYTES
    await store.put(KEY, chunks(b"x" * (READ_BYTES + 1)), max_bytes=READ_BYTES + 1)
    with pytest.raises(BlobMissingError):
        await anext(pieces)


@pytest.mark.parametrize("size_bytes", [11, 2 * PART_BYTES])
async def test_content_over_the_limit_is_not_stored(store: S3BlobStore, size_bytes: int) -> None:
    with pytest.raises(BlobTooLargeError):
        await store.put(KEY, chunks(bytes(size_bytes - 1), b"x"), max_bytes=size_bytes - 1)
    assert not await store.exists(KEY)
    assert await uploads_under_way(store) == []


async def test_interrupted_upload_stores_nothing(store: S3BlobStore) -> None:
    is_waiting = asyncio.Event()

    async def halting() -> AsyncIterator[bytes]:
        yield bytes(PART_BYTES)
        is_waiting.set()
        await asyncio.Event().wait()

    put = asyncio.create_task(store.put(KEY, halting(), max_bytes=10 * PART_BYTES))
    await is_waiting.wait()
    assert len(await uploads_under_way(store)) == 1
    put.cancel()
    await asyncio.wait({put})
    assert not await store.exists(KEY)
    assert await uploads_under_way(store) == []


async def test_only_old_leftovers_are_removed(store: S3BlobStore) -> None:
    await store._ask("create_multipart_upload", Key=KEY)
    # The server of these tests reports 2010 as the date of every upload.
    assert await store.remove_leftovers(datetime(2009, 1, 1, tzinfo=UTC)) == 0
    assert len(await uploads_under_way(store)) == 1
    assert await store.remove_leftovers(datetime(2011, 1, 1, tzinfo=UTC)) == 1
    assert await uploads_under_way(store) == []


async def test_unavailable_store_does_not_report_a_missing_blob(s3_url: str) -> None:
    """A blob that is reported as missing is deleted from the records."""
    elsewhere = open_s3(bucket(s3_url, name="no-such-bucket"))
    with pytest.raises(Exception, match="NoSuchBucket"):
        await elsewhere.put(KEY, chunks(b"x"), max_bytes=1)
    elsewhere.close()
    away = open_s3(bucket("http://127.0.0.1:9"))
    with pytest.raises(Exception, match="Could not connect"):
        await away.exists(KEY)
    away.close()


@pytest.mark.parametrize("key", ODD_KEYS)
async def test_malformed_key_is_a_defect(store: S3BlobStore, key: str) -> None:
    for call in (store.put(key, chunks(b"x"), max_bytes=1), store.open(key), store.exists(key), store.delete(key)):
        with pytest.raises(ValueError, match="is not the key of a blob"):
            await call


async def test_presigned_url_stores_bytes_without_this_service(store: S3BlobStore) -> None:
    put = store.presign_put(KEY, size_bytes=5, valid_for_s=60)
    async with httpx2.AsyncClient() as anybody:
        assert (await anybody.put(put.url, content=b"bytes", headers=dict(put.headers))).status_code == 200
    assert await read(store) == b"bytes"
    await store.copy(KEY, "org_1/media_2")
    assert await read_range(store, "org_1/media_2", 0, 5) == b"bytes"
    await store.delete("org_1/media_2")


async def test_length_is_part_of_the_signed_url(store: S3BlobStore) -> None:
    put = store.presign_put(KEY, size_bytes=5, valid_for_s=60)
    assert "content-length" in put.url.split("X-Amz-SignedHeaders=")[1].split("&")[0]


async def test_missing_source_cannot_be_copied(store: S3BlobStore) -> None:
    with pytest.raises(BlobMissingError):
        await store.copy("org_1/nothing", KEY)

"""Blobs in a bucket: the same guarantees as on disk, over the S3 protocol with a server on loopback."""

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator, Coroutine, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest

from letmepost.gateways.blobs import BlobMissingError, BlobStoreUnavailableError, BlobTooLargeError, read_range
from letmepost.gateways.blobs.s3 import READ_BYTES, S3BlobStore, open_s3
from letmepost.gateways.blobs.s3_upload import PART_BYTES, PIECE_BYTES
from tests.doubles.waiting import PATIENCE_S
from tests.gateways.bucket_faults import faulty_bucket
from tests.gateways.support import Connection, serving
from tests.gateways.test_blobs import ODD_KEYS
from tests.s3 import bucket

pytestmark = pytest.mark.slow

KEY = "org_1/media_1"


@pytest.fixture(scope="module")
def client(s3_url: str) -> Iterator[S3BlobStore]:
    """Open the store once, because boto3 takes a second to make a client."""
    opened = open_s3(bucket(s3_url))
    yield opened
    opened.close()


@pytest.fixture
async def store(client: S3BlobStore) -> AsyncIterator[S3BlobStore]:
    yield client
    await client.delete(KEY)


async def chunks(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


async def read(store: S3BlobStore, first_byte: int = 0, length_bytes: int | None = None) -> bytes:
    pieces = await store.open(KEY, first_byte=first_byte, length_bytes=length_bytes)
    return b"".join([piece async for piece in pieces])


async def uploads_under_way(store: S3BlobStore) -> list[Any]:
    return list((await store._ask("list_multipart_uploads")).get("Uploads", ()))


@pytest.mark.parametrize("size_bytes", [0, 1, PIECE_BYTES, PART_BYTES - 1, PART_BYTES, PART_BYTES + 1, 2 * PART_BYTES])
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


async def test_bucket_that_ignores_ranges_is_unavailable(store: S3BlobStore, s3_url: str) -> None:
    """The parts of an upload would all be the start of the file."""
    await store.put(KEY, chunks(bytes(10)), max_bytes=10)
    async with faulty_bucket(s3_url) as proxy:
        proxy.ignores_ranges = True
        behind = open_s3(bucket(proxy.url))
        try:
            assert await read(behind) == bytes(10)
            for first_byte, length_bytes in [(0, 5), (5, 5), (5, 1)]:
                with pytest.raises(BlobStoreUnavailableError, match="another number"):
                    await read(behind, first_byte, length_bytes)
        finally:
            behind.close()


async def test_blob_of_another_size_than_recorded_is_missing(store: S3BlobStore) -> None:
    await store.put(KEY, chunks(bytes(10)), max_bytes=10)
    assert len([piece async for piece in await store.open(KEY, length_bytes=5, total_bytes=10)]) == 1
    for total_bytes in (9, 11):
        with pytest.raises(BlobMissingError, match=f"10 bytes, not the recorded {total_bytes}"):
            await store.open(KEY, length_bytes=5, total_bytes=total_bytes)


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


async def everything(store: S3BlobStore) -> AsyncIterator[tuple[str, Coroutine[Any, Any, object]]]:
    """Yield a call of each operation that sends requests."""
    yield "put", store.put(KEY, chunks(b"x"), max_bytes=1)
    yield "put in parts", store.put(KEY, chunks(bytes(PART_BYTES + 1)), max_bytes=PART_BYTES + 1)
    yield "open", store.open(KEY)
    yield "exists", store.exists(KEY)
    yield "delete", store.delete(KEY)
    yield "copy", store.copy(KEY, "org_1/media_2")
    yield "remove leftovers", store.remove_leftovers(datetime(2011, 1, 1, tzinfo=UTC))


async def is_unavailable(store: S3BlobStore, reason: str) -> None:
    async for name, call in everything(store):
        with pytest.raises(BlobStoreUnavailableError) as caught:
            await call
        assert reason in str(caught.value), name


async def test_missing_bucket_does_not_report_a_missing_blob(s3_url: str) -> None:
    """A blob that is reported as missing is deleted from the records."""
    elsewhere = open_s3(bucket(s3_url, name="no-such-bucket"))
    await is_unavailable(elsewhere, "NoSuchBucket")
    elsewhere.close()


async def test_wrong_credentials_do_not_report_a_missing_blob(s3_url: str, store: S3BlobStore) -> None:
    async with httpx2.AsyncClient(timeout=PATIENCE_S) as moto:
        await moto.post(f"{s3_url}/moto-api/reset-auth", content="0")
        try:
            with pytest.raises(BlobStoreUnavailableError, match="InvalidAccessKeyId"):
                await store.put(KEY, chunks(b"x"), max_bytes=1)
            for call in (store.exists(KEY), store.open(KEY)):  # the response to HEAD has no body, and so no code
                with pytest.raises(BlobStoreUnavailableError, match="403"):
                    await call
        finally:
            await moto.post(f"{s3_url}/moto-api/reset-auth", content="inf")
    assert not await store.exists(KEY)


async def test_unreachable_store_does_not_report_a_missing_blob() -> None:
    away = open_s3(bucket("http://127.0.0.1:9"))
    with pytest.raises(BlobStoreUnavailableError, match="Could not connect"):
        await away.exists(KEY)
    away.close()


async def test_slow_store_is_unavailable() -> None:
    async def silent(connection: Connection) -> None:
        await connection.receive()
        await asyncio.Event().wait()

    async with serving(silent) as server:
        slow = open_s3(bucket(server.url), read_timeout_s=0.05)
        with pytest.raises(BlobStoreUnavailableError, match="Read timeout"):
            await slow.exists(KEY)
        slow.close()


@pytest.mark.parametrize(
    ("size_bytes", "broken"),
    [
        (1, ("PUT", "")),
        (PART_BYTES + 1, ("PUT", "partNumber=2")),
        (PART_BYTES + 1, ("POST", "uploadId=")),
    ],
    ids=["the only request", "the second part", "the completion"],
)
async def test_upload_stores_nothing_when_its_result_is_unknown(
    s3_url: str, store: S3BlobStore, size_bytes: int, broken: tuple[str, str]
) -> None:
    method, query = broken
    async with faulty_bucket(s3_url) as proxy:
        proxy.is_broken = lambda request: request.method == method and query in request.url.query
        faulty = open_s3(bucket(proxy.url))
        with pytest.raises(BlobStoreUnavailableError, match="503"):
            await faulty.put(KEY, chunks(bytes(size_bytes)), max_bytes=size_bytes)
        faulty.close()
    assert not await store.exists(KEY)
    assert await uploads_under_way(store) == []


async def test_copy_with_an_unknown_result_is_deleted(s3_url: str, store: S3BlobStore) -> None:
    await store.put(KEY, chunks(b"x"), max_bytes=1)
    async with faulty_bucket(s3_url) as proxy:
        proxy.is_broken = lambda request: request.method == "PUT"
        faulty = open_s3(bucket(proxy.url))
        with pytest.raises(BlobStoreUnavailableError, match="503"):
            await faulty.copy(KEY, "org_1/media_2")
        faulty.close()
    assert not await store.exists("org_1/media_2")
    assert await store.exists(KEY)


async def test_canceled_upload_stores_nothing_when_its_last_request_is_executed(
    s3_url: str, store: S3BlobStore
) -> None:
    async with faulty_bucket(s3_url) as proxy:
        may_go_on = asyncio.Event()
        is_waiting = proxy.hold("PUT", may_go_on)
        faulty = open_s3(bucket(proxy.url))
        put = asyncio.create_task(faulty.put(KEY, chunks(b"x"), max_bytes=1))
        await is_waiting.wait()
        put.cancel()
        may_go_on.set()
        with pytest.raises(asyncio.CancelledError):
            await put
        faulty.close()
    assert [line.split()[0] for line in proxy.seen] == ["PUT", "DELETE"]
    assert not await store.exists(KEY)


@pytest.mark.parametrize("key", ODD_KEYS)
async def test_malformed_key_is_a_defect(client: S3BlobStore, key: str) -> None:
    store = client
    for call in (store.put(key, chunks(b"x"), max_bytes=1), store.open(key), store.exists(key), store.delete(key)):
        with pytest.raises(ValueError, match="is not the key of a blob"):
            await call


async def test_presigned_url_stores_bytes_without_this_service(store: S3BlobStore) -> None:
    put = store.presign_put(KEY, size_bytes=5, valid_for_s=60)
    async with httpx2.AsyncClient(timeout=PATIENCE_S) as anybody:
        assert (await anybody.put(put.url, content=b"bytes", headers=dict(put.headers))).status_code == 200
    assert await read(store) == b"bytes"
    await store.copy(KEY, "org_1/media_2")
    assert await read_range(store, "org_1/media_2", 0, 5) == b"bytes"
    await store.delete("org_1/media_2")


async def test_signature_covers_exactly_the_headers_of_the_upload(store: S3BlobStore) -> None:
    """A bucket rejects another length, but no client needs a header that it cannot set."""
    put = store.presign_put(KEY, size_bytes=5, valid_for_s=60)
    query = parse_qs(urlsplit(put.url).query)
    assert query["X-Amz-SignedHeaders"] == ["content-length;host"]
    assert query["X-Amz-Expires"] == ["60"]
    assert put.headers == {"content-length": "5"}


@pytest.mark.parametrize(
    ("endpoint", "region", "start"),
    [
        (None, "eu-central-1", "https://letmepost-media.s3.eu-central-1.amazonaws.com/org_1/media_1?"),
        (
            "https://1a2b.r2.cloudflarestorage.com",
            "auto",
            "https://1a2b.r2.cloudflarestorage.com/letmepost-media/org_1",
        ),
        ("http://minio:9000/", "us-east-1", "http://minio:9000/letmepost-media/org_1/media_1?"),
        (
            "https://s3.us-west-004.backblazeb2.com",
            "us-west-004",
            "https://s3.us-west-004.backblazeb2.com/letmepost-me",
        ),
    ],
)
def test_upload_url_has_the_address_that_the_provider_accepts(endpoint: str | None, region: str, start: str) -> None:
    opened = open_s3(replace(bucket(""), endpoint=endpoint, region=region))
    put = opened.presign_put(KEY, size_bytes=5, valid_for_s=60)
    assert put.url.startswith(start)
    assert f"%2F{region}%2Fs3%2F" in put.url
    opened.close()


def test_bucket_with_a_dot_is_in_the_path_of_the_upload_url() -> None:
    """The certificate of Amazon S3 does not cover it as a part of the host name."""
    opened = open_s3(replace(bucket("", name="media.example"), endpoint=None, region="eu-central-1"))
    put = opened.presign_put(KEY, size_bytes=5, valid_for_s=60)
    assert put.url.startswith("https://s3.eu-central-1.amazonaws.com/media.example/org_1/media_1?")
    opened.close()


async def test_missing_source_cannot_be_copied(store: S3BlobStore) -> None:
    with pytest.raises(BlobMissingError):
        await store.copy("org_1/nothing", KEY)

"""Stores blobs in a bucket of an S3-compatible store.

boto3 blocks, so every call runs in a thread pool of this store. The event loop never waits, and media files cannot use
up the threads of other work.
"""

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

from letmepost.gateways.blobs.s3_calls import call, head, read
from letmepost.gateways.blobs.s3_upload import S3Upload
from letmepost.gateways.blobs.store import (
    BlobMissingError,
    BlobStoreUnavailableError,
    PresignedPut,
    StoredBlob,
    end_of_range,
    split_key,
)

READ_BYTES = 1024 * 1024
"""How much is requested together. A piece takes twice as much memory while it arrives, for each of the threads."""
READ_TIMEOUT_S = 60.0
"""How long the store may take to answer one try of a request."""

_WORKERS = 8
"""The threads, and so the requests at one time. Each takes several MB of memory while it sends or receives."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """The address and the keys of a bucket. Without keys, boto3 uses its defaults: environment, files, machine role."""

    name: str
    endpoint: str | None
    region: str | None
    access_key_id: str | None
    secret_access_key: str | None


class S3BlobStore:
    """`BlobStore` and `DirectUploads` in a bucket.

    S3 guarantees that an object appears only when its upload is complete.
    """

    def __init__(self, client: Any, bucket: str) -> None:
        """`client`: of boto3, which several threads may use."""
        self._client = client
        self._bucket = bucket
        self._executor = ThreadPoolExecutor(_WORKERS, thread_name_prefix="s3")

    async def put(self, key: str, chunks: AsyncIterable[bytes], *, max_bytes: int) -> StoredBlob:
        split_key(key)
        upload = S3Upload(self._client, self._run_to_end, self._bucket, key)
        try:
            return await upload.send(chunks, max_bytes)
        except BaseException:
            await asyncio.shield(upload.discard())
            raise
        finally:
            upload.close()

    async def open(
        self, key: str, *, first_byte: int = 0, length_bytes: int | None = None, total_bytes: int | None = None
    ) -> AsyncIterator[bytes]:
        found = await self._head(key)
        end = end_of_range(key, found["ContentLength"], first_byte, length_bytes, total_bytes)
        return self._ranges(key, first_byte, end, found["ETag"])

    async def exists(self, key: str) -> bool:
        try:
            await self._head(key)
        except BlobMissingError:
            return False
        return True

    async def delete(self, key: str) -> None:
        split_key(key)
        await self._ask("delete_object", Key=key)

    async def remove_leftovers(self, before: datetime) -> int:
        removed, place = 0, dict[str, Any]()
        while True:
            page = await self._ask("list_multipart_uploads", **place)
            for upload in page.get("Uploads", ()):
                if upload["Initiated"] < before:
                    await self._ask("abort_multipart_upload", Key=upload["Key"], UploadId=upload["UploadId"])
                    removed += 1
            if not page.get("IsTruncated"):
                return removed
            place = {"KeyMarker": page["NextKeyMarker"], "UploadIdMarker": page["NextUploadIdMarker"]}

    def presign_put(self, key: str, *, size_bytes: int, valid_for_s: int) -> PresignedPut:
        # The length is among the signed headers, so that the store rejects any other.
        params = {"Bucket": self._bucket, "Key": key, "ContentLength": size_bytes}
        url: str = self._client.generate_presigned_url("put_object", Params=params, ExpiresIn=valid_for_s)
        return PresignedPut(url, {"content-length": str(size_bytes)})

    async def copy(self, source: str, target: str) -> None:
        split_key(target)
        place = {"Bucket": self._bucket, "Key": target, "CopySource": {"Bucket": self._bucket, "Key": source}}
        try:
            await self._run_to_end(partial(call, self._client.copy_object, **place))
        except BlobMissingError:
            raise
        except BaseException:
            with suppress(BlobStoreUnavailableError):
                await asyncio.shield(self.delete(target))
            raise

    def close(self) -> None:
        """Wait for running calls, and close every connection."""
        self._executor.shutdown()
        self._client.close()

    async def _head(self, key: str) -> dict[str, Any]:
        split_key(key)
        return await self._run(partial(head, self._client, self._bucket, key))

    async def _ranges(self, key: str, position: int, end: int, etag: str) -> AsyncIterator[bytes]:
        """Request each piece separately, so that a reader who stops early leaves no connection open."""
        while position < end:
            length_bytes = min(READ_BYTES, end - position)
            yield await self._run(partial(read, self._client, self._bucket, key, position, length_bytes, etag))
            position += length_bytes

    async def _ask(self, operation: str, **params: Any) -> dict[str, Any]:
        return await self._run(partial(call, getattr(self._client, operation), Bucket=self._bucket, **params))

    async def _run(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._executor, work)

    async def _run_to_end(self, work: Callable[[], T]) -> T:
        """Like `_run`, but a cancellation waits for the end of `work`, so that its effect can be undone."""
        running = asyncio.ensure_future(self._run(work))
        try:
            return await asyncio.shield(running)
        except asyncio.CancelledError:
            await asyncio.gather(running, return_exceptions=True)
            raise


def open_s3(bucket: Bucket, *, read_timeout_s: float = READ_TIMEOUT_S) -> S3BlobStore:
    """Return the store in a bucket, without any request. A request that fails is tried three times."""
    import boto3  # noqa: PLC0415 - see `s3_calls`
    from botocore.config import Config  # noqa: PLC0415 - see `s3_calls`

    config = Config(
        signature_version="s3v4",
        connect_timeout=5,
        read_timeout=read_timeout_s,
        retries={"mode": "standard", "max_attempts": 3},
        max_pool_connections=_WORKERS,
        # Stores other than Amazon's do not support the newer checksums.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        # At Amazon's global address, presigned URLs are redirected or rejected for buckets of most regions.
        # https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html (checked 2026-11-29)
        # The certificate of Amazon S3 does not cover a host name with a dot in the name of the bucket.
        s3={"addressing_style": "path" if bucket.endpoint or "." in bucket.name else "virtual"},
    )
    client = boto3.session.Session().client(
        "s3",
        endpoint_url=bucket.endpoint,
        region_name=bucket.region,
        aws_access_key_id=bucket.access_key_id,
        aws_secret_access_key=bucket.secret_access_key,
        config=config,
    )
    return S3BlobStore(client, bucket.name)

"""Stores blobs in a bucket of an S3-compatible store.

boto3 blocks, so every call runs in a thread pool of this store. The event loop never waits, and media files cannot use
up the threads of other work.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterable, AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

from letmepost.gateways.blobs.store import (
    BlobMissingError,
    BlobTooLargeError,
    PresignedPut,
    StoredBlob,
    split_key,
)

PART_BYTES = 8 * 1024 * 1024
"""The size of a part of a multipart upload: at least 5 MiB, and at most 10 000 parts, so a blob has up to 78 GiB.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html (read 2026-11-22).
"""
READ_BYTES = 4 * 1024 * 1024

_WORKERS = 16
_MISSING = frozenset({"404", "NoSuchKey", "NotFound"})
_CHANGED = frozenset({"412", "PreconditionFailed"})

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
        parts = _Parts(self._ask, key)
        try:
            return await _send(parts, chunks, max_bytes)
        except BaseException:
            await asyncio.shield(parts.abort())
            raise

    async def open(self, key: str, *, first_byte: int = 0, length_bytes: int | None = None) -> AsyncIterator[bytes]:
        found = await self._head(key)
        size_bytes: int = found["ContentLength"]
        end = size_bytes if length_bytes is None else first_byte + length_bytes
        if not 0 <= first_byte <= end <= size_bytes:
            raise BlobMissingError(f"The blob {key} has {size_bytes} bytes, not those from {first_byte} to {end}.")
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
        await self._ask("copy_object", Key=target, CopySource={"Bucket": self._bucket, "Key": source})

    def close(self) -> None:
        """Wait for running calls, and close every connection."""
        self._executor.shutdown()
        self._client.close()

    async def _head(self, key: str) -> dict[str, Any]:
        split_key(key)
        return await self._ask("head_object", Key=key)

    async def _ranges(self, key: str, position: int, end: int, etag: str) -> AsyncIterator[bytes]:
        """Request each piece separately, so that a reader who stops early leaves no connection open."""
        while position < end:
            last = min(position + READ_BYTES, end) - 1
            piece = await self._run(partial(self._read, key, f"bytes={position}-{last}", etag))
            position = last + 1
            yield piece

    def _read(self, key: str, wanted: str, etag: str) -> bytes:
        reply = _call(self._client.get_object, Bucket=self._bucket, Key=key, Range=wanted, IfMatch=etag)
        with reply["Body"] as body:
            data: bytes = body.read()
            return data

    async def _ask(self, operation: str, **params: Any) -> dict[str, Any]:
        call = getattr(self._client, operation)
        return await self._run(partial(_call, call, Bucket=self._bucket, **params))

    async def _run(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._executor, work)


class _Parts:
    """A blob while it is being sent: in one request if it fits, in parts otherwise."""

    def __init__(self, ask: Callable[..., Any], key: str) -> None:
        self._ask = ask
        self._key = key
        self._upload_id: str | None = None
        self._sent: list[dict[str, Any]] = []

    async def send(self, part: bytes) -> None:
        if self._upload_id is None:
            self._upload_id = (await self._ask("create_multipart_upload", Key=self._key))["UploadId"]
        number = len(self._sent) + 1
        reply = await self._ask("upload_part", Key=self._key, UploadId=self._upload_id, PartNumber=number, Body=part)
        self._sent.append({"PartNumber": number, "ETag": reply["ETag"]})

    async def complete(self, rest: bytes) -> None:
        if self._upload_id is None:
            await self._ask("put_object", Key=self._key, Body=rest)
            return
        if rest:
            await self.send(rest)
        await self._ask(
            "complete_multipart_upload",
            Key=self._key,
            UploadId=self._upload_id,
            MultipartUpload={"Parts": self._sent},
        )

    async def abort(self) -> None:
        """Abort the upload. If that fails, its parts are removed later."""
        if self._upload_id is not None:
            with suppress(Exception):
                await self._ask("abort_multipart_upload", Key=self._key, UploadId=self._upload_id)


async def _send(parts: _Parts, chunks: AsyncIterable[bytes], max_bytes: int) -> StoredBlob:
    digest, size_bytes, waiting = hashlib.sha256(), 0, bytearray()
    async for chunk in chunks:
        size_bytes += len(chunk)
        if size_bytes > max_bytes:
            raise BlobTooLargeError(f"The content is larger than {max_bytes} bytes.")
        digest.update(chunk)
        waiting += chunk
        while len(waiting) >= PART_BYTES:
            await parts.send(bytes(waiting[:PART_BYTES]))
            del waiting[:PART_BYTES]
    await parts.complete(bytes(waiting))
    return StoredBlob(digest.digest(), size_bytes)


def open_s3(bucket: Bucket) -> S3BlobStore:
    """Return the store in a bucket, without any request."""
    # boto3 takes 25 MB of memory, which a deployment with a disk does not need.
    import boto3  # noqa: PLC0415
    from botocore.config import Config  # noqa: PLC0415

    config = Config(
        signature_version="s3v4",
        connect_timeout=5,
        read_timeout=60,
        retries={"mode": "standard", "max_attempts": 3},
        max_pool_connections=_WORKERS,
        # Stores other than Amazon's do not support the newer checksums.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        s3={"addressing_style": "path" if bucket.endpoint else "auto"},
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


def _call(operation: Callable[..., Any], **params: Any) -> Any:
    """Call boto3, and translate its error codes.

    Raises:
        BlobMissingError: the object does not exist, or has changed.
    """
    from botocore.exceptions import ClientError  # noqa: PLC0415 - as in `open_s3`

    try:
        return operation(**params)
    except ClientError as error:
        if error.response["Error"]["Code"] in _MISSING | _CHANGED:
            raise BlobMissingError(f"There is no blob {params.get('Key')}.") from error
        raise

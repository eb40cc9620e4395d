"""Sends one blob to a bucket: in one request if it fits, in parts otherwise."""

import hashlib
from collections.abc import AsyncIterable, AsyncIterator, Callable, Coroutine
from contextlib import suppress
from functools import partial
from tempfile import SpooledTemporaryFile
from typing import Any, TypeAlias

from letmepost.gateways.blobs.s3_calls import call
from letmepost.gateways.blobs.store import BlobTooLargeError, StoredBlob

PART_BYTES = 8 * 1024 * 1024
"""The size of every part but the last: at least 5 MiB, and at most 10 000 parts, so a blob has up to 78 GiB.

Cloudflare R2 also requires that all parts but the last have the same size. Sources:
https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html (read 2026-11-22) and
https://developers.cloudflare.com/r2/objects/multipart-objects/ (read 2026-11-29).
"""
PIECE_BYTES = 256 * 1024
"""How much of a blob is held in memory."""

Run: TypeAlias = Callable[[Callable[[], Any]], Coroutine[Any, Any, Any]]
"""Runs a function in a thread. A cancellation waits for its end."""


class S3Upload:
    """A blob that is being sent.

    The bytes of a part wait in a temporary file until it is complete: in memory, twenty uploads would take more than
    the rest of the process. The methods that call the store run in a thread.
    """

    def __init__(self, client: Any, run: Run, bucket: str, key: str) -> None:
        self._client = client
        self._run = run
        self._object = {"Bucket": bucket, "Key": key}
        self._hash = hashlib.sha256()
        self._part: SpooledTemporaryFile[bytes] = SpooledTemporaryFile(PIECE_BYTES)  # noqa: SIM115 - `close` closes it
        self._upload_id: str | None = None
        self._sent: list[dict[str, Any]] = []
        self._may_exist = False

    async def send(self, chunks: AsyncIterable[bytes], max_bytes: int) -> StoredBlob:
        """Send all bytes. Call `discard` if this fails or is canceled, and `close` afterwards in any case.

        Raises:
            BlobTooLargeError: there are more than `max_bytes`.
            BlobStoreUnavailableError: see `BlobStore`.
        """
        size_bytes = 0
        async for piece in _pieces(chunks, max_bytes):
            size_bytes += len(piece)
            await self._run(partial(self._add, piece))
        await self._run(self._complete)
        return StoredBlob(self._hash.digest(), size_bytes)

    async def discard(self) -> None:
        """Remove everything that was sent. If that fails, the parts are removed later."""
        with suppress(Exception):
            await self._run(self._remove)

    def close(self) -> None:
        """Delete the temporary file."""
        self._part.close()

    def _add(self, piece: bytes) -> None:
        self._hash.update(piece)
        self._part.write(piece)
        if self._part.tell() == PART_BYTES:
            self._send_part()

    def _send_part(self) -> None:
        if self._upload_id is None:
            self._upload_id = call(self._client.create_multipart_upload, **self._object)["UploadId"]
        number = len(self._sent) + 1
        self._part.seek(0)
        reply = call(
            self._client.upload_part,
            **self._object,
            UploadId=self._upload_id,
            PartNumber=number,
            Body=self._part,
        )
        self._sent.append({"PartNumber": number, "ETag": reply["ETag"]})
        self._part.seek(0)
        self._part.truncate()

    def _complete(self) -> None:
        if self._upload_id is not None and self._part.tell():
            self._send_part()
        self._may_exist = True
        if self._upload_id is None:
            self._part.seek(0)
            call(self._client.put_object, **self._object, Body=self._part)
            return
        parts = {"Parts": self._sent}
        call(self._client.complete_multipart_upload, **self._object, UploadId=self._upload_id, MultipartUpload=parts)

    def _remove(self) -> None:
        if self._upload_id is not None:
            with suppress(Exception):  # the upload may be complete
                call(self._client.abort_multipart_upload, **self._object, UploadId=self._upload_id)
        if self._may_exist:
            call(self._client.delete_object, **self._object)


async def _pieces(chunks: AsyncIterable[bytes], max_bytes: int) -> AsyncIterator[bytes]:
    """Yield the bytes in pieces of `PIECE_BYTES`, of which a part has a whole number. The last one may be shorter.

    Raises:
        BlobTooLargeError: there are more than `max_bytes`.
    """
    size_bytes, waiting = 0, bytearray()
    async for chunk in chunks:
        size_bytes += len(chunk)
        if size_bytes > max_bytes:
            raise BlobTooLargeError(f"The content is larger than {max_bytes} bytes.")
        for start in range(0, len(chunk), PIECE_BYTES):
            waiting += chunk[start : start + PIECE_BYTES]
            if len(waiting) >= PIECE_BYTES:
                yield bytes(waiting[:PIECE_BYTES])
                del waiting[:PIECE_BYTES]
    if waiting:
        yield bytes(waiting)

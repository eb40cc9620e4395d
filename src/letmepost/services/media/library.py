"""Stores, examines and reads the bytes of media items."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

import structlog

from letmepost.domain import refusals
from letmepost.domain.content import MediaFacts
from letmepost.domain.errors import QuotaExceeded, RequestError
from letmepost.domain.ids import Prefix, format_id
from letmepost.domain.sizes import MEDIA_MAX_BYTES
from letmepost.gateways.blobs import (
    BlobMissingError,
    BlobStore,
    BlobStoreUnavailableError,
    BlobTooLargeError,
    read_range,
)
from letmepost.gateways.media.probes import Probe
from letmepost.gateways.media.process import Read
from letmepost.gateways.media.sniffing import TooComplexMediaError, UnreadableMediaError
from letmepost.services.idempotency import KeyInUseError
from letmepost.services.tenants import quotas
from letmepost.services.work import UnitsOfWork, Work
from letmepost.storage.database import Tenant

_NAME_ENTROPY_BYTES = 8
_CACHED_BLOBS_MAX = 4096
_SEND_MEDIA = "Send a complete image, video or PDF file."
_SIMPLIFY = "Re-export the file with a smaller size or fewer frames, and send the new copy."

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class StoredBytes:
    """Bytes in the blob store, with their name and the facts that were read from them."""

    name: str
    facts: MediaFacts
    sha256: bytes


class MediaLibrary:
    """The bytes of every tenant's media items. No transaction is open while they are stored, examined or deleted."""

    def __init__(self, *, units: UnitsOfWork, blobs: BlobStore, probe: Probe, kept_for: timedelta) -> None:
        """`kept_for`: how long a media item is kept that no post uses."""
        self._units = units
        self._blobs = blobs
        self._probe = probe
        self._kept_for = kept_for
        # The name and size of recorded bytes never change, so they are read once.
        self._blobs_of: dict[UUID, tuple[str, int]] = {}

    def expires_at(self) -> datetime:
        """Return when a media item that is stored now expires if no post needs it then."""
        return self._units.clock.now() + self._kept_for

    async def store(self, tenant: Tenant, media_id: UUID, chunks: AsyncIterator[bytes]) -> StoredBytes:
        """Store the bytes of a new media item; see `take_in`."""
        return await self.take_in(tenant, self.own_name(media_id), chunks, MEDIA_MAX_BYTES)

    async def take_in(self, tenant: Tenant, name: str, chunks: AsyncIterator[bytes], max_bytes: int) -> StoredBytes:
        """Store bytes and examine them. Bytes that are not accepted are deleted again.

        Raises:
            InvalidRequest: `media.empty_body`, `media.unreadable`.
            TooLarge: `media.size_max`.
            StoreUnavailable: the blob store is unavailable.
        """
        key = blob_key(tenant, name)
        try:
            with needing_store():
                blob = await self._blobs.put(key, chunks, max_bytes=max_bytes)
        except BlobTooLargeError as error:
            raise too_large(max_bytes) from error
        async with self._deleted_on_failure(key):
            return StoredBytes(name, await self._examine(tenant, key, blob.size_bytes), blob.sha256)

    async def examine(self, tenant: Tenant, name: str) -> StoredBytes:
        """Examine bytes that were uploaded to the blob store directly; see `take_in`."""
        key = blob_key(tenant, name)
        digest, size_bytes = hashlib.sha256(), 0
        async with self._deleted_on_failure(key):
            async for chunk in await self._blobs.open(key):
                digest.update(chunk)
                size_bytes += len(chunk)
            return StoredBytes(name, await self._examine(tenant, key, size_bytes), digest.digest())

    def own_name(self, media_id: UUID) -> str:
        """Return the name of bytes that are stored before their media item is recorded."""
        return format_id(Prefix.MEDIA, media_id)

    def new_name(self, media_id: UUID) -> str:
        """Return a new name for bytes of a recorded media item. The first bytes to be recorded become its own."""
        return f"{self.own_name(media_id)}.{self._units.clock.entropy(_NAME_ENTROPY_BYTES).hex()}"

    async def record(self, tenant: Tenant, media_id: UUID, stored: StoredBytes) -> bool:
        """Record bytes as those of a media item. If it has some already, delete the new ones and return False.

        Raises:
            QuotaExceeded: there is no room for the bytes. They are deleted.
        """
        is_first = False
        try:
            async with self._units.begin(tenant) as work:
                await quotas.reserve_media(work, stored.facts.size_bytes)
                is_first = await work.media.record_ready(
                    media_id, stored.facts, stored.sha256, blob=stored.name, expires_at=self.expires_at()
                )
        except QuotaExceeded:
            await self._try_to_delete(blob_key(tenant, stored.name))
            raise
        if not is_first:
            await self._try_to_delete(blob_key(tenant, stored.name))
        return is_first

    async def add(self, tenant: Tenant, media_id: UUID, profile_id: UUID, stored: StoredBytes) -> None:
        """Record a new media item with stored bytes, in its own unit of work.

        Raises:
            QuotaExceeded: there is no room for the bytes. They are deleted.
        """
        async with self.taken_back(tenant, [media_id]), self._units.begin(tenant) as work:
            await self.create(work, media_id, profile_id, stored)

    async def create(
        self, work: Work, media_id: UUID, profile_id: UUID, stored: StoredBytes, **origin: str | None
    ) -> None:
        """Record a new media item with stored bytes.

        Args:
            origin: `filename` or `source_url`.

        Raises:
            QuotaExceeded: there is no room for the bytes.
        """
        await quotas.reserve_media(work, stored.facts.size_bytes)
        expires_at = self.expires_at()
        await work.media.create_ready(
            media_id, profile_id, stored.facts, stored.sha256, now=work.now(), expires_at=expires_at, **origin
        )

    @asynccontextmanager
    async def taken_back(self, tenant: Tenant, media_ids: Iterable[UUID]) -> AsyncIterator[None]:
        """Delete the stored bytes of new media items if the block rejects the request, or another one has its key."""
        try:
            yield
        except (KeyInUseError, RequestError):
            await self.discard(tenant, media_ids)
            raise

    async def discard(self, tenant: Tenant, media_ids: Iterable[UUID]) -> None:
        """Delete the stored bytes of new media items that were not recorded."""
        for media_id in media_ids:
            await self._try_to_delete(blob_key(tenant, self.own_name(media_id)))

    async def discard_upload(self, tenant: Tenant, media_id: UUID) -> None:
        """Delete bytes that were uploaded to the blob store directly, when they were copied or rejected."""
        await self._try_to_delete(blob_key(tenant, upload_name(media_id)))

    async def open_range(
        self, tenant: Tenant, media_id: UUID, first_byte: int, length_bytes: int
    ) -> AsyncIterator[bytes]:
        """Return a range of the bytes of a media item, in chunks.

        Raises:
            BlobMissingError: they were deleted, or have another size than recorded.
        """
        name, size_bytes = await self._blob_of(tenant, media_id)
        key = blob_key(tenant, name)
        return await self._blobs.open(key, first_byte=first_byte, length_bytes=length_bytes, total_bytes=size_bytes)

    async def read(self, tenant: Tenant, media_id: UUID, first_byte: int, length_bytes: int) -> bytes:
        """Return a range of the bytes of a media item. Raises as `open_range`."""
        return b"".join([chunk async for chunk in await self.open_range(tenant, media_id, first_byte, length_bytes)])

    async def delete_bytes(self, tenant: Tenant, media_id: UUID) -> None:
        """Delete the bytes of a media item that is marked as deleted."""
        self._blobs_of.pop(media_id, None)
        async with self._units.begin(tenant) as work:
            blob = await work.media.find_blob(media_id)
        for name in {blob or self.own_name(media_id), upload_name(media_id)}:
            await self._blobs.delete(blob_key(tenant, name))

    async def remove_leftovers(self, before: datetime) -> int:
        """Remove files that crashed processes have left; return how many."""
        return await self._blobs.remove_leftovers(before)

    async def _blob_of(self, tenant: Tenant, media_id: UUID) -> tuple[str, int]:
        """Return the name and the recorded size of the bytes of a media item."""
        blob = self._blobs_of.get(media_id)
        if blob is None:
            async with self._units.begin(tenant) as work:
                row = await work.media.find(media_id)
            if row is None or row.facts is None:
                raise BlobMissingError(f"There are no bytes of {format_id(Prefix.MEDIA, media_id)}.")
            blob = row.blob or self.own_name(media_id), row.facts.size_bytes
            if len(self._blobs_of) >= _CACHED_BLOBS_MAX:
                self._blobs_of.clear()
            self._blobs_of[media_id] = blob
        return blob

    async def probe(self, tenant: Tenant, read: Read, size_bytes: int) -> MediaFacts:
        """Return the facts of a file.

        Raises:
            InvalidRequest: `media.unreadable`.
        """
        try:
            return await self._probe(tenant.organization_id, read, size_bytes)
        except UnreadableMediaError as error:
            advice = _SIMPLIFY if isinstance(error, TooComplexMediaError) else _SEND_MEDIA
            raise refusals.media.UNREADABLE(problem=error, advice=advice) from error

    async def _examine(self, tenant: Tenant, key: str, size_bytes: int) -> MediaFacts:
        """Return the facts of stored bytes."""
        if size_bytes == 0:
            raise refusals.media.EMPTY_BODY()
        return await self.probe(tenant, partial(read_range, self._blobs, key), size_bytes)

    @asynccontextmanager
    async def _deleted_on_failure(self, key: str) -> AsyncIterator[None]:
        """Delete stored bytes if the block fails or is canceled: no record names them yet."""
        try:
            with needing_store():
                yield
        except BaseException:
            await asyncio.shield(self._try_to_delete(key))
            raise

    async def _try_to_delete(self, key: str) -> None:
        """Delete bytes that no record names. The request has its result already, so a failure is only logged."""
        try:
            await self._blobs.delete(key)
        except BlobStoreUnavailableError as error:
            log.warning("media.blob_left", key=key, error=str(error))


@contextmanager
def needing_store() -> Iterator[None]:
    """Reject the request if the block finds that the blob store is unavailable.

    Raises:
        StoreUnavailable: `media.store_unavailable`.
    """
    try:
        yield
    except BlobStoreUnavailableError as error:
        log.error("media.store_failed", error=str(error))  # noqa: TRY400 - the message names the cause
        raise refusals.media.STORE_UNAVAILABLE() from error


def too_large(max_bytes: int) -> RequestError:
    """Return the error of a file that is too large."""
    return refusals.media.SIZE_MAX(max_bytes=max_bytes)


def blob_key(tenant: Tenant, name: str) -> str:
    """Return the key of bytes in the blob store."""
    return f"{format_id(Prefix.ORGANIZATION, tenant.organization_id)}/{name}"


def upload_name(media_id: UUID) -> str:
    """Return the name of bytes that are uploaded to the blob store directly, until they are examined."""
    return f"{format_id(Prefix.MEDIA, media_id)}.upload"

"""The bytes of attachments: taken in, judged, and read back."""

import hashlib
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from letmepost.domain.content import MediaFacts
from letmepost.domain.errors import InvalidRequest, QuotaExceeded, RequestError, TooLarge
from letmepost.domain.ids import Prefix, spell
from letmepost.domain.sizes import MEDIA_MAX_BYTES
from letmepost.gateways.blobs import BlobMissingError, BlobStore, BlobTooLargeError, read_range
from letmepost.gateways.clock import Clock
from letmepost.gateways.media.probes import Probe
from letmepost.gateways.media.process import Read
from letmepost.gateways.media.sniffing import TooComplexMediaError, UnreadableMediaError
from letmepost.services.old_idempotency import AnsweredError
from letmepost.services.tenants.quotas import OldQuotas
from letmepost.storage.database import Connection, Database, Tenant
from letmepost.storage.media.media import MediaRepository, MediaRow

_TAKE_BYTES = 8
_REMEMBERED = 4096
_SEND_MEDIA = "Send a complete image, video or PDF file."
_SIMPLIFY = "Re-export the file with a smaller size or fewer frames, and send the new copy."


@dataclass(frozen=True, slots=True)
class StoredBytes:
    """Bytes in the blob store, under that name, and what they say."""

    name: str
    facts: MediaFacts
    sha256: bytes


class MediaLibrary:
    """The bytes of media, whoever they belong to. `kept_for`: how long, if nothing uses them."""

    def __init__(
        self,
        *,
        database: Database,
        blobs: BlobStore,
        probe: Probe,
        clock: Clock,
        quotas: OldQuotas,
        kept_for: timedelta,
    ) -> None:
        self._database = database
        self._blobs = blobs
        self._probe = probe
        self._clock = clock
        self._quotas = quotas
        self._kept_for = kept_for
        # Bytes never change their name once they have one, so it is asked for once.
        self._names: dict[UUID, str] = {}

    def expires_at(self) -> datetime:
        """When a medium that comes in now is removed, if nothing needs it then."""
        return self._clock.now() + self._kept_for

    async def store(self, tenant: Tenant, media_id: UUID, chunks: AsyncIterator[bytes]) -> StoredBytes:
        """Put the bytes of a new medium into the blob store, as `take_in`."""
        return await self.take_in(tenant, self.own_name(media_id), chunks, MEDIA_MAX_BYTES)

    async def take_in(self, tenant: Tenant, name: str, chunks: AsyncIterator[bytes], max_bytes: int) -> StoredBytes:
        """Put bytes into the blob store and learn what they are; nothing stays behind when they are refused.

        Raises:
            InvalidRequest: `media.empty_body`, `media.unreadable`.
            TooLarge: `media.size_max`.
        """
        key = blob_key(tenant, name)
        try:
            blob = await self._blobs.put(key, chunks, max_bytes=max_bytes)
        except BlobTooLargeError as error:
            raise too_large(max_bytes) from error
        return StoredBytes(name, await self._judge(tenant, key, blob.size_bytes), blob.sha256)

    async def examine(self, tenant: Tenant, name: str) -> StoredBytes:
        """Learn what bytes are that came into the blob store past this service, as `take_in`."""
        key = blob_key(tenant, name)
        digest, size_bytes = hashlib.sha256(), 0
        async for chunk in await self._blobs.open(key):
            digest.update(chunk)
            size_bytes += len(chunk)
        return StoredBytes(name, await self._judge(tenant, key, size_bytes), digest.digest())

    def own_name(self, media_id: UUID) -> str:
        """The name of bytes that come in together with their medium."""
        return spell(Prefix.MEDIA, media_id)

    def new_name(self, media_id: UUID) -> str:
        """A name for bytes that may not be the only ones of their medium: the first to be recorded are its own."""
        return f"{self.own_name(media_id)}.{self._clock.entropy(_TAKE_BYTES).hex()}"

    async def record(self, tenant: Tenant, media_id: UUID, stored: StoredBytes) -> bool:
        """Make the bytes the medium's own, unless it has some already: then they are removed. Whether they are.

        Raises:
            QuotaExceeded: there is no room for them; they are removed.
        """
        is_first = False
        try:
            async with self._quotas.announced(tenant), self._database.tenant(tenant) as connection:
                await self._quotas.reserve_media(connection, tenant, stored.facts.size_bytes)
                is_first = await MediaRepository(connection, tenant).record_ready(
                    media_id, stored.facts, stored.sha256, blob=stored.name, expires_at=self.expires_at()
                )
        except QuotaExceeded:
            await self._blobs.delete(blob_key(tenant, stored.name))
            raise
        if not is_first:
            await self._blobs.delete(blob_key(tenant, stored.name))
        return is_first

    async def add(self, tenant: Tenant, media_id: UUID, profile_id: UUID, stored: StoredBytes) -> None:
        """Make a new medium of bytes that came in with it, in a transaction of its own.

        Raises:
            QuotaExceeded: there is no room for them; they are removed.
        """
        async with (
            self._quotas.announced(tenant),
            self.taken_back(tenant, [media_id]),
            self._database.tenant(tenant) as connection,
        ):
            await self.create(connection, tenant, media_id, profile_id, stored)

    async def create(
        self,
        connection: Connection,
        tenant: Tenant,
        media_id: UUID,
        profile_id: UUID,
        stored: StoredBytes,
        **origin: str | None,
    ) -> None:
        """Put a medium on record whose bytes are here. `origin`: its file's name or URL.

        Raises:
            QuotaExceeded: there is no room for them.
        """
        await self._quotas.reserve_media(connection, tenant, stored.facts.size_bytes)
        await MediaRepository(connection, tenant).create_ready(
            media_id,
            profile_id,
            stored.facts,
            stored.sha256,
            now=self._clock.now(),
            expires_at=self.expires_at(),
            **origin,
        )

    @asynccontextmanager
    async def taken_back(self, tenant: Tenant, media_ids: Iterable[UUID]) -> AsyncIterator[None]:
        """Deletes stored bytes again when what is done inside with them is refused, or was done before."""
        try:
            yield
        except (AnsweredError, RequestError):
            for media_id in media_ids:
                await self._blobs.delete(blob_key(tenant, self.own_name(media_id)))
            raise

    async def find(self, tenant: Tenant, media_id: UUID) -> MediaRow | None:
        """What is on record of a medium."""
        async with self._database.tenant(tenant) as connection:
            return (await MediaRepository(connection, tenant).find_many([media_id])).get(media_id)

    async def find_needed(self, tenant: Tenant, media_id: UUID, post_id: UUID) -> MediaRow | None:
        """What is on record of a medium, while that post has not ended and needs it."""
        async with self._database.tenant(tenant) as connection:
            media = MediaRepository(connection, tenant)
            is_needed = await media.is_needed(media_id, by_post=post_id)
            return (await media.find_many([media_id])).get(media_id) if is_needed else None

    async def open_range(
        self, tenant: Tenant, media_id: UUID, first_byte: int, length_bytes: int
    ) -> AsyncIterator[bytes]:
        """Stored bytes, in chunks.

        Raises:
            BlobMissingError: they are gone.
        """
        key = blob_key(tenant, await self._name(tenant, media_id))
        return await self._blobs.open(key, first_byte=first_byte, length_bytes=length_bytes)

    async def delete_bytes(self, tenant: Tenant, media_id: UUID) -> None:
        """Remove whatever is stored of a medium that is marked as deleted."""
        self._names.pop(media_id, None)
        async with self._database.tenant(tenant) as connection:
            blob = await MediaRepository(connection, tenant).find_blob(media_id)
        for name in {blob or self.own_name(media_id), upload_name(media_id)}:
            await self._blobs.delete(blob_key(tenant, name))

    async def remove_leftovers(self, before: datetime) -> int:
        """Remove what processes that died while they stored bytes have left; how many."""
        return await self._blobs.remove_leftovers(before)

    async def _name(self, tenant: Tenant, media_id: UUID) -> str:
        name = self._names.get(media_id)
        if name is None:
            row = await self.find(tenant, media_id)
            if row is None or row.facts is None:
                raise BlobMissingError(f"There are no bytes of {spell(Prefix.MEDIA, media_id)}.")
            name = row.blob or self.own_name(media_id)
            if len(self._names) >= _REMEMBERED:
                self._names.clear()
            self._names[media_id] = name
        return name

    async def probe(self, tenant: Tenant, read: Read, size_bytes: int) -> MediaFacts:
        """Return the facts of a file.

        Raises:
            InvalidRequest: `media.unreadable`.
        """
        try:
            return await self._probe(tenant.organization_id, read, size_bytes)
        except UnreadableMediaError as error:
            is_complex = isinstance(error, TooComplexMediaError)
            remediation = _SIMPLIFY if is_complex else _SEND_MEDIA
            raise InvalidRequest(str(error), rule="media.unreadable", remediation=remediation) from error

    async def _judge(self, tenant: Tenant, key: str, size_bytes: int) -> MediaFacts:
        """Return the facts of stored bytes. Delete the bytes if they are not an accepted file."""
        if size_bytes == 0:
            await self._blobs.delete(key)
            raise InvalidRequest("The file is empty.", rule="media.empty_body", remediation="Send its bytes.")
        try:
            return await self.probe(tenant, partial(read_range, self._blobs, key), size_bytes)
        except InvalidRequest:
            await self._blobs.delete(key)
            raise


def too_large(max_bytes: int) -> TooLarge:
    """There is more of it than is taken."""
    return TooLarge(
        f"A medium that comes this way has at most {max_bytes} bytes.",
        rule="media.size_max",
        remediation="Make it smaller, or see POST /v1/media/uploads.",
    )


def blob_key(tenant: Tenant, name: str) -> str:
    """Where bytes are."""
    return f"{spell(Prefix.ORGANIZATION, tenant.organization_id)}/{name}"


def upload_name(media_id: UUID) -> str:
    """What bytes are called that come past this service, until they are taken in."""
    return f"{spell(Prefix.MEDIA, media_id)}.upload"

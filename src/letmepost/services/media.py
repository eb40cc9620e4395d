"""Attachments: taken in, fetched, and read back."""

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import structlog

from letmepost.domain.content import MediaFacts
from letmepost.domain.errors import (
    InvalidRequest,
    NoReply,
    NotFound,
    QuotaExceeded,
    RequestError,
    SendFailure,
    TooLarge,
)
from letmepost.domain.ids import Prefix, spell
from letmepost.gateways.addresses import AddressRefused
from letmepost.gateways.blobs import BlobStore, BlobTooLargeError
from letmepost.gateways.clock import Clock
from letmepost.gateways.http_client import HTTPClient, ReplyTooLarge
from letmepost.gateways.media_probe import UnreadableMediaError, probe
from letmepost.services.callers import Caller, new_id
from letmepost.services.idempotency import Answer, AnsweredError, Idempotency, Once
from letmepost.services.quotas import Quotas
from letmepost.storage.database import Database, Tenant
from letmepost.storage.media import EveryTenantMedia, MediaRepository, MediaRow
from letmepost.storage.organizations import OrganizationRepository

log = structlog.get_logger()

UPLOAD_MAX_BYTES = 200 * 1024 * 1024
IMPORT_MAX_BYTES = 200 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class StoredBytes:
    """Bytes in the blob store and what they say."""

    facts: MediaFacts
    sha256: bytes


class MediaLibrary:
    """Media of the caller's world."""

    def __init__(
        self,
        *,
        database: Database,
        blobs: BlobStore,
        http: HTTPClient,
        clock: Clock,
        idempotency: Idempotency,
        quotas: Quotas,
    ) -> None:
        self._database = database
        self._blobs = blobs
        self._http = http
        self._clock = clock
        self._idempotency = idempotency
        self._quotas = quotas

    async def upload(self, caller: Caller, chunks: AsyncIterator[bytes], once: Once[MediaRow]) -> Answer:
        """Take in a file of the request.

        Raises:
            InvalidRequest: it is empty, or nothing that we know.
            TooLarge: it is over 200 MiB.
            QuotaExceeded: there is no room for it.
        """
        media_id = new_id(self._clock)
        stored = await self.store(caller.tenant, media_id, chunks)
        async with (
            self._quotas.announced(caller.tenant),
            self.taken_back(caller.tenant, [media_id]),
            self._database.tenant(caller.tenant) as connection,
        ):
            await self._idempotency.take(connection, caller, once.claim)
            profile = await OrganizationRepository(connection, caller.tenant).find_profile(caller.profile_id)
            if profile is None:
                raise NotFound("profile")
            await self._quotas.reserve_media(connection, caller.tenant, stored.facts.size_bytes)
            repository = MediaRepository(connection, caller.tenant)
            await repository.create_ready(media_id, profile.id, stored.facts, stored.sha256, self._clock.now())
            rows = await repository.find_many([media_id])
            return await self._idempotency.answer(connection, caller, once, rows[media_id])

    async def list_page(self, caller: Caller, *, before: UUID | None, limit: int) -> list[MediaRow]:
        """Media that the caller can see, newest first."""
        async with self._database.tenant(caller.tenant) as connection:
            repository = MediaRepository(connection, caller.tenant)
            return await repository.list_page(caller.profile_id, before=before, limit=limit)

    async def store(self, tenant: Tenant, media_id: UUID, chunks: AsyncIterator[bytes]) -> StoredBytes:
        """Put bytes into the blob store and learn what they are; nothing stays behind when they are refused.

        Raises:
            InvalidRequest: `media.empty_body`, `media.unreadable`.
            TooLarge: `media.size_max`.
        """
        key = blob_key(tenant, media_id)
        try:
            blob = await self._blobs.put(key, chunks, max_bytes=UPLOAD_MAX_BYTES)
        except BlobTooLargeError as error:
            raise TooLarge(
                f"A medium has at most {UPLOAD_MAX_BYTES // 1024**2} MiB.",
                rule="media.size_max",
                remediation="Make it smaller.",
            ) from error
        if blob.size_bytes == 0:
            await self._blobs.delete(key)
            raise InvalidRequest("The file is empty.", rule="media.empty_body", remediation="Send its bytes.")
        try:
            facts = await probe(await self._blobs.local_path(key))
        except UnreadableMediaError as error:
            await self._blobs.delete(key)
            raise InvalidRequest(
                str(error), rule="media.unreadable", remediation="Send an image or a video."
            ) from error
        return StoredBytes(facts, blob.sha256)

    @asynccontextmanager
    async def taken_back(self, tenant: Tenant, media_ids: Iterable[UUID]) -> AsyncIterator[None]:
        """Deletes stored bytes again when what is done inside with them is refused, or was done before."""
        try:
            yield
        except (AnsweredError, RequestError):
            for media_id in media_ids:
                await self._blobs.delete(blob_key(tenant, media_id))
            raise

    async def fetch(self, tenant: Tenant, media_id: UUID) -> MediaRow | None:
        """Fetch a medium that waits for it; what cannot be had is recorded as failed. Returns what is on record then.

        Raises:
            SendFailure: its server cannot be reached just now.
        """
        async with self._database.tenant(tenant) as connection:
            row = (await MediaRepository(connection, tenant).find_many([media_id])).get(media_id)
        if row is None or row.status != "waiting" or row.source_url is None:
            return row
        stored: StoredBytes | None = None
        error: Mapping[str, Any] = {}
        try:
            async with self._http.stream(row.source_url, max_bytes=IMPORT_MAX_BYTES) as download:
                _check_download(download.status, download.origin)
                stored = await self.store(tenant, media_id, download.chunks)
        except (InvalidRequest, TooLarge) as refused:
            error = {"rule": refused.rule, "message": refused.message}
        except (AddressRefused, ReplyTooLarge) as refused:
            error = {"rule": "media.url.unreachable", "message": str(refused)}
        if stored is not None:
            try:
                return await self._keep(tenant, media_id, stored)
            except QuotaExceeded as refused:
                error = {"rule": refused.rule, "message": refused.message}
        async with self._database.tenant(tenant) as connection:
            repository = MediaRepository(connection, tenant)
            await repository.record_failed(media_id, error)
            row = (await repository.find_many([media_id]))[media_id]
        if row.status == "failed":  # not, when somebody else has fetched it meanwhile
            await self._blobs.delete(blob_key(tenant, media_id))
        return row

    async def _keep(self, tenant: Tenant, media_id: UUID, stored: StoredBytes) -> MediaRow:
        """Record that a medium's bytes are here.

        Raises:
            QuotaExceeded: there is no room for them.
        """
        async with self._quotas.announced(tenant), self._database.tenant(tenant) as connection:
            await self._quotas.reserve_media(connection, tenant, stored.facts.size_bytes)
            repository = MediaRepository(connection, tenant)
            await repository.record_ready(media_id, stored.facts, stored.sha256)
            return (await repository.find_many([media_id]))[media_id]

    async def fetch_waiting(self, limit: int) -> int:
        """Fetch what waits, oldest first; returns how many came. What cannot be reached just now goes on waiting."""
        fetched = 0
        for found in await EveryTenantMedia(self._database).list_waiting(limit):
            try:
                await self.fetch(found.tenant, found.media_id)
                fetched += 1
            except SendFailure as failure:
                log.info("media.unreachable", media_id=str(found.media_id), error=str(failure))
        return fetched

    async def open_range(
        self, tenant: Tenant, media_id: UUID, first_byte: int, length_bytes: int
    ) -> AsyncIterator[bytes]:
        """Stored bytes, in chunks."""
        return await self._blobs.open(blob_key(tenant, media_id), first_byte=first_byte, length_bytes=length_bytes)


def _check_download(status: int, origin: object) -> None:
    """A client error is final; anything else may pass.

    Raises:
        InvalidRequest, SendFailure: the server has no bytes for us, for good or for now.
    """
    if 200 <= status < 300:
        return
    message = f"{origin} answered {status} instead of the file."
    if 400 <= status < 500 and status not in {408, 425, 429}:
        raise InvalidRequest(
            message, rule="media.url.unreachable", remediation="Give a URL that answers with the file."
        )
    raise NoReply(message)


def blob_key(tenant: Tenant, media_id: UUID) -> str:
    """Where a medium's bytes are."""
    return f"{spell(Prefix.ORGANIZATION, tenant.organization_id)}/{spell(Prefix.MEDIA, media_id)}"

"""Files too large for a request of ours: an address is given out, and their bytes come there."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from letmepost.domain.errors import InvalidRequest, NotFound, RequestError, SendFailure, StateForbids
from letmepost.domain.media import MediaStatus
from letmepost.domain.sizes import LARGE_UPLOAD_MAX_BYTES
from letmepost.gateways.blobs import DirectUploads
from letmepost.gateways.clock import Clock
from letmepost.services.callers import Caller, new_id
from letmepost.services.idempotency import Answer
from letmepost.services.media.attachments import find_profile, visible
from letmepost.services.media.fetch import MediaFetching
from letmepost.services.media.library import MediaLibrary, blob_key, too_large, upload_name
from letmepost.services.media.links import UPLOADABLE_FOR, Link, MediaLinks, Purpose
from letmepost.services.old_idempotency import OldIdempotency, Once
from letmepost.storage.database import Database
from letmepost.storage.media.media import MediaRepository, MediaRow


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadRequest:
    """A file that somebody wants to upload."""

    filename: str | None
    size_bytes: int
    profile_id: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StartedUpload:
    """A medium without bytes, and the request that brings them: PUT to `url` with these headers."""

    row: MediaRow
    url: str
    headers: Mapping[str, str]
    expires_at: datetime


class Uploads:
    """Uploads of the caller's world. `direct`: the blob store, if it takes bytes past this service."""

    def __init__(
        self,
        *,
        database: Database,
        library: MediaLibrary,
        fetching: MediaFetching,
        direct: DirectUploads | None,
        links: MediaLinks,
        clock: Clock,
        idempotency: OldIdempotency,
    ) -> None:
        self._database = database
        self._library = library
        self._fetching = fetching
        self._direct = direct
        self._links = links
        self._clock = clock
        self._idempotency = idempotency

    async def start(self, caller: Caller, wanted: UploadRequest, once: Once[StartedUpload]) -> Answer:
        """Announce a file, and learn where to put its bytes.

        Raises:
            TooLarge: it is over 4 GiB.
            NotFound: there is no such profile.
        """
        profile_id = caller.narrow(wanted.profile_id)
        if wanted.size_bytes > LARGE_UPLOAD_MAX_BYTES:
            raise too_large(LARGE_UPLOAD_MAX_BYTES)
        media_id, now = new_id(self._clock), self._clock.now()
        expires_at = now + UPLOADABLE_FOR
        link = Link(caller.tenant, media_id, expires_at, wanted.size_bytes)
        async with self._database.tenant(caller.tenant) as connection:
            await self._idempotency.take(connection, caller, once.claim)
            profile = await find_profile(connection, caller, profile_id)
            media = MediaRepository(connection, caller.tenant)
            await media.create(
                media_id,
                profile,
                status=MediaStatus.UPLOADING,
                now=now,
                filename=wanted.filename,
                expires_at=expires_at,
            )
            rows = await media.find_many([media_id])
            started = self._started(rows[media_id], link)
            return await self._idempotency.answer(connection, caller, once, started)

    async def admit(self, token: str, announced_bytes: int | None) -> Link:
        """The upload that an address is for; asked before its bytes are read.

        Raises:
            NotFound: the address is not ours, or out of date.
            StateForbids: it was used before.
            InvalidRequest: another length was announced than is sent.
        """
        link = self._links.read(Purpose.UPLOAD, token)
        row = None if link is None else await self._library.find(link.tenant, link.media_id)
        if link is None or row is None:
            raise NotFound("upload")
        if row.status != MediaStatus.UPLOADING:
            raise _used()
        if announced_bytes not in {None, link.size_bytes}:
            raise _wrong_size(link.size_bytes)
        return link

    async def receive(self, link: Link, chunks: AsyncIterator[bytes]) -> MediaRow:
        """Take in the bytes of an upload that was admitted. What they are nothing of ends it; too few may come again.

        Raises:
            InvalidRequest, TooLarge: they are not as many as were announced, or nothing that we know.
            StateForbids: somebody else was faster.
        """
        tenant, media_id = link.tenant, link.media_id
        name = self._library.new_name(media_id)
        try:
            stored = await self._library.take_in(tenant, name, _all_of(chunks, link.size_bytes), link.size_bytes)
        except RequestError as refused:
            if refused.rule == "media.unreadable":
                await self._fetching.fail(tenant, media_id, refused)
            raise
        if not await self._library.record(tenant, media_id, stored):
            raise _used()
        return await self._get(link)

    async def complete(self, caller: Caller, media_id: UUID, once: Once[MediaRow]) -> Answer:
        """Take in what was uploaded to the blob store itself. What has been taken in is simply shown.

        Raises:
            NotFound: there is none that the caller can see.
            StateForbids: nothing has come in yet.
        """
        visible(caller, await self._library.find(caller.tenant, media_id))
        try:
            row = visible(caller, await self._fetching.fetch(caller.tenant, media_id))
        except SendFailure as failure:
            raise StateForbids(
                str(failure),
                rule="media.not_uploaded",
                remediation="PUT the bytes to the upload's URL first, then complete it.",
            ) from failure
        async with self._database.tenant(caller.tenant) as connection:
            await self._idempotency.take(connection, caller, once.claim)
            return await self._idempotency.answer(connection, caller, once, row)

    def _started(self, row: MediaRow, link: Link) -> StartedUpload:
        if self._direct is None:
            url, headers = self._links.to_upload(link), {"content-length": str(link.size_bytes)}
            return StartedUpload(row=row, url=url, headers=headers, expires_at=link.expires_at)
        key = blob_key(link.tenant, upload_name(link.media_id))
        put = self._direct.presign_put(key, size_bytes=link.size_bytes, valid_for_s=int(UPLOADABLE_FOR.total_seconds()))
        return StartedUpload(row=row, url=put.url, headers=put.headers, expires_at=link.expires_at)

    async def _get(self, link: Link) -> MediaRow:
        row = await self._library.find(link.tenant, link.media_id)
        if row is None:
            raise NotFound("medium")
        return row


async def _all_of(chunks: AsyncIterator[bytes], size_bytes: int) -> AsyncIterator[bytes]:
    left_bytes = size_bytes
    async for chunk in chunks:
        left_bytes -= len(chunk)
        yield chunk
    if left_bytes > 0:
        raise _wrong_size(size_bytes)


def _wrong_size(size_bytes: int) -> InvalidRequest:
    return InvalidRequest(
        f"This upload is of exactly {size_bytes} bytes.",
        rule="media.size_mismatch",
        remediation="Send the file that was announced, or start another upload.",
    )


def _used() -> StateForbids:
    return StateForbids(
        "This upload is over: its address is good for one file.",
        rule="media.upload_used",
        remediation="Start another upload.",
    )

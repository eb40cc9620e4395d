"""Uploads of files that are too large for a request body: the caller sends the bytes to a signed URL."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from letmepost.domain import refusals
from letmepost.domain.errors import RequestError, SendFailure
from letmepost.domain.media import MediaStatus
from letmepost.domain.sizes import LARGE_UPLOAD_MAX_BYTES
from letmepost.gateways.blobs import DirectUploads
from letmepost.services.media import attachments
from letmepost.services.media.fetch import MediaFetching
from letmepost.services.media.library import MediaLibrary, blob_key, too_large, upload_name
from letmepost.services.media.links import UPLOADABLE_FOR, Link, MediaLinks, Purpose
from letmepost.services.media.rechecks import PostRechecks
from letmepost.services.work import UnitsOfWork, Work
from letmepost.storage.database import Tenant
from letmepost.storage.media.media import MediaRow


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadRequest:
    """A file that a caller is going to upload."""

    filename: str | None
    size_bytes: int
    profile_id: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StartedUpload:
    """A media item without bytes, and the request that uploads them: PUT to `url` with these headers."""

    row: MediaRow
    url: str
    headers: Mapping[str, str]
    expires_at: datetime


class Uploads:
    """Starts, receives and completes uploads."""

    def __init__(
        self,
        *,
        units: UnitsOfWork,
        library: MediaLibrary,
        fetching: MediaFetching,
        rechecks: PostRechecks,
        direct: DirectUploads | None,
        links: MediaLinks,
    ) -> None:
        """`direct`: the blob store, if clients can upload to it directly."""
        self._units = units
        self._library = library
        self._fetching = fetching
        self._rechecks = rechecks
        self._direct = direct
        self._links = links

    async def start(self, work: Work, wanted: UploadRequest) -> StartedUpload:
        """Announce a file. The result says where its bytes can be uploaded.

        Raises:
            InvalidRequest: the key belongs to another profile.
            TooLarge: the file is over 4 GiB.
            InvalidRequest: the profile does not exist.
        """
        if wanted.size_bytes > LARGE_UPLOAD_MAX_BYTES:
            raise too_large(LARGE_UPLOAD_MAX_BYTES)
        item = await attachments.prepare(work, wanted.profile_id)
        now = work.now()
        expires_at = now + UPLOADABLE_FOR
        await work.media.create(
            item.id,
            item.profile_id,
            status=MediaStatus.UPLOADING,
            now=now,
            filename=wanted.filename,
            expires_at=expires_at,
        )
        row = await attachments.get(work, item.id)
        return self._started(row, Link(work.tenant, item.id, expires_at, wanted.size_bytes))

    async def admit(self, token: str, announced_bytes: int | None) -> Link:
        """Return the upload of a signed URL, before its bytes are read.

        Raises:
            NotFound: the URL is invalid or has expired.
            StateForbids: it was used before.
            InvalidRequest: the announced length is not that of the upload.
        """
        link = self._links.read(Purpose.UPLOAD, token)
        row = None if link is None else await self._find(link)
        if link is None or row is None:
            raise refusals.requests.PAGE_UNKNOWN()
        if row.status != MediaStatus.UPLOADING:
            raise _used()
        if announced_bytes not in {None, link.size_bytes}:
            raise _wrong_size(link.size_bytes)
        return link

    async def receive(self, link: Link, chunks: AsyncIterator[bytes]) -> MediaRow:
        """Store the bytes of an admitted upload, and check the posts that wait for them.

        Unrecognized content fails the upload; a short body may be retried.

        Raises:
            InvalidRequest: the number of bytes is not the announced one, or their format is not accepted.
            TooLarge: there are more bytes than announced.
            StateForbids: another request has uploaded the file in the meantime.
            StoreUnavailable: the blob store is unavailable.
        """
        tenant, media_id = link.tenant, link.media_id
        name = self._library.new_name(media_id)
        try:
            stored = await self._library.take_in(tenant, name, _all_of(chunks, link.size_bytes), link.size_bytes)
        except RequestError as refused:
            if refused.rule == refusals.media.UNREADABLE.id:
                await self._fetching.fail(tenant, media_id, refused)
                await self._rechecks.check(tenant, media_id)
            raise
        if not await self._library.record(tenant, media_id, stored):
            raise _used()
        await self._rechecks.check(tenant, media_id)
        row = await self._find(link)
        if row is None:
            raise refusals.requests.PAGE_UNKNOWN()
        return row

    async def complete(self, tenant: Tenant, media_id: UUID) -> None:
        """Fetch a file that was uploaded to the blob store directly, and check the posts that wait for it.

        A file that was fetched already is not fetched again.

        Raises:
            StateForbids: nothing was uploaded yet.
            StoreUnavailable: the blob store is unavailable.
        """
        try:
            await self._fetching.fetch(tenant, media_id)
        except SendFailure as failure:
            raise refusals.media.NOT_UPLOADED() from failure
        await self._rechecks.check(tenant, media_id)

    def _started(self, row: MediaRow, link: Link) -> StartedUpload:
        if self._direct is None:
            url, headers = self._links.to_upload(link), {"content-length": str(link.size_bytes)}
            return StartedUpload(row=row, url=url, headers=headers, expires_at=link.expires_at)
        key = blob_key(link.tenant, upload_name(link.media_id))
        put = self._direct.presign_put(key, size_bytes=link.size_bytes, valid_for_s=int(UPLOADABLE_FOR.total_seconds()))
        return StartedUpload(row=row, url=put.url, headers=put.headers, expires_at=link.expires_at)

    async def _find(self, link: Link) -> MediaRow | None:
        async with self._units.begin(link.tenant) as work:
            return await work.media.find(link.media_id)


async def _all_of(chunks: AsyncIterator[bytes], size_bytes: int) -> AsyncIterator[bytes]:
    left_bytes = size_bytes
    async for chunk in chunks:
        left_bytes -= len(chunk)
        yield chunk
    if left_bytes > 0:
        raise _wrong_size(size_bytes)


def _wrong_size(size_bytes: int) -> RequestError:
    return refusals.media.SIZE_MISMATCH(size_bytes=size_bytes)


def _used() -> RequestError:
    return refusals.media.UPLOAD_USED()
